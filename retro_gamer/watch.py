"""Watching a policy play its game in the terminal."""
from __future__ import annotations

import sys
import time
from typing import Any, Optional

from retro_gamer.games.screen import Screen
from retro_gamer.rundir import RunDirectory
from retro_gamer.training.player import Player, load_player


def watch(run: RunDirectory, checkpoint: Optional[str], fps: float, explain: bool, seed: Optional[int]) -> str:
    """Show one game; returns a sentence about how it went. Ctrl-C ends it early."""
    player = load_player(run, checkpoint)
    if player.config.game.gym:
        return _watch_gym(player, fps)
    environment, agent = player.environment, player.agent
    observation = environment.reset(seed)
    game: Any = environment.game  # type: ignore[attr-defined]
    total, turns, key, over = 0.0, 0, "", False
    try:
        with Screen() as screen:
            while True:
                started = time.perf_counter()
                caption = f"{player.name}  turn {turns}  reward {total:g}  {key}"
                if explain:
                    caption += "\n" + _explain(player, observation)
                screen.render(game, caption)
                if over:
                    break
                action = agent.act(observation, 0.0)
                key = environment.actions[action] or "(no key)"
                observation, reward, terminated, truncated = environment.step(action)
                total, turns, over = total + reward, turns + 1, terminated or truncated
                if sys.stdout.isatty():
                    time.sleep(max(0.0, 1 / fps - (time.perf_counter() - started)))
            if sys.stdout.isatty():
                time.sleep(1.0)  # time to see how it ended
    except KeyboardInterrupt:
        pass
    score = environment.score
    return (f"{player.name}: {turns} turns, reward {total:g}" + (f", score {score:g}" if score is not None else "")
            + ("" if over else " (stopped)"))


def _explain(player: Player, observation: Any) -> str:
    """What the policy expects of each key, the best one marked."""
    values = player.agent.q_values(observation)
    best = int(values.argmax())
    return "  ".join(f"{'>' if i == best else ' '}{action or 'none'} {value:.2f}"
                     for i, (action, value) in enumerate(zip(player.environment.actions, values)))


def _watch_gym(player: Player, fps: float) -> str:
    """Show an environment that can draw itself as text; others only report."""
    from retro_gamer.environment.gym import GymEnvironment
    try:
        environment = GymEnvironment(player.config.game.gym, player.config.tabular, render_mode="ansi")
    except Exception:  # it has no text picture
        environment = player.environment  # type: ignore[assignment]
    observation, total, turns, over = environment.reset(), 0.0, 0, False
    try:
        while not over:
            action = player.agent.act(observation, 0.0)
            observation, reward, terminated, truncated = environment.step(action)
            total, turns, over = total + reward, turns + 1, terminated or truncated
            if environment.env.render_mode == "ansi":
                print(environment.env.render())
                if sys.stdout.isatty():
                    time.sleep(1 / fps)
    except KeyboardInterrupt:
        pass
    return f"{player.name}: {turns} turns, reward {total:g}"
