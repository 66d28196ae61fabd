"""How the site is built:  python -m sphinx -W -b html docs site  (from the top of the repository; opens from disk)."""

import sys
from pathlib import Path

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
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
suppress_warnings = ["myst.xref_missing"]  # links out of docs/, to the README's neighbours
