"""Which numbers of a game's state the agent should see, because the board does not show them."""

from __future__ import annotations

import math
from typing import Any, Sequence

import numpy as np

from retro_gamer.config.run_config import RunConfig
from retro_gamer.discovery.rewards import Histories, growth_of
from retro_gamer.environment.characters import displayed
from retro_gamer.environment.make import make_environment
from retro_gamer.environment.observation import is_word, sign_of
from retro_gamer.environment.vocabulary import Vocabulary

MOST = 16  # numbers that are observed
TURNS = 500  # of random play, in which observations are compared
SEEN_AGAIN = 20  # turns with an observation seen before, and another number than at first: with fewer, nothing can be said
SAME = 0.995  # a correlation
FEW = 9  # different values
NEARLY = 0.1  # of its range: so near to where it runs out, it is empty
AGREE = 0.99  # of those turns: then what is seen tells the number already


def changing_numbers(histories: Histories, state: Sequence[str], known: Sequence[str]) -> list[str]:
    """Numbers that change in play, or from game to game: not those `known` (reward and score), nor what changes as they do,
    nor what only counts."""
    always = most_turns(histories)
    taken: list[list[float]] = [_course(histories[name]) for name in known if name in histories]
    found = []
    for name, games in histories.items():
        growth, course = growth_of(games), _course(games)
        if name in known or name not in state or sum(map(len, games)) < always or course in taken:
            continue
        if not all(math.isfinite(value) for game in games for value in game):
            continue
        drawn = len({game[0] for game in games}) > 1  # for each game, as the wind is: it does not count
        counts_up = not (growth.down or drawn) and len({value for game in games for value in game}) > 2
        clock = growth.turns_counted and not (growth.saved or _runs_out(games))
        before_the_end = any(len(set(game[:-1])) > 1 for game in games)  # unlike whether the game is lost
        if (before_the_end or drawn) and not (clock or counts_up):
            found.append(name)
            taken.append(course)
    return found[:MOST]


def most_turns(histories: Histories) -> int:
    """In how many turns there were values: what was there in fewer is not there always."""
    return max((sum(map(len, games)) for games in histories.values()), default=0)


def changing_words(words: Histories, turns: int) -> list[str]:
    """Texts of the state that are words in all these turns, of a few, and change before a game is over or from game to
    game. `words` are their signs; no number is one of digits only, which is no word."""
    found = []
    for name, games in words.items():
        different = {word for game in games for word in game}
        changes = any(len(set(game[1:-1])) > 1 for game in games) or len({game[0] for game in games}) > 1
        always = sum(map(len, games)) == turns and not any(map(math.isnan, different))
        if always and changes and len(different) <= MOST:
            found.append(name)
    return found


def says_which(games: Sequence[Sequence[float]]) -> bool:
    """Whether a number is one of a few whole ones and jumps among them, as the number of a house does."""
    steps = [abs(after - before) for game in games for before, after in zip(game, game[1:]) if after != before]
    values = {value for game in games for value in game}
    few = 2 < len(values) <= FEW and all(value == int(value) for value in values)
    return few and bool(steps) and 2 * steps.count(1) < len(steps)


def _runs_out(games: Sequence[Sequence[float]]) -> bool:
    """Whether a number is filled up now and then, and most games end when it is empty; hunger is full then."""
    growth, values = growth_of(games), [value for game in games for value in game]
    empty = min(values) if growth.falls else max(values)
    over = sum(abs(game[-1] - empty) <= NEARLY * (max(values) - min(values)) for game in games)
    return bool(growth.up and growth.down) and 2 * over >= len(games)


def _course(games: Sequence[Sequence[float]]) -> list[float]:
    """By how much it is more than at first, in each turn of each game."""
    return [round(value - games[0][0], 9) for game in games for value in game]


def not_shown(config: RunConfig, names: Sequence[str], turns: int = TURNS, factory: Any = None) -> list[str]:
    """Of these numbers, those that differ between turns in which the same is observed, and are no distances from who moves.

    Where hardly any observation is seen twice, all but the distances. `factory` is used instead of loading the game.
    """
    vocabulary = Vocabulary(list(config.metadata.character_set), grows=True)
    environment: Any = make_environment(config, vocabulary, factory)
    rng = np.random.default_rng(0)
    first_seen: dict[bytes, tuple[int, np.ndarray]] = {}  # an observation -> in which turn, and what the numbers were then
    again, agreed, changed, seed = np.zeros(len(names)), np.zeros(len(names)), np.zeros(len(names)), 0
    lost = np.zeros(len(names), bool)  # what is no number at times cannot be observed, nor what is a word at times
    values, distances, places = [], [], set()
    observation = environment.reset(seed)
    begun = np.array([number_of(environment.game.state.get(name)) for name in names])
    are_words = [isinstance(environment.game.state.get(name), str) for name in names]
    before = begun
    for turn in range(turns):
        state = environment.game.state
        now = np.array([number_of(state.get(name)) for name in names])
        changed[now != before] = turn
        before = now
        lost |= np.isnan(now) | np.not_equal(are_words, [isinstance(state.get(name), str) for name in names])
        view = observation.inputs.tobytes()
        at, first = first_seen.setdefault(view, (turn, now))
        # Only where it has been another since then; and games begin alike, whatever it is that they do not show.
        tells = (changed > at) & ((now != begun) | (first != begun))
        again += tells
        agreed += tells & (now == first)
        # A new game may still have to fill them in.
        if config.preprocessing.radar and environment.game.turn_number:
            player = environment.encoder.find_player(environment.game)
            values.append(now)
            distances.append(_distances(environment.game, player))
            places.add(tuple(getattr(player, "position", ())))
        observation, _, terminated, cut = environment.step(int(rng.integers(len(environment.actions))))
        if terminated or cut:
            seed += 1
            observation = environment.reset(seed)
    told = (again >= SEEN_AGAIN) & (agreed >= AGREE * again)
    goes_near = len(places) > 1  # or the radar tells what is far away for ever only roughly
    for column, series in enumerate(np.array(values, float).T):
        told[column] |= goes_near and any(_alike(series, np.array(one)) for one in _in_all_turns(distances))
    return [name for name, is_told in zip(names, told | lost) if not is_told]


def number_of(value: Any) -> float:
    """A number by which a value of the state can be compared: that of a word is its sign; nan where there is none."""
    if isinstance(value, str):
        return float(sign_of(value)) if is_word(value) else math.nan
    return float(value) if isinstance(value, (int, float)) else math.nan


def _distances(game: Any, player: Any) -> dict[str, float]:
    """How far it is from the player to each character that is the only one of its class."""
    shown = displayed(game.agents)
    kinds = [type(agent).__name__ for agent in shown]
    found: dict[str, float] = {}
    for agent, kind in zip(shown, kinds):
        if player is None or agent is player or kinds.count(kind) > 1 or len(found) > 4 * MOST:
            continue
        dx, dy = (other - own for other, own in zip(agent.position, player.position))
        found.update({f"{kind} dx": dx, f"{kind} dy": dy, f"{kind} steps": abs(dx) + abs(dy)})
        found[f"{kind} length"] = math.hypot(dx, dy)
    return found


def _in_all_turns(rows: Sequence[dict[str, float]]) -> list[list[float]]:
    names = set(rows[0]).intersection(*rows) if rows else set()
    return [[row[name] for row in rows] for name in names]


def _alike(one: np.ndarray, other: np.ndarray) -> bool:
    """Is one number the other, but for its unit and where it begins?"""
    if not (one.std() and other.std()):
        return False
    return bool(abs(np.corrcoef(one, other)[0, 1]) > SAME)
