"""What is wrong with a game or a training, and what to change."""

from __future__ import annotations

import textwrap
from typing import NamedTuple, Sequence

WIDTH = 88


# Why keys may make no difference to the reward.
NO_DIFFERENCE = [
    "It changes by chance or by the clock: let it grow where the player does something good.",
    "Random play never gets to where keys matter: give a little for getting nearer too.",
    "The reward names another value than the score: look at reward in config.toml.",
]


class Finding(NamedTuple):
    name: str  # short, such as "reward never changes"
    evidence: str  # what was seen, with numbers
    causes: Sequence[str]  # the likeliest first: what may be the cause, and what to change in which file


def value_shown(reward: str) -> str:
    """What the reward of a game is called, or that of an environment."""
    return f"state[{reward!r}]" if reward else "the reward of step"


def in_words(names: Sequence[str]) -> str:
    """ "one", "one and another", "one, another and a third"."""
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def describe(findings: Sequence[Finding]) -> str:
    return "\n\n".join(_describe(finding) for finding in findings)


def _describe(finding: Finding) -> str:
    lines = [*textwrap.wrap(f"{finding.name[:1].upper()}{finding.name[1:]}. {finding.evidence}", WIDTH)]
    for number, cause in enumerate(finding.causes, 1):
        lines += _bullet(f"{number}.", cause)
    return "\n".join(lines)


def _bullet(mark: str, text: str) -> list[str]:
    """Lines of its own (settings to paste) stay as they are."""
    first, *pasted = text.split("\n")
    lines = textwrap.wrap(first, WIDTH, initial_indent=f"  {mark} ", subsequent_indent="     ")
    return [*lines, *(f"       {line}".rstrip() for line in pasted)]
