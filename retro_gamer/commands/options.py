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
    for name, call, what, example, *options in COMMANDS:
        command = commands.add_parser(
            name,
            help=what,
            description=what,
            epilog=f"Example:  retro-gamer {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.set_defaults(command=call, parser=command)
        command.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        for names, details in options:
            command.add_argument(*names, **details)
        if call is calls.create_command:
            needed = "GAME OUTPUT" if name == "init" else "--game GAME --output DIR"
            command.usage = f"%(prog)s {needed} [--SETTING VALUE ...]"  # there are too many to list twice
            _add_settings(command)
    return parser


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


def _option(*names: str, **details: Any) -> Any:
    """What argparse's add_argument takes."""
    return names, details


def _count(name: str, default: int, what: str, metavar: str = "N") -> Any:
    return _option(name, type=_positive_int, default=default, metavar=metavar, help=f"{what} (default {default})")


RUN = _option("run", metavar="DIR", help="the folder of the run")
CHECKPOINT = _option("--checkpoint", metavar="NAME", help="ep_0500 or best (default: the newest)")
JSON = _option("--json", action="store_true", help="print one JSON object")
QUIET = _option("--quiet", action="store_true", help="say nothing while it works")

# Each command: its name, what it calls, what it does, an example, and its options.
COMMANDS: tuple[Any, ...] = (
    (
        "create",
        calls.create_command,
        "Make a run: a folder with a config.toml for a game.",
        "create --game my_game.py --output runs/mine",
        _option(
            "--game",
            required=True,
            help="module:function, module, .py file, package folder, gym:ID, or a "
            "bundled game: snake, forager, catch, tron, tag, wolves",
        ),
        _option("--output", required=True, metavar="DIR", help="the folder to make"),
    ),
    (
        "init",
        calls.create_command,
        "The same as create, in the original's words.",
        "init my_game.py runs/mine",
        _option("game", metavar="GAME", help="as for create --game"),
        _option("output", metavar="OUTPUT", help="the folder to make"),
    ),
    (
        "train",
        calls.train_command,
        "Train; go on where it stopped. Ctrl-C saves and stops.",
        "train runs/snake --minutes 10",
        RUN,
        _option("--episodes", type=_positive_int, metavar="N", help="train for N more games, whatever the settings say"),
        _option("--minutes", type=_positive_float, metavar="M", help="train for M more minutes, whatever the settings say"),
        QUIET,
    ),
    (
        "play",
        calls.play_command,
        "Watch it play in the terminal. Keys pause it, step, change the speed; q leaves.",
        "play runs/snake --fps 20",
        RUN,
        _option(
            "--fps",
            type=_positive_float,
            metavar="N",
            help="turns shown a second (default 12; with --human the game's own pace, at most 12)",
        ),
        # The original's.
        _option("--framerate", dest="fps", type=_positive_float, default=argparse.SUPPRESS, help=argparse.SUPPRESS),
        _option("--explain", action="store_true", help="show what it expects of each key, and why"),
        _option("--seed", type=_seed, help="the same seed shows the same game"),
        _option(
            "--human",
            metavar="TEAM",
            nargs="?",
            const="",
            help="play yourself: a team against the others; or a game for one, and then it plays the same game",
        ),
        CHECKPOINT,
    ),
    (
        "evaluate",
        calls.evaluate_command,
        "Play many games greedily, beside random play; with two runs, compare them.",
        "evaluate runs/snake --games 200",
        RUN,
        _option("other", metavar="DIR2", nargs="?", help="a second run to compare with the first"),
        _count("--games", 100, "how many games"),
        _option("--seed", type=_seed, default=0, help="of the first game; the next has seed + 1 (default 0)"),
        _option(
            "--game", metavar="GAME", help="with --character: a game in which it is a character, as create --game takes it"
        ),
        _option("--character", metavar="NAME", help="the character there, by its name or class; compared with the player"),
        JSON,
        QUIET,
        CHECKPOINT,
    ),
    (
        "adversarial",
        calls.adversarial_command,
        "Train two runs against each other in turn; stopped, the same command goes on.",
        "adversarial runs/player runs/enemy --rounds 5 --episodes 200",
        _option("run", metavar="DIR_A", help="the run that begins"),
        _option("other", metavar="DIR_B", help="the run it trains against"),
        _count("--rounds", 5, "rounds in all", metavar="R"),
        _count("--episodes", 200, "games of each run in a round"),
        _count("--games", 20, "games for each number of the table in the end"),
        QUIET,
    ),
    (
        "tournament",
        calls.tournament_command,
        "Let the snapshots of a self-play run play each other: who beats whom, and ratings.",
        "tournament runs/tron --snapshots 5 --games 100",
        RUN,
        _count("--snapshots", 8, "of each side, spread over the training"),
        _count("--games", 200, "of each pairing"),
        _option("--seed", type=_seed, default=0, help="of the first game of each pairing (default 0)"),
        JSON,
        QUIET,
    ),
    (
        "import-torch",
        calls.import_torch_command,
        "Turn the checkpoints of a run of the original retro-gamer (.pt) into ours, without torch.",
        "import-torch runs/snake",
        _option("run", metavar="DIR", help="the folder of the run, trained with retro-gamer 0.1 to 0.4"),
        _option(
            "--output", metavar="OUT", help="the folder of a new run for them (default: DIR itself, beside the .pt files)"
        ),
    ),
    (
        "plot",
        calls.plot_command,
        "Draw the curves of a training, or of several laid over each other.",
        "plot runs/snake --svg snake.svg",
        _option("runs", metavar="DIR", nargs="+", help="the folders of runs of one game"),
        _option("--svg", metavar="FILE", help="write a picture instead of drawing in the terminal"),
        _option("--tensorboard", metavar="FOLDER", help="write event files for TensorBoard instead (needs tensorboardX)"),
        _option("--output", "-o", dest="svg", default=argparse.SUPPRESS, help=argparse.SUPPRESS),  # the original's
    ),
    (
        "report",
        calls.report_command,
        "Write a page that shows how it learned, how it plays, and why.",
        "report runs/snake",
        RUN,
        _option("--output", metavar="FILE", help="the file to write (default: report.html in DIR)"),
        QUIET,
        CHECKPOINT,
    ),
    (
        "doctor",
        calls.doctor_command,
        "Find out what is wrong with a game, or with its training, and what to try.",
        "doctor runs/mine",
        RUN,
        QUIET,
    ),
    ("info", calls.info_command, "Show what is in a run.", "info runs/snake", RUN),
    (
        "clean",
        calls.clean_command,
        "Remove checkpoints and logs, keep config.toml.",
        "clean runs/snake --yes",
        RUN,
        _option("--yes", "-y", action="store_true", help="do not ask"),
    ),
)
