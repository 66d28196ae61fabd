"""Which values are of a kind of setting, and how a flag of the command line names one."""

from __future__ import annotations

from typing import Any, Generic, List, TypeVar, Union

T = TypeVar("T")


class Kind(Generic[T]):
    """A kind of value.

    `what` completes "It must be ..."; `example` is shown where something else was given, the default where it is
    empty.
    """

    what = ""
    example = ""

    def accepts(self, value: Any) -> bool:
        """Whether a value from a TOML file is of this kind."""
        raise NotImplementedError

    def converted(self, value: Any) -> Any:
        """A value that is accepted, as the settings hold it."""
        return value

    def numbers(self, value: Any) -> list[float]:
        """The numbers in an accepted value, which the limits of the setting are for."""
        return []

    def from_text(self, text: str) -> Any:
        """The value that a flag of the command line names; raises ValueError, which says what is wrong."""
        raise NotImplementedError


class Flag(Kind[bool]):
    what = "true or false"

    def accepts(self, value: Any) -> bool:
        return isinstance(value, bool)

    def from_text(self, text: str) -> Any:
        if text.lower() in ("true", "yes", "on", "1"):
            return True
        if text.lower() in ("false", "no", "off", "0"):
            return False
        raise ValueError(f"{text!r} is neither true nor false")


class Whole(Kind[int]):
    what = "a whole number"

    def accepts(self, value: Any) -> bool:
        return type(value) is int

    def numbers(self, value: Any) -> list[float]:
        return [value]

    def from_text(self, text: str) -> Any:
        try:
            return int(text.replace("_", ""))
        except ValueError:
            raise ValueError(f"{text!r} is not a whole number") from None


class Number(Kind[float]):
    what = "a number"

    def accepts(self, value: Any) -> bool:
        return type(value) in (int, float)

    def converted(self, value: Any) -> Any:
        return float(value)

    def numbers(self, value: Any) -> list[float]:
        return [value]

    def from_text(self, text: str) -> Any:
        for kind in (int, float):
            try:
                return kind(text)
            except ValueError:
                pass
        raise ValueError(f"{text!r} is not a number")


class NumberOrAuto(Kind[Union[float, str]]):
    what = 'a number or "auto"'

    def accepts(self, value: Any) -> bool:
        return value == "auto" or NUMBER.accepts(value)

    def numbers(self, value: Any) -> list[float]:
        return [] if value == "auto" else [value]

    def from_text(self, text: str) -> Any:
        return text if text == "auto" else NUMBER.from_text(text)


class Text(Kind[str]):
    what = "text in quotes"
    example = '"..."'

    def accepts(self, value: Any) -> bool:
        return isinstance(value, str)

    def from_text(self, text: str) -> Any:
        return text


class Texts(Kind[List[str]]):
    what = "a list of texts in quotes"

    def accepts(self, value: Any) -> bool:
        return isinstance(value, list) and all(type(item) is str for item in value)

    def from_text(self, text: str) -> Any:
        return [part for part in text.split(",") if part] if text != "," else [","]


class Wholes(Kind[List[int]]):
    what = "a list of whole numbers"

    def accepts(self, value: Any) -> bool:
        return isinstance(value, list) and all(type(item) is int for item in value)

    def numbers(self, value: Any) -> list[float]:
        return list(value)

    def from_text(self, text: str) -> Any:
        return [WHOLE.from_text(part.strip()) for part in text.split(",") if part.strip()]


FLAG, WHOLE, NUMBER, NUMBER_OR_AUTO = Flag(), Whole(), Number(), NumberOrAuto()
TEXT, TEXTS, WHOLES = Text(), Texts(), Wholes()
