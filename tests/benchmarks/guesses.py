"""What `create` guesses wrongly of the suite's games: their keys and their reward, beside the right ones.

python tests/benchmarks/guesses.py [NAME ...]
"""

from __future__ import annotations

import sys
import time

from skill import ARROWS, GAMES_FOLDER, KEYS, REWARDS, TOP, suite

sys.path.insert(0, str(TOP))

from retro_gamer.discovery.choose_settings import choose_settings  # noqa: E402
from retro_gamer.errors import RetroGamerError  # noqa: E402

SIDEWAYS, UPRIGHT = ["KEY_LEFT", "KEY_RIGHT"], ["KEY_UP", "KEY_DOWN"]
EXPECTED = {  # keys of games that are not played with the four arrows
    **KEYS,
    "oven": UPRIGHT,
    "pong": UPRIGHT,
    "dodge": UPRIGHT,
    "fruit": SIDEWAYS,
    "racing": SIDEWAYS,
    "catch": SIDEWAYS,
    "retro_nav": SIDEWAYS,
    "stacker": SIDEWAYS,
}


def main() -> None:
    wrong = 0
    names = sys.argv[1:] or [name for name in suite() if not suite()[name].spec.startswith("gym:")]
    for name in names:
        game = suite().get(name)
        began = time.process_time()
        try:
            config, _, _ = choose_settings(game.spec if game else str(GAMES_FOLDER / "pupils" / f"{name}.py"))
        except RetroGamerError as error:
            print(f"{name:15} REFUSED {str(error).splitlines()[0][:120]}", flush=True)
            wrong += 1
            continue
        seconds = time.process_time() - began
        expected = EXPECTED.get(name, ARROWS)
        missing = [key for key in expected if key not in config.metadata.actions]
        extra = [key for key in config.metadata.actions if key not in expected]
        reward = REWARDS.get(name, "score")
        said = [f"missing {' '.join(missing)}"] * bool(missing) + [f"extra {' '.join(extra)}"] * bool(extra)
        if config.metadata.reward != reward:
            said.append(f"reward {config.metadata.reward}, not {reward}")
        wrong += bool(said)
        observed = ", ".join(config.preprocessing.observe_state) or "-"
        print(f"{name:15} {'; '.join(said) or 'right':60} observes {observed}  [{seconds:.1f} s]", flush=True)
    print(f"{wrong} of {len(names)} guessed wrongly")


if __name__ == "__main__":
    main()
