"""Every block of README and docs that is Python or a command runs, as printed, in a folder as the page describes it;
and what a page shows as printed is printed."""

from __future__ import annotations

import os
import random
import re
import shlex
import shutil
import time
import zipfile

import pytest
from end_to_end import HAVE_GYM, HAVE_RETRO, PseudoTerminal, run_here, run_python
from pages import NOT_RUN, TOP, blocks_of, pages

from retro_gamer.commands import train

TESTS = TOP / "tests"
PAGES = {page.relative_to(TOP).as_posix(): list(blocks_of(page)) for page in pages()}
RUN = [name for name, blocks in PAGES.items() if any(block.language in ("python", "console") for block in blocks)]

# Run before a page's script or command: what a test cannot wait for. Nothing that is printed changes but numbers.
PRELUDE = """
import random, sys, time
time.sleep = lambda seconds: None
random.seed(0)
import retro_gamer.commands.train as train
train.FINAL_GAMES = 2
"""
COMMAND = PRELUDE + "from retro_gamer.cli import main\nsys.exit(main(sys.argv[1:]))\n"
SCRIPT = PRELUDE + "import runpy\nsys.path.insert(0, '')\nrunpy.run_path(sys.argv[1], run_name='__main__')\n"
# A shorter form of what a command does at length.
SHORTER = {
    "create": ["--max-turns-per-episode", "100"],
    "train": ["--episodes", "2"],
    "evaluate": ["--games", "2"],
    "tournament": ["--games", "2"],
    "adversarial": ["--rounds", "1", "--episodes", "2"],
}


def run_in_terminal(code, arguments, cwd):
    """Run Python code on a terminal of its own, and return what it printed."""
    terminal = PseudoTerminal(["-c", code, *arguments], cwd)
    try:
        status = terminal.finish()
    finally:
        terminal.close()
    assert status == 0, terminal.output[-3000:]
    return terminal.output


def shortened(words):
    """The command with flags that make it short; a flag that stands there already gets the small value."""
    flags = SHORTER.get(words[0], [])
    for flag, value in zip(flags[::2], flags[1::2]):
        if flag in words:
            words = words[: words.index(flag)] + words[words.index(flag) + 2 :]
        words = [*words, flag, value]
    return words


def run_command_line(line, cwd, status=0):
    """Run a line of a console block, and return what it printed."""
    printed = ""
    for part in line.split("&&"):
        words = shlex.split(part)
        if words[:3] == ["python", "-m", "pip"]:
            continue  # here it is installed
        if words[:3] == ["python", "-m", "retro_gamer"]:
            words = words[3:]
        elif words[0] == "retro-gamer":
            words = words[1:]
        elif words[:2] == ["python", "-m"] or words[0] != "python":
            raise AssertionError(f"{line}: only .ci/run can run this; say so above the block")
        elif words[1].startswith("tests/"):
            done = run_python(str(TOP / words[1]), *words[2:], cwd=cwd)
            assert done.returncode == 0, f"{line}\n{done.stderr[-3000:]}"
            continue
        else:
            printed += run_in_terminal(SCRIPT, words[1:], cwd)
            continue
        if words[0] == "play" and "--human" in words:
            continue  # needs a person: tests/selfplay has one
        if words[0] == "play":
            printed += run_in_terminal(COMMAND, words, cwd)
        else:
            with pytest.MonkeyPatch.context() as patch:  # as in PRELUDE
                patch.setattr(time, "sleep", lambda seconds: None)
                patch.setattr(train, "FINAL_GAMES", 2)
                random.seed(0)
                done = run_here(*shortened(words), cwd=cwd)
            assert done.returncode == status, f"{line}\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
            printed += done.stdout + done.stderr
    return printed


def words_of(line, numbers):
    """A line without its spaces, and without its numbers where they may differ."""
    if numbers == "with other numbers":
        line = re.sub(r"-?\d[\d,]*(\.\d+)?", "#", line)
    return " ".join(line.split())


def check_printed(block, printed):
    here = {words_of(line, block.printed) for line in printed.splitlines()}
    missing = [line for line in block.text.splitlines() if line and words_of(line, block.printed) not in here]
    assert not missing, f"{block.page}:{block.line} was not printed, but\n{printed[-3000:]}"


# What a page's reader has before the first block, as its first lines say; all others begin in an empty folder.


def has_runs(folder, trained, *names):
    for name in names:
        shutil.copytree(str(trained / "runs" / "snake"), str(folder / name))


def has_my_game(folder, trained):
    shutil.copy(str(TOP / "examples" / "game_from_nothing" / "star_catcher.py"), str(folder / "my_game.py"))


def has_snake(folder, trained):
    has_runs(folder, trained, "runs/snake")


def has_runs_of_a_class(folder, trained):
    has_runs(folder, trained, "runs/snake", "class/anna", "class/ben")


def has_runs_of_torch(folder, trained):
    with zipfile.ZipFile(str(TESTS / "data" / "torch_runs.zip")) as archive:
        archive.extractall(str(folder / "unpacked"))
    shutil.copy(str(TESTS / "data" / "torch_game.py"), str(folder))
    shutil.copytree(str(folder / "unpacked" / "mlp"), str(folder / "runs" / "snake"))


def has_a_pair_of_games(folder, trained):
    for name in ("my_game.py", "player_training_game.py"):
        shutil.copy(str(TESTS / "contract" / name), str(folder))
    shutil.copy(str(TOP / "examples" / "company" / "orchard.py"), str(folder))


READERS = {
    "docs/reference/messages.md": has_my_game,
    "docs/how-to/it-does-not-learn.md": has_my_game,
    "docs/how-to/passing-on.md": has_runs_of_a_class,
    "docs/teachers/lessons.md": has_runs_of_a_class,
    "README.md": has_my_game,
    "docs/from-torch.md": has_runs_of_torch,
    "docs/integrating.md": has_snake,
    "docs/how-to/enemies.md": has_a_pair_of_games,
}


@pytest.mark.skipif(os.name == "nt", reason="games are played on a pseudo-terminal")
@pytest.mark.skipif(not (HAVE_RETRO and HAVE_GYM), reason="pages use retro-games and Gymnasium")
@pytest.mark.parametrize("name", RUN)
def test_the_blocks_of_a_page_run(name, tmp_path, trained):
    folder, printed = tmp_path, ""
    READERS.get(name, lambda folder, trained: None)(folder, trained)
    for block in PAGES[name]:
        if block.not_run:
            continue
        if block.file:
            (folder / block.file).parent.mkdir(parents=True, exist_ok=True)
            (folder / block.file).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            script = folder / f"block_{block.line}.py"
            script.write_text(block.text, encoding="utf-8")
            printed += run_in_terminal(SCRIPT, [script.name], folder)
        elif block.language == "console":
            for line in block.commands:
                printed += run_command_line(line, folder, block.status)
        elif block.printed:
            check_printed(block, printed)


def test_a_block_that_is_not_run_says_why():
    wrong = [block for blocks in PAGES.values() for block in blocks if block.not_run and block.not_run not in NOT_RUN]
    assert not wrong


def test_every_block_names_its_language():
    unnamed = [f"{block.page}:{block.line}" for blocks in PAGES.values() for block in blocks if not block.language]
    assert not unnamed, "write ```text for what is neither Python nor a command"


@pytest.mark.parametrize("name", PAGES)
def test_blocks_of_toml_can_be_read(name):
    from retro_gamer.config.values import parse_toml

    for block in PAGES[name]:
        if block.language == "toml":
            parse_toml(block.text.encode("utf-8"), f"{name}:{block.line}")
