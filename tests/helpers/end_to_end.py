"""What the end-to-end tests share: the command line as a subprocess, a pseudo-terminal, and small trained runs."""

from __future__ import annotations

import codecs
import contextlib
import importlib.util
import io
import os
import re
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

import retro_gamer
from retro_gamer.cli import main

HAVE_RETRO = importlib.util.find_spec("retro") is not None
HAVE_GYM = importlib.util.find_spec("gymnasium") is not None
PACKAGE = Path(retro_gamer.__file__).resolve().parent.parent
posix = pytest.mark.skipif(os.name == "nt", reason="POSIX only")
needs_terminal = pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals")
PATIENCE = 300.0  # seconds, for what hangs to be found out; nothing that works comes near it on any machine
ARROWS = "KEY_RIGHT,KEY_UP,KEY_LEFT,KEY_DOWN"

# Settings that make a training take no time. Nothing is learned.
TINY = [
    "--hidden-sizes",
    "8",
    "--memory-capacity",
    "200",
    "--batch-size",
    "8",
    "--learning-starts",
    "20",
    "--exploration-turns",
    "20",
    "--evaluate-every",
    "0",
]

# Run before the game: what the tests cannot wait for, and retro-games taken away where it is not wanted.
DRIVER = """
import random, runpy, sys, time
time.sleep = lambda seconds: None
if {without_retro}:
    sys.modules["retro"] = sys.modules["blessed"] = None
random.seed({seed})
sys.path.insert(0, "")
"""


def child_environment(**more):
    """The environment of a child process that imports the same library."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name
        not in (
            "NO_COLOR",
            "FORCE_COLOR",
            "PYTHON_COLORS",
            "COLUMNS",
            "LINES",
            "PYTHONSTARTUP",
            "PYTHONUNBUFFERED",
        )
    }
    environment.update(
        PYTHONPATH=str(PACKAGE),
        OPENBLAS_NUM_THREADS="1",
        TERM="xterm-256color",
        PYTHONIOENCODING="utf-8",
        **more,
    )
    return environment


# What is said only because something takes long, which it may on any machine.
SAID_WHEN_SLOW = re.compile(
    r"^(still working, |Getting ready, which |Trying out |Your game manages |game \d+  .* left$|[a-z ]+ game \d+ |"
    r"[a-z ]+ \d+ of \d+).*\n",
    re.M,
)


def as_on_a_fast_machine(error):
    return SAID_WHEN_SLOW.sub("", error)


def run_python(*arguments, cwd, stdin="", timeout=PATIENCE):
    """A Python in a child process; its output as text."""
    result = subprocess.run(
        [sys.executable, *arguments],
        cwd=str(cwd),
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        timeout=timeout,
        env=child_environment(),
    )
    result.stderr = as_on_a_fast_machine(result.stderr)
    return result


def run_command(*arguments, cwd, **more):
    """The command line in a child process."""
    return run_python("-m", "retro_gamer", *map(str, arguments), cwd=cwd, **more)


def run_here(*arguments, cwd):
    """The command line in this process, which is much quicker; it forgets the game's modules afterwards."""
    before, path, modules = os.getcwd(), list(sys.path), set(sys.modules)
    out, err = io.StringIO(), io.StringIO()
    os.chdir(str(cwd))
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = main(list(map(str, arguments)))
            except SystemExit as stop:
                status = stop.code
    finally:
        os.chdir(before)
        sys.path[:] = path
        for name in set(sys.modules) - modules:
            if Path(cwd).resolve() in Path(getattr(sys.modules[name], "__file__", None) or "/").resolve().parents:
                del sys.modules[name]
    return subprocess.CompletedProcess(arguments, status, out.getvalue(), err.getvalue())


class Child(subprocess.Popen):
    """A process that goes on while the test does."""

    def communicate(self, *arguments, **more):
        out, error = super().communicate(*arguments, **more)
        return out, as_on_a_fast_machine(error)


def start_command(*arguments, cwd, code=None):
    """The command line, or code that calls it, in a child process that goes on while the test does."""
    program = ["-m", "retro_gamer"] if code is None else ["-c", code]
    return Child(
        [sys.executable, *program, *map(str, arguments)],
        cwd=str(cwd),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=child_environment(),
    )


def wait_for(condition, process):
    """Wait until `condition()`; fail when the process ends before, or hangs."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert process.poll() is None, f"ended too early: {process.communicate()}"
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def checkpoint_names(run):
    return sorted(path.name for path in (Path(run) / "checkpoints").glob("*.npz"))


# So that Ctrl-C reaches a program, also where the tests run in the background, which ignores it.
TAKE_THE_TERMINAL = """
import fcntl, os, signal, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""


class PseudoTerminal:
    """A child process on a terminal of its own."""

    def __init__(self, arguments, cwd, columns=80, rows=24):
        import fcntl
        import termios

        self.columns = columns
        self.controller, self.terminal = os.openpty()
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.before = termios.tcgetattr(self.terminal)
        self.process = subprocess.Popen(
            [sys.executable, "-c", TAKE_THE_TERMINAL, sys.executable, *map(str, arguments)],
            cwd=str(cwd),
            stdin=self.terminal,
            stdout=self.terminal,
            stderr=self.terminal,
            env=child_environment(),
            start_new_session=True,
        )
        os.set_blocking(self.controller, False)
        self.output = ""
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")  # a character may come in two pieces

    def read(self):
        """Take in what was written since."""
        new = ""
        try:
            while True:  # a terminal hands over 4 kB at a time
                new += self.decoder.decode(os.read(self.controller, 2**20))
        except BlockingIOError:
            self.output += new
        # "Where is the cursor?", asks blessed, and waits for seconds: every real terminal answers.
        os.write(self.controller, b"\x1b[1;1R" * new.count("\x1b[6n"))

    def wait_for(self, text):
        """Read until `text` is in the output."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.output:
            ended = self.process.poll() is not None
            self.read()
            if text not in self.output and (ended or time.monotonic() > deadline):
                self.process.kill()
                raise AssertionError(f"no {text!r} in {self.output[-2000:]}")
            time.sleep(0.01)

    def press_ctrl_c(self):
        os.write(self.controller, b"\x03")

    def finish(self, seconds=PATIENCE):
        """Read to the end; returns the exit status."""
        deadline = time.monotonic() + seconds
        try:
            while self.process.poll() is None:
                self.read()
                assert time.monotonic() < deadline, f"still running: {self.output[-2000:]}"
                time.sleep(0.005)
            self.read()
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
        return self.process.returncode

    def close(self):
        """Let go of the terminal; says whether it was left as it was found."""
        import termios

        try:
            return termios.tcgetattr(self.terminal) == self.before
        finally:
            os.close(self.controller)
            os.close(self.terminal)


def play_in_terminal(arguments, cwd, columns=80, rows=24):
    """(exit status, output, whether the terminal was restored) of a program on a terminal."""
    terminal = PseudoTerminal(arguments, cwd, columns, rows)
    status = terminal.finish()
    return status, terminal.output, terminal.close()
