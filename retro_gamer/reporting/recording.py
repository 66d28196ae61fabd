"""A greedy game written down turn by turn: what the board looked like, what the agent saw, expected and did."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional

from retro_gamer.games.screen import board_lines
from retro_gamer.hosting.randomness import OwnRandomness
from retro_gamer.reporting.sight import Sight, sight_of
from retro_gamer.training.player import Player

MAX_STATE_VALUES = 12  # shown of a game's state


class Frame(NamedTuple):
    """A moment of a game, before the key of its turn is pressed."""

    board: List[str]  # rows of characters
    state: Dict[str, str]
    sight: Sight
    values: List[float]  # [n_actions]: what it expects of each action
    action: Optional[int]  # what it did; None when the game was over
    reward: float  # what that brought


class Recording(NamedTuple):
    seed: int
    frames: List[Frame]  # the last one shows how it ended
    total: float
    turns: int  # of the whole game; the frames may be fewer
    score: Optional[float]
    terminated: bool  # by the game's own rules; False: it was cut short


def record_game(player: Player, seed: int, max_frames: int = 10_000) -> Recording:
    """Play the greedy game of a seed and note its first `max_frames` turns. Raises GameErrors."""
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
            if moment is not None:
                frames.append(moment._replace(action=action, reward=reward))
        if turns < max_frames:
            frames.append(_moment(player, observation))
    return Recording(seed, frames, total, turns, environment.score, terminated)


def _moment(player: Player, observation: Any) -> Frame:
    environment = player.environment
    game = getattr(environment, "game", None)
    board = board_lines(game) if game is not None else []
    state = _state_of(game) if game is not None else {}
    values = [round(float(value), 4) for value in player.agent.q_values(observation)]
    return Frame(board, state, sight_of(environment, observation), values, None, 0.0)


def _state_of(game: Any) -> Dict[str, str]:
    shown = {}
    for name, value in list(game.state.items())[:MAX_STATE_VALUES]:
        text = f"{value:.4g}" if isinstance(value, float) else str(value)
        shown[str(name)[:40]] = text[:40]
    return shown
