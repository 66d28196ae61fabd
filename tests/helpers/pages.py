"""The code blocks of README and docs, as a reader meets them.

A comment above a block says what a test cannot guess:

    <!-- file: my_game.py -->            the block is the content of this file, which later blocks of the page use
    <!-- not run: why -->                the block is not run by the tests; the reason must be in NOT_RUN
    <!-- fails: 2 -->                    the commands end with this exit status
    <!-- printed -->                     the lines of the block are printed by the blocks above it
    <!-- printed, with other numbers --> the same; what depends on the length of a training may differ
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Iterator, List, NamedTuple

TOP = Path(__file__).resolve().parent.parent.parent
NOTES = TOP / "docs" / "notes"

# Reasons that a block may give for not being run.
NOT_RUN = {
    "run by .ci/run",  # installs something, or needs no network
    "takes hours",
}


class Block(NamedTuple):
    page: str  # such as docs/games.md
    line: int  # of its first line
    language: str
    text: str
    file: str  # the file that it is the content of; "" to run it
    not_run: str  # why; "" when it is run
    printed: str  # "exactly", "with other numbers", or ""
    status: int  # the exit status of its commands

    @property
    def commands(self) -> List[str]:
        """The lines of a console block, without comments and prompts; lines that end in a backslash are joined."""
        joined = self.text.replace("\\\n", " ")
        lines = [re.sub(r"(^|\s)#.*", "", line).strip() for line in joined.splitlines()]
        return [re.sub(r"^[$%] ", "", line) for line in lines if line]


def pages() -> List[Path]:
    found = [TOP / "README.md", TOP / "CONTRIBUTING.md", *sorted((TOP / "docs").rglob("*.md"))]
    return [page for page in found if NOTES not in page.parents]


def blocks_of(page: Path) -> Iterator[Block]:
    name = page.relative_to(TOP).as_posix()
    lines = page.read_text(encoding="utf-8").splitlines()
    number = 0
    directive = ""
    while number < len(lines):
        line = lines[number].strip()
        number += 1
        if line.startswith("<!--"):
            directive = line
            continue
        opened = re.match(r"(`{3,}|~{3,})\s*\{?([\w-]*)", line)
        if opened is None:
            directive = directive if not line else ""
            continue
        start, text = number, []
        while number < len(lines) and not lines[number].strip().startswith(opened.group(1)):
            text.append(lines[number])
            number += 1
        number += 1
        file = re.search(r"file:\s*(\S+)", directive)
        reason = re.search(r"not run:\s*(.*?)\s*-->", directive)
        printed = re.search(r"<!-- printed(?:, (with other numbers))? -->", directive)
        fails = re.search(r"fails: (\d+)", directive)
        yield Block(
            name,
            start + 1,
            opened.group(2),
            "\n".join(text) + "\n",
            file.group(1) if file else "",
            reason.group(1) if reason else "",
            printed.group(1) or "exactly" if printed else "",
            int(fails.group(1)) if fails else 0,
        )
        directive = ""
