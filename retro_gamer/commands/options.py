"""What can be typed: every command with its options, and what is said of a command that cannot be read."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, Callable, NoReturn

from retro_gamer import __version__
from retro_gamer.commands import calls
from retro_gamer.config.kinds import FLAG, Kind
from retro_gamer.errors import command_line, did_you_mean

WRONG_USE = 2  # the exit status
Commands = Any  # what argparse's add_subparsers returns


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


def no_such_option(parser: argparse.ArgumentParser, unknown: list[str]) -> str:
    flags = [flag for action in parser._actions for flag in action.option_strings if action.help != argparse.SUPPRESS]
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
    for add in (
        _add_create,
        _add_train,
        _add_play,
        _add_evaluate,
        _add_adversarial,
        _add_tournament,
        _add_import_torch,
        _add_plot,
        _add_report,
        _add_doctor,
        _add_info,
        _add_clean,
    ):
        add(commands)
    return parser


def _command(
    commands: Commands, name: str, call: Callable[[argparse.Namespace], int], help: str, example: str
) -> argparse.ArgumentParser:
    added: argparse.ArgumentParser = commands.add_parser(
        name,
        help=help,
        description=help,
        epilog=f"Example:  retro-gamer {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    added.set_defaults(command=call, parser=added)
    added.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    return added


def _add_create(commands: Commands) -> None:
    create = _command(
        commands,
        "create",
        calls.create_command,
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
    init = _command(
        commands, "init", calls.create_command, "The same as create, in the original's words.", "init my_game.py runs/mine"
    )
    init.add_argument("game", metavar="GAME", help="as for create --game")
    init.add_argument("output", metavar="OUTPUT", help="the folder to make")
    create.usage = "%(prog)s --game GAME --output DIR [--SETTING VALUE ...]"  # there are too many to list twice
    init.usage = "%(prog)s GAME OUTPUT [--SETTING VALUE ...]"
    for parser_of_create in (create, init):
        _add_settings(parser_of_create)


def _add_train(commands: Commands) -> None:
    train = _command(
        commands,
        "train",
        calls.train_command,
        "Train; go on where it stopped. Ctrl-C saves and stops.",
        "train runs/snake --minutes 10",
    )
    _add_run(train)
    train.add_argument(
        "--episodes", type=_positive_int, metavar="N", help="train for N more games, whatever the settings say"
    )
    train.add_argument(
        "--minutes", type=_positive_float, metavar="M", help="train for M more minutes, whatever the settings say"
    )
    _add_quiet(train)


def _add_play(commands: Commands) -> None:
    play = _command(
        commands,
        "play",
        calls.play_command,
        "Watch it play in the terminal. Keys pause it, step, change the speed; q leaves.",
        "play runs/snake --fps 20",
    )
    _add_run(play)
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


def _add_evaluate(commands: Commands) -> None:
    evaluate = _command(
        commands,
        "evaluate",
        calls.evaluate_command,
        "Play many games greedily, beside random play; with two runs, compare them.",
        "evaluate runs/snake --games 200",
    )
    _add_run(evaluate)
    evaluate.add_argument("other", metavar="DIR2", nargs="?", help="a second run to compare with the first")
    evaluate.add_argument("--games", type=_positive_int, default=100, metavar="N", help="how many games (default 100)")
    evaluate.add_argument("--seed", type=_seed, default=0, help="of the first game; the next has seed + 1 (default 0)")
    evaluate.add_argument(
        "--game", metavar="GAME", help="with --character: a game in which it is a character, as create --game takes it"
    )
    evaluate.add_argument(
        "--character", metavar="NAME", help="the character there, by its name or class; compared with the player"
    )
    _add_json(evaluate)
    _add_quiet(evaluate)
    _add_checkpoint(evaluate)


def _add_adversarial(commands: Commands) -> None:
    adversarial = _command(
        commands,
        "adversarial",
        calls.adversarial_command,
        "Train two runs against each other in turn; stopped, the same command goes on.",
        "adversarial runs/player runs/enemy --rounds 5 --episodes 200",
    )
    adversarial.add_argument("run", metavar="DIR_A", help="the run that begins")
    adversarial.add_argument("other", metavar="DIR_B", help="the run it trains against")
    adversarial.add_argument("--rounds", type=_positive_int, default=5, metavar="R", help="rounds in all (default 5)")
    adversarial.add_argument(
        "--episodes", type=_positive_int, default=200, metavar="N", help="games of each run in a round (default 200)"
    )
    adversarial.add_argument(
        "--games",
        type=_positive_int,
        default=20,
        metavar="N",
        help="games for each number of the table in the end (default 20)",
    )
    _add_quiet(adversarial)


def _add_tournament(commands: Commands) -> None:
    tournament = _command(
        commands,
        "tournament",
        calls.tournament_command,
        "Let the snapshots of a self-play run play each other: who beats whom, and ratings.",
        "tournament runs/tron --snapshots 5 --games 100",
    )
    _add_run(tournament)
    tournament.add_argument(
        "--snapshots", type=_positive_int, default=8, metavar="N", help="of each side, spread over the training (default 8)"
    )
    tournament.add_argument("--games", type=_positive_int, default=200, metavar="N", help="of each pairing (default 200)")
    tournament.add_argument("--seed", type=_seed, default=0, help="of the first game of each pairing (default 0)")
    _add_json(tournament)
    _add_quiet(tournament)


def _add_import_torch(commands: Commands) -> None:
    importing = _command(
        commands,
        "import-torch",
        calls.import_torch_command,
        "Turn the checkpoints of a run of the original retro-gamer (.pt) into ours, without torch.",
        "import-torch runs/snake",
    )
    importing.add_argument("run", metavar="DIR", help="the folder of the run, trained with retro-gamer 0.1 to 0.4")
    importing.add_argument(
        "--output", metavar="OUT", help="the folder of a new run for them (default: DIR itself, beside the .pt files)"
    )


def _add_plot(commands: Commands) -> None:
    plot = _command(
        commands,
        "plot",
        calls.plot_command,
        "Draw the curves of a training, or of several laid over each other.",
        "plot runs/snake --svg snake.svg",
    )
    plot.add_argument("runs", metavar="DIR", nargs="+", help="the folders of runs of one game")
    plot.add_argument("--svg", metavar="FILE", help="write a picture instead of drawing in the terminal")
    plot.add_argument(
        "--tensorboard", metavar="FOLDER", help="write event files for TensorBoard instead (needs tensorboardX)"
    )
    # The original's.
    plot.add_argument("--output", "-o", dest="svg", default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def _add_report(commands: Commands) -> None:
    report = _command(
        commands,
        "report",
        calls.report_command,
        "Write a page that shows how it learned, how it plays, and why.",
        "report runs/snake",
    )
    _add_run(report)
    report.add_argument("--output", metavar="FILE", help="the file to write (default: report.html in DIR)")
    _add_quiet(report)
    _add_checkpoint(report)


def _add_doctor(commands: Commands) -> None:
    doctor = _command(
        commands,
        "doctor",
        calls.doctor_command,
        "Find out what is wrong with a game, or with its training, and what to try.",
        "doctor runs/mine",
    )
    _add_run(doctor)
    _add_quiet(doctor)


def _add_info(commands: Commands) -> None:
    info = _command(commands, "info", calls.info_command, "Show what is in a run.", "info runs/snake")
    _add_run(info)


def _add_clean(commands: Commands) -> None:
    clean = _command(
        commands, "clean", calls.clean_command, "Remove checkpoints and logs, keep config.toml.", "clean runs/snake --yes"
    )
    _add_run(clean)
    clean.add_argument("--yes", "-y", action="store_true", help="do not ask")


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="DIR", help="the folder of the run")


def _add_quiet(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="say nothing while it works")


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _add_checkpoint(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--checkpoint", metavar="NAME", help="ep_0500 or best (default: the newest)")


def _add_settings(parser: argparse.ArgumentParser) -> None:
    """A flag for every setting of config.toml, apart from those that --game decides."""
    groups: dict[str, Any] = {}
    for section, setting in calls.settings_with_flags():
        group = groups.get(section) or parser.add_argument_group(f"settings of [{section}]")
        groups[section] = group
        flag, kind = "--" + setting.name.replace("_", "-"), setting.metadata["kind"]
        options: dict[str, Any] = {"metavar": setting.name.upper()}
        if kind is FLAG:
            options = {"metavar": "true|false", "nargs": "?", "const": True}
            group.add_argument(
                f"--no-{flag[2:]}", dest=setting.name, action="store_const", const=False, help=argparse.SUPPRESS
            )
        group.add_argument(
            flag,
            dest=setting.name,
            type=_from_text(kind),
            default=None,
            help=setting.metadata["help"].replace("%", "%%"),
            **options,
        )


def _from_text(kind: Kind[Any]) -> Callable[[str], Any]:
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
