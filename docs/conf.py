"""How the site is built:  python -m sphinx -W -b html docs site  (from the top of the repository; opens from disk)."""

import re
import sys
from pathlib import Path

from docutils import nodes
from sphinx.addnodes import download_reference

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

project = "retro_gamer"
author = "the retro_gamer authors"
copyright = "2026, the retro_gamer authors"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
myst_enable_extensions = ["deflist", "colon_fence"]
myst_heading_anchors = 3
exclude_patterns = ["notes"]
html_theme = "furo"
html_title = "retro_gamer"
html_show_sourcelink = False
html_show_search_summary = False  # a page from the disk may not read other pages
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
suppress_warnings = ["myst.xref_missing"]  # links out of docs/, to the README's neighbours


# Words of the glossary are links where a page first uses them; the sources stay plain text.
NO_LINKS = ("glossary", "reference/settings", "reference/commands", "reference/python", "index")
PLAIN_ENGLISH = (
    "network",
    "step",
    "return",
    "run",
    "q",
)  # mostly mean something else: pages link these by hand


def glossary_words() -> dict:
    """word -> the term of the glossary that explains it."""
    text = (Path(__file__).resolve().parent / "glossary.md").read_text(encoding="utf-8")
    terms = re.findall(r"^\*\*(.+)\*\*$", text, re.M)
    found = {word.lower(): term for term in terms for word in term.split(", ")}
    found["policies"] = found["policy"]
    return {word: term for word, term in found.items() if word not in PLAIN_ENGLISH}


def name_terms(app, doctree) -> None:
    """Give each term of the glossary an anchor."""
    if app.env.docname == "glossary":
        for term in doctree.findall(nodes.term):
            term["ids"].extend(nodes.make_id("term " + word) for word in term.astext().split(", "))


def is_code_or_link(node) -> bool:
    return isinstance(node, (nodes.literal, nodes.reference, download_reference)) or (
        not isinstance(node, nodes.paragraph) and is_code_or_link(node.parent)
    )


def link_words(app, doctree, docname) -> None:
    """Link the first use of each word in the running text of a page."""
    if docname in NO_LINKS:
        return
    words = glossary_words()
    longest_first = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
    # Not in "retro-games", not "in turn" and not "wins for each loss".
    pattern = re.compile(rf"(?<![\w-])(?<!\bin )(?<!\beach )({longest_first})(s?)(?![\w-])", re.I)
    linked = set()
    for paragraph in list(doctree.findall(nodes.paragraph)):
        for plain in list(paragraph.findall(nodes.Text)):
            if is_code_or_link(plain.parent):
                continue
            pieces, end = [], 0
            for found in pattern.finditer(plain.astext()):
                term = words[found.group(1).lower()]
                if term in linked:
                    continue
                linked.add(term)
                anchor = nodes.make_id("term " + term.split(", ")[0])
                target = app.builder.get_relative_uri(docname, "glossary") + "#" + anchor
                before = nodes.Text(plain.astext()[end : found.start()])
                pieces += [before, nodes.reference("", found.group(), refuri=target)]
                end = found.end()
            if pieces:
                plain.parent.replace(plain, [*pieces, nodes.Text(plain.astext()[end:])])


def setup(app) -> None:
    app.connect("doctree-read", name_terms)
    app.connect("doctree-resolved", link_words)
