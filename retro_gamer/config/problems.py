"""What can be wrong with a configuration, said in the same form everywhere."""

from __future__ import annotations

from typing import Iterable, NamedTuple

from retro_gamer.config.settings import all_settings
from retro_gamer.errors import did_you_mean

MAX_PROBLEMS = 100  # more are of no use to anyone
MAX_HEADING = 300  # a value may be longer than a screen


class Problem(NamedTuple):
    """Something wrong: what was found, what it means, what to try, and which settings it is about."""

    heading: str
    why: str
    try_this: str = ""
    settings: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = f"  {self.heading[:MAX_HEADING]}\n    {self.why}"
        return f"{lines}\n    -> {self.try_this}" if self.try_this else lines


def report(problems: list[Problem], source: str) -> str:
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return f"Found {count} in {source}:\n\n{listed(problems)}"


def listed(problems: Iterable[Problem]) -> str:
    return "\n\n".join(map(str, problems))


def unknown_name(shown: str, name: str, known: list[str], what: str) -> Problem:
    """Nothing has this name; the nearest of the known ones may be meant."""
    hint = did_you_mean(name, known).lstrip() or f"Known: {', '.join(known)}."
    return Problem(shown, f"There is no such {what}.", hint)


def unknown_setting(section: str, name: str, known: list[str]) -> Problem:
    """A section has no such setting; another one may have it."""
    homes = sections_with(name)
    if homes:
        return Problem(
            f"{name} in [{section}]", "This setting has its place in another section.", f"Move it to [{homes[0]}]."
        )
    return unknown_name(f"{name} in [{section}]", name, known, "setting")


def sections_with(name: str) -> list[str]:
    return [section for section, setting in all_settings() if setting.name == name]
