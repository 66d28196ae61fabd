"""What a report says of a self-play run: who beats whom, games to step through, and how a choice changed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from retro_gamer.commands.evaluate import TeamGames, play_teams, results_shown
from retro_gamer.commands.report_play import choices, decisive_turn, note_on_steps, spread_checkpoints
from retro_gamer.commands.tournament import hold_tournament, letter_of, payoffs
from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.teams import policy_of_team
from retro_gamer.errors import RetroGamerError, command_line
from retro_gamer.hosting.randomness import OwnRandomness
from retro_gamer.reporting.html import Section, Table, paragraph, replay, table
from retro_gamer.reporting.recording import Recording, record_all, record_match
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.selfplay.self_play_run import SelfPlayRun, TeamPolicy
from retro_gamer.selfplay.tournament import Tournament

GAMES = 20
SNAPSHOTS, GAMES_OF_A_PAIRING = 4, 20
TEAMS_SHOWN = 3  # with a best game of their own


class MeasuredTeams(NamedTuple):
    played: SelfPlayRun
    policies: list[TeamPolicy]
    games: TeamGames
    tournament: Tournament
    recordings: list[tuple[str, Recording]]  # each team's best game, and a middling one


def measure_teams(run: RunDirectory, checkpoint: str | None, quiet: bool) -> MeasuredTeams:
    played = SelfPlayRun(run)
    policies = [played.policy(team, checkpoint) for team in range(len(played.team_names))]
    games = play_teams(played, policies, GAMES, seed=0, quiet=quiet)
    tournament = hold_tournament(run, SNAPSHOTS, GAMES_OF_A_PAIRING, seed=0, quiet=quiet)
    chosen = [(name, played, policies, *which) for name, *which in _games_to_show(played, games.outcomes)]
    recordings = record_all(chosen, record_match, quiet)
    return MeasuredTeams(played, policies, games, tournament, recordings)


def _games_to_show(played: SelfPlayRun, outcomes: list[list[float]]) -> list[tuple[str, int, int]]:
    """(name, number of the member that it is seen from, seed): each team's best game, and a middling one of the first."""
    chosen = []
    results = np.array(outcomes)
    for team, name in list(enumerate(played.team_names))[:TEAMS_SHOWN]:
        leads = results[:, team] - np.delete(results, team, axis=1).max(axis=1)
        order = np.argsort(leads, kind="stable")
        member = next(i for i, member in enumerate(played.environment.members) if member.team == team)
        who = played.environment.members[member].character
        chosen.append((f"the best game of {name}, as {who} sees it", member, int(order[-1])))
        if team == 0:
            chosen.append((f"a middling game, as {who} sees it", member, int(order[len(order) // 2])))
    return chosen


def sections_about_teams(run: RunDirectory, config: RunConfig, measured: MeasuredTeams) -> list[Section]:
    return [
        Section("Who beats whom", _results(measured) + _between_snapshots(run, measured.tournament)),
        Section("Watch it", replay(measured.recordings, note_on_steps(config))),
        Section("How its choice changed", _choices(run, config, measured)),
    ]


def _results(measured: MeasuredTeams) -> str:
    games = measured.games
    rows = [
        [name, results_shown(together), results_shown(alone)]
        for name, together, alone in zip(measured.played.team_names, games.against_trained, games.against_random)
    ]
    caption = f"{GAMES} greedy games each: won / drawn / lost"
    return table(Table(caption, ["", "against the others", "against random play"], rows))


def _between_snapshots(run: RunDirectory, tournament: Tournament) -> str:
    """Snapshots of the training against each other, as in `tournament`."""
    letters = [letter_of(number) for number in range(len(tournament.names))]
    rows = []
    for letter, name, points, rating in zip(letters, tournament.names, payoffs(tournament), tournament.ratings):
        cells = ["-" if np.isnan(share) else f"{100 * share:.0f}" for share in points]
        rows.append([f"{letter}: {name}", *cells, f"{rating:.0f}"])
    caption = (
        "Snapshots of the training against each other: points of the one on the left, in percent (a draw is half), and "
        "the Elo rating that fits them best"
    )
    more = f"More of them, with intervals:  {command_line('tournament', run)}"
    return table(Table(caption, ["", *letters, "rating"], rows)) + paragraph(more)


def _choices(run: RunDirectory, config: RunConfig, measured: MeasuredTeams) -> str:
    played = measured.played
    recording, turn = measured.recordings[0][1], decisive_turn(measured.recordings[0][1])
    member = played.environment.members[0]
    rows: list[tuple[str, np.ndarray]] = []
    with OwnRandomness():
        played.environment.reset(recording.seed)
        for _ in range(turn):
            played.play_turn(played.decide(measured.policies))
        for name in spread_checkpoints(run.of(policy_of_team(config, member.team))):
            try:
                policy = played.policy(member.team, name)
            except RetroGamerError:
                continue
            seen = policy.act(played.environment.game, played.environment.character(0), member.team)
            rows.append((name, policy.agent.q_values(seen.observation)))
    return choices(turn, member.actions, rows)
