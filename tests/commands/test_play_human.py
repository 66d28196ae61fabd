"""`play --human` at a real keyboard: a terminal of its own, keys pressed in it, and what is on the screen."""

from __future__ import annotations

import os
import random
import re
import threading
import time
from types import SimpleNamespace

import pytest
from end_to_end import PseudoTerminal, needs_terminal, run_command

from retro_gamer.cli import main
from retro_gamer.commands import play_human
from retro_gamer.games.keyboard import keys_in


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with quickly trained runs of tron (two teams), wolves (members with keys of their own) and catch."""
    folder = tmp_path_factory.mktemp("human")
    for game in ("tron", "wolves", "catch"):
        run = str(folder / game)
        more = ["--max-turns-per-episode", "60"] if game != "tron" else []
        assert main(["create", "--game", game, "--output", run, "--hidden-sizes", "8", *more]) == 0
        assert main(["train", run, "--episodes", "3"]) == 0
    return folder


class Person:
    """Somebody who looks at the screen and presses keys."""

    def __init__(self, folder, *arguments):
        self.terminal = PseudoTerminal(["-m", "retro_gamer", "play", *arguments], folder)

    def sees(self, text):
        self.terminal.wait_for(text)
        return self

    def presses(self, keys):
        os.write(self.terminal.controller, keys.encode())
        return self

    def leaves_off(self):
        """(exit status, all that was on the screen, what is left on it) once the program has ended."""
        status, output = self.terminal.finish(), self.terminal.output
        assert self.terminal.close(), "the terminal is left as it was found"
        assert output.rindex("\x1b[?25h") > output.rindex("\x1b[?25l")
        return status, output, output[output.rindex("\x1b[?1049l") :]


RESULT = re.compile(r"You (won|lost) -?[\d.]+ to -?[\d.]+|A draw, -?[\d.]+ to")


@needs_terminal
@pytest.mark.parametrize(
    "team, me, keys",
    [
        ("red", "red (B): the arrow keys", "\x1b[A\x1bOC"),
        ("blue", "blue (A): d, w, a, s", "wd"),
        (None, "You are red", "\x1b[B"),  # the arrow keys are what people try
    ],
)
def test_a_team_is_told_who_it_is_starts_with_enter_and_sees_how_it_ended(folder, team, me, keys):
    person = Person(folder, "tron", "--human", *([team] if team else []), "--fps", "60", "--seed", "3")
    person.sees(me).sees("Enter starts; Esc or q leaves.")
    assert "Press any key" not in person.terminal.output
    person.presses("x\r").presses(keys).sees("Press any key.")
    person.presses(keys)  # too early: somebody is still steering
    person.terminal.wait_for("Press any key.")
    time.sleep(1.0)
    assert person.terminal.process.poll() is None
    status, output, after = person.presses(" ").leaves_off()
    assert status == 0 and RESULT.search(output) and RESULT.search(after), output[-2000:]


@needs_terminal
def test_several_characters_of_one_team_have_their_own_keys_on_the_screen(folder):
    person = Person(folder, "wolves", "--human", "wolves", "--fps", "500")
    person.sees("You are wolves, against sheep.")
    person.sees("first wolf (W): d, w, a, s").sees("second wolf (W): the arrow keys")
    person.presses("\r").presses("wd\x1b[A").sees("Press any key.")
    time.sleep(1.0)
    status, _, after = person.presses("\r").leaves_off()
    assert status == 0 and RESULT.search(after)


@needs_terminal
def test_in_a_game_for_one_it_plays_the_same_game_after_you(folder):
    person = Person(folder, "catch", "--human", "--fps", "500", "--seed", "7")
    person.sees("You are basket (=). Keys: Left, Right").presses("\r\x1b[D")
    person.sees(" in 60 turns.").sees("Now the policy plays the same game (seed 7).").presses("\r").sees("Press any key.")
    time.sleep(1.0)
    status, output, after = person.presses(" ").leaves_off()
    assert status == 0 and RESULT.search(after)


@needs_terminal
@pytest.mark.parametrize("key", ["\x1b", "q", "\x03"], ids=["Esc", "q", "Ctrl-C"])
@pytest.mark.parametrize("when", ["before", "during"])
def test_leaving(folder, key, when):
    person = Person(folder, "tron", "--human", "red", "--fps", "0.5")
    person.sees("Enter starts")
    if when == "during":
        person.presses("\r")
        time.sleep(0.3)
    status, _, after = person.presses(key).leaves_off()
    assert status == 0 and "You left." in after and "Traceback" not in after


@needs_terminal
def test_fps_counts(folder):
    """At a turn in 10 seconds nothing moves while one looks; at 1000 a second a game is over at once."""
    slow = Person(folder, "tron", "--human", "red", "--fps", "0.1").sees("Enter starts").presses("\r")
    time.sleep(1.5)
    slow.terminal.read()
    assert "Press any key" not in slow.terminal.output
    slow.presses("q").leaves_off()


def test_where_it_cannot_be_played_it_says_why(folder):
    refused = run_command("play", "tron", "--human", cwd=folder)
    assert refused.returncode == 2 and "you need a terminal" in refused.stderr


@needs_terminal
@pytest.mark.parametrize(
    "arguments, said",
    [
        (["tron", "--human", "green"], "There is no team 'green'"),
        (["catch", "--human", "red"], "has no teams. Leave 'red' out"),
    ],
)
def test_what_is_not_there(folder, arguments, said):
    terminal = PseudoTerminal(["-m", "retro_gamer", "play", *arguments], folder)
    assert terminal.finish() == 2 and said in terminal.output.replace("\r\n", " ")
    terminal.close()


def test_a_game_made_for_no_pace_is_played_at_a_person_s(monkeypatch):
    class Still(play_human.HumanGame):
        game = SimpleNamespace(framerate=0)

        def play_turn(self):
            return True

    monkeypatch.setattr(play_human, "Picture", lambda *_: SimpleNamespace(draw=lambda keys: None))
    waits = []
    keyboard = SimpleNamespace(wait=lambda seconds: waits.append(seconds) or time.sleep(seconds) or [])
    play_human._play(Still(), keyboard, None, None)
    assert 0 < waits[0] <= 1 / play_human.FASTEST


# The keyboard


@pytest.mark.parametrize(
    "text, keys",
    [
        ("", []),
        ("w", ["w"]),
        ("\x1b[A\x1b[B\x1bOC\x1bOD", ["KEY_UP", "KEY_DOWN", "KEY_RIGHT", "KEY_LEFT"]),
        ("\x1b", ["KEY_ESCAPE"]),
        ("\x1b\x1b[A", ["KEY_ESCAPE", "KEY_UP"]),
        ("\r \t\x7f", ["KEY_ENTER", " ", "KEY_TAB", "KEY_BACKSPACE"]),
        ("\x1b[3~\x1b[5~", ["KEY_DELETE", "KEY_PGUP"]),
        ("\x1b[1;5Aé", ["KEY_UP", "é"]),
        ("\x1b[200~x\x1b[", ["x"]),
        ("\x00\x01", []),
    ],
)
def test_what_terminals_send(text, keys):
    assert keys_in(text) == keys


def test_anything_a_terminal_could_send_is_read_to_its_end():
    chooser = random.Random(0)
    for _ in range(2000):
        text = "".join(chooser.choice("\x1b[O;159~ABMq\r\x00é") for _ in range(chooser.randrange(12)))
        assert all(isinstance(key, str) and key for key in keys_in(text))


@pytest.mark.skipif(os.name == "nt", reason="POSIX")
def test_keys_in_pieces_are_whole_and_an_escape_alone_is_one():
    import pty

    from retro_gamer.games.keyboard import _PosixKeys

    controller, terminal = pty.openpty()
    keys = _PosixKeys(terminal)
    keys.open()
    try:
        os.write(controller, b"\x1b")

        def rest():
            time.sleep(0.005)
            os.write(controller, b"[A")

        thread = threading.Thread(target=rest)
        thread.start()
        found = keys.read(5.0)
        thread.join()
        found += keys.read(0.1)
        assert found in (["KEY_UP"], ["KEY_ESCAPE", "[", "A"])  # the second on a machine that stood still
        os.write(controller, "é".encode()[:1])
        assert keys.read(0.05) == []
        os.write(controller, "é".encode()[1:])
        assert keys.read(5.0) == ["é"]
    finally:
        keys.close()
        os.close(controller)
        os.close(terminal)
