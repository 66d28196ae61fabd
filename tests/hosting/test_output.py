"""What strangers wrote reaches the terminal as text: no escape codes, no hidden characters, and not without end."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import pytest
from small_runs import make_run

from retro_gamer import TrainedPolicy
from retro_gamer.cli import main
from retro_gamer.errors import (
    MAX_MESSAGE,
    CheckpointError,
    ConfigError,
    RunNotFoundError,
    on_one_line,
    printable,
)
from retro_gamer.games.screen import Screen
from retro_gamer.hosting.output import HarmlessStream, harmless_output, in_colors
from retro_gamer.hosting.supervision import supervised
from retro_gamer.reporting.progress import ProgressLine
from retro_gamer.runs.checkpoint_file import load_checkpoint

BAD = [
    "\x1b]0;owned\x07",
    "\x1b[2J",
    "\x1bPq\x1b\\",
    "\x9b31m",
    "\x9d0;x\x9c",
    "\x90q\x9c",
    "\b\b\b",
    "\rover",
    "\x00",
    "\x7f",
    "\x0e",
    "\v\f",
    "\x85",
    "\u202eevil",
    "\u2028x\u2029",
    "\u2066x\u2069",
    "\u061c",
    "\u200f",
    "\ufeff",
    "\U000e0041",
    "\udc80",
]
HARMFUL = re.compile("[^\\n\\t -~\\xa0-\u061b\u061d-\u200a\u200c\u200d\u2010-\u2027\u202f-\u205f\u2070-\ufefe]")


@pytest.mark.parametrize("text", BAD, ids=ascii)
def test_what_is_not_seen_is_shown_as_an_escape(text):
    shown = printable(f"a{text}b")
    assert shown.isprintable() and shown.startswith("a\\") and shown.endswith("b")
    assert printable(shown) == shown


@pytest.mark.parametrize("text", ["", "plain", "two\nlines\tand a tab", "é ü 漢字 العربية 🐍 👩‍🚀 \xa0\u3000", "█▓░┌┐⣿"])
def test_text_stays_as_it_is(text):
    assert printable(text) == text


def test_long_messages_are_cut():
    shown = printable("x" * 10**6)
    assert len(shown) < MAX_MESSAGE + 100 and shown.endswith(f"(and {10**6 - MAX_MESSAGE} characters more)")
    assert printable("x" * 10**6, None) == "x" * 10**6
    assert on_one_line("two\nlines") == "two\\nlines" and len(on_one_line("x" * 10**6)) < 250


@pytest.mark.parametrize("kind", [ConfigError, CheckpointError, RunNotFoundError])
def test_errors_are_printable_wherever_they_are_shown(kind):
    error = kind("".join(BAD) + "x" * 10**6)
    assert not HARMFUL.search(str(error)) and len(str(error)) < MAX_MESSAGE + 1000
    assert str(kind()) == ""


def test_all_that_is_printed_inside_is_filtered_and_nothing_after(capsys):
    before = sys.stdout, sys.stderr
    with harmless_output():
        print("\x1b[2J", *BAD)
        print("\x1b[2J" + "x" * 10**6, file=sys.stderr)
        sys.stdout.writelines(BAD)
        sys.stdout.flush()
    assert (sys.stdout, sys.stderr) == before
    out, err = capsys.readouterr()
    assert not HARMFUL.search(out) and not HARMFUL.search(err) and len(err) < 2 * MAX_MESSAGE
    print("\x1b")
    assert capsys.readouterr().out == "\x1b\n"


def test_our_own_drawing_passes():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    with Screen(HarmlessStream(terminal)):
        pass
    assert "\x1b[" in terminal.getvalue()
    terminal = Terminal()
    line = ProgressLine(HarmlessStream(terminal))
    line._draw("game 1")
    line.say("\x1b[2J")
    assert terminal.getvalue().startswith("\rgame 1\r") and "\x1b" not in terminal.getvalue()


def test_a_picture_keeps_its_colors_only():
    assert in_colors("\x1b[31mred\x1b[0m\x1b[2J\x1b]0;x\x07") == "\x1b[31mred\x1b[0m\\x1b[2J\\x1b]0;x\\x07"


GAME = """
from retro_gamer.games import Game
NASTY = "\\x1b]0;owned\\x07\\x9b31m\\u202e"

class Player:
    name, character, position = NASTY, "@", (0, 0)
    def handle_keystroke(self, keystroke, game):
        print(NASTY)
        if game.turn_number > 3:
            raise ValueError(NASTY + "x" * 100_000)

def create_game():
    print(NASTY)
    return Game([Player()], {"score": 0, NASTY: 1}, board_size=(3, 3))
"""


@pytest.mark.parametrize(
    "flags", [[], ["--reward", "\x1b]0;a\x07"], ["--actions", "\x1b,\x9b"], ["--player", "\x1b"]], ids=ascii
)
def test_a_game_cannot_write_escape_codes(tmp_path, monkeypatch, capsys, flags):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    Path("nasty_game.py").write_text(GAME, "utf-8")
    main(
        [
            "create",
            "--game",
            "nasty_game.py",
            "--output",
            "run",
            "--actions",
            "a",
            "--reward",
            "score",
            *flags,
        ]
    )
    main(["train", "run", "--episodes", "2"])
    out, err = capsys.readouterr()
    assert not HARMFUL.search(out) and not HARMFUL.search(err) and len(err) < 50_000
    assert "owned" in err or flags


def test_a_game_run_from_a_script_cannot_either(capsys):
    with supervised():
        print("\x1b]0;owned\x07")
    assert "\\x1b]0;owned" in capsys.readouterr().err


COMMANDS = [
    ["info"],
    ["train", "--episodes", "1"],
    ["evaluate", "--games", "1"],
    ["clean", "--yes"],
    ["play"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize("where", ["facts", "config", "unknown", "reward", "metrics"])
def test_files_cannot_write_escape_codes(tmp_path, capsys, where, command):
    from retro_gamer.training.trainer import Trainer

    nasty = "\x1b]0;owned\x07\x9b\u202e" + "x" * 100_000
    toml = '"' + nasty.replace("\x1b", "\\u001b").replace("\x07", "\\u0007").replace("\x9b", "\\u009b") + '"'
    run = make_run(tmp_path / "run", "forager", algorithm="q_learning", evaluate_every=0)
    Trainer(run).train(episodes=2)
    config = run.config_path.read_text("utf-8")
    if where == "facts":
        path = run.find_checkpoint()
        facts, arrays = load_checkpoint(path)
        run.save_policy(path, {**facts, "episode": nasty, "turns": nasty, "actions": [nasty] * 4 + [None]}, arrays)
    elif where == "metrics":
        run.metrics_path.write_text(f"episode,turns,mean_return,mean_length,epsilon,{nasty}\n1,1,1,1,1,{nasty}\n", "utf-8")
    else:
        line = {
            "config": f"module = {toml}",
            "unknown": f"{toml} = 1\nmodule = 'x'",
            "reward": 'module = "x"',
        }[where]
        config = re.sub('module = ".*"', lambda _: line, config, count=1)
        if where == "reward":
            config = re.sub('reward = ".*"', lambda _: f"reward = {toml}", config, count=1)
        run.config_path.write_text(config, "utf-8")
    capsys.readouterr()
    main([command[0], str(run.path), *command[1:]])
    out, err = capsys.readouterr()
    assert not HARMFUL.search(out) and not HARMFUL.search(err)
    assert len(out) < 90_000 and len(err) < 90_000


def test_the_log_holds_no_escape_codes(tmp_path):
    run = make_run(tmp_path / "run")
    run.log("\x1b[2J" + "\x9b")
    assert run.log_path.read_text("utf-8") == "\\x1b[2J\\x9b\n"


def test_an_error_in_a_script_shows_none(tmp_path):
    run = make_run(tmp_path / "run")
    run.config_path.write_text('[game]\n"\\u001b[2J" = 1\n', "utf-8")
    with pytest.raises(ConfigError) as caught:
        TrainedPolicy(run.path)
    assert not HARMFUL.search(str(caught.value))
