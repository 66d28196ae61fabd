"""Watching the teams of a self-play run play."""

from __future__ import annotations

from typing import Optional

from retro_gamer.commands.watching import Shown, explain_values, show
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.selfplay.self_play_run import SelfPlayRun


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
        self.played = SelfPlayRun(self.run)
        self.environment, self.names = self.played.environment, self.played.team_names
        self.policies = [self.played.policy(team, self.checkpoint) for team in range(len(self.names))]
        self.environment.reset(self.seed)
        self.game = self.environment.game
        self.totals = [0.0] * len(self.names)
        self.decisions = self.played.decide(self.policies)

    def caption(self, turns: int) -> str:
        totals = "  ".join(f"{name} {total:g}" for name, total in zip(self.names, self.totals))
        lines = [f"turn {turns}  {totals}"]
        for member, decision in zip(self.environment.members, self.decisions):
            if self.explain and decision is not None:
                values = self.policies[member.team].agent.q_values(decision.observation)
                lines.append(explain_values(values, member.actions, f"{member.character}: "))
        return "\n".join(lines)

    def play_turn(self) -> bool:
        turn = self.played.play_turn(self.decisions)
        self.totals = [total + reward for total, reward in zip(self.totals, turn.rewards)]
        self.decisions = self.played.decide(self.policies)
        return turn.terminated or turn.truncated

    def summary(self, turns: int) -> str:
        totals = ", ".join(f"{name} {total:g}" for name, total in zip(self.names, self.totals))
        return f"{turns} turns, {totals}"
