"""How good the defaults are: `create` with nothing named, training, and greedy play, on games of every kind pupils write.

    python tests/benchmarks/skill.py --quick                        # 24 games, one seed: ten minutes on two cores
    python tests/benchmarks/skill.py --seeds 3 --seconds 15,60,120  # all games; hours, goes on after a stop
    python tests/benchmarks/skill.py --table --csv skill.csv        # the table of what was measured, and as a file
    python tests/benchmarks/skill.py --table --plot skill.svg       # and as a picture

For each game: random play, a sensible player by hand, and the policy after each number of CPU seconds. A policy's skill is
its share of the hand player's lead over random play. The table ends with the interquartile mean over games and seeds
(Agarwal et al. 2021), with a bootstrap interval. Each cell is a file in --output, and is not measured again.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
GAMES_FOLDER = HERE / "skill_games"
sys.path[:0] = [str(TOP), str(GAMES_FOLDER)]

import numpy as np  # noqa: E402
import players  # noqa: E402

EVALUATION_GAMES = 30
MAX_TURNS = 2000


QUICK = (  # games of all kinds, and for how many seconds: with what is around a training, twenty minutes of CPU time
    "shooter keys_and_doors frogger hunter oven moles dungeon asteroids tetris tower_defence platformer typing_game racing "
    "minesweeper levels fog flappy lander border g2048 snake retro_nav cartpole minatar_breakout"
).split()
USUAL_SECONDS, QUICK_SECONDS = "15,60,120", "15,30"
MINATAR = (  # what random play gets, and a good policy
    ("Breakout", 0.5, 40.0),
    ("SpaceInvaders", 4.1, 90.0),
    ("Freeway", 0.2, 50.0),
    ("Asterix", 0.5, 10.0),
    ("Seaquest", 0.1, 8.0),
)


class Game(NamedTuple):
    """A game of the suite."""

    spec: str  # as `create --game` takes it
    by_hand: Optional[Callable[[Any], Optional[str]]]  # a sensible player
    random: Optional[float] = None  # known results, where there is no player by hand
    reference: Optional[float] = None


def _own(name: str) -> Game:
    return Game(str(GAMES_FOLDER / f"{name}.py"), importlib.import_module(name).by_hand)


def _pupil(name: str) -> Game:
    return Game(str(GAMES_FOLDER / "pupils" / f"{name}.py"), getattr(players, name))


def suite() -> Dict[str, Game]:
    own = "shooter dodge keys_and_doors racing platformer typing_game quiz two_phases frogger pong fruit hunter moles oven"
    more = "pellets slow_garden stacker lanes tictactoe minesweeper asteroids tetris tower_defence dungeon"
    games = {name: _own(name) for name in f"{own} {more}".split()}
    for name in "flappy lander levels g2048 connect4 fog border menu".split():
        games[name] = _pupil(name)
    games["snake"] = Game("snake", players.snake)
    games["catch"] = Game("catch", players.catch)
    games["forager"] = Game("forager", players.forager)
    games["retro_snake"] = Game("retro.examples.snake", players.snake)
    games["retro_nav"] = Game("retro.examples.nav", None, 175.7, 1900.0)
    games["retro_beast"] = Game("retro.examples.beast", None, -10.3, -5.0)
    games["cartpole"] = Game("gym:CartPole-v1", None, 22.0, 500.0)
    games["acrobot"] = Game("gym:Acrobot-v1", None, -500.0, -90.0)
    games["mountain_car"] = Game("gym:MountainCar-v0", None, -200.0, -110.0)
    if find_spec("Box2D"):
        games["lunar_lander"] = Game("gym:LunarLander-v3", None, -191.0, 270.0)
    if find_spec("minatar"):  # beside what issue 15 wants after ten minutes
        for name, chance, wanted in MINATAR:
            games[f"minatar_{name.lower()}"] = Game(f"gym:MinAtar/{name}-v1", None, chance, wanted)
    return games


# One cell: a game, a seed


def measure(name: str, seed: int, seconds: Sequence[float], folder: Path, settings: Dict[str, Any]) -> Dict[str, Any]:
    """Train for so many CPU seconds in steps; greedy returns after each. Run in a process of its own."""
    from retro_gamer.commands.create import create_run
    from retro_gamer.errors import RetroGamerError
    from retro_gamer.runs.directory import RunDirectory
    from retro_gamer.training.evaluation import evaluate
    from retro_gamer.training.player import load_player
    from retro_gamer.training.trainer import Trainer

    game = suite()[name]
    run = RunDirectory(folder / "run")
    began = time.process_time()
    try:
        made = create_run(game.spec, str(run.path), {"seed": seed, **settings})
    except RetroGamerError as error:
        return {"game": name, "seed": seed, "refused": str(error)}
    created = time.process_time() - began
    reward = made.config.metadata.reward
    result: Dict[str, Any] = {
        "game": name,
        "seed": seed,
        "create_seconds": round(created, 2),
        "actions": list(made.config.metadata.actions),
        "reward": reward,
        "greedy": {},
    }
    used = 0.0
    try:
        for goal in seconds:
            trainer = Trainer(run)
            started = time.process_time()
            trainer.train(
                minutes=float("inf"),  # past training_turns, too
                on_episode=lambda status, t=trainer, end=started + goal - used: (
                    t.stop() if time.process_time() >= end else None
                ),
            )
            used += time.process_time() - started
            player = load_player(run)
            greedy = evaluate(player.environment, player.agent, EVALUATION_GAMES, seed=0)
            result["greedy"][str(goal)] = greedy.returns.tolist()
            result["turns"] = trainer.turns
    except RetroGamerError as error:
        result["refused"] = str(error)
    result["cpu_seconds"] = round(time.process_time(), 1)  # with the measuring, and what was imported
    return result


def play(game: Game, reward: str, actions: Sequence[str], by_hand: bool) -> float:
    """The mean return of a player by hand, or of random play, over the evaluation's seeds."""
    from retro_gamer.environment.keys import KeyInput
    from retro_gamer.hosting.loading import load_factory, parse_game

    factory = load_factory(parse_game(game.spec))
    results = []
    for seed in range(EVALUATION_GAMES):
        random.seed(seed)
        chooser = random.Random(seed)
        new = factory()
        keys = KeyInput()
        new.input_source = keys
        new.start()
        first = new.state.get(reward, 0)
        while new.playing and new.turn_number < MAX_TURNS:
            if by_hand:
                assert game.by_hand is not None
                keys.press(game.by_hand(new))
            else:
                keys.press(chooser.choice([*actions, None]))
            new.step()
        results.append(new.state.get(reward, 0) - first)
    return float(np.mean(results))


ARROWS = ["KEY_LEFT", "KEY_RIGHT", "KEY_UP", "KEY_DOWN"]
KEYS = {  # of the games whose keys `create` may guess wrongly: for random play
    "typing_game": list("abcdefghijklmnopqrstuvwxyz"),
    "quiz": list("0123456789"),
    "moles": list("123456789"),
    "lanes": list("123"),
    "flappy": [" "],
    "lander": [" "],
    "connect4": list("1234567"),
    "fog": list("wasd"),
    "border": list("hjkl"),
    "menu": ["KEY_ENTER", "KEY_LEFT", "KEY_RIGHT"],
    "platformer": [" "],
    "tictactoe": list("123456789"),
    "shooter": ["KEY_LEFT", "KEY_RIGHT", " "],
    "asteroids": ["KEY_LEFT", "KEY_RIGHT", "KEY_UP", " "],
    "tetris": [*ARROWS, " "],
    "tower_defence": [*ARROWS, "t"],
    "dungeon": list("wasde"),
    "minesweeper": [*ARROWS, " "],
}
REWARDS = {
    "border": "points",
    "fog": "gold",
    "hunter": "enemy_reward",
    "snake": "reward",
    "retro_snake": "reward",
    "forager": "reward",
    "asteroids": "punkte",
    "dungeon": "pieces",
    "tower_defence": "kills",
}


def references(name: str, output: Path) -> Tuple[float, float]:
    """(random play, player by hand) of a game; kept in a file."""
    game, path = suite()[name], output / f"reference-{name}.json"
    if game.random is not None and game.reference is not None:
        return game.random, game.reference
    if not path.is_file():
        keys = KEYS.get(name, ARROWS)
        reward = REWARDS.get(name, "score")
        found = [play(game, reward, keys, by_hand) for by_hand in (False, True)]
        path.write_text(json.dumps(found), encoding="utf-8")
    low, high = json.loads(path.read_text(encoding="utf-8"))
    return low, high


# The table


def skill_of(returns: Sequence[float], low: float, high: float) -> float:
    return (float(np.mean(returns)) - low) / (high - low)


def interquartile_mean(values: np.ndarray) -> float:
    ordered = np.sort(values)
    cut = len(ordered) // 4
    return float(ordered[cut : len(ordered) - cut].mean())


class Measured(NamedTuple):
    """What was measured of a game: for each number of seconds, the mean return and the skill of each seed."""

    low: float
    high: float
    returns: Dict[float, List[float]]
    skills: Dict[float, List[float]]


def measured(output: Path, names: Sequence[str], seconds: Sequence[float]) -> Dict[str, Measured]:
    """All cells there are, by game; a game that was refused has a skill of 0."""
    cells: Dict[str, List[Dict[str, Any]]] = {name: [] for name in names}
    for path in sorted(output.glob("cell-*.json")):
        cell = json.loads(path.read_text(encoding="utf-8"))
        if cell["game"] in cells:
            cells[cell["game"]].append(cell)
    results = {}
    for name in names:
        if not cells[name]:
            continue
        low, high = references(name, output)
        result = results[name] = Measured(low, high, {}, {})
        for goal in seconds:
            found = [cell["greedy"].get(str(goal)) for cell in cells[name] if cell.get("greedy")]
            found = [returns for returns in found if returns is not None]
            refused = sum("refused" in cell for cell in cells[name])
            result.returns[goal] = [float(np.mean(returns)) for returns in found]
            result.skills[goal] = [skill_of(returns, low, high) for returns in found] + [0.0] * refused
    return results


def of_all(results: Dict[str, Measured], goal: float) -> str:
    """The interquartile mean over games and seeds, with its bootstrap interval."""
    skills = [skill for result in results.values() for skill in result.skills[goal]]
    values, rng = np.clip(np.array(skills), -1.0, 1.5), np.random.default_rng(0)
    if not len(values):
        return ""
    means = [interquartile_mean(rng.choice(values, len(values))) for _ in range(1000)]
    return f"{interquartile_mean(values):.2f} ({np.percentile(means, 2.5):.2f}-{np.percentile(means, 97.5):.2f})"


def table(output: Path, names: Sequence[str], seconds: Sequence[float]) -> str:
    head = "".join(f"{f'{goal:g} s':>22}" for goal in seconds)
    lines = [f"{'game':18}{'random':>9}{'by hand':>9}{head}  (mean return, skill; worst seed)"]
    results = measured(output, names, seconds)
    for name, result in results.items():
        shown = ""
        for goal in seconds:
            returns, skills = result.returns[goal], result.skills[goal]
            mean = f"{np.mean(returns):.1f}" if returns else "refused"
            shown += f"{mean:>10}{np.mean(skills):6.2f}{min(skills):6.2f}" if skills else " " * 22
        lines.append(f"{name:18}{result.low:9.1f}{result.high:9.1f}{shown}")
    tail = "".join(f"{of_all(results, goal):>22}" for goal in seconds)
    return "\n".join([*lines, f"{'interquartile mean of skill':36}{tail}"])


def plot(path: Path, output: Path, names: Sequence[str], seconds: Sequence[float]) -> None:
    """A row for each game: points for the mean skill after so many seconds, lines from the worst to the best seed."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "retro_gamer"  # the same picture for the same numbers
    matplotlib.rcParams["svg.fonttype"] = "none"  # words stay words
    from matplotlib import pyplot

    results = measured(output, names, seconds)

    def newest(name: str) -> float:
        measured = [skills for _, skills in sorted(results[name].skills.items()) if skills]
        return float(np.mean(measured[-1])) if measured else 0.0

    order = sorted(results, key=newest)
    figure, axis = pyplot.subplots(figsize=(8, 1.2 + 0.22 * len(order)))
    for number, goal in enumerate(seconds):
        rows = [row for row, name in enumerate(order) if results[name].skills[goal]]
        skills = [np.clip(results[order[row]].skills[goal], -1.0, 1.5) for row in rows]
        places = np.array(rows) + 0.25 * (number - (len(seconds) - 1) / 2)
        label = f"{goal:g} s: {of_all(results, goal)}"
        axis.hlines(places, [min(one) for one in skills], [max(one) for one in skills], color=f"C{number}", lw=1)
        axis.plot([np.mean(one) for one in skills], places, "o", color=f"C{number}", markersize=4, label=label)
    for skill in (0, 1):
        axis.axvline(skill, color="black", lw=0.8)
    axis.set_yticks(range(len(order)), order, fontsize=7)
    axis.set_xlabel("skill: 0 is random play, 1 a player by hand or the best known (from -1 to 1.5)")
    axis.grid(alpha=0.3)
    axis.legend(title="interquartile mean", fontsize=7)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--games", help="some of them, with commas between")
    parser.add_argument("--quick", action="store_true", help=f"{len(QUICK)} games of all kinds")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--seconds", help=f"of CPU time; {USUAL_SECONDS}, with --quick {QUICK_SECONDS}")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--output", default="skill-results")
    parser.add_argument("--table", action="store_true", help="only the table of what there is")
    parser.add_argument("--plot", type=Path, help="a picture of it, such as skill.svg; needs matplotlib")
    parser.add_argument("--csv", type=Path, help="a file to write the table to as well")
    parser.add_argument("--settings", default="{}", help='to compare with the defaults, as JSON: {"gamma": 0.95}')
    parser.add_argument("--cell", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.seconds = options.seconds or (QUICK_SECONDS if options.quick else USUAL_SECONDS)
    seconds = [float(goal) for goal in options.seconds.split(",")]
    output = Path(options.output).resolve()
    output.mkdir(parents=True, exist_ok=True)
    if options.cell:
        name, seed = options.cell.rsplit("-", 1)
        with tempfile.TemporaryDirectory() as folder:
            result = measure(name, int(seed), seconds, Path(folder), json.loads(options.settings))
        (output / f"cell-{options.cell}.json").write_text(json.dumps(result), encoding="utf-8")
        return
    games = suite()
    names = options.games.split(",") if options.games else [name for name in games if name in QUICK or not options.quick]
    if not options.table:
        _run([f"{name}-{seed}" for seed in range(options.seeds) for name in names], options, output)
    print(table(output, names, seconds))
    if options.csv:
        write_csv(options.csv, output, names, seconds)
    if options.plot:
        plot(options.plot, output, names, seconds)


def write_csv(path: Path, output: Path, names: Sequence[str], seconds: Sequence[float]) -> None:
    """A line for each game, seed and number of seconds that was measured."""
    lines = ["game,seed,seconds,random,by_hand,mean_return,skill,turns_of_training"]
    for cell_path in sorted(output.glob("cell-*.json")):
        cell = json.loads(cell_path.read_text(encoding="utf-8"))
        if cell["game"] not in names:
            continue
        low, high = references(cell["game"], output)
        measured = [goal for goal in seconds if str(goal) in cell.get("greedy", {})]
        for goal in measured:
            returns = cell["greedy"][str(goal)]
            row = [
                cell["game"],
                cell["seed"],
                f"{goal:g}",
                f"{low:.2f}",
                f"{high:.2f}",
                f"{np.mean(returns):.2f}",
            ]
            turns = cell["turns"] if goal == max(measured) else ""
            lines.append(",".join(map(str, [*row, f"{skill_of(returns, low, high):.2f}", turns])))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _run(cells: Sequence[str], options: argparse.Namespace, output: Path) -> None:
    """Each cell in a process of its own, `--jobs` at a time."""
    waiting = [cell for cell in cells if not (output / f"cell-{cell}.json").is_file()]
    running: List[Tuple[str, subprocess.Popen]] = []
    flags = ["--settings", options.settings, "--seconds", options.seconds]
    while waiting or running:
        while waiting and len(running) < options.jobs:
            cell = waiting.pop(0)
            command = [sys.executable, __file__, "--cell", cell, "--output", str(output), *flags]
            running.append((cell, subprocess.Popen(command)))
        time.sleep(0.5)
        for cell, process in list(running):
            if process.poll() is not None:
                running.remove((cell, process))
                print(f"{cell}: {'done' if process.returncode == 0 else 'FAILED'}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
