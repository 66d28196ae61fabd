"""`retro-gamer doctor`: what is wrong with a game before a training, or with the training after it, and what to try."""

from __future__ import annotations

import time
from contextlib import suppress

from retro_gamer.config.run_config import RunConfig
from retro_gamer.discovery.players import find_players
from retro_gamer.environment.make import make_environment
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.errors import CheckpointError, ConfigError, RetroGamerError, RunNotFoundError, command_line
from retro_gamer.hosting.loading import load_factory
from retro_gamer.hosting.supervision import supervised
from retro_gamer.reporting.findings import Finding, describe
from retro_gamer.reporting.game_doctor import examine_game, returns_used_objects
from retro_gamer.reporting.keys_doctor import MOMENTS, several_players
from retro_gamer.reporting.progress import Counting, beside_random_play, counted
from retro_gamer.reporting.random_games import GAMES as RANDOM_GAMES
from retro_gamer.reporting.random_games import play_randomly
from retro_gamer.reporting.training_doctor import examine_metrics, examine_play, verdict, watch_greedy_games
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training.evaluation import Evaluation
from retro_gamer.training.player import load_player

GAMES = 30
WATCHED = 10  # of them, turn by turn
FEW_MOMENTS = 3  # in which each key of a slow game is tried
# A slow game has fewer random games; the one that is played then is cut short after as many seconds again.
SECONDS_OF_RANDOM_GAMES = 60.0


def examine(run: RunDirectory, quiet: bool = False) -> str:
    """What is wrong with a run, with numbers, or that nothing was found. Raises RetroGamerErrors of the game."""
    config = run.load_config()
    if config.teams:
        raise ConfigError(
            f"{run} is a self-play run. doctor looks at games of one player; for teams see\n"
            f"  {command_line('evaluate', run)}\n  {command_line('tournament', run)}"
        )
    with supervised():
        findings = examine_before(config, quiet)
        lines: list[str] = []
        if run.checkpoints():
            sentence, more = _examine_after(run, config, quiet)
            lines = [sentence, ""]
            known = {finding.name for finding in findings}
            findings += [finding for finding in more if finding.name.replace("changed", "changes") not in known]
    if not findings:
        fine = "the game and its training look" if lines else "the game looks"
        return "\n".join([*lines, f"Nothing to complain about: {fine} all right."])
    return "\n".join([*lines, describe(findings)])


def examine_before(config: RunConfig, quiet: bool = False, seconds: float = SECONDS_OF_RANDOM_GAMES) -> list[Finding]:
    """What random games show, before any training; those of a slow game for so many seconds."""
    several: list[Finding] = []
    if not config.game.environment_name:
        factory = load_factory(config.game)
        used = returns_used_objects(factory)
        if used is not None:
            return [used]  # nothing else that is found would mean anything
        with suppress(RetroGamerError):  # what is wrong with the game itself is found below
            several = several_players(find_players(factory, config.metadata.actions))
    vocabulary = Vocabulary(config.metadata.character_set, grows=True)
    environment = make_environment(config, vocabulary)
    began = time.monotonic()
    with Counting("playing random game", RANDOM_GAMES, quiet=quiet) as count:
        played = play_randomly(environment, RANDOM_GAMES, on_game=count, on_turn=count.turn, seconds=seconds)
    slow = time.monotonic() - began > seconds
    return several + examine_game(environment, played, config, FEW_MOMENTS if slow else MOMENTS)


def _examine_after(run: RunDirectory, config: RunConfig, quiet: bool) -> tuple[str, list[Finding]]:
    player = load_player(run)
    greedy, chance = beside_random_play(player, GAMES, 0, quiet)
    watched = watch_greedy_games(player, WATCHED, quiet)
    findings = examine_metrics(run.read_metrics(), config)
    findings += examine_play(watched, greedy, chance, _best(run, quiet))
    each_once = list({finding.name: finding for finding in reversed(findings)}.values())[::-1]
    return verdict(greedy, chance, config.metadata.reward or "reward"), each_once


def _best(run: RunDirectory, quiet: bool) -> Evaluation | None:
    try:
        player = load_player(run, "best")
    except (RunNotFoundError, CheckpointError):
        return None
    return counted("measuring game of best", player.environment, player.agent, GAMES, 0, quiet)
