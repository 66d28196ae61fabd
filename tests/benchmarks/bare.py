"""Measures the physical limit: a game, or a Gymnasium environment, with random actions and nothing else."""

from __future__ import annotations

import importlib
import random
from typing import Any, Dict

from stopwatch import Stopwatch, random_choices, serve


class ReadyKeys:
    """An input source whose keystrokes were all made beforehand."""

    def __init__(self, keys: Any):
        from blessed.keyboard import Keystroke

        made = [{Keystroke(ucs="", code=None, name=key)} for key in keys]
        self.collect = random_choices([*made, set()]).__next__


def game(options: Dict[str, Any]) -> None:
    """Turns a second of a game; a new one is made when one ends."""
    create_game = importlib.import_module(options["module"]).create_game
    source = ReadyKeys(options["actions"])
    random.seed(1)
    watch, turn, current = Stopwatch(options["seconds"], options["warm_up"]), 0, None
    check_every = options.get("check_every", 10)
    while True:
        if current is None or not current.playing:
            current = create_game()
            current.input_source = source
            current.start()
        current.step()
        turn += 1
        if turn % check_every == 0:
            watch.tick(turn)


def gym(options: Dict[str, Any]) -> None:
    """Steps a second of a Gymnasium environment."""
    import gymnasium

    environment = gymnasium.make(options["name"], disable_env_checker=True)
    watch, turn = Stopwatch(options["seconds"], options["warm_up"]), 0
    environment.reset(seed=1)
    for action in random_choices(range(int(environment.action_space.n))):
        _, _, terminated, truncated, _ = environment.step(action)
        if terminated or truncated:
            environment.reset()
        turn += 1
        if turn % 10 == 0:
            watch.tick(turn)


if __name__ == "__main__":
    serve([game, gym])
