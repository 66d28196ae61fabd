"""Watching the teams of a self-play run play, or playing against them."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from retro_gamer.commands.watching import Shown, explain_values, show
from retro_gamer.environment.keys import make_keystroke
from retro_gamer.environment.teams import find_character
from retro_gamer.errors import ConfigError, GameError, command_line, install_command
from retro_gamer.games.engine import Game as OwnGame
from retro_gamer.hosting.loading import load_factory, make_game
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.selfplay.self_play_run import SelfPlayRun
from retro_gamer.selfplay.team_policy import Decision, TeamPolicy


def watch_teams(
    run: RunDirectory, checkpoint: Optional[str], fps: float, explain: bool, seed: Optional[int]
) -> str:
    """Show one game between the policies of a run; returns a sentence about how it went. Ctrl-C ends it early."""
    return show(_ShownTeams(run, checkpoint, explain, seed), fps)


class _ShownTeams(Shown):
    """The policies of a self-play run that play each other."""

    def __init__(self, run: RunDirectory, checkpoint: Optional[str], explain: bool, seed: Optional[int]):
        self.run, self.checkpoint, self.explain, self.seed = run, checkpoint, explain, seed

    def begin(self) -> None:
        played = SelfPlayRun(self.run)
        self.environment, self.names = played.environment, played.team_names
        self.policies = [played.policy(team, self.checkpoint) for team in range(len(self.names))]
        self.environment.reset(self.seed)
        self.game = self.environment.game
        self.totals = [0.0] * len(self.names)
        self.decisions = self._decide()

    def _decide(self) -> List[Optional[Decision]]:
        """What the members do this turn [n_members]; None for those that have left the game."""
        decisions: List[Optional[Decision]] = []
        for number, member in enumerate(self.environment.members):
            character = self.environment.character(number)
            decisions.append(
                None
                if character is None
                else self.policies[member.team].act(self.game, character, member.team)
            )
        return decisions

    def caption(self, turns: int) -> str:
        totals = "  ".join(f"{name} {total:g}" for name, total in zip(self.names, self.totals))
        lines = [f"turn {turns}  {totals}"]
        for member, decision in zip(self.environment.members, self.decisions):
            if self.explain and decision is not None:
                values = self.policies[member.team].agent.q_values(decision.observation)
                lines.append(f"{member.character}: {explain_values(values, member.actions)}")
        return "\n".join(lines)

    def play_turn(self) -> bool:
        turn = self.environment.step(
            [
                None if decision is None else member.actions[decision.action]
                for member, decision in zip(self.environment.members, self.decisions)
            ]
        )
        self.totals = [total + reward for total, reward in zip(self.totals, turn.rewards)]
        self.decisions = self._decide()
        return turn.terminated or turn.truncated

    def summary(self, turns: int) -> str:
        totals = ", ".join(f"{name} {total:g}" for name, total in zip(self.names, self.totals))
        return f"{turns} turns, {totals}"


def play_against(run: RunDirectory, human: str, checkpoint: Optional[str]) -> str:
    """Let a person play one team at the keyboard, and the policies the others; returns how it ended."""
    played = SelfPlayRun(run)
    names = played.team_names
    if human not in names:
        raise ConfigError(f"There is no team {human!r} in {run}. The teams are: {', '.join(names)}.")
    policies = {team: played.policy(team, checkpoint) for team, name in enumerate(names) if name != human}
    game = make_game(load_factory(played.config.game))
    if isinstance(game, OwnGame):
        raise GameError(
            f"Playing at the keyboard needs retro-games:  {install_command('retro-games')}  (Python 3.10 or "
            f"newer). Without it you can watch:  {command_line('play', run)}"
        )
    from blessed import Terminal
    from retro.input import TerminalInput  # type: ignore[import-not-found, import-untyped, unused-ignore]

    game.play(input_source=SharedKeyboard(TerminalInput(Terminal()), game, played, policies))
    return ", ".join(f"{team.name} {game.state[team.reward]:g}" for team in played.config.teams)


class SharedKeyboard:
    """The keys of a person, and those that policies press for the other teams."""

    def __init__(self, keyboard: Any, game: Any, played: SelfPlayRun, policies: Dict[int, TeamPolicy]):
        self._keyboard, self._game, self._policies = keyboard, game, policies
        self._members = [
            (team, member.character, [*member.actions, None])
            for team in policies
            for member in played.config.teams[team].members
        ]
        self._taken = {key for _, _, actions in self._members for key in actions}

    def collect(self) -> List[Any]:
        """The keystrokes of this turn; a person cannot press the keys of the policies."""
        keys = [key for key in self._keyboard.collect() if (key.name or str(key)) not in self._taken]
        for team, name, actions in self._members:
            character = find_character(self._game, name)
            if character is not None:
                chosen = actions[self._policies[team].act(self._game, character, team).action]
                keys += [] if chosen is None else [make_keystroke(chosen)]
        return keys
