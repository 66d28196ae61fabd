"""Watching the teams of a self-play run play, or playing against them."""

from __future__ import annotations

import sys
import time
from typing import Any, Dict, List, Optional, Sequence, Tuple

from retro_gamer.commands.play import explain_values, tidy_end
from retro_gamer.environment.keys import make_keystroke
from retro_gamer.environment.teams import TeamEnvironment, find_character
from retro_gamer.errors import ConfigError, GameError, command_line, install_command
from retro_gamer.games.engine import Game as OwnGame
from retro_gamer.games.screen import Screen
from retro_gamer.hosting.loading import load_factory, make_game
from retro_gamer.hosting.supervision import supervised, to_stderr
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.selfplay.match import Pilot
from retro_gamer.selfplay.pilots import Table


def watch_teams(
    run: RunDirectory, checkpoint: Optional[str], fps: float, explain: bool, seed: Optional[int]
) -> str:
    """Show one game between the policies of a run; returns a sentence about how it went. Ctrl-C ends it early."""
    printed: List[str] = []  # by the game: shown when its picture is gone
    try:
        return _watch_teams(run, checkpoint, fps, explain, seed, printed)
    finally:
        for line in printed:
            to_stderr(line)


def _watch_teams(
    run: RunDirectory,
    checkpoint: Optional[str],
    fps: float,
    explain: bool,
    seed: Optional[int],
    printed: List[str],
) -> str:
    on_terminal, screen = sys.stdout.isatty(), Screen()  # which draws on what is sys.stdout now
    with supervised(printed.append):
        table = Table(run)
        environment, names = table.environment, table.team_names
        pilots = [table.pilot(team, checkpoint) for team in range(len(names))]
        environment.reset(seed)
    totals, turns, over = [0.0] * len(names), 0, False
    try:
        with tidy_end(), screen, supervised(printed.append):
            while True:
                started = time.perf_counter()
                keys, explanations = _choose(environment, pilots)
                caption = f"turn {turns}  " + "  ".join(
                    f"{name} {total:g}" for name, total in zip(names, totals)
                )
                screen.render(environment.game, "\n".join([caption, *(explanations if explain else ())]))
                if over:
                    break
                turn = environment.step(keys)
                totals = [total + reward for total, reward in zip(totals, turn.rewards)]
                turns, over = turns + 1, turn.terminated or turn.truncated
                if on_terminal:
                    time.sleep(max(0.0, 1 / fps - (time.perf_counter() - started)))
            if on_terminal:
                time.sleep(1.0)  # time to see how it ended
    except KeyboardInterrupt:
        pass
    return (
        f"{turns} turns, "
        + ", ".join(f"{name} {total:g}" for name, total in zip(names, totals))
        + ("" if over else " (stopped)")
    )


def _choose(environment: TeamEnvironment, pilots: Sequence[Pilot]) -> Tuple[List[Optional[str]], List[str]]:
    """The key for each seat, and what its policy expects of each of its keys."""
    keys: List[Optional[str]] = []
    explanations = []
    for number, seat in enumerate(environment.seats):
        character = environment.character(number)
        if character is None:
            keys.append(None)
            continue
        observation, action = pilots[seat.team].act(environment.game, character, seat.team)
        keys.append(seat.actions[action])
        values = pilots[seat.team].agent.q_values(observation)
        explanations.append(f"{seat.character}: {explain_values(values, seat.actions)}")
    return keys, explanations


def play_against(run: RunDirectory, human: str, checkpoint: Optional[str]) -> str:
    """Let a person play one team at the keyboard, and the policies the others; returns how it ended."""
    table = Table(run)
    names = table.team_names
    if human not in names:
        raise ConfigError(f"There is no team {human!r} in {run}. The teams are: {', '.join(names)}.")
    pilots = {team: table.pilot(team, checkpoint) for team, name in enumerate(names) if name != human}
    game = make_game(load_factory(table.config.game))
    if isinstance(game, OwnGame):
        raise GameError(
            f"Playing at the keyboard needs retro-games:  {install_command('retro-games')}  (Python 3.10 or "
            f"newer). Without it you can watch:  {command_line('play', run)}"
        )
    from blessed import Terminal
    from retro.input import TerminalInput  # type: ignore[import-not-found, import-untyped, unused-ignore]

    game.play(input_source=SharedKeyboard(TerminalInput(Terminal()), game, table, pilots))
    return ", ".join(f"{team.name} {game.state[team.reward]:g}" for team in table.config.teams)


class SharedKeyboard:
    """The keys of a person, and those that policies press for the other teams."""

    def __init__(self, keyboard: Any, game: Any, table: Table, pilots: Dict[int, Pilot]):
        self._keyboard, self._game, self._pilots = keyboard, game, pilots
        self._members = [
            (team, member.character, [*member.actions, None])
            for team in pilots
            for member in table.config.teams[team].members
        ]
        self._taken = {key for _, _, actions in self._members for key in actions}

    def collect(self) -> List[Any]:
        """The keystrokes of this turn; a person cannot press the keys of the policies."""
        keys = [key for key in self._keyboard.collect() if (key.name or str(key)) not in self._taken]
        for team, name, actions in self._members:
            character = find_character(self._game, name)
            if character is not None:
                chosen = actions[self._pilots[team].act(self._game, character, team).action]
                keys += [] if chosen is None else [make_keystroke(chosen)]
        return keys
