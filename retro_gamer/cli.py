"""The command line: arguments in, exit status out, and every error as a readable paragraph."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

from retro_gamer.commands.calls import FAILED, clean_command, play_command, say_if_installed_twice
from retro_gamer.commands.options import WRONG_USE, build_parser, no_such_option
from retro_gamer.errors import ConfigError, RetroGamerError, explain_os_error, install_command
from retro_gamer.hosting.interrupts import heeding_ctrl_c
from retro_gamer.hosting.output import harmless_output
from retro_gamer.hosting.signs import signs_of_life


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit status: 0 done, 1 failed, 2 wrong usage or configuration."""
    # The program itself: BLAS need not even start its threads.
    if arguments is None and "numpy" not in sys.modules:
        for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
            os.environ.setdefault(name, "1")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal that cannot show a character must not stop a training.
            stream.reconfigure(errors="replace")
    with harmless_output():
        return _run(arguments)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    with suppress(OSError):  # the current folder may have been removed
        if str(Path.cwd()) not in sys.path:
            # The installed script, unlike python -m, does not look here for games.
            sys.path.insert(0, str(Path.cwd()))
    options, unknown = build_parser().parse_known_args(arguments)
    if unknown:
        options.parser.error(no_such_option(options.parser, unknown))
    return options


def _run(arguments: list[str] | None) -> int:
    options = _parse(arguments)
    talks = options.command in (play_command, clean_command)  # it draws, or it asks
    quiet = talks or getattr(options, "quiet", False)
    try:
        with heeding_ctrl_c(), nullcontext() if quiet else signs_of_life():
            status: int = options.command(options)
        if sys.stdout is not None:
            sys.stdout.flush()  # here, where a closed pipe can still be handled
        return status
    except ConfigError as error:
        return _fail(options, error, WRONG_USE)
    except RetroGamerError as error:
        return _fail(options, error, FAILED)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # the program that read our output has ended
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
        return _fail(options, "There is not enough memory. Try a smaller memory_capacity or smaller hidden_sizes.", FAILED)


def _fail(options: argparse.Namespace, message: Any, status: int, error: BaseException | None = None) -> int:
    error = message if isinstance(message, BaseException) else error
    if options.debug and error is not None:
        import traceback

        traceback.print_exception(type(error), error, error.__traceback__)
    print(f"retro-gamer: {message}", file=sys.stderr)
    with suppress(OSError):  # it looks at files, and there may be too many open
        say_if_installed_twice(sys.stderr)
    return status
