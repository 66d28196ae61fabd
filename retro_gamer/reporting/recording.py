"""Greedy games, turn by turn: what the board looked like, what the agent saw, expected and did."""

from __future__ import annotations

import re
from typing import Any, Callable, NamedTuple, Sequence

from retro_gamer.environment.base import Environment
from retro_gamer.environment.observation import Observation
from retro_gamer.environment.stepped import SteppedEnvironment
from retro_gamer.environment.teams import names_of_symbols
from retro_gamer.games.screen import board_lines
from retro_gamer.hosting.blame import blamed
from retro_gamer.hosting.randomness import OwnRandomness
from retro_gamer.reporting.explanation import visits_of
from retro_gamer.reporting.progress import Counting
from retro_gamer.reporting.sight import ME_SHOWN, Sight, sight_of, sight_of_team
from retro_gamer.selfplay.self_play_run import SelfPlayRun, TeamPolicy
from retro_gamer.training.player import Player

MAX_STATE_VALUES = 12  # shown of a game's state
MAX_FRAMES = 10_000
_ON_A_GROUND = re.compile("\x1b\\[(?:[0-9]+;)*4[0-7](?:;[0-9]+)*m(.*?)\x1b\\[0?m")
_ESCAPE_CODE = re.compile("\x1b\\[[0-9;]*[A-Za-z]")


class Frame(NamedTuple):
    """A moment of a game, before the key of its turn is pressed."""

    board: list[str]  # rows of characters
    state: dict[str, str]
    sight: Sight
    values: list[float]  # [n_actions]: what it expects of each action
    action: int | None  # what it did; None when the game was over
    reward: float  # what that brought
    visits: int | None = None  # of a table: how often it learned from a turn in this position


class Recording(NamedTuple):
    seed: int
    frames: list[Frame]  # the last one shows how it ended
    total: float
    turns: int  # of the whole game; the frames may be fewer
    terminated: bool  # by the game's own rules; False: it was cut short
    actions: Sequence[str | None]  # what people call each


def record_all(
    chosen: Sequence[tuple[Any, ...]], record: Callable[..., Recording], quiet: bool
) -> list[tuple[str, Recording]]:
    """Several games: of each its name, and then what `record` asks for."""
    with Counting("writing down game", len(chosen), quiet=quiet) as count:
        recordings = []
        for number, (name, *which) in enumerate(chosen, 1):
            count(number)
            recordings.append((name, record(*which, on_turn=count.turn)))
    return recordings


def record_game(player: Player, seed: int, on_turn: Callable[[], None] = lambda: None) -> Recording:
    """Play the greedy game of a seed and note its first MAX_FRAMES turns. Raises GameErrors."""
    environment, agent = player.environment, player.agent
    frames: list[Frame] = []
    total, turns, terminated, truncated = 0.0, 0, False, False
    with OwnRandomness():
        observation = environment.reset(seed)
        agent.begin_episode()
        draw = _pictures_of(environment)
        while not (terminated or truncated):
            moment = _moment(player, observation, draw()) if turns < MAX_FRAMES else None
            action = agent.act(observation, 0.0)
            observation, reward, terminated, truncated = environment.step(action)
            agent.got(reward)
            total, turns = total + reward, turns + 1
            on_turn()
            if moment is not None:
                frames.append(moment._replace(action=action, reward=reward))
        if turns < MAX_FRAMES:
            frames.append(_moment(player, observation, draw()))
    return Recording(seed, frames, total, turns, terminated, environment.labels)


def record_match(
    played: SelfPlayRun, policies: Sequence[TeamPolicy], number: int, seed: int, on_turn: Callable[[], None] = lambda: None
) -> Recording:
    """The same of a game between teams, as one of its members sees it: that with this number. Raises GameErrors.

    When the member leaves the game its last decision gets what its team earns from then on, as in training.
    """
    environment = played.environment
    member, own = environment.members[number], policies[environment.members[number].team]
    characters = names_of_symbols(own.encoder.encoder.vocabulary.characters, played.own_characters, member.team)

    def moment(observation: Observation) -> Frame:
        sight = sight_of_team(own.encoder.of_team(member.team), characters, observation)
        return _frame(board_lines(environment.game), environment.game, sight, own.agent, observation)

    frames: list[Frame] = []
    total, turns, terminated, truncated = 0.0, 0, False, False
    with OwnRandomness():
        environment.reset(seed)
        while not (terminated or truncated):
            decisions = played.decide(policies)
            mine = decisions[number]
            if mine is not None and turns < MAX_FRAMES:
                frames.append(moment(mine.observation)._replace(action=mine.action))
            rewards, terminated, truncated = played.play_turn(decisions)
            total, turns = total + rewards[member.team], turns + 1
            on_turn()
            if turns <= MAX_FRAMES:
                frames[-1] = frames[-1]._replace(reward=frames[-1].reward + rewards[member.team])
        character = environment.character(number)
        if turns < MAX_FRAMES and character is not None:
            frames.append(moment(own.encoder.observe(environment.game, character, member.team)))
        elif turns < MAX_FRAMES:  # nothing is seen from where it was
            board, state = board_lines(environment.game), _state_of(environment.game)
            frames.append(frames[-1]._replace(board=board, state=state, action=None, reward=0.0))
    return Recording(seed, frames, total, turns, terminated or character is None, member.actions)


def _pictures_of(environment: Environment) -> Callable[[], list[str]]:
    """Gives the picture as it is now, in lines of text: of a game its board, of another environment what it draws."""
    if getattr(environment, "game", None) is not None:
        return lambda: board_lines(environment.game)  # type: ignore[attr-defined]
    if isinstance(environment, SteppedEnvironment) and environment.board is not None:
        return lambda: board_lines(environment.board)
    drawing = draws_as_text(environment)

    def draw() -> list[str]:
        nonlocal drawing
        if drawing and isinstance(environment, SteppedEnvironment):
            with blamed("when it was drawn"):
                picture = environment.env.render()
            if isinstance(picture, str):
                return plain_picture(picture)
            drawing = False  # it prints, or draws elsewhere
        return []

    return draw


def draws_as_text(environment: Environment) -> bool:
    return isinstance(environment, SteppedEnvironment) and environment.draws(in_a_window=False) == "ansi"


def plain_picture(text: str) -> list[str]:
    """What an environment drew, without colors: what stands on a colored ground, as Gymnasium marks a place, is a dot."""
    marked = _ON_A_GROUND.sub(lambda found: ME_SHOWN * len(found[1]), text)
    return _ESCAPE_CODE.sub("", marked).splitlines()


def _moment(player: Player, observation: Any, board: list[str]) -> Frame:
    game = getattr(player.environment, "game", None)
    return _frame(board, game, sight_of(player.environment, observation), player.agent, observation)


def _frame(board: list[str], game: Any, sight: Sight, agent: Any, observation: Any) -> Frame:
    values = [round(float(value), 4) for value in agent.q_values(observation)]
    state = _state_of(game) if game is not None else {}
    return Frame(board, state, sight, values, None, 0.0, visits_of(agent, observation))


def _state_of(game: Any) -> dict[str, str]:
    shown = {}
    for name, value in list(game.state.items())[:MAX_STATE_VALUES]:
        text = f"{value:.4g}" if isinstance(value, float) else str(value)
        shown[str(name)[:40]] = text[:40]
    return shown
