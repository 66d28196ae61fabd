"""The command line: arguments in, calls out, messages. The work is done elsewhere."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any, Callable, Dict, List, NoReturn, Optional

from retro_gamer import __version__
from retro_gamer.config.kinds import FLAG, Kind
from retro_gamer.config.settings import all_settings
from retro_gamer.errors import (
    ConfigError,
    RetroGamerError,
    command_line,
    did_you_mean,
    explain_os_error,
    install_command,
    printable,
)
from retro_gamer.hosting.interrupts import heeding_ctrl_c
from retro_gamer.hosting.output import harmless_output
from retro_gamer.hosting.signs import signs_of_life

DONE, FAILED, WRONG_USE = 0, 1, 2


def main(arguments: Optional[List[str]] = None) -> int:
    """Run a command; returns the exit status: 0 done, 1 failed, 2 wrong usage or configuration."""
    if (
        arguments is None and "numpy" not in sys.modules
    ):  # the program itself: BLAS need not even start its threads
        for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
            os.environ.setdefault(name, "1")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(
                errors="replace"
            )  # a terminal that cannot show a character must not stop a training
    with harmless_output():
        return _run(arguments)


def _run(arguments: Optional[List[str]]) -> int:
    with suppress(OSError):  # the current folder may have been removed
        if str(Path.cwd()) not in sys.path:
            sys.path.insert(
                0, str(Path.cwd())
            )  # the installed script, unlike python -m, does not look here for games
    options, unknown = build_parser().parse_known_args(arguments)
    if unknown:
        options.parser.error(_no_such_option(options.parser, unknown))
    try:
        watching = options.command in (play_command, clean_command)  # it draws, or it asks
        with heeding_ctrl_c(), nullcontext() if watching or getattr(
            options, "quiet", False
        ) else signs_of_life():
            status: int = options.command(options)
        if sys.stdout is not None:
            sys.stdout.flush()  # here, where it may fail: whoever reads it may have gone
        return status
    except ConfigError as error:
        return _fail(options, error, WRONG_USE)
    except RetroGamerError as error:
        return _fail(options, error, FAILED)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # whoever read our output has gone
        return FAILED
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    except OSError as error:
        return _fail(options, explain_os_error(error), FAILED, error)
    except ModuleNotFoundError as error:
        if error.name not in ("numpy", "tomli"):
            raise
        return _fail(
            options,
            f"This Python ({sys.executable}) has no {error.name}, which retro-gamer needs. Install it "
            f"with:  {install_command(error.name)}",
            FAILED,
        )
    except MemoryError:
        return _fail(
            options,
            "There is not enough memory. Try a smaller memory_capacity or smaller hidden_sizes.",
            FAILED,
        )


def _fail(
    options: argparse.Namespace, message: Any, status: int, error: Optional[BaseException] = None
) -> int:
    error = message if isinstance(message, BaseException) else error
    if options.debug and error is not None:
        import traceback

        traceback.print_exception(type(error), error, error.__traceback__)
    print(f"retro-gamer: {message}", file=sys.stderr)
    with suppress(OSError):  # it looks at files, and there may be too many open
        _say_if_installed_twice(sys.stderr)
    return status


def _say_if_installed_twice(stream: Any) -> None:
    from retro_gamer.commands.installed import clash

    text = clash()
    if text:
        print(f"\n{text}", file=stream)


class Parser(argparse.ArgumentParser):
    """Says what is wrong with a command and shows an example, without pages of usage before it."""

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if isinstance(action, argparse._SubParsersAction) and value not in action.choices:
            hint = did_you_mean(value, action.choices)
            if not hint and Path(value).exists():
                hint = f" A command comes first, such as  {command_line('train', value)}"
            hint = hint or f" There are: {', '.join(action.choices)}."
            self.error(f"There is no command {value!r}.{hint}")
        super()._check_value(action, value)

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message}\n{self.epilog}\nMore with:  {self.prog} --help", file=sys.stderr)
        raise SystemExit(WRONG_USE)


def _no_such_option(parser: argparse.ArgumentParser, unknown: List[str]) -> str:
    flags = [
        flag
        for action in parser._actions
        for flag in action.option_strings
        if action.help != argparse.SUPPRESS
    ]
    return f"There is no {unknown[0]} here." + did_you_mean(unknown[0].partition("=")[0], flags)


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="retro-gamer",
        description="Teach a program to play terminal games.",
        epilog="Example:  retro-gamer train runs/snake\n          retro-gamer play runs/snake",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"retro-gamer-numpy {__version__}")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, function: Any, help: str, example: str) -> argparse.ArgumentParser:
        added = commands.add_parser(
            name,
            help=help,
            description=help,
            epilog=f"Example:  retro-gamer {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        added.set_defaults(command=function, parser=added)
        added.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        return added

    create = command(
        "create",
        create_command,
        "Make a run: a folder with a config.toml for a game.",
        "create --game my_game.py --output runs/mine",
    )
    create.add_argument(
        "--game",
        required=True,
        help="module:function, module, .py file, package folder, gym:ID, or a "
        "bundled game: snake, forager, catch, tron, tag, wolves",
    )
    create.add_argument("--output", required=True, metavar="DIR", help="the folder to make")
    init = command(
        "init", create_command, "The same as create, in the original's words.", "init my_game.py runs/mine"
    )
    init.add_argument("game", metavar="GAME", help="as for create --game")
    init.add_argument("output", metavar="OUTPUT", help="the folder to make")
    create.usage = (
        "%(prog)s --game GAME --output DIR [--SETTING VALUE ...]"  # there are too many to list twice
    )
    init.usage = "%(prog)s GAME OUTPUT [--SETTING VALUE ...]"
    for parser_of_create in (create, init):
        _add_settings(parser_of_create)

    train = command(
        "train",
        train_command,
        "Train; go on where it stopped. Ctrl-C saves and stops.",
        "train runs/snake --minutes 10",
    )
    train.add_argument("run", metavar="DIR", help="the folder of the run")
    train.add_argument(
        "--episodes",
        type=_positive_int,
        metavar="N",
        help="train for N more games, whatever the settings say",
    )
    train.add_argument("--minutes", type=_positive_float, metavar="M", help="stop after M minutes")
    train.add_argument("--quiet", action="store_true", help="say nothing while it works")

    play = command(
        "play",
        play_command,
        "Watch it play in the terminal. Keys pause it, step, change the speed; q leaves.",
        "play runs/snake --fps 20",
    )
    play.add_argument("run", metavar="DIR", help="the folder of the run")
    play.add_argument(
        "--fps",
        type=_positive_float,
        metavar="N",
        help="turns shown a second (default 12; with --human the game's own pace, at most 12)",
    )
    play.add_argument(  # the original's
        "--framerate", dest="fps", type=_positive_float, default=argparse.SUPPRESS, help=argparse.SUPPRESS
    )
    play.add_argument("--explain", action="store_true", help="show what it expects of each key, and why")
    play.add_argument("--seed", type=_seed, help="the same seed shows the same game")
    play.add_argument(
        "--human",
        metavar="TEAM",
        nargs="?",
        const="",
        help="play yourself: a team against the others; or a game for one, and then it plays the same game",
    )
    _add_checkpoint(play)

    evaluate = command(
        "evaluate",
        evaluate_command,
        "Play many games greedily, beside random play; with two runs, compare them.",
        "evaluate runs/snake --games 200",
    )
    evaluate.add_argument("run", metavar="DIR", help="the folder of the run")
    evaluate.add_argument("other", metavar="DIR2", nargs="?", help="a second run to compare with the first")
    evaluate.add_argument(
        "--games", type=_positive_int, default=100, metavar="N", help="how many games (default 100)"
    )
    evaluate.add_argument(
        "--seed", type=_seed, default=0, help="of the first game; the next has seed + 1 (default 0)"
    )
    evaluate.add_argument(
        "--game",
        metavar="GAME",
        help="with --character: a game in which it is a character, as create --game takes it",
    )
    evaluate.add_argument(
        "--character",
        metavar="NAME",
        help="the character there, by its name or class; compared with the player",
    )
    evaluate.add_argument("--json", action="store_true", help="print one JSON object")
    evaluate.add_argument("--quiet", action="store_true", help="say nothing while it works")
    _add_checkpoint(evaluate)

    adversarial = command(
        "adversarial",
        adversarial_command,
        "Train two runs against each other in turn; stopped, the same command goes on.",
        "adversarial runs/player runs/enemy --rounds 5 --episodes 200",
    )
    adversarial.add_argument("run", metavar="DIR_A", help="the run that begins")
    adversarial.add_argument("other", metavar="DIR_B", help="the run it trains against")
    adversarial.add_argument(
        "--rounds", type=_positive_int, default=5, metavar="R", help="rounds in all (default 5)"
    )
    adversarial.add_argument(
        "--episodes",
        type=_positive_int,
        default=200,
        metavar="N",
        help="games of each run in a round (default 200)",
    )
    adversarial.add_argument(
        "--games",
        type=_positive_int,
        default=20,
        metavar="N",
        help="games for each number of the table in the end (default 20)",
    )
    adversarial.add_argument("--quiet", action="store_true", help="say nothing while it works")

    tournament = command(
        "tournament",
        tournament_command,
        "Let the snapshots of a self-play run play each other: who beats whom, and ratings.",
        "tournament runs/tron --snapshots 5 --games 100",
    )
    tournament.add_argument("run", metavar="DIR", help="the folder of the run")
    tournament.add_argument(
        "--snapshots",
        type=_positive_int,
        default=8,
        metavar="N",
        help="of each side, spread over the training (default 8)",
    )
    tournament.add_argument(
        "--games", type=_positive_int, default=200, metavar="N", help="of each pairing (default 200)"
    )
    tournament.add_argument(
        "--seed", type=_seed, default=0, help="of the first game of each pairing (default 0)"
    )
    tournament.add_argument("--json", action="store_true", help="print one JSON object")
    tournament.add_argument("--quiet", action="store_true", help="say nothing while it works")

    importing = command(
        "import-torch",
        import_torch_command,
        "Turn the checkpoints of a run of the original retro-gamer (.pt) into ours, without torch.",
        "import-torch runs/snake",
    )
    importing.add_argument(
        "run", metavar="DIR", help="the folder of the run, trained with retro-gamer 0.1 to 0.4"
    )
    importing.add_argument(
        "--output",
        metavar="OUT",
        help="the folder of a new run for them (default: DIR itself, beside the .pt files)",
    )

    plot = command(
        "plot",
        plot_command,
        "Draw the curves of a training, or of several laid over each other.",
        "plot runs/snake --svg snake.svg",
    )
    plot.add_argument("runs", metavar="DIR", nargs="+", help="the folders of runs of one game")
    plot.add_argument("--svg", metavar="FILE", help="write a picture instead of drawing in the terminal")
    plot.add_argument(
        "--tensorboard",
        metavar="FOLDER",
        help="write event files for TensorBoard instead (needs tensorboardX)",
    )
    plot.add_argument(
        "--output", "-o", dest="svg", default=argparse.SUPPRESS, help=argparse.SUPPRESS
    )  # the original's

    report = command(
        "report",
        report_command,
        "Write a page that shows how it learned, how it plays, and why.",
        "report runs/snake",
    )
    report.add_argument("run", metavar="DIR", help="the folder of the run")
    report.add_argument("--output", metavar="FILE", help="the file to write (default: report.html in DIR)")
    report.add_argument("--quiet", action="store_true", help="say nothing while it works")
    _add_checkpoint(report)

    doctor = command(
        "doctor",
        doctor_command,
        "Find out what is wrong with a game, or with its training, and what to try.",
        "doctor runs/mine",
    )
    doctor.add_argument("run", metavar="DIR", help="the folder of the run")
    doctor.add_argument("--quiet", action="store_true", help="say nothing while it works")

    info = command("info", info_command, "Show what is in a run.", "info runs/snake")
    info.add_argument("run", metavar="DIR", help="the folder of the run")

    clean = command(
        "clean", clean_command, "Remove checkpoints and logs, keep config.toml.", "clean runs/snake --yes"
    )
    clean.add_argument("run", metavar="DIR", help="the folder of the run")
    clean.add_argument("--yes", "-y", action="store_true", help="do not ask")
    return parser


def _add_checkpoint(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--checkpoint", metavar="NAME", help="ep_0500 or best (default: the newest)")


def _add_settings(parser: argparse.ArgumentParser) -> None:
    """A flag for every setting of config.toml, apart from those that --game decides."""
    groups: Dict[str, Any] = {}
    for section, setting in _settings_with_flags():
        group = groups.get(section) or parser.add_argument_group(f"settings of [{section}]")
        groups[section] = group
        flag, kind = "--" + setting.name.replace("_", "-"), setting.metadata["kind"]
        options: Dict[str, Any] = {"metavar": setting.name.upper()}
        if kind is FLAG:
            options = {"metavar": "true|false", "nargs": "?", "const": True}
            group.add_argument(
                f"--no-{flag[2:]}",
                dest=setting.name,
                action="store_const",
                const=False,
                help=argparse.SUPPRESS,
            )
        group.add_argument(
            flag,
            dest=setting.name,
            type=_from_text(kind),
            default=None,
            help=setting.metadata["help"].replace("%", "%%"),
            **options,
        )


def _settings_with_flags() -> List[Any]:
    return [(section, setting) for section, setting in all_settings() if section != "game"]


def _from_text(kind: Kind[Any]) -> Callable[[str], Any]:
    """How argparse reads a value of this kind."""

    def read(text: str) -> Any:
        try:
            return kind.from_text(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return read


def _positive_int(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return int(text)


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {2**32 - 1}")
    return int(text)


def _positive_float(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


# The commands. What they need is imported when they run, so that --help is instant.


def create_command(options: argparse.Namespace) -> int:
    from retro_gamer.commands.create import create_run
    from retro_gamer.hosting.patience import telling_when_slow
    from retro_gamer.hosting.supervision import supervised

    names = [setting.name for _, setting in _settings_with_flags()]
    flags = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    with supervised(), telling_when_slow("Trying out the game, which takes a while: up to a minute"):
        made = create_run(options.game, options.output, flags)
    for message in made.messages:
        print(printable(message))
    print(
        f"Made {Path(str(made.run), made.run.config_path.name)}. Next:\n  {command_line('train', made.run)}"
    )
    return DONE


def train_command(options: argparse.Namespace) -> int:
    from retro_gamer.commands.create import create_run
    from retro_gamer.commands.train import train_run
    from retro_gamer.games import BUNDLED
    from retro_gamer.runs.directory import RunDirectory

    run = RunDirectory(options.run)
    if not run.path.exists() and run.path.name in BUNDLED:
        print(f"There is no run at {run} yet: making one for the bundled game {run.path.name}.")
        for message in create_run(run.path.name, str(run.path)).messages:
            print(printable(message))
    return train_run(run, options.episodes, options.minutes, options.quiet)


def play_command(options: argparse.Namespace) -> int:
    from retro_gamer.runs.directory import RunDirectory

    run = RunDirectory(options.run)
    if options.human is not None:
        from retro_gamer.commands.play_human import play_human

        print(play_human(run, options.human, options.checkpoint, options.fps, options.seed))
    elif run.load_config().teams:
        from retro_gamer.commands.play_teams import watch_teams

        print(watch_teams(run, options.checkpoint, options.fps or 12.0, options.explain, options.seed))
    else:
        from retro_gamer.commands.play import watch

        print(watch(run, options.checkpoint, options.fps or 12.0, options.explain, options.seed))
    return DONE


def evaluate_command(options: argparse.Namespace) -> int:
    from retro_gamer.commands.evaluate import compare_runs, evaluate_run
    from retro_gamer.hosting.supervision import supervised
    from retro_gamer.runs.directory import RunDirectory

    run, other = RunDirectory(options.run), RunDirectory(options.other) if options.other else None
    if bool(options.game) != bool(options.character) or (options.game and other is not None):
        raise ConfigError(
            "--game and --character belong together, with one run:  "
            + command_line("evaluate", options.run, "--game", "my_game.py", "--character", "AI snake")
        )
    with supervised():
        if options.character:
            from retro_gamer.commands.evaluate_character import evaluate_character

            text = evaluate_character(
                run,
                options.game,
                options.character,
                options.checkpoint,
                options.games,
                options.seed,
                options.json,
                options.quiet,
            )
        elif other is not None:
            text = compare_runs(
                run, other, options.checkpoint, options.games, options.seed, options.json, options.quiet
            )
        elif run.load_config().teams:
            from retro_gamer.commands.evaluate_teams import evaluate_teams

            text = evaluate_teams(
                run, options.checkpoint, options.games, options.seed, options.json, options.quiet
            )
        else:
            text = evaluate_run(
                run, options.checkpoint, options.games, options.seed, options.json, options.quiet
            )
    print(text)
    return DONE


def adversarial_command(options: argparse.Namespace) -> int:
    from retro_gamer.commands.adversarial import Alternation, CrossTable
    from retro_gamer.hosting.supervision import supervised
    from retro_gamer.runs.directory import RunDirectory

    first, second = RunDirectory(options.run), RunDirectory(options.other)
    if not Alternation(first, second, options.episodes, options.quiet).play_rounds(options.rounds):
        print("Stopped, and saved. The same command goes on from here.")
        return DONE
    with supervised():
        table = str(CrossTable(first, second, options.games, 0, options.quiet))
    print(table)
    return DONE


def tournament_command(options: argparse.Namespace) -> int:
    from retro_gamer.commands.tournament import describe_tournament, hold_tournament
    from retro_gamer.hosting.supervision import supervised
    from retro_gamer.runs.directory import RunDirectory

    run = RunDirectory(options.run)
    with supervised():
        result = hold_tournament(run, options.snapshots, options.games, options.seed, options.quiet)
    print(describe_tournament(run, result, options.games, options.json))
    return DONE


def import_torch_command(options: argparse.Namespace) -> int:
    from retro_gamer.commands.import_torch import import_torch

    return FAILED if import_torch(options.run, options.output) else DONE


def info_command(options: argparse.Namespace) -> int:
    from retro_gamer.commands.info import describe_run
    from retro_gamer.runs.directory import RunDirectory

    print(describe_run(RunDirectory(options.run)))
    _say_if_installed_twice(sys.stdout)
    return DONE


def plot_command(options: argparse.Namespace) -> int:
    from retro_gamer.commands.plot import plot_runs
    from retro_gamer.runs.directory import RunDirectory

    print(plot_runs([RunDirectory(run) for run in options.runs], options.svg, options.tensorboard))
    return DONE


def report_command(options: argparse.Namespace) -> int:
    from retro_gamer.commands.report import write_report
    from retro_gamer.runs.directory import RunDirectory

    print(write_report(RunDirectory(options.run), options.output, options.checkpoint, options.quiet))
    return DONE


def doctor_command(options: argparse.Namespace) -> int:
    from retro_gamer.commands.doctor import examine
    from retro_gamer.runs.directory import RunDirectory

    print(examine(RunDirectory(options.run), options.quiet))
    return DONE


def clean_command(options: argparse.Namespace) -> int:
    from retro_gamer.runs.directory import RunDirectory

    run = RunDirectory(options.run)
    run.load_config()
    with run.locked():
        return _clean(run, options.yes)


def _clean(run: Any, sure: bool) -> int:
    files = run.files_to_clean()
    if not files:
        print(f"There is nothing to clean in {run}.")
        return DONE
    print(f"This removes {len(files)} files from {run} and keeps config.toml:")
    for path in files:
        print(f"  {path.relative_to(run.path)}")
    if not sure:
        try:
            answer = input("Go on? [y/N] ")
        except EOFError:
            answer = ""
        if answer.strip().lower() not in ("y", "yes"):
            print("Nothing was removed.")
            return FAILED
    for path in files:
        path.unlink()
    print(f"Removed. Train afresh with:  {command_line('train', run)}")
    return DONE
