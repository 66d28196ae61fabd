"""Do two versions of the library train the same policies from the same seeds, to the last bit?

    python tests/programs/same_bits.py OLD_TREE NEW_TREE [--cases flat,spatial] [--folder DIR]

Each case is made and trained by both versions, and compared: every array of the checkpoints and of the resume state, and
what metrics.csv says apart from the time. Then the new version goes on with what the old one left, and is compared with
the old one going on.
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

import numpy as np

FLAT = "--board true --egocentric-radius 0 --radar false"
WINDOW = "--board false --egocentric-radius 3 --radar false"
# name: the game, flags of create, games of the first sitting
CASES: Dict[str, Tuple[str, str, int]] = {
    "default": ("snake", "", 25),
    "retro snake": ("retro.examples.snake", "", 6),
    "retro nav": ("retro.examples.nav", "", 25),
    "flat": ("snake", FLAT, 25),
    "flat full": ("wolves", FLAT, 6),
    "board and radar": ("catch", "--board true --egocentric-radius 0 --radar true", 40),
    "window": ("catch", WINDOW, 40),
    "spatial": ("catch", f"{FLAT} --spatial true", 30),
    "spatial radar": ("catch", "--board true --egocentric-radius 0 --radar true --spatial true", 30),
    "spatial window": ("snake", f"{WINDOW} --spatial true", 20),
    "features": ("gym:CartPole-v1", "", 60),
    "state": ("snake", "--observe-state score", 20),
    "uniform": ("snake", "--prioritize-experiences false --double false --dueling false --n-step 1", 20),
    "n-step": ("snake", "--n-step 3", 20),
    "small batches": ("catch", "--batch-size 16 --memory-capacity 700", 40),
    "q_learning": ("forager", "--algorithm q_learning", 60),
    "dyna": ("forager", "--algorithm q_learning --planning-steps 3", 40),
    "sarsa": ("forager", "--algorithm sarsa", 60),
    "expected_sarsa": ("forager", "--algorithm expected_sarsa", 60),
    "double_q_learning": ("forager", "--algorithm double_q_learning", 60),
    "windowed table": ("snake", f"--algorithm q_learning {WINDOW}", 40),
    "radar table": ("snake", "--algorithm q_learning --board false --egocentric-radius 0 --radar true", 40),
    "self-play": ("tron", "", 40),
}
# Old runs in which learning steps came in rounds, whatever their settings said: continued only, not begun anew.
CONTINUED: Dict[str, Tuple[str, str, int]] = {
    "large batches": ("catch", "--batch-size 200", 40),
    "train_every 3": ("snake", "--train-every 3 --gradient-steps 2", 20),
    "train_every 1": ("snake", "--train-every 1 --batch-size 100", 20),
    "ten steps": ("snake", "--train-every 16 --gradient-steps 10", 20),
}


def retro_gamer(tree: Path, folder: Path, *arguments: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "retro_gamer", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} in {folder} with {tree}:\n{done.stdout}{done.stderr}")


def arrays_of(run: Path) -> Iterator[Tuple[str, np.ndarray]]:
    for path in sorted(run.rglob("*.npz")):
        with np.load(path, allow_pickle=False) as file:
            for name in file.files:
                if file[name].dtype.kind not in "SU" and file[name].dtype != np.uint8 or "replay" in name:
                    yield f"{path.relative_to(run)}:{name}", file[name]
    for path in sorted(run.rglob("metrics.csv")):
        with open(path, newline="", encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                row.pop("seconds", None)
                yield f"{path.relative_to(run)}: game {row['episode']}", np.array(list(row.values()))


def differences(old: Path, new: Path) -> List[str]:
    """The names of what differs; what only the new version writes does not count."""
    ours, found = dict(arrays_of(new)), []
    for name, array in arrays_of(old):
        other = ours.get(name)
        if other is None or array.dtype != other.dtype or array.tobytes() != other.tobytes():
            found.append(name)
    return found


def compare(name: str, old: Path, new: Path, folder: Path) -> bool:
    game, flags, games = {**CASES, **CONTINUED}[name]
    runs = [folder / f"{name} {which}".replace(" ", "_") for which in ("old", "new", "continued")]
    for tree, run in zip((old, new), runs):
        if run is not runs[1] or name in CASES:
            retro_gamer(tree, folder, "create", "--game", game, "--output", run.name, "--seed", "3", *flags.split())
            retro_gamer(tree, folder, "train", run.name, "--episodes", str(games))
    anew = differences(runs[0], runs[1]) if name in CASES else []
    shutil.copytree(runs[0], runs[2])
    retro_gamer(old, folder, "train", runs[0].name, "--episodes", str(2 * (games // 2)))
    for _ in range(2):  # in two sittings: what the new version saves must be enough, too
        retro_gamer(new, folder, "train", runs[2].name, "--episodes", str(games // 2))
    n_arrays = len(list(arrays_of(runs[0])))
    continued = [which for which in differences(runs[0], runs[2]) if which.startswith("resume")]
    print(
        f"{name:20} {n_arrays:4} arrays   begun anew: {anew[:3] or 'the same'}   continued: {continued[:3] or 'the same'}",
        flush=True,
    )
    return not (anew or continued)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--cases", default=",".join([*CASES, *CONTINUED]))
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp())
    same = [compare(name, options.old.resolve(), options.new.resolve(), folder) for name in options.cases.split(",")]
    raise SystemExit(not all(same))


if __name__ == "__main__":
    main()
