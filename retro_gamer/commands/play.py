"""Watching a policy play its game in the terminal."""

from __future__ import annotations

import sys
import time
from textwrap import wrap
from typing import Any, List, Optional

from retro_gamer.commands.watching import Shown, explain_values, show, tidy_end
from retro_gamer.environment.make import make_environment
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.errors import RetroGamerError
from retro_gamer.games.screen import understand_escape_codes
from retro_gamer.hosting.blame import blamed
from retro_gamer.hosting.output import in_colors
from retro_gamer.hosting.signs import signs_of_life
from retro_gamer.hosting.streams import stream_of_this_thread
from retro_gamer.hosting.supervision import supervised
from retro_gamer.reporting.explanation import explain_choice
from retro_gamer.reporting.sight import sight_of
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training.player import Player, load_player

BAR = 12  # characters of the longest bar beside a board


def watch(
    run: RunDirectory, checkpoint: Optional[str], fps: float, explain: bool, seed: Optional[int]
) -> str:
    """Show one game; returns a sentence about how it went. Ctrl-C ends it early."""
    with signs_of_life(), supervised():
        player = load_player(run, checkpoint)
    if player.config.game.environment_name:
        return _watch_gym(player, fps, explain, seed)
    return show(_ShownPlayer(player, explain, seed), fps)


class _ShownPlayer(Shown):
    """A policy that plays the game of its run."""

    def __init__(self, player: Player, explain: bool, seed: Optional[int]):
        self.player, self.explain, self.seed = player, explain, seed
        self.total, self.key = 0.0, ""

    def begin(self) -> None:
        self.observation = self.player.environment.reset(self.seed)
        self.player.agent.begin_episode()
        self.game = self.player.environment.game  # type: ignore[attr-defined]

    def caption(self, turns: int) -> str:
        return f"{self.player.name}  turn {turns}  reward {self.total:g}  {self.key}"

    def instead(self) -> str:
        return _explain(self.player, self.observation) if self.explain else ""

    def beside(self, columns: int, rows: int) -> List[str]:
        if not self.explain or not rows:
            return []
        environment = self.player.environment
        why = explain_choice(
            self.player.agent,
            self.observation,
            environment.labels,
            environment.characters,
            environment.shape.board_shape,
            self.player.config.preprocessing,
        )
        blocks = [why.bars(longest=BAR)]
        if why.causes:
            blocks.append(["What mattered, and by how much:", *why.what_mattered()[:3]])
        if why.note:
            blocks.append(wrap(why.note, max(20, columns)))
        board = sight_of(environment, self.observation).board
        if board:
            blocks.append(["It sees:", *("  " + row.replace(" ", "·") for row in board)])
        lines: List[str] = []
        for block in blocks:
            fits = len(lines) + 1 + len(block) <= rows and max(map(len, block)) <= columns
            lines += ["", *block] if fits else []
        return lines[1:]

    def play_turn(self) -> bool:
        environment = self.player.environment
        action = self.player.agent.act(self.observation, 0.0)
        self.key = environment.actions[action] or "(no key)"
        self.observation, reward, terminated, truncated = environment.step(action)
        self.player.agent.got(reward)
        self.total += reward
        return terminated or truncated

    def summary(self, turns: int) -> str:
        score = self.player.environment.score
        known = "" if score is None else f", score {score:g}"
        return f"{self.player.name}: {turns} turns, reward {self.total:g}{known}"


def _explain(player: Player, observation: Any) -> str:
    """What the policy expects of each key."""
    return "It expects of each key:\n" + explain_values(
        player.agent.q_values(observation), player.environment.labels
    )


def _watch_gym(player: Player, fps: float, explain: bool, seed: Optional[int]) -> str:
    """Show an environment that can draw itself, as text or in a window; others only report."""
    environment: Any = player.environment  # one that can draw itself
    config, note = player.config, " (it has no picture to show)"
    # A window of its own only where somebody is looking.
    mode = environment.draws(in_a_window=sys.stdout.isatty())
    if mode:
        try:
            environment, note = make_environment(config, Vocabulary(), render_mode=mode), ""
        except RetroGamerError as error:
            note = f" (it cannot draw itself: {error})"
    out = stream_of_this_thread("stdout")  # what sys.stdout is inside is for the game
    total, turns, over = 0.0, 0, False
    restore_console = understand_escape_codes()  # Gymnasium's pictures have colors
    try:
        with tidy_end(), supervised():
            observation = environment.reset(seed)
            player.agent.begin_episode()
            while not over:
                if explain:
                    print(_explain(player, observation), file=out)
                action = player.agent.act(observation, 0.0)
                observation, reward, terminated, truncated = environment.step(action)
                player.agent.got(reward)
                total, turns, over = total + reward, turns + 1, terminated or truncated
                if not note:
                    with blamed(f"when it was drawn after turn {turns}"):
                        picture = environment.env.render()
                    if isinstance(picture, str):
                        print(in_colors(picture), file=getattr(out, "unfiltered", out))
                    if out.isatty():
                        time.sleep(1 / fps)
    except KeyboardInterrupt:
        pass
    finally:
        if restore_console is not None:
            restore_console()
        environment.close()
    return f"{player.name}: {turns} turns, reward {total:g}{note}" + ("" if over else " (stopped)")
