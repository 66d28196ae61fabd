"""Playing against a policy at the keyboard: teams against each other, or one-player games in turn on the same seed."""

from __future__ import annotations

import random
import sys
import time
from typing import Sequence

from retro_gamer.commands.human_games import Alone, HumanGame, Teams
from retro_gamer.commands.watching import Picture, tidy_end
from retro_gamer.errors import ConfigError, command_line
from retro_gamer.games.keyboard import ENTER, ESCAPE, Keyboard
from retro_gamer.games.screen import Screen
from retro_gamer.hosting.supervision import supervised, to_stderr
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.selfplay.self_play_run import SelfPlayRun
from retro_gamer.training.player import load_player

FASTEST = 12.0  # turns a second, unless --fps says otherwise: a person has to keep up
SECONDS_TO_LOOK = 0.7  # at the last picture, before a key takes it away: the last keys may still be coming


class _Left(Exception):
    """The person at the keyboard wants no more."""


def play_human(run: RunDirectory, team: str, checkpoint: str | None, fps: float | None, seed: int | None) -> str:
    """Let a person play a team; or a game for one, and then the policy the same. Returns how it went.

    Raises ConfigError where there is no terminal, or nothing that a person can play.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigError(f"To play yourself you need a terminal. Type this in one:  {command_line('play', run, '--human')}")
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    with supervised():
        games = _games_of(run, team, checkpoint, seed)
    printed: list[str] = []
    keyboard, screen = Keyboard(), Screen()  # made here, where sys.stdin is the person's
    try:
        with tidy_end(), keyboard, screen:
            _play_all(games, keyboard, screen, fps, printed)
    except (_Left, KeyboardInterrupt, EOFError):
        return " ".join(["You left.", *(game.summary(game.turns) for game in games if game.turns)])
    finally:
        for line in printed:
            to_stderr(line)
    return _verdict(games)


def _games_of(run: RunDirectory, team: str, checkpoint: str | None, seed: int) -> Sequence[HumanGame]:
    if run.load_config().teams:
        return [Teams(SelfPlayRun(run), team, checkpoint, seed)]
    if team:
        raise ConfigError(f"{run} has no teams. Leave {team!r} out:  {command_line('play', run, '--human')}")
    player = load_player(run, checkpoint)
    if player.config.game.environment_name:
        raise ConfigError(f"{run} was trained on an environment, and no keyboard plays that.")
    return [Alone(player, seed), Alone(player, seed, by_policy=True)]


def _play_all(games: Sequence[HumanGame], keyboard: Keyboard, screen: Screen, fps: float | None, printed: list[str]) -> None:
    last: HumanGame | None = None  # the game before, whose last picture stays until Enter
    for game in games:
        leave = "Esc leaves" if "q" in games[0].keys else "Esc or q leaves"
        with supervised(printed.append):
            if last is None:
                game.begin()
            shown = last or game
            how_it_went = f"{last.summary(last.turns)}\n" if last else ""
            shown.say = f"{how_it_went}{game.who}\nEnter starts; {leave}."
            Picture(screen, shown, shown.turns).draw("")
        if last is not None and ENTER in last.keys:
            _look(keyboard)
        while ENTER not in _unless_left(keyboard.wait(), games[0].keys):
            pass
        with supervised(printed.append):
            if last is not None:
                game.begin()
            _play(game, keyboard, screen, fps)
        last = game
    games[-1].say = f"{_verdict(games)}\nPress any key."
    with supervised(printed.append):
        Picture(screen, games[-1], games[-1].turns).draw("")
    _look(keyboard)
    keyboard.wait()


def _look(keyboard: Keyboard) -> None:
    """Time to see how a game ended; what is pressed in it was meant for the game."""
    time.sleep(SECONDS_TO_LOOK)
    keyboard.pressed()


def _play(game: HumanGame, keyboard: Keyboard, screen: Screen, fps: float | None) -> None:
    """Play one game to its end: `fps` turns a second, or as fast as the game is made for, and a person can follow."""
    pace = fps or min(FASTEST, float(game.game.framerate))
    game.say, over = game.who, False
    while not over:
        end = time.perf_counter() + 1 / pace
        Picture(screen, game, game.turns).draw("")
        while True:
            left = end - time.perf_counter()
            if left <= 0:
                break
            game.press(_unless_left(keyboard.wait(left), game.keys))
        over = game.play_turn()
        game.turns += 1


def _unless_left(keys: list[str], used: Sequence[str]) -> list[str]:
    """The same keys; raises _Left when one of them leaves, and is not one of the game's."""
    if any(key in (ESCAPE, "q") and key not in used for key in keys):
        raise _Left
    return keys


def _verdict(games: Sequence[HumanGame]) -> str:
    mine, *others = [result for game in games for result in game.results()]
    if len(others) > 1:
        place = 1 + sum(other > mine for other in others)
        return f"You came in place {place} of {len(others) + 1}, with {mine:g} (the best of the others: {max(others):g})."
    if mine == others[0]:
        return f"A draw, {mine:g} to {mine:g}."
    return f"You {'won' if mine > others[0] else 'lost'} {mine:g} to {others[0]:g}."
