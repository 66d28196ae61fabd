"""`retro-gamer train`: progress, Ctrl-C, and what to do next: commands, and a script that works as it stands."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from retro_gamer.agents.agent import Actor
from retro_gamer.commands.doctor import examine_before
from retro_gamer.config.run_config import RunConfig
from retro_gamer.environment.base import Environment
from retro_gamer.errors import CheckpointError, RetroGamerError, RunNotFoundError, command_line
from retro_gamer.hosting.interrupts import stopping_on_signals
from retro_gamer.hosting.patience import naming_a_slow_game, telling_when_slow
from retro_gamer.hosting.signs import shown_by
from retro_gamer.hosting.supervision import supervised
from retro_gamer.reporting.dashboard import Dashboard
from retro_gamer.reporting.findings import describe
from retro_gamer.reporting.progress import Counting, ProgressLine, format_time
from retro_gamer.reporting.training_doctor import (
    examine_metrics,
    examine_play,
    is_worth_using,
    learned_nothing,
    verdict,
    watch_greedy_games,
    worse_than_before,
)
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training.evaluation import Evaluation, EvaluationStopped, RandomAgent, evaluate
from retro_gamer.training.player import Player, load_player
from retro_gamer.training.trainer import Trainer, TrainingLoop

if TYPE_CHECKING:
    from retro_gamer.selfplay.self_play import SelfPlayTrainer

FINAL_GAMES = 30
WATCHED = 5  # of them, turn by turn, when they may be going wrong
SECONDS_TO_EXAMINE = 10.0  # of a slow game, in random games
SECONDS_TO_MEASURE = 5.0  # of greedy play, and as many of random play, when the minutes are limited


def train_run(run: RunDirectory, episodes: int | None = None, minutes: float | None = None, quiet: bool = False) -> int:
    """Train a run, show how it goes, and say how well it plays; returns the exit status."""
    trainer: Trainer | SelfPlayTrainer
    line = Dashboard(quiet=quiet)
    with run.locked():
        getting_ready = telling_when_slow("Getting ready, which takes a while", line.say)
        with supervised(line.say), nullcontext() if quiet else getting_ready:
            if run.load_config().teams:
                from retro_gamer.selfplay.self_play import SelfPlayTrainer

                trainer = SelfPlayTrainer(run)
            else:
                trainer = Trainer(run)
        line.remember(run.read_metrics())
        finished = _train(trainer, line, episodes, minutes)
    if not finished:
        return 0
    print(f"Trained {trainer.episode} games ({trainer.turns:,} turns) in {format_time(trainer.seconds)}.", flush=True)
    _say_if_still_exploring(trainer)
    worth_using = True
    try:
        seconds = SECONDS_TO_MEASURE if minutes is not None else float("inf")
        if isinstance(trainer, Trainer):
            worth_using = _say_how_well(trainer, seconds, quiet)
        else:
            _say_how_the_teams_are(trainer, quiet)
    except KeyboardInterrupt:
        print()  # everything is saved: it is safe to stop here
    print("\n" + what_next(run, trainer.config, trainer.is_complete(), worth_using))
    return 0


def _train(trainer: TrainingLoop, line: ProgressLine, episodes: int | None, minutes: float | None) -> bool:
    """Says whether it came to its end, and was not stopped or complete before."""
    run = trainer.run
    if trainer.resumed:
        print(f"Going on after game {trainer.episode} ({trainer.turns:,} turns).")
    if episodes is None and minutes is None and trainer.is_complete():
        print(
            f"This training is complete: {trainer.episode} games, {trainer.turns:,} turns. Train on with\n"
            f"  {command_line('train', run, '--minutes', 5)}\n"
            f"  {command_line('train', run, '--episodes', 500)}\n"
            f"or raise training_turns or training_episodes in {run.config_path}."
        )
        return False
    if not trainer.resumed and run.original_checkpoints():
        print(
            "This starts afresh. To go on from the checkpoints of the original retro-gamer that are here, stop it and "
            f"run\n  {command_line('import-torch', run)}",
            flush=True,
        )
    with ExitStack() as stack:
        stack.enter_context(supervised(line.say))
        stack.enter_context(stopping_on_signals(trainer.stop, line.blank))
        stack.enter_context(shown_by(line.still_working))
        stack.enter_context(naming_a_slow_game(lambda: trainer.turns + trainer.limits.pulse.turns, line.say))
        try:
            trainer.train(episodes, minutes, on_episode=line.update, on_notice=line.say, on_wait=line.wait)
        finally:
            line.clear()
    if trainer.stopping:
        print(
            f"Stopped after game {trainer.episode} ({trainer.turns:,} turns) and saved. Go on with:\n"
            f"  {command_line('train', run)}"
        )
    return not trainer.stopping


def _say_if_still_exploring(trainer: TrainingLoop) -> None:
    training = trainer.config.training
    if trainer.is_complete() and trainer.turns < training.epsilon_decay_turns:
        by_games = trainer.episode >= training.training_episodes
        setting = "training_episodes" if by_games else "training_turns"
        what = f"{training.training_episodes:,} games" if by_games else f"{training.training_turns:,} turns"
        print(
            f"It ended after its {what} while it still explored: {trainer.epsilon:.0%} of its actions were random. These "
            f"fall over {training.epsilon_decay_turns:,} turns; raise {setting} in {trainer.run.config_path} to get there, "
            "or lower epsilon_decay_turns."
        )


def _measure(environment: Environment, agent: Actor, seconds: float, count: Counting) -> Evaluation | None:
    """Greedy games, as many as can be played in this time; None if there is none."""
    deadline, games = time.monotonic() + seconds, []

    def stopping() -> bool:
        return time.monotonic() > deadline

    with suppress(EvaluationStopped):
        for seed in range(FINAL_GAMES):
            games.append(evaluate(environment, agent, 1, seed, stopping=stopping, on_turn=count.turn))
            count(seed + 1)
    return Evaluation.of(games) if games else None


def _say_how_the_teams_are(trainer: SelfPlayTrainer, quiet: bool) -> None:
    from retro_gamer.commands.evaluate import evaluate_teams

    print(f"{trainer.describe_teams()}\n", flush=True)
    with supervised():
        text = evaluate_teams(trainer.run, None, FINAL_GAMES, seed=0, as_json=False, quiet=quiet)
    print(text)


def _say_how_well(trainer: Trainer, seconds: float, quiet: bool) -> bool:
    """Say how good it is beside random play, and what may be wrong when it is no better; whether it is worth using."""
    environment = trainer.evaluation_environment
    with supervised(), Counting("measuring game", 2 * FINAL_GAMES, quiet=quiet) as count:
        greedy = _measure(environment, trainer.agent, seconds, count)
        count(FINAL_GAMES)
        count.next_part()
        anyhow = RandomAgent(len(environment.actions), seed=0)
        chance = _measure(environment, anyhow, seconds, count)
    if greedy is None or chance is None:
        print(f"How well it plays takes longer to find out:  {command_line('evaluate', trainer.run)}")
        return True
    games = min(len(greedy.returns), len(chance.returns))
    greedy, chance = greedy.first(games), chance.first(games)
    print(f"Over {games} games: {verdict(greedy, chance)}")
    limit = trainer.config.training.max_turns_per_episode
    if (greedy.turns >= limit).all():
        print(f"Each of its games lasted until the limit of {limit:,} turns.")
    if greedy.scores is not None and chance.scores is not None:
        name = trainer.config.metadata.score
        print(f"That is a {name} of {greedy.scores.mean():.1f} (random play: {chance.scores.mean():.1f}).")
    _say_if_it_was_better(trainer, greedy, seconds, quiet)
    if is_worth_using(greedy, chance):
        return True
    _say_what_may_be_wrong(trainer, greedy, chance, quiet)
    return False


def _say_if_it_was_better(trainer: Trainer, greedy: Evaluation, seconds: float, quiet: bool) -> None:
    """Beside its own past: best.npz, which was measured in the training, plays the same games where it seems better."""
    try:
        with supervised():
            best = load_player(trainer.run, "best")
    except (RunNotFoundError, CheckpointError):
        return
    then = best.facts.get("evaluation")
    if then is None or then <= greedy.mean or best.facts["episode"] == trainer.episode:
        return
    with supervised(), Counting("measuring game of best", FINAL_GAMES, quiet=quiet) as count:
        before = _measure(best.environment, best.agent, seconds, count)
    if before is None:
        return
    games = min(len(before.returns), len(greedy.returns))
    finding = worse_than_before(greedy.first(games), before.first(games))
    if finding is not None:
        print("\n" + describe([finding]))


def _say_what_may_be_wrong(trainer: Trainer, greedy: Evaluation, chance: Evaluation, quiet: bool) -> None:
    """The first thing that is wrong with the game or the training, with its causes; `doctor` tells more."""
    config, run = trainer.config, trainer.run
    findings = examine_metrics(run.read_metrics(), config)
    if not findings:
        with suppress(RetroGamerError), supervised():  # a game may fail under random keys: doctor will say so
            findings = examine_before(config, quiet, SECONDS_TO_EXAMINE)
    if not findings:
        player = Player(trainer.evaluation_environment, trainer.agent, {}, "the newest", config)
        with supervised():
            watched = watch_greedy_games(player, WATCHED, quiet)
        findings = examine_play(watched, greedy, chance) or [learned_nothing(greedy, chance, config.preprocessing)]
    print("\n" + describe(findings[:1]))
    print(f"\nFind out more about what may be wrong:  {command_line('doctor', run)}")


IN_A_GAME = """\
{imports}
game = create_game()
ai = TrainedPolicy({run!r}{team})
game.play(input_source=PolicyInput(ai, game))"""

IN_AN_ENVIRONMENT = """\
{imports}
env = {make}
ai = TrainedPolicy({run!r})
observation, info = env.reset(seed=0)
total = 0.0
for turn in range({turns}):
    observation, reward, terminated, truncated, info = env.step(ai.predict(observation))
    total += reward
    if terminated or truncated:
        break
print("reward", total)"""


def what_next(run: RunDirectory, config: RunConfig, complete: bool, worth_using: bool = True) -> str:
    measure = "tournament" if config.teams else "evaluate"
    lines = [] if complete else [f"Train on:      {command_line('train', run)}"]
    lines += [f"Watch it:      {command_line('play', run)}", f"Measure it:    {command_line(measure, run)}"]
    if not worth_using:
        return "\n".join(lines)
    lines.append(f"See why:       {command_line('report', run)}")
    where = "with a script" if config.game.environment_name else "in a game, with a script"
    return "\n".join([*lines, f"Use it {where}, such as play_it.py:", "", script_for(run, config)])


def script_for(run: RunDirectory, config: RunConfig) -> str:
    """A Python script that plays the game of a run with its policy; it works from any folder."""
    if config.game.environment_name:
        return _script_for_environment(run, config)
    team = f", team={config.teams[0].name!r}" if config.teams else ""
    return IN_A_GAME.format(imports=_imports(config), run=str(run.path), team=team)


def _script_for_environment(run: RunDirectory, config: RunConfig) -> str:
    game = config.game
    module, _, name = game.environment.rpartition(":")
    make = f"gymnasium.make({game.gym!r})" if game.gym else f"{name}()"
    theirs = "import gymnasium" if game.gym else f"from {module} import {name}"
    ours = "from retro_gamer import TrainedPolicy"
    # Beside a folder of the same name, which an import would find.
    if game.path.endswith(".py") and not game.gym:
        lines = ["import runpy", ours, "", f"{name} = runpy.run_path({game.path!r})[{name!r}]"]
    elif game.path:
        folder = str(Path(game.path).parent) if game.path.endswith(".py") else game.path
        where = f"sys.path.insert(0, {folder!r})  # where the environment is"
        lines = ["import sys", theirs, ours, "", where] if game.gym else ["import sys", ours, "", where, theirs]
    else:
        lines = [theirs, ours, ""] if game.gym else [ours, theirs, ""]
    turns = config.training.max_turns_per_episode
    return IN_AN_ENVIRONMENT.format(imports="\n".join(lines), make=make, run=str(run.path), turns=turns)


def _imports(config: RunConfig) -> str:
    game = config.game
    module, _, function = (game.factory or f"{game.module}:create_game").rpartition(":")
    ours = ["from retro_gamer import PolicyInput, TrainedPolicy"]
    if game.path.endswith(".py"):  # beside a folder of the same name, which an import would find
        return "\n".join(["import runpy", *ours, "", f"create_game = runpy.run_path({game.path!r})[{function!r}]"])
    # Made by main(), or a class of games.
    if module in sys.modules and not hasattr(sys.modules[module], function):
        where = Path(game.path, *module.split("."))
        spec = f"{where}.py" if where.with_suffix(".py").is_file() else str(where) if game.path else module
        ours.append("from retro_gamer.hosting.loading import load_factory, parse_game")
        return "\n".join([*ours, "", f"create_game = load_factory(parse_game({spec!r}))"])
    as_create_game = "" if function == "create_game" else " as create_game"
    theirs = f"from {module} import {function}{as_create_game}"
    if not game.path:
        return "\n".join([*ours, theirs, ""])
    return "\n".join(["import sys", *ours, "", f"sys.path.insert(0, {game.path!r})  # where the game is", theirs])
