"""Values of settings: read from TOML, checked one at a time, written back."""

from __future__ import annotations

import json
import math
import re
import sys
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, Dict, List, Tuple, Union

from retro_gamer.config.settings import (
    SECTIONS,
)
from retro_gamer.errors import ConfigError, did_you_mean

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


MAX_TOML_BYTES = 2**18


MAX_DOTS = 200


def read_toml(path: Union[str, Path]) -> Dict[str, Any]:
    """A TOML file as a dict; raises ConfigError naming the line where it cannot be understood."""
    with open(path, "rb") as file:
        return parse_toml(file.read(MAX_TOML_BYTES + 1), str(path))


def parse_toml(content: bytes, path: str) -> Dict[str, Any]:
    """The same for the content of the file at `path`."""
    if len(content) > MAX_TOML_BYTES:
        raise ConfigError(
            f"{path} cannot be read: it is longer than {MAX_TOML_BYTES // 1024} kB, so it is something else."
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path} is not text in UTF-8 (line {line}). Save it again as UTF-8.") from None
    try:
        if any(len(re.findall(r"\.+", line)) > MAX_DOTS for line in text.splitlines()):
            raise ValueError(
                f"a line has more than {MAX_DOTS} dots"
            )  # a.b.c...: takes time with the square of their number
        return tomllib.loads(text.replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise ConfigError(
            f"{path} cannot be read: {error or type(error).__name__}.\nA setting is written as  name = value  on a line "
            f'of its own; text stands in quotes, lists in brackets: actions = ["KEY_LEFT", "a"].'
        ) from None


def toml_value(value: Any) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise ConfigError(f"{value!r} cannot be written in a text file. Use another name for it.")
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    return repr(value)


def check_value(setting: Any, value: Any) -> str:
    """What is wrong with a value for this setting, and what to try; empty when nothing is."""
    kind, limits = setting.type, setting.metadata
    default = toml_value(_default(setting))
    if kind == "bool":
        return "" if isinstance(value, bool) else f"It must be true or false. Try: {setting.name} = {default}"
    if kind == "str":
        if not isinstance(value, str):
            return f'It must be text in quotes. Try: {setting.name} = "..."'
        if limits["choices"] and value not in limits["choices"]:
            hint = did_you_mean(toml_value(value), map(toml_value, limits["choices"]))
            return f"It must be one of {', '.join(limits['choices'])}.{hint}"
        return ""
    if kind.startswith("List"):
        item_class, what = (str, "texts in quotes") if kind == "List[str]" else (int, "whole numbers")
        if not isinstance(value, list) or not all(type(item) is item_class for item in value):
            return f"It must be a list of {what}. Try: {setting.name} = {default if default != '[]' else '[...]'}"
        if item_class is int:
            return next((why for item in value for why in [_check_range(limits, item)] if why), "")
        return ""
    if kind.startswith("Union") and value == "auto":
        return ""
    number = type(value) is int or (type(value) is float and kind != "int")
    if not number:
        what = (
            "a whole number"
            if kind == "int"
            else 'a number or "auto"'
            if kind.startswith("Union")
            else "a number"
        )
        return f"It must be {what}. Try: {setting.name} = {default}"
    why = _check_range(limits, value)
    return f"{why} Try: {setting.name} = {default}" if why else ""


def _check_range(limits: Dict[str, Any], value: float) -> str:
    low, high, above = limits["low"], limits["high"], limits["above"]
    if isinstance(value, float) and not math.isfinite(value):
        return "It must be an ordinary number."
    if (
        (low is not None and value < low)
        or (above is not None and value <= above)
        or (high is not None and value > high)
    ):
        parts = [
            f"at least {low}" if low is not None else "",
            f"greater than {above}" if above is not None else "",
            f"at most {high}" if high is not None else "",
        ]
        return f"It must be {' and '.join(part for part in parts if part)}."
    return ""


def _default(setting: Any) -> Any:
    return setting.default if setting.default is not MISSING else setting.default_factory()


def problem_text(heading: str, explanation: str, try_this: str) -> str:
    return f"  {heading[:300]}\n    {explanation}\n    -> {try_this}"


def unknown_name(shown: str, name: str, known: List[str], what: str) -> str:
    hint = did_you_mean(name, known).lstrip() or f"Known: {', '.join(known)}."
    return problem_text(shown, f"There is no such {what}.", hint)


def unknown_setting(section: str, name: str, known: List[str]) -> str:
    homes = sections_with(name)
    if homes:
        return problem_text(
            f"{name} in [{section}]",
            "This setting has its place in another section.",
            f"Move it to [{homes[0]}].",
        )
    return unknown_name(f"{name} in [{section}]", name, known, "setting")


def sections_with(name: str) -> List[str]:
    """The sections that have a setting of this name."""
    return [section for section, cls in SECTIONS.items() if name in {setting.name for setting in fields(cls)}]


def find_setting(name: str) -> Tuple[str, Any]:
    """(section, dataclass field) of a setting by its name alone; raises KeyError."""
    for section, cls in SECTIONS.items():
        for setting in fields(cls):
            if setting.name == name:
                return section, setting
    raise KeyError(name)
