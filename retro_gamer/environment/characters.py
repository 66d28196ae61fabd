"""The characters of a game on its board."""

from __future__ import annotations

from operator import index
from typing import Any, Container, Iterable, Iterator, Sequence

from retro_gamer.errors import ObservationError

MAX_BOARD_SIDE = 4096


def board_size_of(game: Any) -> tuple[int, int]:
    """(width, height) of a game's board; raises ObservationError when it is not a size."""
    try:
        width, height = map(index, game.board_size)
        if 1 <= width <= MAX_BOARD_SIDE and 1 <= height <= MAX_BOARD_SIDE:
            return width, height
    except (TypeError, ValueError):
        pass
    raise ObservationError(
        f"The game's board_size is {game.board_size!r:.100}. It is (width, height): two whole numbers "
        f"from 1 to {MAX_BOARD_SIDE}."
    )


def cells_of(agent: Any) -> Iterator[tuple[tuple[int, int], str]]:
    """((x, y), character) of every cell that a character covers, as retro-games draws it."""
    x, y = agent.position
    size = getattr(agent, "size", None)
    if size is None:
        yield (x, y), agent.character
        return
    rows = agent.character
    for dy in range(size[1]):
        for dx in range(size[0]):
            if isinstance(rows, str):
                yield (x + dx, y + dy), rows
            else:
                row = rows[dy] if dy < len(rows) else ""
                yield (x + dx, y + dy), row[dx] if dx < len(row) else " "


def displayed(agents: Iterable[Any]) -> list[Any]:
    """Those that are drawn."""
    return [agent for agent in agents if getattr(agent, "display", True)]


def in_paint_order(agents: Sequence[Any]) -> Iterable[Any]:
    """The agents in an order in which to paint them: the highest z last, and of equal ones the first in the list."""
    for agent in agents:
        if getattr(agent, "z", 0):
            return sorted(reversed(agents), key=_height)
    backwards: Iterable[Any] = reversed(agents)
    return backwards


def _height(agent: Any) -> Any:
    return getattr(agent, "z", 0) or 0


def visible_cells(characters: Sequence[Any], board_size: tuple[int, int]) -> Iterator[tuple[Any, int, int, str]]:
    """(character, x, y, what it shows there) of every cell on the board that one covers, in paint order."""
    width, height = board_size
    for character in in_paint_order(characters):
        if not getattr(character, "display", True):
            continue
        if getattr(character, "size", None) is None:  # nearly always, so it comes first
            x, y = character.position
            if 0 <= x < width and 0 <= y < height:
                yield character, x, y, character.character
        else:
            for (x, y), shown in cells_of(character):
                if 0 <= x < width and 0 <= y < height:
                    yield character, x, y, shown


def in_colors(cells: Iterable[tuple[Any, int, int, str]], known: Container[str]) -> Iterator[tuple[Any, int, int, str]]:
    """The same cells; what is `known` with its color, such as "o red", shows so."""
    for character, x, y, shown in cells:
        colored = f"{shown} {getattr(character, 'color', None)}"
        yield character, x, y, colored if colored in known else shown


def shown_characters(game: Any) -> dict[tuple[int, int], str]:
    """Which character shows in each occupied cell (x, y) of the board; raises ObservationError for what cannot be read."""
    try:
        return {(x, y): shown for _, x, y, shown in visible_cells(game.agents, game.board_size)}
    except (TypeError, ValueError, AttributeError) as error:
        raise explain(game, error) from error


def check_characters(game: Any, characters: Iterable[Any]) -> None:
    """Raise ObservationError for what cannot be shown in one cell of the board, naming whose it is."""
    for character in characters:
        if not isinstance(character, str) or len(character) > 1:
            raise explain(
                game,
                ObservationError(
                    f'A cell of the board shows {character!r:.200}, but it can show one character only, like "@".'
                ),
            )


def explain(game: Any, error: Exception) -> Exception:
    """The error again, naming the character whose position or appearance is at fault where there is one."""
    if not isinstance(game.state, dict):
        return ObservationError(f"The game's state is {game.state!r:.100}. It must be a dict, like {{'score': 0}}.")
    if not isinstance(game.agents, (list, tuple)):
        return ObservationError(
            f"game.agents is {game.agents!r:.100}, not a list. Use game.add_agent and game.remove_agent."
        )
    for agent in game.agents:
        if not getattr(agent, "display", True):
            continue
        name = getattr(agent, "name", type(agent).__name__)
        position = getattr(agent, "position", None)
        try:
            x, y = position  # type: ignore[misc]
            index(x), index(y)
        except (TypeError, ValueError):
            return ObservationError(
                f"The character {name!r} has position {position!r}. A position is a pair of whole numbers, like (3, 4): "
                "round(x) makes one."
            )
        character = getattr(agent, "character", None)
        if getattr(agent, "size", None) is None and not (isinstance(character, str) and len(character) < 2):
            return ObservationError(
                f'The character {name!r} is drawn as {character!r:.200}. It must be one character in quotes, like "@"; '
                "what is larger needs a size too, like (3, 1)."
            )
    if isinstance(error, ObservationError):
        return error
    return ObservationError(f"The characters on the board cannot be read ({type(error).__name__}: {error}).")


def text_of(agent: Any) -> str:
    """What a character of the game says, if it is a text: one row of several cells with letters or digits in it that are
    not all the same, such as "SCORE 3", not "===" or "UUU". Else ""."""
    size = getattr(agent, "size", None)
    if size is None or size[1] != 1 or size[0] < 2:
        return ""
    if not getattr(agent, "display", True):
        return ""
    rows = agent.character
    text = rows if isinstance(rows, str) else str(rows[0]) if rows else ""
    return text if len({sign for sign in text if sign.isalnum()}) > 1 else ""


def without_texts(agents: Sequence[Any], player: Any = None) -> list[Any]:
    """All but texts. The player is none, whatever it looks like."""
    return [agent for agent in agents if getattr(agent, "size", None) is None or agent is player or not text_of(agent)]
