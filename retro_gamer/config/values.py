"""Values of settings: read from TOML, checked one at a time, written back."""

from __future__ import annotations

import json
import math
import re
import sys
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, Callable

from retro_gamer.config.problems import MAX_PROBLEMS, Problem
from retro_gamer.errors import ConfigError, did_you_mean

if sys.version_info >= (3, 11):
    import tomllib
else:
    try:
        import tomli as tomllib
    except ModuleNotFoundError:  # told by the command that needs it
        tomllib = None  # type: ignore[assignment]


MAX_TOML_BYTES = 2**18


MAX_DOTS = 200
MAX_DIGITS = 1000
MAX_ITEMS = 1000  # of a list


def read_toml(path: str | Path) -> dict[str, Any]:
    """A TOML file as a dict; raises ConfigError naming the line where it cannot be understood."""
    with open(path, "rb") as file:
        return parse_toml(file.read(MAX_TOML_BYTES + 1), str(path))


def parse_toml(content: bytes, path: str) -> dict[str, Any]:
    """The same for the content of the file at `path`."""
    if len(content) > MAX_TOML_BYTES:
        raise ConfigError(f"{path} cannot be read: it is longer than {MAX_TOML_BYTES // 1024} kB, so it is something else.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path} is not text in UTF-8 (line {line}). Save it again as UTF-8.") from None
    try:
        if any(len(re.findall(r"\.+", line)) > MAX_DOTS for line in text.splitlines()):
            # a.b.c...: takes time with the square of their number.
            raise ValueError(f"a line has more than {MAX_DOTS} dots")
        if any(len(digits) > MAX_DIGITS for digits in re.findall("[0-9_]{20,}", text)):
            raise ValueError(f"a number has more than {MAX_DIGITS} digits")  # so does this
        _check_backslashes(text)
        if tomllib is None:
            raise ModuleNotFoundError("No module named 'tomli'", name="tomli")
        return tomllib.loads(text.replace("\r\n", "\n"))
    except (RecursionError, ValueError) as error:  # a TOMLDecodeError is a ValueError
        if isinstance(error, tomllib.TOMLDecodeError) and re.search(r'"[^"]*\\[^"]*"', text):
            raise ConfigError(
                f"{path} cannot be read: {error}.\nA backslash in double quotes means something else; text that has one, "
                "such as a path of Windows, stands in single quotes: path = 'C:\\games'."
            ) from None
        raise ConfigError(
            f"{path} cannot be read: {error or type(error).__name__}.\nA setting is written as  name = value  on a line "
            f'of its own; text stands in quotes, lists in brackets: actions = ["KEY_LEFT", "a"].'
        ) from None


def _check_backslashes(text: str) -> None:
    """Raise ValueError for a path of Windows in double quotes, where a backslash and a t, say, are a tab."""
    for number, line in enumerate(text.splitlines(), 1):
        found = re.match(r'\s*path\s*=\s*"(.*)"', line)
        if not found or found.group(1).startswith("/") or "\\\\" in found.group(1)[2:]:
            continue  # a path of another system, or one whose backslashes are doubled as they should be
        if re.search(r'\\(?!["u])', found.group(1).replace("\\\\", "")):
            raise ValueError(
                f"in line {number}, a backslash in double quotes means something else. Write the path in single quotes:\n"
                f"  path = '{found.group(1)}'"
            )


def toml_value(value: Any) -> str:
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
    kind, choices = setting.metadata["kind"], setting.metadata["choices"]
    default = toml_value(_default(setting))
    if not kind.accepts(value):
        example = kind.example or (default if default != "[]" else "[...]")
        return f"It must be {kind.what}. Try: {setting.name} = {example}"
    if isinstance(value, list) and len(value) > MAX_ITEMS:
        return f"It has {len(value)} entries, and {MAX_ITEMS} are the most."
    if choices and value not in choices:
        known = [toml_value(choice) for choice in choices]
        return f"It must be one of {', '.join(known)}.{did_you_mean(toml_value(value), known)}"
    for number in kind.numbers(value):
        why = _check_range(setting.metadata, number)
        if why:
            return why if isinstance(value, list) else f"{why} Try: {setting.name} = {default}"
    return ""


def _check_range(limits: dict[str, Any], value: float) -> str:
    low, high, above = limits["low"], limits["high"], limits["above"]
    if isinstance(value, float) and not math.isfinite(value):
        return "It must be an ordinary number."
    if (low is not None and value < low) or (above is not None and value <= above) or (high is not None and value > high):
        parts = [
            f"at least {low}" if low is not None else "",
            f"greater than {above}" if above is not None else "",
            f"at most {high}" if high is not None else "",
        ]
        return f"It must be {' and '.join(part for part in parts if part)}."
    return ""


def _default(setting: Any) -> Any:
    return setting.default if setting.default is not MISSING else setting.default_factory()


def read_settings(
    cls: Any, values: dict[str, Any], unknown: Callable[[str, list[str]], Problem], where: str = ""
) -> tuple[Any, list[Problem]]:
    """Settings with these values, and the problems found; a setting with a problem keeps its default.

    `unknown` makes the problem of a name that no setting has, from the names that exist; `where` is put before every name.
    """
    known = {setting.name: setting for setting in fields(cls) if "kind" in setting.metadata}
    good: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in values.items():
        if len(problems) >= MAX_PROBLEMS:
            break
        if name not in known:
            problems.append(unknown(name, list(known)))
            continue
        metadata, why = known[name].metadata, check_value(known[name], value)
        if why:
            problems.append(Problem(f"{where}{name} = {value!r:.100}", metadata["help"], why, (name,)))
        else:
            good[name] = metadata["kind"].converted(value)
    return cls(**good), problems
