"""Every block of README and docs that is Python or a command runs, as printed, in a folder as the page describes it."""

from __future__ import annotations

import os
import shlex
import shutil
import zipfile

import pytest
from end_to_end import HAVE_GYM, HAVE_RETRO, PseudoTerminal, run_python
from pages import NOT_RUN, TOP, blocks_of, pages

TESTS = TOP / "tests"
PAGES = {page.relative_to(TOP).as_posix(): list(blocks_of(page)) for page in pages()}
RUN = [
    name for name, blocks in PAGES.items() if any(block.language in ("python", "console") for block in blocks)
]

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
    "train": ["--episodes", "2"],
    "evaluate": ["--games", "2"],
    "tournament": ["--games", "2"],
    "adversarial": ["--rounds", "1", "--episodes", "2"],
}


def run_in_terminal(code, arguments, cwd):
    """Run Python code on a terminal of its own; q is pressed where it waits for a person."""
    terminal = PseudoTerminal(["-c", code, *arguments], cwd)
    try:
        status = terminal.finish()
    finally:
        terminal.close()
    assert status == 0, terminal.output[-3000:]


def shortened(words):
    """The command with flags that make it short; a flag that stands there already gets the small value."""
    flags = SHORTER.get(words[0], [])
    for flag, value in zip(flags[::2], flags[1::2]):
        if flag in words:
            words = words[: words.index(flag)] + words[words.index(flag) + 2 :]
        words = [*words, flag, value]
    return words


def run_command_line(line, cwd):
    for part in line.split("&&"):
        words = shlex.split(part)
        if words[:3] == ["python", "-m", "retro_gamer"]:
            words = words[3:]
        elif words[0] == "retro-gamer":
            words = words[1:]
        elif words[:2] == ["python", "-m"] or words[0] != "python":
            raise AssertionError(f"{line}: only .ci/run can run this; say so above the block")
        else:
            run_in_terminal(SCRIPT, words[1:], cwd)
            continue
        if words[0] == "play" and "--human" in words:
            continue  # needs a person: tests/selfplay has one
        if words[0] == "play":
            run_in_terminal(COMMAND, words, cwd)
        else:
            done = run_python("-c", COMMAND, *shortened(words), cwd=cwd)
            assert done.returncode == 0, f"{line}\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}"


# The folder that a page's reader has before the first block: trained runs in runs/, and what is done here.


def has_my_game(folder):
    shutil.copy(str(TESTS / "student_games" / "shooter.py"), str(folder / "my_game.py"))


def has_runs_of_torch(folder):
    with zipfile.ZipFile(str(TESTS / "data" / "torch_runs.zip")) as archive:
        archive.extractall(str(folder / "unpacked"))
    shutil.copy(str(TESTS / "data" / "torch_game.py"), str(folder))
    shutil.rmtree(str(folder / "runs" / "snake"))
    shutil.copytree(str(folder / "unpacked" / "mlp"), str(folder / "runs" / "snake"))


def has_a_pair_of_games(folder):
    for name in ("my_game.py", "player_training_game.py"):
        shutil.copy(str(TESTS / "contract" / name), str(folder))
    for command in (
        ["create", "--game", "my_game:create_enemy_training_game", "--output", "runs/enemy"],
        ["train", "runs/enemy"],
        ["create", "--game", "player_training_game", "--output", "runs/player"],
    ):
        run_command_line(shlex.join(["retro-gamer", *command]), folder)
    shutil.rmtree(str(folder / "runs" / "enemy"))


def has_a_run_called_mine(folder):
    has_my_game(folder)
    run_command_line("retro-gamer create --game my_game.py --output runs/mine", folder)


READERS = {
    "docs/how-to/it-does-not-learn.md": has_a_run_called_mine,
    "README.md": has_my_game,
    "docs/from-torch.md": has_runs_of_torch,
    "docs/integrating.md": has_a_pair_of_games,
}


@pytest.fixture
def folder_of(tmp_path, trained):
    def make(name):
        shutil.copytree(str(trained / "runs"), str(tmp_path / "runs"))
        READERS.get(name, lambda folder: None)(tmp_path)
        return tmp_path

    return make


@pytest.mark.skipif(os.name == "nt", reason="games are played on a pseudo-terminal")
@pytest.mark.skipif(not (HAVE_RETRO and HAVE_GYM), reason="pages use retro-games and Gymnasium")
@pytest.mark.parametrize("name", RUN)
def test_the_blocks_of_a_page_run(name, folder_of):
    folder = folder_of(name)
    for block in PAGES[name]:
        if block.not_run:
            continue
        if block.file:
            (folder / block.file).parent.mkdir(parents=True, exist_ok=True)
            (folder / block.file).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            script = folder / f"block_{block.line}.py"
            script.write_text(block.text, encoding="utf-8")
            run_in_terminal(SCRIPT, [script.name], folder)
        elif block.language == "console":
            for line in block.commands:
                run_command_line(line, folder)


def test_a_block_that_is_not_run_says_why():
    wrong = [
        block
        for blocks in PAGES.values()
        for block in blocks
        if block.not_run and block.not_run not in NOT_RUN
    ]
    assert not wrong


def test_every_block_names_its_language():
    unnamed = [
        f"{block.page}:{block.line}" for blocks in PAGES.values() for block in blocks if not block.language
    ]
    assert not unnamed, "write ```text for what is neither Python nor a command"


@pytest.mark.parametrize("name", PAGES)
def test_blocks_of_toml_can_be_read(name):
    from retro_gamer.config.values import parse_toml

    for block in PAGES[name]:
        if block.language == "toml":
            parse_toml(block.text.encode("utf-8"), f"{name}:{block.line}")
