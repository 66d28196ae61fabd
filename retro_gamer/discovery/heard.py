"""Which keys a game compares with what is pressed, found by listening to it and by reading its methods."""

from __future__ import annotations

import random
from types import CodeType
from typing import Any, Callable, Collection, Iterator, Sequence

from retro_gamer.config.key_names import KEY_NAMES, key_problem
from retro_gamer.discovery.probing import step
from retro_gamer.environment.keys import KeyInput
from retro_gamer.environment.new_games import errors_passed_over, new_game, vars_of
from retro_gamer.hosting.blame import first_line_of
from retro_gamer.hosting.randomness import seed_everything

TURNS, GAMES = 300, 30  # that are listened to, at most
FEW = 4  # letters that may be keys, as in "wasd"
UNLIKELY = ("KEY_TAB", "z")  # no branch takes these before all comparisons are made


class _Text(str):
    """Text that notes what it is compared with, and so do its other forms."""

    heard: set[str]

    def __eq__(self, other: object) -> bool:
        same = str.__eq__(self, other)
        if isinstance(other, str) and not same:  # a look-up in a dict compares only what is the same
            self.heard.add(str.__str__(other))
        return same

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__

    def __str__(self) -> str:
        return self

    def lower(self) -> str:
        return _text(str.lower(self), self.heard)

    def upper(self) -> str:
        return _text(str.upper(self), self.heard)


def _text(text: str, heard: set[str]) -> _Text:
    made = _Text(text)
    made.heard = heard
    return made


class _Listening(KeyInput):
    """An input source whose keys note what they are compared with."""

    def __init__(self, signs: set[str], names: set[str]):
        super().__init__()
        self._signs, self._names = signs, names

    def collect(self) -> Collection[Any]:
        return [self._listening(key) for key in super().collect()]

    def _listening(self, key: Any) -> Any:
        name = None if key.name is None else _text(key.name, self._names)

        class Key(_Text):
            """A keystroke as blessed has it."""

            code, is_sequence = key.code, key.is_sequence

            def __repr__(self) -> str:
                return repr(key)

        Key.name = name  # type: ignore[attr-defined]
        made = Key(str.__str__(key))
        made.heard = self._signs
        return made


def keys_heard(factory: Callable[[], Any], usual: Sequence[str], most_turns: int = TURNS) -> list[str]:
    """The keys that the game compares with what is pressed, in games in which `usual` keys and unlikely ones are.

    Signs are compared with the key itself, as in key == "e"; names with its name, as in key.name == "KEY_UP".
    A look-up in a dict is not heard.
    """
    signs: set[str] = set()
    names: set[str] = set()
    turns = 0
    for seed in range(GAMES):
        if turns >= most_turns * (seed + 1) // GAMES:
            continue
        seed_everything(seed)
        chooser, game = random.Random(seed), new_game(factory)
        game.input_source = _Listening(signs, names)
        with errors_passed_over():  # that is for those who try one key after the other
            while game.playing and turns < most_turns * (seed + 1) // GAMES:
                key = chooser.choice([*usual, *UNLIKELY])
                game.input_source.press(key)
                turns += 1
                step(game, key)
    found = {key for key in signs if len(key) == 1} | {key for key in names if len(key) > 1}
    return sorted(key for key in found if not key_problem(key))


def keys_at_hand(game: Any) -> list[str]:
    """Keys that a game may look up where it listens: those of dicts, what is written in methods, the signs of "WASD"."""
    texts: set[Any] = set()
    for agent in game.agents:
        if hasattr(agent, "handle_keystroke"):
            shared = getattr(agent.handle_keystroke, "__globals__", {})
            for scope in (shared, vars_of(agent), *map(vars, type(agent).__mro__)):
                for name, value in scope.items():
                    if isinstance(value, dict) and name != "__builtins__":
                        texts.update(value)
                    elif scope is not shared:
                        texts.update(_texts_in(getattr(value, "__code__", None)))
    written = {text for text in texts if isinstance(text, str)}
    short = [text for text in written if (text == text.upper() or len(text) <= FEW) and "_" not in text]
    signs = {sign for text in short for sign in text}
    keys = signs | {text for text in written if len(text) == 1 or text in KEY_NAMES}
    return sorted(key for key in keys if not key_problem(key))


def where_keys_are_handled(game: Any) -> str:
    """Where the game listens to keys, and a name there that no key has; also says when no character listens."""
    handlers = {}
    for agent in game.agents:
        handler = getattr(type(agent), "handle_keystroke", None)
        if handler is not None:
            handlers[f"{type(agent).__name__}.handle_keystroke"] = handler
    if not handlers:
        return "No character of a new game has a method handle_keystroke(self, keystroke, game), so nobody listens to keys."
    lines = []
    for name, handler in handlers.items():
        wrong = wrong_names_in(handler)
        said = f"{name} listens to keys ({first_line_of(handler)})"
        if wrong:
            right = f"KEY_{wrong[0].upper()}"
            said += f" and compares with {wrong[0]!r}. No key has that name; did you mean {right!r}?"
        lines.append(said if wrong else said + ".")
    return "\n".join(lines)


def wrong_names_in(handler: Any) -> list[str]:
    """Texts in a method that are names of keys, but for "KEY_"."""
    texts = _texts_in(handler.__code__) if hasattr(handler, "__code__") else []
    return [text for text in texts if f"KEY_{text.upper()}" in KEY_NAMES]


def _texts_in(constant: Any) -> Iterator[str]:
    if isinstance(constant, str):
        yield constant
    elif isinstance(constant, CodeType):
        for inner in constant.co_consts:
            yield from _texts_in(inner)
    elif isinstance(constant, (tuple, frozenset)):
        for inner in constant:
            yield from _texts_in(inner)
