"""Greedy games written down turn by turn: what the board looked like, what the agent saw, expected and did."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence

from retro_gamer.environment.observation import Observation
from retro_gamer.environment.teams import names_of_symbols
from retro_gamer.games.screen import board_lines
from retro_gamer.hosting.randomness import OwnRandomness
from retro_gamer.reporting.explanation import visits_of
from retro_gamer.reporting.sight import Sight, sight_of, sight_of_team
from retro_gamer.selfplay.self_play_run import SelfPlayRun
from retro_gamer.selfplay.team_policy import TeamPolicy
from retro_gamer.training.player import Player

MAX_STATE_VALUES = 12  # shown of a game's state
MAX_FRAMES = 10_000


class Frame(NamedTuple):
    """A moment of a game, before the key of its turn is pressed."""

    board: List[str]  # rows of characters
    state: Dict[str, str]
    sight: Sight
    values: List[float]  # [n_actions]: what it expects of each action
    action: Optional[int]  # what it did; None when the game was over
    reward: float  # what that brought
    visits: Optional[int] = None  # of a table: how often it learned from a turn in this position


class Recording(NamedTuple):
    seed: int
    frames: List[Frame]  # the last one shows how it ended
    total: float
    turns: int  # of the whole game; the frames may be fewer
    score: Optional[float]
    terminated: bool  # by the game's own rules; False: it was cut short
    actions: Sequence[Optional[str]]  # what people call each


def record_game(
    player: Player, seed: int, max_frames: int = MAX_FRAMES, on_turn: Callable[[], None] = lambda: None
) -> Recording:
    """Play the greedy game of a seed and note its first `max_frames` turns. Raises GameErrors.

    `on_turn()` is called after each turn.
    """
    environment, agent = player.environment, player.agent
    frames: List[Frame] = []
    total, turns, terminated, truncated = 0.0, 0, False, False
    with OwnRandomness():
        observation = environment.reset(seed)
        agent.begin_episode()
        while not (terminated or truncated):
            moment = _moment(player, observation) if turns < max_frames else None
            action = agent.act(observation, 0.0)
            observation, reward, terminated, truncated = environment.step(action)
            agent.got(reward)
            total, turns = total + reward, turns + 1
            on_turn()
            if moment is not None:
                frames.append(moment._replace(action=action, reward=reward))
        if turns < max_frames:
            frames.append(_moment(player, observation))
    return Recording(seed, frames, total, turns, environment.score, terminated, environment.labels)


def record_match(
    played: SelfPlayRun,
    policies: Sequence[TeamPolicy],
    number: int,
    seed: int,
    max_frames: int = MAX_FRAMES,
    on_turn: Callable[[], None] = lambda: None,
) -> Recording:
    """The same of a game between teams, as one of its members sees it: that with this number. Raises GameErrors.

    When the member leaves the game its last decision gets what its team earns from then on, as in training.
    """
    environment = played.environment
    member, own = environment.members[number], policies[environment.members[number].team]
    characters = names_of_symbols(
        own.encoder.encoder.vocabulary.characters, played.own_characters, member.team
    )

    def moment(observation: Observation) -> Frame:
        sight = sight_of_team(own.encoder.of_team(member.team), characters, observation)
        return _frame(environment.game, sight, own.agent, observation)

    frames: List[Frame] = []
    total, turns, terminated, truncated = 0.0, 0, False, False
    with OwnRandomness():
        environment.reset(seed)
        while not (terminated or truncated):
            decisions = played.decide(policies)
            mine = decisions[number]
            if mine is not None and turns < max_frames:
                frames.append(moment(mine.observation)._replace(action=mine.action))
            rewards, terminated, truncated = played.play_turn(decisions)
            total, turns = total + rewards[member.team], turns + 1
            on_turn()
            if turns <= max_frames:
                frames[-1] = frames[-1]._replace(reward=frames[-1].reward + rewards[member.team])
        character = environment.character(number)
        if turns < max_frames and character is not None:
            frames.append(moment(own.encoder.observe(environment.game, character, member.team)))
        elif turns < max_frames:  # nothing is seen from where it was
            last = _frame(environment.game, frames[-1].sight, own.agent, None)
            frames.append(last._replace(values=frames[-1].values))
    return Recording(seed, frames, total, turns, None, terminated or character is None, member.actions)


def _moment(player: Player, observation: Any) -> Frame:
    game = getattr(player.environment, "game", None)
    return _frame(game, sight_of(player.environment, observation), player.agent, observation)


def _frame(game: Any, sight: Sight, agent: Any, observation: Any) -> Frame:
    board = board_lines(game) if game is not None else []
    state = _state_of(game) if game is not None else {}
    if observation is None:
        return Frame(board, state, sight, [], None, 0.0)
    values = [round(float(value), 4) for value in agent.q_values(observation)]
    return Frame(board, state, sight, values, None, 0.0, visits_of(agent, observation))


def _state_of(game: Any) -> Dict[str, str]:
    shown = {}
    for name, value in list(game.state.items())[:MAX_STATE_VALUES]:
        text = f"{value:.4g}" if isinstance(value, float) else str(value)
        shown[str(name)[:40]] = text[:40]
    return shown
