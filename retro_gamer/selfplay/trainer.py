"""Trains the teams of a game against snapshots of each other."""

from __future__ import annotations

from typing import Any, Callable

from retro_gamer.runs.directory import RunDirectory
from retro_gamer.selfplay.self_play import SelfPlay
from retro_gamer.training.trainer import TrainingLoop


class SelfPlayTrainer(TrainingLoop):
    """The training loop, in whose games several teams learn in turn."""

    def _make(self, run: RunDirectory, factory: Callable[[], Any] | None) -> SelfPlay:
        self.self_play = SelfPlay(run, factory)
        return self.self_play

    def describe_teams(self) -> str:
        """What each team has come to: a table for people."""
        lines = [f"{'':16}{'rating':>8}{'learner steps':>15}{'ghost steps':>13}   against snapshots, while it learned"]
        clocks, tallies = self.self_play.opponents.clocks, self.self_play.progress.tallies
        for number, (team, clock, (won, drawn, lost)) in enumerate(zip(self.config.teams, clocks, tallies)):
            policy = self.self_play.policy_of(number)
            lines.append(
                f"{team.name:16}{policy.rating:8.0f}{policy.learner_steps:15,}{clock.steps:13,}   "
                f"won {won}, drew {drawn}, lost {lost}"
            )
        return "\n".join(lines)
