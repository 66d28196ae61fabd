"""CPU seconds until a game is played well: ours, and Stable-Baselines3's DQN and PPO on the same observations.

    PEERS/bin/python tests/benchmarks/time_to_skill.py --output FOLDER
    PEERS/bin/python tests/benchmarks/time_to_skill.py --games catch --learners ours,dqn --output FOLDER

The README says how PEERS is made. Ours trains with what `create` chooses. The others learn from `make_gym_env`, which
shows them the same window, radar and so on, one-hot: on CartPole with the settings of their zoo, else with ours where they
have the same ones; one thread each. Ten greedy games are played after 0.25 CPU seconds of learning, then each time after
1.25 times as many; they are not counted. A game is played well from the first of two evaluations in a row that say so. The
others are stopped after --times as many seconds as ours took, or after --most. Each pair of game and learner is a process
of its own and a file in FOLDER, and is not measured again.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional

for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent.parent), str(HERE)]

from sb3_settings import CARTPOLE_DQN  # noqa: E402

GAMES = 10  # of an evaluation
STEP = 1.25  # each evaluation after so many times the CPU seconds of the one before


class Goal(NamedTuple):
    """A game, and what is called playing it well: this mean of greedy games, of the score where there is one."""

    spec: str
    least: float
    says: str


GOALS = {
    "cartpole": Goal("gym:CartPole-v1", 475.0, "CartPole-v1, 475 of 500"),
    "catch": Goal("catch", 9.0, "catch, 9 of 10 fruit"),
    "snake": Goal("snake", 30.0, "snake, 30 apples"),
    "nav": Goal("retro.examples.nav", 1000.0, "retro.examples.nav, 1,000"),
    "frogger": Goal(str(HERE / "skill_games" / "frogger.py"), 647.0, "frogger, half of what a player by hand gets"),
}
LEARNERS = ("ours", "dqn", "ppo")
CARTPOLE: Dict[str, Dict[str, Any]] = {
    "dqn": CARTPOLE_DQN,
    # rl-zoo3, hyperparams/ppo.yml
    "ppo": dict(n_steps=256, gae_lambda=0.8, gamma=0.98, n_epochs=20, ent_coef=0.0, learning_rate=1e-3),
}
# Ours where it has the same setting; that of PPO is its default.
BOARDS: Dict[str, Dict[str, Any]] = {
    "dqn": dict(
        learning_rate=5e-4,
        batch_size=32,
        buffer_size=50_000,
        learning_starts=1000,
        gamma=0.97,
        target_update_interval=500,
        train_freq=4,
        gradient_steps=1,
        exploration_fraction=0.05,
        exploration_final_eps=0.02,
        policy_kwargs={"net_arch": [128, 64]},
    ),
    "ppo": dict(gamma=0.97, policy_kwargs={"net_arch": [128, 64]}),
}


class Watch:
    """Says when to evaluate, by the CPU time of learning alone; and when it is good enough, or too late."""

    def __init__(self, goal: Goal, most: float, evaluate: Callable[[], float]):
        self.goal, self.most, self.evaluate = goal, most, evaluate
        self.began, self.aside, self.next = time.process_time(), 0.0, 0.25
        self.reached: Optional[float] = None
        self.results: List[Any] = []  # (CPU seconds, mean)

    @property
    def seconds(self) -> float:
        return time.process_time() - self.began - self.aside

    def goes_on(self) -> bool:
        """Asked after every turn or game; evaluates where it is time to."""
        seconds = self.seconds
        if seconds < self.next:
            return True
        mean = self.evaluate()
        self.aside = time.process_time() - self.began - seconds
        self.results.append((round(seconds, 1), round(mean, 2)))
        while self.next <= seconds:
            self.next *= STEP
        newest = self.results[-2:]
        if len(newest) == 2 and all(mean >= self.goal.least for _, mean in newest):
            self.reached = newest[0][0]
        return self.reached is None and seconds < self.most


def ours(goal: Goal, most: float, seed: int) -> Watch:
    from retro_gamer.commands.create import create_run
    from retro_gamer.training.evaluation import evaluate
    from retro_gamer.training.trainer import Trainer

    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(create_run(goal.spec, f"{folder}/run", {"seed": seed, "evaluate_every": 0}).run)

        def greedy() -> float:
            with trainer.agent.as_saved():
                found = evaluate(trainer.evaluation_environment, trainer.agent, GAMES, seed=0)
            return float((found.returns if found.scores is None else found.scores).mean())

        watch = Watch(goal, most, greedy)
        trainer.train(
            minutes=float("inf"),  # past training_turns, too
            on_episode=lambda status: None if watch.goes_on() else trainer.stop(),
        )
    return watch


def theirs(goal: Goal, most: float, seed: int, learner: str) -> Watch:
    import gymnasium
    import stable_baselines3
    import torch
    from stable_baselines3.common.callbacks import BaseCallback
    from stable_baselines3.common.monitor import Monitor

    from retro_gamer.policy.gymnasium_env import make_gym_env

    torch.set_num_threads(1)
    on_gymnasium = goal.spec.startswith("gym:")

    def make() -> Any:
        return gymnasium.make(goal.spec[4:]) if on_gymnasium else TimeLimit(make_gym_env(goal.spec), 2000)

    TimeLimit = gymnasium.wrappers.TimeLimit
    settings = (CARTPOLE if on_gymnasium else BOARDS)[learner]
    if "exploration_fraction" in settings:  # of so many turns in all
        turns = 50_000 if on_gymnasium else 400_000
    else:
        turns = 10**7
    model = getattr(stable_baselines3, learner.upper())("MlpPolicy", Monitor(make()), seed=seed, device="cpu", **settings)
    test = make()

    def greedy() -> float:
        results = []
        for game in range(GAMES):
            observation, info = test.reset(seed=game)
            over, total = False, 0.0
            while not over:
                action, _ = model.predict(observation, deterministic=True)
                observation, reward, terminated, truncated, info = test.step(int(action))
                total, over = total + float(reward), terminated or truncated
            results.append(info.get("score", total))
        return sum(results) / GAMES

    watch = Watch(goal, most, greedy)

    class Callback(BaseCallback):
        def _on_step(self) -> bool:
            return watch.goes_on()

    while watch.reached is None and watch.seconds < most:  # exploration falls in the first round only
        model.learn(turns, callback=Callback(), reset_num_timesteps=False)
        if learner == "dqn":
            model.exploration_initial_eps = model.exploration_final_eps
    return watch


def measure(name: str, learner: str, most: float, seed: int) -> Dict[str, Any]:
    goal = GOALS[name]
    watch = ours(goal, most, seed) if learner == "ours" else theirs(goal, most, seed, learner)
    return {
        "game": name,
        "learner": learner,
        "seed": seed,
        "reached": watch.reached,
        "given": round(watch.seconds, 1),
        "results": watch.results,
    }


def table(output: Path, names: List[str], learners: List[str], seed: int) -> str:
    """A line for each game: CPU seconds, or that it was not reached in so many."""
    head = {"ours": "ours", "dqn": "SB3's DQN", "ppo": "SB3's PPO"}
    lines = ["| skill | " + " | ".join(head[learner] for learner in learners) + " |"]
    lines.append("| --- |" + " --- |" * len(learners))
    for name in names:
        shown, first = [], None
        for learner in learners:
            path = output / f"{name}-{learner}-{seed}.json"
            if not path.is_file():
                shown.append("")
                continue
            found = json.loads(path.read_text(encoding="utf-8"))
            best = max((mean for _, mean in found["results"]), default=0.0)
            seconds = found["reached"]
            first = seconds if learner == "ours" else first
            times = f" ({seconds / first:.0f} times)" if seconds and first and learner != "ours" else ""
            shown.append(f"{seconds:g} s{times}" if seconds else f"not in {found['given']:.0f} s (best {best:g})")
        lines.append(f"| {GOALS[name].says} | " + " | ".join(shown) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--games", default=",".join(GOALS))
    parser.add_argument("--learners", default=",".join(LEARNERS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--times", type=float, default=20.0, help="others get so many times our CPU seconds")
    parser.add_argument("--most", type=float, default=300.0, help="CPU seconds at most")
    parser.add_argument("--output", default="time-to-skill")
    parser.add_argument("--cell", help=argparse.SUPPRESS)
    options = parser.parse_args()
    output = Path(options.output).resolve()
    output.mkdir(parents=True, exist_ok=True)
    if options.cell:
        name, learner = options.cell.split("-")
        found = measure(name, learner, options.most, options.seed)
        (output / f"{options.cell}-{options.seed}.json").write_text(json.dumps(found), encoding="utf-8")
        return
    names, learners = options.games.split(","), options.learners.split(",")
    for name in names:
        most = options.most
        for learner in learners:
            path = output / f"{name}-{learner}-{options.seed}.json"
            if not path.is_file():
                command = [sys.executable, __file__, "--cell", f"{name}-{learner}", "--most", str(most)]
                subprocess.run([*command, "--seed", str(options.seed), "--output", str(output)], check=True)
            reached = json.loads(path.read_text(encoding="utf-8"))["reached"]
            if learner == "ours" and reached:
                most = min(most, options.times * reached)
    print(table(output, names, learners, options.seed))


if __name__ == "__main__":
    main()
