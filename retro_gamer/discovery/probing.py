"""Finding out about a game by playing it: what is on the board, which numbers change, who is played."""

from __future__ import annotations

import random
import time
import traceback
from collections import Counter
from typing import Any, Callable, NamedTuple, Sequence

from retro_gamer.discovery.state_numbers import number_of
from retro_gamer.discovery.symmetries import Sides
from retro_gamer.discovery.travels import Balls, Moves, Rhythms, Travels
from retro_gamer.discovery.written import TilesShown, Written
from retro_gamer.environment.characters import board_size_of, check_characters, displayed, shown_characters, visible_cells
from retro_gamer.environment.memories import LastSteps
from retro_gamer.environment.new_games import new_game, parts_of
from retro_gamer.environment.player import keyboard_driven, name_of
from retro_gamer.environment.runner import LARGEST, advice_in_turn, state_number
from retro_gamer.errors import GameError
from retro_gamer.hosting import outside
from retro_gamer.hosting.blame import blamed
from retro_gamer.hosting.randomness import seed_everything

ACTIONS_FLAG = "--actions KEY_LEFT,KEY_RIGHT"
SECONDS = 20.0  # for trying keys, and for random games: a hundred times what most games need
FEWEST_SLIDES, SLIDES = 3, 0.7  # in each of two ways; of its moves without a key: then it slides
MOST_COLORS = 6  # of a character: more are for the eye
LEAST_TURNS = 20  # without a key: fewer do not tell whether a game waits for one
TURNS_BETWEEN_BOARDS = 10  # of random play: from one look at the whole board to the next


class Probe(NamedTuple):
    """What random play of a game showed."""

    board_size: tuple[int, int]
    characters: list[str]  # in the order in which they appeared
    histories: dict[str, list[list[float]]]  # what the state's numbers were: game by game, turn by turn
    n_agents: int  # on the board, the most in any turn
    players: list[Any]  # who listens to keys in most turns where anyone does; nobody where nothing ever moves
    mean_turns: float  # of a random game
    turns: int  # played
    ended: int  # games that came to an end in them
    huge: set[str]  # numeric state values beyond what can be counted one by one
    # Of each that listens to keys, by name: characters that nobody else showed.
    own_letters: dict[str, set[str]]
    turning: dict[str, set[str]]  # by name, the letters of each whose letter tells which way it went
    sliding: set[str]  # and of those that go on as they went while no key is pressed
    fixed: set[str]  # and of those that never move
    telling: set[str]  # and of those whose letter tells something else
    flow: str  # the one way in which things come; "" for none
    walls: bool  # whether several come abreast, such as a wall's parts or a gate's posts
    # The characters that are in no text, where texts say nothing that is not known; None elsewhere.
    besides_texts: list[str] | None
    waits: bool  # whether the player never goes that way, nor back
    outside_texts: list[str] | None  # the characters that are in no text; None where there is no text
    turn_based: bool  # whether nothing changes until a key is pressed
    shoots: bool  # whether what appears beside the player flies away from it
    lasts: int  # for how many turns there is what a key makes; 0 for nothing
    colored: dict[str, list[str]]  # the characters that were shown in several colors, and these
    balls: list[str]  # the characters of what there is one of, that mostly goes on the way it went
    rhythms: list[str]  # the characters that move only in every second turn, or third, and so on
    cell_size: list[int]  # of the grid on which all moves go; empty for single cells
    tiles: list[int]  # where numbers stand that it is played with (discovery/written.py)
    words: dict[str, list[list[float]]]  # as `histories`, the signs of the state's texts
    sides: Sides  # which ways keys lead, and all that moves goes


class Looks:
    """What the characters that listen to keys look like, and whether that tells more than which way they went.

    What it finds is described in `Probe`.
    """

    def __init__(self) -> None:
        # Character -> the names of those that showed it, "" for all others.
        self._shown_by: dict[str, set[str]] = {}
        self._after: dict[tuple[str, Any], set[str]] = {}  # (name, last step) -> how it looked then
        self._steps = LastSteps()
        self._ways: dict[str, Any] = {}  # name -> its step in the turn before; None where it stood still
        self._slid: dict[str, Counter[Any]] = {}  # name -> the steps it made without a key, as in the turn before
        self._stepped: Counter[str] = Counter()  # name -> in how many turns without a key it moved
        # (name of a player or "", character) -> the colors of all that showed it, of turns in which most did
        self._colors: dict[tuple[str, str], set[tuple[str, ...]]] = {}

    def note(self, game: Any, key: str | None) -> None:
        """Look at a game after a turn with this key."""
        players = keyboard_driven(game)
        colors: dict[tuple[str, str], list[str]] = {}
        for agent, _, _, shown in visible_cells(game.agents, game.board_size):
            name = name_of(agent) if any(agent is player for player in players) else ""
            self._shown_by.setdefault(shown, set()).add(name)
            if shown.strip():
                colors.setdefault((name, shown), []).append(str(getattr(agent, "color", None)))
        for who, now in colors.items():
            of_turns = self._colors.setdefault(who, set())
            most = max(map(len, of_turns), default=0)
            if len(now) > most:
                of_turns.clear()
            if len(now) >= most:
                of_turns.add(tuple(sorted(now)))
        for player in players:
            step = self._steps.of(game, player)
            if game.playing:
                self._after.setdefault((name_of(player), step), set()).add(str(player.character))
            name, moved = name_of(player), self._steps.turns_since(game, player) == 0
            if moved and key is None:
                self._stepped[name] += 1
                self._slid.setdefault(name, Counter())[step] += step == self._ways.get(name)
            self._ways[name] = step if moved else None

    def own_letters(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for shown, names in self._shown_by.items():
            if len(names) == 1:
                found.setdefault(min(names), set()).add(shown)
        return found

    def colored(self) -> dict[str, list[str]]:
        """The characters that were shown in several colors, and these."""
        return {shown: sorted(colors) for (_, shown), colors in self._several_colors()}

    def _several_colors(self) -> list[tuple[tuple[str, str], set[str]]]:
        """Not where each has a color of its own, as ghosts do: then it is only a name. Of a player only colors that others
        have, too: it may have to be like them."""
        found = []
        for who, of_turns in self._colors.items():
            first, *more = of_turns
            colors = set(first).union(*more)
            if 1 < len(colors) <= MOST_COLORS and (more or len(colors) < len(first)):
                found.append((who, colors))
        known = {color for (name, _), colors in found if not name for color in colors}
        return [(who, colors) for who, colors in found if colors <= known]

    def turning(self) -> dict[str, set[str]]:
        """By name, how each looked that looked in another way after another step."""
        looks: dict[str, set[str]] = {}
        for (name, step), after in self._after.items():
            looks.setdefault(name, set()).update(after if step is not None else ())
        return {name: different for name, different in looks.items() if len(different) > 1}

    def sliding(self) -> set[str]:
        """The names of those that go on in several ways as they went, while no key is pressed."""
        often = {name: [n for n in slid.values() if n >= FEWEST_SLIDES] for name, slid in self._slid.items()}
        return {name for name, all_n in often.items() if len(all_n) > 1 and sum(all_n) >= SLIDES * self._stepped[name]}

    def fixed(self) -> set[str]:
        return {name for name, _ in self._after} - {name for name, step in self._after if step is not None}

    def telling(self) -> set[str]:
        """The names of those that looked in several ways after one and the same step."""
        fixed = self.fixed()
        return {name for (name, _), _ in self._several_colors() if name} | {
            name for (name, step), looks in self._after.items() if len(looks) > 1 and (step is not None or name in fixed)
        }


def probe_game(
    factory: Callable[[], Any],
    actions: Sequence[str],
    turns: int = 1000,
    reward: str = "",
    say: Callable[[str], None] = lambda message: None,
    clock: Callable[[], float] = time.monotonic,
    hold: int = 1,
) -> Probe:
    """Play at random for `turns` turns. `reward` must stay a number, if it is there at all. A key is held for `hold` turns,
    on average.

    When SECONDS are up on `clock` before, it is told to `say` how many turns were played.
    """
    seed_everything(0)
    chooser, outside.clock_was_read = random.Random(0), False
    game = new_game(factory)
    found, key = _Findings(game, reward), None
    deadline = clock() + SECONDS
    while found.turns < turns:
        if clock() >= deadline:
            say(
                f"This game is slow: only {found.turns} turns of random play were looked at, not {turns}. What appears "
                "later is not known: see that character_set names every character."
            )
            break
        if hold == 1 or chooser.random() < 1 / hold:
            key = chooser.choice([*actions, None])
        found.standstill.begin_turn(game, key)
        game.input_source.press(key)
        step(game, key)
        found.note(game, key)
        if not game.playing:
            game = new_game(factory)
            found.begin(game)
    return found.probe()


class Standstill:
    """Does a game stand still until a key is pressed, as board games and puzzles do? Its board, its state and what its
    characters hold are compared, before and after turns without a key.

    A turn that ends the game says nothing: many games are over after a number of turns.
    """

    def __init__(self) -> None:
        self._turns, self._moved = 0, False
        self._before: Any = None  # the game before this turn, if it is one to compare

    def begin_turn(self, game: Any, key: str | None) -> None:
        """A turn with this key comes. In its first turn a game may still be laid out."""
        is_telling = key is None and not self._moved and getattr(game, "turn_number", 0) > 0
        self._before = _all_of(game) if is_telling else None

    def note(self, game: Any) -> None:
        """Look at the game after the turn."""
        if self._before is not None and game.playing:
            self._turns += 1
            self._moved = _all_of(game) != self._before

    @property
    def found(self) -> bool:
        return self._turns >= LEAST_TURNS and not (self._moved or outside.clock_was_read)  # time goes on


def _all_of(game: Any) -> Any:
    return shown_characters(game), parts_of(game)


class _Findings:
    """What random play has shown so far."""

    def __init__(self, first: Any, reward: str):
        self._first, self._reward = first, reward if reward in first.state else None
        self.turns, self._games, self._ended = 0, 0, 0
        self._characters: dict[str, None] = {}
        self._histories: dict[str, list[list[float]]] = {}
        self._words: dict[str, list[list[float]]] = {}
        self._n_agents = 0
        self._listened: Counter[tuple[str, ...]] = Counter()  # names -> in how many turns they listened
        self._listeners: dict[tuple[str, ...], list[Any]] = {}  # and the characters of that name, the newest
        self._huge: set[str] = set()
        self._looks, self._travels, self._written, self._balls = Looks(), Travels(), Written(), Balls()
        self._moves, self._rhythms, self._sides = Moves(), Rhythms(), Sides()
        self.standstill, self._tiles = Standstill(), TilesShown()
        if self._reward is not None:
            state_number(first, self._reward)
        self.begin(first)

    def begin(self, game: Any) -> None:
        self._games += 1
        self._sides.begin()
        self._note_values(game.state, begins=True)

    def note(self, game: Any, key: str | None) -> None:
        self.turns += 1
        self._ended += not game.playing
        board_size_of(game)
        self._note_state(game)
        self._n_agents = max(self._n_agents, len(displayed(game.agents)))
        if self.turns % TURNS_BETWEEN_BOARDS == 1:
            cells = shown_characters(game)
            check_characters(game, cells.values())
            visible = (str(character) for character in cells.values() if character.strip())
            self._characters.update(dict.fromkeys(visible))
        self.standstill.note(game)
        self._looks.note(game, key)
        self._travels.note(game, key)
        self._written.note(game)
        self._balls.note(game)
        moves = self._moves.of_turn(game)
        self._rhythms.note(game, moves)
        self._sides.note(key, moves, game)
        players = keyboard_driven(game)
        if players:
            names = tuple(map(name_of, players))
            self._listened[names] += 1
            self._listeners[names] = players
        if not self._listened or self._travels.is_still():
            self._tiles.note(game)

    def _note_state(self, game: Any) -> None:
        if self._reward is not None:
            state_number(game, self._reward, game.turn_number)
        self._huge.update(name for name, value in game.state.items() if is_number(value) and abs(value) >= LARGEST)
        self._note_values(game.state)

    def _note_values(self, state: dict[str, Any], begins: bool = False) -> None:
        """Add the values of a turn to those before it; what is true is 1."""
        for name, value in state.items():
            if isinstance(value, (int, float, str)):
                kind = self._words if isinstance(value, str) else self._histories
                games = kind.setdefault(name, [])
                if begins or not games:
                    games.append([])
                games[-1].append(number_of(value))

    def probe(self) -> Probe:
        most = max(self._listened, key=lambda names: self._listened[names], default=())
        alike = [names for names in self._listened if set(names) == set(most)]
        if len(set(most)) == 1 and len(alike) > 1:  # they come and go, as letters to type do: none is played
            most = ()
        return Probe(
            (int(self._first.board_size[0]), int(self._first.board_size[1])),
            list(self._characters),
            self._histories,
            self._n_agents,
            [] if self._travels.is_still() else self._listeners.get(most, []),
            self.turns / self._games,
            self.turns,
            self._ended,
            self._huge,
            self._looks.own_letters(),
            self._looks.turning(),
            self._looks.sliding(),
            self._looks.fixed(),
            self._looks.telling(),
            self._travels.flow(),
            self._travels.walls(),
            self._written.others(),
            self._travels.waits(),
            self._written.outside(),
            self.standstill.found,
            self._travels.shots(),
            self._travels.lasts(),
            self._looks.colored(),
            self._balls.found(),
            self._rhythms.found(),
            self._rhythms.cell_size(),
            self._tiles.found(),
            self._words,
            self._sides,
        )


def step(game: Any, key: str | None) -> None:
    """Play one turn of a game that is tried out."""
    with_key = f" with the key {key!r}" if key is not None else ""

    def advise(error: BaseException) -> str:
        known = advice_in_turn(error, game)
        if known or key is None or isinstance(error, EOFError):
            return known
        handles = any(frame.name == "handle_keystroke" for frame in traceback.extract_tb(error.__traceback__))
        return f"If this key is not one of the game's, name those that are: {ACTIONS_FLAG}" if handles else ""

    with blamed(f"in turn {getattr(game, 'turn_number', 0) + 1}{with_key}, while it was tried out", advise):
        outside.step(game)
        bool(game.playing)
    if not isinstance(game.state, dict):
        raise GameError(f"The game's state is {game.state!r:.200}. It must be a dict, like {{'score': 0}}.")


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def only_player(players: Sequence[Any]) -> str:
    """How to name the one character that the keys control; "" when there is none. Raises GameError for several."""
    if not players:
        return ""
    names = list(map(name_of, players))
    if len(set(names)) > 1:
        raise GameError(f"Several characters listen to keys: {', '.join(dict.fromkeys(names))}.")
    return names[0]
