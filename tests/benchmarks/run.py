"""Measures how fast this library is, beside the torch original, Stable-Baselines3, and the bare games.

    python tests/benchmarks/run.py --peers /path/to/python [--rows train,saving] [--seconds 10] [--repeats 5]
                                   [--json out.json]

This Python needs numpy, retro-games and gymnasium. The other needs torch==2.13.0, retro-gamer==0.4.0,
stable-baselines3 and retro-games; without --peers only this library and the bare games are measured.

Every number is measured here and now. What is compared runs in turns, a slice of ours, a slice of theirs, and while one
runs the others wait: so a machine that is faster now and slower then is so for both. A line shows the median over the
repeats and their range, by the clock on the wall and by CPU time; a ratio is the median of those of the rounds.
On a quiet machine both say the same. On a busy one trust the CPU time; it leaves out waiting, also for the disk.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent.parent

# The default settings of the original, which both sides read from the same file; only epsilon is at its end value from
# the start, so that both ask their networks for 95% of the actions, as they do for most of a long training.
SNAKE = """
[game]
module = "retro.examples.snake"

[metadata]
actions = ["KEY_RIGHT", "KEY_UP", "KEY_LEFT", "KEY_DOWN"]
reward = "reward"
board_size = [32, 16]
character_set = ["*", "<", ">", "@", "^", "v"]

[preprocessing]
spatial = {spatial}
board = true
observe_state = []

[model]
hidden_sizes = [128, 64]

[training]
learning_rate = 0.0001
learning_rate_decay = 0.9999
gamma = 0.99
epsilon = 0.05
epsilon_min = 0.05
epsilon_decay = 0.9997
batch_size = 64
memory_capacity = {capacity}
target_update_freq = 500
train_every = 4
training_episodes = 1000000000
prioritize_experiences = {prioritized}
exploration_turns = 200
max_turns_per_episode = 2000
"""

LABYRINTH = """
[game]
module = "retro.examples.labyrinth"

[metadata]
actions = ["KEY_RIGHT", "KEY_UP", "KEY_LEFT", "KEY_DOWN"]
reward = "score"
board_size = [400, 200]
character_set = ["*", "$", "█"]

[preprocessing]
board = {board}
{window}

[model]
hidden_sizes = [128, 64]

[training]
epsilon = 0.05
epsilon_min = 0.05
memory_capacity = {capacity}
max_turns_per_episode = 1000000
training_episodes = 1000000000
"""

CARTPOLE = """
[game]
gym = "CartPole-v1"

[preprocessing]
board = false

[model]
hidden_sizes = [256, 256]

[training]
learning_rate = 0.0023
learning_rate_decay = 1.0
gamma = 0.99
epsilon = 0.04
epsilon_min = 0.04
batch_size = 64
memory_capacity = 100000
learning_starts = 1000
train_every = 256
gradient_steps = 128
target_update_freq = 10
double = false
prioritize_experiences = false
reward_scale = 1.0
training_episodes = 1000000000
evaluate_every = 0
max_turns_per_episode = 500
"""

TABLE = """
[game]
{game}

[metadata]
{metadata}

[training]
algorithm = "q_learning"
learning_rate = 0.1
learning_rate_decay = 1.0
epsilon = 0.1
epsilon_min = 0.1
training_episodes = 1000000000
checkpoint_every = {checkpoint_every}
"""

ARROWS = ["KEY_RIGHT", "KEY_UP", "KEY_LEFT", "KEY_DOWN"]
FORAGER = {
    "game": 'module = "retro_gamer.games.forager"',
    "metadata": 'actions = ["KEY_RIGHT", "KEY_UP", "KEY_LEFT", "KEY_DOWN"]\nreward = "reward"\nboard_size = [4, 4]',
}
FROZEN_LAKE = {"game": 'gym = "FrozenLake-v1"', "metadata": ""}

Measurement = Dict[str, float]  # "wall" and "cpu", in the unit of the row
Sides = Dict[str, List[Measurement]]


class Row(NamedTuple):
    """One line of the table of targets, measured."""

    name: str
    unit: str
    sides: Sides  # who -> measurements; ours first
    target: str
    ratio: Callable[[float, float], float] = lambda ours, theirs: ours / theirs
    against: str = ""  # only the sides whose names start so are compared with ours
    reached: Optional[Callable[[float], bool]] = None  # of the ratio, or of our own number if there is nothing to compare
    notes: str = ""


class Bench:
    """Starts workers, and keeps what they find."""

    def __init__(self, python: str, peers: Optional[str], seconds: float, repeats: int):
        self.python, self.peers, self.seconds, self.repeats = python, peers, seconds, repeats
        self.cores = os.cpu_count() or 1
        self._waiting: List[Any] = []  # processes between two of their slices, and their folders
        compileall.compile_dir(str(PACKAGE / "retro_gamer"), quiet=1)  # as pip does when it installs

    def _start(self, script: str, task: str, config: str, threads: int, run: str, options: Dict[str, Any]) -> Any:
        """A process for one task, which has been told its options."""
        theirs = script in ("original", "sb3")
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        environment.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads)))
        if not theirs:
            environment["PYTHONPATH"] = str(PACKAGE)
        if config:
            Path(run, "config.toml").write_text(config, encoding="utf-8")
        options = {
            "seconds": self.seconds,
            "warm_up": min(2.0, self.seconds),
            "run": run,
            "started": time.time(),
            **options,
        }
        process = subprocess.Popen(
            [self.peers if theirs else self.python, str(HERE / f"{script}.py"), task],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            universal_newlines=True,
            cwd=run,
            env=environment,
        )
        process.stdin.write(json.dumps(options) + "\n")
        process.stdin.flush()
        return process

    def worker(
        self,
        script: str,
        task: str,
        config: str = "",
        threads: int = 1,
        folder: Optional[str] = None,
        **options: Any,
    ) -> Dict[str, Any]:
        """One measurement in a process of its own, with a run directory of its own unless one is given."""
        with tempfile.TemporaryDirectory() as temporary:
            process = self._start(script, task, config, threads, folder or temporary, options)
            output = process.communicate("\n")[0]  # of what is measured in slices, one
        if process.returncode:
            raise SystemExit(f"{script}.py {task} failed")
        return json.loads(output.splitlines()[-1])

    def slices(
        self, script: str, task: str, config: str = "", threads: int = 1, **options: Any
    ) -> Callable[[], Measurement]:
        """The same, slice by slice: each call lets one process go on for a slice, and leaves it waiting."""
        process: Any = None

        def answer() -> Measurement:
            line = process.stdout.readline()
            if not line:
                raise SystemExit(f"{script}.py {task} failed")
            return json.loads(line)

        def measure() -> Measurement:
            nonlocal process
            if process is None:
                folder = tempfile.TemporaryDirectory()
                process = self._start(script, task, config, threads, folder.name, options)
                self._waiting.append((process, folder))
                answer()  # the warm-up is over
            process.stdin.write("\n")
            process.stdin.flush()
            return answer()

        return measure

    def interleave(self, sides: Dict[str, Callable[[], Any]]) -> Dict[str, List[Any]]:
        """Measure every side once, then every side again, and so on. Theirs are left out when there are no peers."""
        if not self.peers:
            sides = {name: measure for name, measure in sides.items() if not name.startswith(("original", "SB3"))}
        results: Dict[str, List[Any]] = {name: [] for name in sides}
        try:
            for i in range(self.repeats):
                for name, measure in sides.items():
                    print(f"  {i + 1}/{self.repeats} {name}            ", end="\r", file=sys.stderr, flush=True)
                    results[name].append(measure())
        finally:
            for process, folder in self._waiting:
                process.kill()
                process.wait()
                folder.cleanup()
            self._waiting = []
        return results

    def with_threads(self, name: str, measure: Callable[[int], Any]) -> Dict[str, Callable[[], Any]]:
        """The same with one BLAS thread, and with one for every core."""
        return {f"{name}, {threads} thread{'s' * (threads > 1)}": measure(threads) for threads in sorted({1, self.cores})}


def snake(spatial: bool = False, prioritized: bool = True, capacity: int = 50000) -> str:
    return SNAKE.format(spatial=str(spatial).lower(), prioritized=str(prioritized).lower(), capacity=capacity)


def eight_together(config: str) -> str:
    """The same number of learning steps, eight after every 32 turns, as `create` writes it."""
    return config.replace("train_every = 4", "train_every = 32\ngradient_steps = 8")


def per_turn(ours: float, theirs: float) -> float:
    """For what is better when it is smaller: how many times smaller ours is."""
    return theirs / ours


# The rows of the table


def train(bench: Bench) -> List[Row]:
    config = snake()
    sides = bench.interleave(
        {
            "ours, eight steps together": bench.slices("ours", "train", eight_together(config), fill=50000),
            "ours, one at a time": bench.slices("ours", "train", config, fill=50000),
            **bench.with_threads("original", lambda n: bench.slices("original", "train", config, n, fill=50000)),
        }
    )
    turns = ", ".join(f"{who} {share({who: found}, 'turns_per_game'):.0f}" for who, found in sides.items())
    notes = (
        f"saving took {share(sides, 'saving_share'):.0%} of our time, {share(sides, 'saving_share_cpu'):.0%} of our "
        f"CPU time; turns a game: {turns}"
    )
    memory = {who: [{"wall": m["megabytes"]} for m in found] for who, found in sides.items()}
    return [
        Row(
            "training, snake, replay full at 50,000",
            "turns/s",
            sides,
            "40 times the original",
            against="original",
            reached=lambda ratio: ratio >= 40,
            notes=notes,
        ),
        Row(
            "peak memory of that training",
            "MB",
            memory,
            "a tenth of the original",
            per_turn,
            "original",
            lambda ratio: ratio >= 10,
        ),
    ]


def watching(bench: Bench) -> List[Row]:
    config = snake()
    sides = bench.interleave(
        {
            "ours, watched in a terminal": bench.slices("ours", "train", config, fill=50000, watched=True),
            "--quiet": bench.slices("ours", "train", config, fill=50000),
        }
    )
    return [
        Row(
            "training, snake, with its curves in a terminal",
            "turns/s",
            sides,
            "watching costs at most 3%",
            against="--quiet",
            reached=lambda ratio: ratio >= 0.97,
            notes="drawn twice a second; whoever reads the terminal is not counted by CPU time",
        )
    ]


def share(sides: Sides, what: str) -> float:
    return statistics.median(m[what] for m in next(iter(sides.values())))


def sb3(bench: Bench) -> List[Row]:
    config = snake(prioritized=False)
    sides = bench.interleave(
        {
            "ours, eight steps together": bench.slices("ours", "train", eight_together(config), fill=50000),
            "SB3, one step at a time": bench.slices("sb3", "snake", config, fill=50000),
            **bench.with_threads(
                "SB3, eight together", lambda n: bench.slices("sb3", "snake", config, n, fill=50000, steps=8)
            ),
        }
    )
    return [
        Row(
            "the same without prioritization, beside Stable-Baselines3",
            "turns/s",
            sides,
            "20 times SB3",
            against="SB3",
            reached=lambda ratio: ratio >= 20,
        )
    ]


def spatial(bench: Bench) -> List[Row]:
    config = snake(spatial=True)
    sides = bench.interleave(
        {
            "ours, eight steps together": bench.slices("ours", "train", eight_together(config), fill=50000),
            **bench.with_threads("original", lambda n: bench.slices("original", "train", config, n, fill=50000)),
        }
    )
    memory = {who: [{"wall": m["megabytes"]} for m in found] for who, found in sides.items()}
    return [
        Row(
            "training, snake, spatial = true",
            "turns/s",
            sides,
            "15 times the original",
            against="original",
            reached=lambda ratio: ratio >= 15,
        ),
        Row("peak memory of that training", "MB", memory, "", per_turn, "original"),
    ]


def replay(bench: Bench) -> List[Row]:
    config = snake(capacity=500000) + "evaluate_every = 0\n"
    # A full state takes a second to save, every 20: measured for a multiple of that, saving has its true share.
    sides = bench.interleave(
        {
            f"ours, {fill:,} turns remembered": lambda fill=fill, seconds=seconds: bench.worker(
                "ours", "train", config, fill=fill, seconds=min(seconds, 10 * bench.seconds), warm_up=0.2
            )
            for fill, seconds in ((1000, 3.0), (50000, 3.0), (500000, 40.0))
        }
    )
    sides.update(
        bench.interleave(
            {
                f"original, {fill:,} turns remembered": lambda fill=fill: bench.worker(
                    "original", "train", snake(), fill=fill, seconds=min(3.0, bench.seconds), warm_up=0.2
                )
                for fill in (1000, 50000)
            }
        )
    )
    return [
        Row(
            "training as the replay fills (memory_capacity = 500,000; the original's 50,000)",
            "turns/s",
            sides,
            "flat within 10% (ratio: ours at 1,000 to the others)",
            against="ours",
            reached=lambda ratio: ratio <= 1.1,
            notes="the memory goes on filling while it is measured; saving took "
            + ", ".join(
                f"{statistics.median(m['saving_share'] for m in found):.0%}"
                for name, found in sides.items()
                if name.startswith("ours")
            )
            + " of our time",
        )
    ]


def environment(bench: Bench) -> List[Row]:
    sides = bench.interleave(
        {
            "ours, 1 thread": bench.slices("ours", "environment", snake()),
            "original, 1 thread": bench.slices("original", "environment", snake()),
            "bare game": bench.slices("bare", "game", module="retro.examples.snake", actions=ARROWS),
        }
    )
    return [
        Row(
            "environment alone, random actions, whole board",
            "turns/s",
            sides,
            "half of the bare game",
            against="bare",
            reached=lambda ratio: ratio >= 0.5,
        )
    ]


def get_action(bench: Bench) -> List[Row]:
    rows = []
    for spatial, limit in ((False, 30), (True, 150)):
        config = snake(spatial)
        sides = bench.interleave(
            {
                who: lambda who=who, config=config: bench.worker(who, "get_action", config, seconds=min(5.0, bench.seconds))
                for who in ("ours", "original")
            }
        )
        rows.append(
            Row(
                f"get_action, {'spatial' if spatial else 'MLP'}",
                "us",
                sides,
                f"{limit} us",
                per_turn,
                "original",
                lambda ours, limit=limit: ours <= limit,
                "the target is for our own number",
            )
        )
    return rows


def imports(bench: Bench) -> List[Row]:
    def fresh(python: str, statement: str, path: str = "") -> Measurement:
        code = (
            f"import time; w, c = time.perf_counter(), time.process_time()\n{statement}\n"
            "print(1e3 * (time.perf_counter() - w), 1e3 * (time.process_time() - c))"
        )
        environment = {**os.environ, "PYTHONPATH": path}
        outputs = [
            subprocess.run(
                [python, "-c", code],
                stdout=subprocess.PIPE,
                check=True,
                env=environment,
                universal_newlines=True,
            ).stdout
            for _ in range(3)
        ]
        walls, cpus = zip(*(map(float, output.split()) for output in outputs))
        return {"wall": statistics.median(walls), "cpu": statistics.median(cpus)}

    everything = "from retro_gamer import DQNTrainer, GameEnvironment, GameMetadata, PolicyInput, TrainedPolicy"
    sides = bench.interleave(
        {
            "ours, every public name": lambda: fresh(bench.python, everything, str(PACKAGE)),
            "ours, import retro_gamer": lambda: fresh(bench.python, "import retro_gamer", str(PACKAGE)),
            "numpy": lambda: fresh(bench.python, "import numpy"),
            "original, every public name": lambda: fresh(str(bench.peers), everything),
        }
    )
    return [
        Row(
            "import retro_gamer, beside import numpy",
            "ms",
            sides,
            "1.3 times numpy",
            against="numpy",
            reached=lambda ratio: ratio <= 1.3,
        )
    ]


def first_action(bench: Bench) -> List[Row]:
    with tempfile.TemporaryDirectory() as ours, tempfile.TemporaryDirectory() as theirs:
        folders = {"ours": ours, **({"original": theirs} if bench.peers else {})}
        for who, folder in folders.items():
            bench.worker(who, "first_action", snake(), folder=folder, prepare=True)
        sides = bench.interleave(
            {
                who: lambda who=who: milliseconds(bench.worker(who, "first_action", folder=folders[who]))
                for who in ("ours", "original")
            }
        )
    since_start = ", ".join(f"{who} {share({who: found}, 'from_start_of_python'):.0f} ms" for who, found in sides.items())
    return [
        Row(
            "TrainedPolicy, from its import to the first action",
            "ms",
            sides,
            "300 ms",
            per_turn,
            "original",
            lambda ours: ours <= 300,
            f"from the start of Python, the game's own import included: {since_start}; the target is for our own number",
        )
    ]


def milliseconds(measurement: Measurement) -> Measurement:
    return {name: 1e3 * value for name, value in measurement.items()}


def cartpole(bench: Bench) -> List[Row]:
    sides = bench.interleave(
        {
            "ours, 1 thread": bench.slices("ours", "train", CARTPOLE, fill=0, warm_up_count=2000),
            "SB3, 1 thread": bench.slices("sb3", "cartpole", warm_up_count=2000),
        }
    )
    return [
        Row(
            "CartPole-v1, settings of the SB3 zoo",
            "steps/s",
            sides,
            "2 times SB3",
            against="SB3",
            reached=lambda ratio: ratio >= 2,
            notes="while training goes on; the first 2,000 steps are left out",
        )
    ]


def tabular(bench: Bench) -> List[Row]:
    rows = []
    for name, game, bare in (
        ("FrozenLake", FROZEN_LAKE, bench.slices("bare", "gym", name="FrozenLake-v1")),
        (
            "forager",
            FORAGER,
            bench.slices("bare", "game", module="retro_gamer.games.forager", actions=ARROWS),
        ),
    ):
        often, seldom = (TABLE.format(**game, checkpoint_every=every) for every in (100, 10**9))
        sides = bench.interleave(
            {
                "ours, Q-learning": bench.slices("ours", "train", often, fill=0),
                "ours, without saving and evaluating": bench.slices(
                    "ours", "train", seldom + "evaluate_every = 0\n", fill=0
                ),
                "our environment, random": bench.slices("ours", "environment", often),
                "bare game, random": bare,
            }
        )
        bare_game = per_turn(middle(sides["bare game, random"], "cpu"), middle(sides["ours, Q-learning"], "cpu"))
        rows.append(
            Row(
                f"tabular Q-learning, {name}",
                "turns/s",
                sides,
                "80% of the environment's own speed",
                against="our environment",
                reached=lambda ratio: ratio >= 0.8,
                notes=f"{bare_game:.0%} of the bare game by CPU time; saving took "
                f"{share(sides, 'saving_share'):.0%} of our time",
            )
        )
    return rows


def saving(bench: Bench) -> List[Row]:
    measured = bench.interleave(
        {
            "ours": lambda: bench.worker("ours", "save", snake(), fill=50000, times=10),
            "original": lambda: bench.worker("original", "save", snake(), times=10),
        }
    )
    rows = []
    for what, title, limit in (
        ("policy", "saving a policy", 10),
        ("resume", "saving the whole resume state, replay full", 300),
    ):
        sides = {who: [m[what] for m in found] for who, found in measured.items() if what in found[0]}
        sides["ours, without fsync"] = [m[what + "_without_fsync"] for m in measured["ours"]]
        notes = "our number includes fsync, which waits until the disk has it; the original does not wait"
        if what == "resume":
            notes = f"{share({'ours': measured['ours']}, 'megabytes'):.0f} MB; the original does not save its replay"
        rows.append(
            Row(
                title,
                "ms",
                sides,
                f"{limit} ms",
                per_turn,
                "original",
                lambda ours, limit=limit: ours <= limit,
                f"{notes}; the target is for our own number",
            )
        )
    return rows


def labyrinth(bench: Bench) -> List[Row]:
    window = LABYRINTH.format(board="false", window="egocentric_radius = 4", capacity=50000)
    whole = LABYRINTH.format(board="true", window="", capacity=500)
    sides = bench.interleave(
        {
            "ours, window of 9x9": lambda: bench.worker("ours", "train_within_a_game", window, fill=200),
            "original, whole board": lambda: bench.worker("original", "train_within_a_game", whole, fill=100),
            "bare game": lambda: bench.worker(
                "bare", "game", module="retro.examples.labyrinth", actions=ARROWS, check_every=1
            ),
        }
    )
    return [
        Row(
            "the labyrinth, 400x200",
            "turns/s",
            sides,
            "70% of the bare game",
            against="bare",
            reached=lambda ratio: ratio >= 0.7,
            notes="the original has no window; it remembers 500 turns here, for 50,000 would not fit into memory",
        )
    ]


ROWS = [
    train,
    watching,
    sb3,
    spatial,
    replay,
    environment,
    get_action,
    imports,
    first_action,
    cartpole,
    tabular,
    saving,
    labyrinth,
]


# What is shown


def middle(measurements: List[Measurement], what: str) -> Optional[float]:
    return statistics.median(m[what] for m in measurements) if what in measurements[0] else None


def compare(row: Row) -> Dict[str, Any]:
    """Ours against the best of the others by the wall clock, and one thread against one by CPU time."""
    ours, *others = row.sides
    others = [name for name in others if name.startswith(row.against)]
    result: Dict[str, Any] = {"best": None, "wall": None, "cpu": None}
    if row.against and others:

        def ratio(name: str, what: str) -> float:
            rounds = zip(row.sides[ours], row.sides[name])
            return statistics.median(row.ratio(mine[what], theirs[what]) for mine, theirs in rounds)

        def wall_ratio(name: str) -> float:
            return ratio(name, "wall")

        # The one that makes ours look worst; for a flat curve and for numpy, where less is wanted, the largest ratio.
        worst = max if row.against in ("ours", "numpy") else min
        result["best"] = worst(others, key=wall_ratio)
        result["wall"] = wall_ratio(result["best"])
        first = others[0] if len(others) > 1 and row.against != "ours" else result["best"]
        if "cpu" in row.sides[ours][0]:
            result["cpu"] = ratio(first, "cpu")
    return result


def reached(row: Row, compared: Dict[str, Any]) -> Dict[str, Optional[bool]]:
    """Whether the target is reached, by the wall clock and by CPU time."""
    ours = next(iter(row.sides.values()))
    own = "target is for our own number" in row.notes
    numbers = {what: middle(ours, what) if own else compared[what] for what in ("wall", "cpu")}
    return {
        what: row.reached(number) if row.reached is not None and number is not None else None
        for what, number in numbers.items()
    }


def number(value: Optional[float]) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def show(row: Row) -> str:
    compared = compare(row)
    lines = [f"{row.name} ({row.unit})" + (f"    target: {row.target}" if row.target else "")]
    for name, found in row.sides.items():
        walls = [m["wall"] for m in found]
        cpu = middle(found, "cpu")
        lines.append(
            f"    {name:38s} {number(middle(found, 'wall')):>9s}   [{number(min(walls))} .. {number(max(walls))}]"
            + (f"   by CPU time {number(cpu)}" if cpu is not None else "")
        )
    if compared["best"] is not None:
        lines.append(
            f"    ratio to {compared['best']}: {number(compared['wall'])}"
            + (f"; by CPU time, one thread each: {number(compared['cpu'])}" if compared["cpu"] is not None else "")
        )
    verdicts = [
        f"{'reached' if ok else 'MISSED'} by {'the wall clock' if what == 'wall' else 'CPU time'}"
        for what, ok in reached(row, compared).items()
        if ok is not None
    ]
    if verdicts:
        lines.append("    " + ", ".join(verdicts))
    if row.notes:
        lines.append(f"    ({row.notes})")
    return "\n".join(lines)


def machine(bench: Bench) -> Dict[str, Any]:
    """What it ran on."""
    model = platform.processor()
    if Path("/proc/cpuinfo").is_file():
        names = [
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ]
        model = names[0] if names else model
    load = [round(value, 2) for value in os.getloadavg()] if hasattr(os, "getloadavg") else None
    return {
        "CPU": model,
        "cores": bench.cores,
        "system": platform.platform(),
        "load before": load,
        "ours": bench.worker("ours", "versions"),
        "peers": bench.worker("original", "versions") if bench.peers else None,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", help="a Python that has torch, retro-gamer 0.4.0 and stable-baselines3")
    parser.add_argument("--python", default=sys.executable, help="the Python for this library (default: this one)")
    parser.add_argument("--rows", help="names, comma-separated: " + ",".join(row.__name__ for row in ROWS))
    parser.add_argument("--seconds", type=float, default=10.0, help="how long one measurement takes, after the warm-up")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path, help="a file for all numbers")
    options = parser.parse_args()
    wanted = options.rows.split(",") if options.rows else [row.__name__ for row in ROWS]
    unknown = sorted(set(wanted) - {row.__name__ for row in ROWS})
    if unknown:
        parser.error(f"there is no row {', '.join(unknown)}")

    bench = Bench(options.python, options.peers, options.seconds, options.repeats)
    about = machine(bench)
    print("\n".join(f"{name}: {value}" for name, value in about.items()))
    print(
        f"{bench.repeats} repeats of {bench.seconds:g} s; ours with 1 BLAS thread unless it says otherwise\n",
        flush=True,
    )
    found = []
    for measure in ROWS:
        if measure.__name__ in wanted:
            for row in measure(bench):
                print(show(row) + "\n", flush=True)
                found.append(
                    {
                        "row": row.name,
                        "unit": row.unit,
                        "target": row.target,
                        "sides": row.sides,
                        "notes": row.notes,
                        "ratio": compare(row),
                        "reached": reached(row, compare(row)),
                    }
                )
            if options.json:
                about["load after"] = list(os.getloadavg()) if hasattr(os, "getloadavg") else None
                options.json.write_text(json.dumps({"machine": about, "command": sys.argv, "rows": found}, indent=1))
    if "load after" in about:
        print("load after:", about["load after"])


if __name__ == "__main__":
    main()
