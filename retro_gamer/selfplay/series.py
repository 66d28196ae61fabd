"""Several games between the same policies, and who won them."""

from __future__ import annotations

from typing import Callable, Sequence

from retro_gamer.hosting.randomness import OwnRandomness
from retro_gamer.selfplay.elo import result_between
from retro_gamer.selfplay.match import play_match
from retro_gamer.selfplay.self_play_run import SelfPlayRun
from retro_gamer.selfplay.team_policy import TeamPolicy


def play_series(
    run: SelfPlayRun,
    policies: Sequence[TeamPolicy],
    games: int,
    seed: int,
    on_game: Callable[[int], None] = lambda done: None,
    on_turn: Callable[[], None] = lambda: None,
) -> list[list[float]]:
    """The outcomes [games][n_teams] of greedy games with seeds seed, seed + 1, ..., by a policy for each team [n_teams].

    See `outcomes_of`. `on_game(done)` is called after each game, `on_turn()` after each turn. The process's own randomness
    stays as it is. Raises RetroGamerErrors for what the game does wrong.
    """

    def go_on() -> bool:
        on_turn()
        return False

    outcomes = []
    with OwnRandomness():
        for i in range(games):
            match = play_match(run.environment, policies, seed=seed + i, cut_short=go_on)
            outcomes.append(match.outcomes)
            on_game(i + 1)
    return outcomes


def count_results(outcomes: Sequence[Sequence[float]], team: int) -> list[int]:
    """[won, drawn, lost] by a team in these games [games][n_teams], each against the best of the others."""
    counts = [0, 0, 0]
    for outcome in outcomes:
        best = max(other for number, other in enumerate(outcome) if number != team)
        counts[int(2 - 2 * result_between(outcome[team], best))] += 1
    return counts
