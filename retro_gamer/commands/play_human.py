"""`retro-gamer play --human`: at the keyboard against a policy. Teams play each other; a game for one is played in turn."""

from __future__ import annotations

import random
import sys
import time
from typing import Any, Sequence

from retro_gamer.commands.watching import Picture, Shown, tidy_end
from retro_gamer.environment.base import Step
from retro_gamer.environment.characters import cells_of
from retro_gamer.environment.player import find_character, player_finder
from retro_gamer.errors import ConfigError, command_line
from retro_gamer.games.keyboard import ENTER, ESCAPE, Keyboard
from retro_gamer.games.screen import Screen
from retro_gamer.hosting.supervision import supervised, to_stderr
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.selfplay.self_play_run import SelfPlayRun
from retro_gamer.training.player import Player, load_player

FASTEST = 12.0  # turns a second, unless --fps says otherwise: a person has to keep up
SECONDS_TO_LOOK = 0.7  # at the last picture, before a key takes it away: the last keys may still be coming
WAITING_KEYS = 2  # pressed in one turn and kept for the next: a person takes two corners at once
KEYS_SHOWN = {
    "KEY_LEFT": "Left",
    "KEY_RIGHT": "Right",
    "KEY_UP": "Up",
    "KEY_DOWN": "Down",
    "KEY_ENTER": "Enter",
    " ": "Space",
}
ALL_ARROWS = {"KEY_LEFT", "KEY_RIGHT", "KEY_UP", "KEY_DOWN"}


class HumanGame(Shown):
    """A game with a person in it.

    `keys` are those that it takes from the keyboard; `results()` are what the person has reached, if it is a person's
    game, and then what others have.
    """

    keys: Sequence[str] = ()
    who = ""

    def __init__(self) -> None:
        self.say = ""  # below the picture
        self.turns = 0

    def press(self, keys: Sequence[str]) -> None:
        """Keys were pressed; those that are no keys of the game are passed over."""

    def results(self) -> list[float]:
        raise NotImplementedError

    def caption(self, turns: int) -> str:
        return self.say


class Alone(HumanGame):
    """The game of a run, played by the person; or by the policy, to compare."""

    def __init__(self, player: Player, seed: int, by_policy: bool = False):
        super().__init__()
        self.player, self.environment = player, player.environment
        self.seed, self.by_policy = seed, by_policy
        self.keys = () if by_policy else [key for key in player.environment.actions if key is not None]
        self.waiting: list[str] = []
        self.who = f"Now the policy plays the same game (seed {seed})."  # by_policy; else known when it begins

    def begin(self) -> None:
        self.observation = self.environment.reset(self.seed)
        self.player.agent.begin_episode()
        self.game = self.environment.game  # type: ignore[attr-defined]
        self.total = 0.0
        self.score = self.environment.score
        if not self.by_policy:
            me = describe(player_finder(self.player.config.metadata.player)(self.game))
            self.who = f"You are {me}. Keys: {shown_keys(self.keys)}"

    def press(self, keys: Sequence[str]) -> None:
        self.waiting = [*self.waiting, *(key for key in keys if key in self.keys)][-WAITING_KEYS:]

    def play_turn(self) -> bool:
        if self.by_policy:
            key = self.environment.actions[self.player.agent.act(self.observation, 0.0)]
        else:
            key = self.waiting.pop(0) if self.waiting else None
        step: Step = self.environment.press(key)  # type: ignore[attr-defined]
        self.observation, reward, terminated, truncated = step
        self.player.agent.got(reward)
        self.total += reward
        self.score = self.environment.score  # now: the environment may play another game later
        return terminated or truncated

    def results(self) -> list[float]:
        return [self.total if self.score is None else self.score]

    def summary(self, turns: int) -> str:
        return f"{'The policy' if self.by_policy else 'You'}: {self.results()[0]:g} in {turns} turns."


class Teams(HumanGame):
    """A game of several teams: the person plays one, and the run's policies the others.

    Raises ConfigError when there is no such team; without a name it is the one with arrow keys, or else the first.
    """

    def __init__(self, played: SelfPlayRun, name: str, checkpoint: str | None, seed: int):
        super().__init__()
        self.environment, self.names, self.seed = played.environment, played.team_names, seed
        if name and name not in self.names:
            raise ConfigError(f"There is no team {name!r} in {played.run}. The teams are: {', '.join(self.names)}.")
        members = self.environment.members
        with_arrows = [member.team for member in members if ALL_ARROWS & set(member.actions)]
        self.mine = self.names.index(name) if name else (with_arrows or [0])[0]
        self.policies = {team: played.policy(team, checkpoint) for team in range(len(self.names)) if team != self.mine}
        self.keys = [key for member in members if member.team == self.mine for key in member.actions if key]
        self.waiting: list[list[str]] = [[] for _ in members]

    def begin(self) -> None:
        self.environment.reset(self.seed)
        self.game = self.environment.game
        self.totals = [0.0] * len(self.names)
        mine = [member for member in self.environment.members if member.team == self.mine]
        others = " and ".join(name for name in self.names if name != self.names[self.mine])
        lines = [f"You are {self.names[self.mine]}, against {others}."]
        for member in mine:  # a line each: a terminal may have 80 columns
            me = describe(find_character(self.game, member.character))
            lines.append(f"{me}: {shown_keys(member.actions)}")
        self.who = "\n".join(lines)

    def press(self, keys: Sequence[str]) -> None:
        for member, waiting in zip(self.environment.members, self.waiting):
            if member.team == self.mine:
                waiting += [key for key in keys if key in member.actions]
                del waiting[:-WAITING_KEYS]

    def play_turn(self) -> bool:
        turn = self.environment.step([self._key(number) for number in range(len(self.waiting))])
        self.totals = [total + reward for total, reward in zip(self.totals, turn.rewards)]
        return turn.terminated or turn.truncated

    def _key(self, number: int) -> str | None:
        member, character = self.environment.members[number], self.environment.character(number)
        if member.team == self.mine:
            return self.waiting[number].pop(0) if self.waiting[number] else None
        if character is None:
            return None
        return member.actions[self.policies[member.team].act(self.game, character, member.team).action]

    def results(self) -> list[float]:
        others = [total for team, total in enumerate(self.totals) if team != self.mine]
        return [self.totals[self.mine], *others]

    def summary(self, turns: int) -> str:
        totals = ", ".join(f"{name} {total:g}" for name, total in zip(self.names, self.totals))
        return f"{turns} turns, {totals}."


def describe(character: Any) -> str:
    if character is None:
        return "whatever the keys move"
    shown = "".join(dict.fromkeys(letter for _, letter in cells_of(character) if letter.strip()))
    return f"{getattr(character, 'name', None) or type(character).__name__} ({shown[:8]})"


def shown_keys(keys: Sequence[str | None]) -> str:
    rest = [key for key in keys if key is not None]
    shown = []
    if ALL_ARROWS <= set(rest):
        shown, rest = ["the arrow keys"], [key for key in rest if key not in ALL_ARROWS]
    return ", ".join([*shown, *(KEYS_SHOWN.get(key, key.replace("KEY_", "")) for key in rest)])


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
    made_for = float(game.game.framerate)
    pace = fps or (min(FASTEST, made_for) if made_for > 0 else FASTEST)
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
