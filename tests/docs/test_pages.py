"""The pages: links lead somewhere, and what is made from the code is made from the code as it is."""

from __future__ import annotations

import importlib.util
import json
import re

import pytest
from pages import TOP, pages

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def load(name):
    spec = importlib.util.spec_from_file_location(name, str(TOP / "docs" / f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def anchors(page):
    """The anchors that the headings of a page get."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(TOP).as_posix())
def test_links_lead_somewhere(page):
    broken = []
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", path):
            continue
        linked = (page.parent / path).resolve() if path else page
        if not linked.exists() or (anchor and linked.suffix == ".md" and anchor not in anchors(linked)):
            broken.append(target)
    assert not broken


@pytest.mark.parametrize("name", ["settings.md", "commands.md"])
def test_reference_pages_are_those_of_the_code(name):
    made = load("make_reference").PAGES[name]()
    kept = (TOP / "docs" / "reference" / name).read_text(encoding="utf-8")
    assert kept == made, "run  python docs/make_reference.py"


needs_source = pytest.mark.skipif(not (TOP / "retro_gamer").is_dir(), reason="the package is elsewhere: tests of a wheel")


@needs_source
def test_equations_stand_beside_lines_that_are_there():
    """Blocks that are included from the source name something in it."""
    page = TOP / "docs" / "explanation" / "how-it-learns.md"
    text = page.read_text(encoding="utf-8")
    included = re.findall(r"\{literalinclude\} (\S+)\n(?::pyobject: (\S+)\n)?", text)
    assert len(included) >= 20
    for path, name in included:
        source = (page.parent / path).resolve().read_text(encoding="utf-8")
        for part in filter(None, name.split(".")):
            assert re.search(rf"^\s*(def|class) {part}\b", source, re.M), (path, name)


def test_every_page_is_in_the_table_of_contents():
    index = (TOP / "docs" / "index.md").read_text(encoding="utf-8")
    listed = {f"docs/{line}.md" for line in index.splitlines() if re.fullmatch(r"[\w/-]+", line)}
    here = {page.relative_to(TOP).as_posix() for page in pages() if page.parent != TOP}
    assert here - listed == {"docs/index.md"} and listed <= here


@needs_source
def test_pictures_show_the_pages_as_they_are():
    made_from = load("make_pictures").made_from()
    kept = json.loads((TOP / "docs" / "pictures" / "made_from.json").read_text(encoding="utf-8"))
    assert kept == made_from, "the pictures are older than what they show: run  python docs/make_pictures.py"


@pytest.mark.parametrize("path", load("drawings").DRAWN)
def test_drawings_and_plots_are_those_of_their_numbers(path):
    drawn = load("drawings").DRAWN[path]()
    kept = (TOP / "docs" / path).read_text(encoding="utf-8")
    assert kept == drawn, "run  python docs/drawings.py"


def test_the_drawing_of_the_package_has_its_folders_in_order():
    drawn = [name for row in load("drawings").HOUSE for name, _ in row]
    from test_layout import FOLDERS

    assert drawn == FOLDERS


@needs_source
def test_the_doctor_says_what_the_page_of_symptoms_quotes():
    page = (TOP / "docs" / "how-to" / "it-does-not-learn.md").read_text(encoding="utf-8")
    sources = (TOP / "retro_gamer" / "reporting").glob("*_doctor.py")
    code = "".join(source.read_text(encoding="utf-8") for source in sources)
    quoted = re.findall(r'`doctor`: "([^"]*)"', page)
    assert len(quoted) > 10
    assert [quote for quote in quoted if any(part not in code for part in quote.split("...") if part)] == []
