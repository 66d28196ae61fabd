"""Games in which a person at the keyboard plays, or has just played the same: for `play --human`."""

from __future__ import annotations

from typing import Any, Sequence

from retro_gamer.commands.watching import Shown
from retro_gamer.environment.base import Step
from retro_gamer.environment.characters import cells_of
from retro_gamer.environment.player import player_finder
from retro_gamer.environment.teams import find_character
from retro_gamer.errors import ConfigError
from retro_gamer.selfplay.self_play_run import SelfPlayRun
from retro_gamer.training.player import Player

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
