"""Watching a policy play its game in the terminal."""
from __future__ import annotations

import shutil
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
        return _watch_gym(player, fps, explain, seed)
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
    """What the policy expects of each key, the best one marked; each at its own place, so that it can be read."""
    values = player.agent.q_values(observation)
    best, decimals = int(values.argmax()), 0 if abs(values).max() >= 100 else 2
    names = [(action or "none").replace("KEY_", "") for action in player.environment.actions]
    width = max(map(len, names)) + 9
    cells = [f"{'>' if i == best else ' '}{name} {value:.{decimals}f}".ljust(width)
             for i, (name, value) in enumerate(zip(names, values))]
    in_a_row = max(1, (shutil.get_terminal_size().columns - 2) // width)
    rows = ["".join(cells[start:start + in_a_row]).rstrip() for start in range(0, len(cells), in_a_row)]
    return "It expects of each key:\n" + "\n".join(rows)


def _watch_gym(player: Player, fps: float, explain: bool, seed: Optional[int]) -> str:
    """Show an environment that can draw itself as text; others only report."""
    from retro_gamer.environment.gym import GymEnvironment
    config, environment, note = player.config, player.environment, " (it has no picture in text to show)"
    if "ansi" in player.environment.env.metadata.get("render_modes", ()):  # type: ignore[attr-defined]
        environment = GymEnvironment(config.game.gym, config.tabular, config.training.max_turns_per_episode, "ansi")
        note = ""
    observation, total, turns, over = environment.reset(seed), 0.0, 0, False
    try:
        while not over:
            if explain:
                print(_explain(player, observation))
            action = player.agent.act(observation, 0.0)
            observation, reward, terminated, truncated = environment.step(action)
            total, turns, over = total + reward, turns + 1, terminated or truncated
            if not note:
                print(environment.env.render())  # type: ignore[attr-defined]
                if sys.stdout.isatty():
                    time.sleep(1 / fps)
    except KeyboardInterrupt:
        pass
    return f"{player.name}: {turns} turns, reward {total:g}{note}" + ("" if over else " (stopped)")
