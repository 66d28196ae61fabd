"""Functions of a game, called as the library calls them."""

from __future__ import annotations

from typing import Any, Callable, Dict

from retro_gamer.hosting import blame


def from_the_library(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function from a frame that seems to be one of the library's."""
    names: Dict[str, Any] = {}
    exec(compile("def call(f, *a): return f(*a)", blame.__file__, "exec"), names)
    return names["call"](function, *arguments)
