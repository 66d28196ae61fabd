"""Watching a policy play an environment, which draws itself: as text, or in a window of its own."""

from __future__ import annotations

import sys
from typing import Any

from retro_gamer.commands.watching import Pace, explain_values_of, keys_can_be_read, tidy_end
from retro_gamer.environment.make import make_environment
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.errors import RetroGamerError
from retro_gamer.games.keyboard import Keyboard
from retro_gamer.games.screen import board_lines, understand_escape_codes
from retro_gamer.hosting.blame import blamed
from retro_gamer.hosting.output import in_colors
from retro_gamer.hosting.streams import stream_of_this_thread, write_now
from retro_gamer.hosting.supervision import supervised
from retro_gamer.reporting.counting import room_on
from retro_gamer.training.player import Player


def watch_environment(player: Player, fps: float, explain: bool, seed: int | None) -> str:
    """Show one game of an environment that draws itself; of others it is only said how it went. Keys are those of `show`."""
    environment, note = _drawing(player)
    foot = _Foot(stream_of_this_thread("stdout"))  # what sys.stdout is inside is for the game
    watched = foot.in_place and (explain or not note)
    pace = Pace(fps, Keyboard() if watched and keys_can_be_read() else None)
    total, turns, over = 0.0, 0, False
    restore_console = understand_escape_codes()  # Gymnasium's pictures have colors
    try:
        with tidy_end(), pace, supervised():
            observation = environment.reset(seed)
            player.agent.begin_episode()
            while not over:
                if explain:
                    foot.write_above(explain_values_of(player, observation))
                action = player.agent.act(observation, 0.0)
                observation, reward, terminated, truncated = environment.step(action)
                player.agent.got(reward)
                total, turns, over = total + reward, turns + 1, terminated or truncated
                if not note:
                    with blamed(f"when it was drawn after turn {turns}"):
                        picture = _framed(environment.board) if environment.board else environment.env.render()
                    if isinstance(picture, str):
                        foot.write_above(in_colors(picture))
                foot.text = f"turn {turns}  reward {total:g}  {environment.labels[action]}"
                if watched:
                    foot.draw(pace.keys)
                    if not pace.wait(foot.draw):
                        break
    except KeyboardInterrupt:
        pass
    finally:
        foot.wipe()
        if restore_console is not None:
            restore_console()
        environment.close()
    return f"{player.name}: {turns} turns, reward {total:g}{note}" + ("" if over else " (stopped)")


def _drawing(player: Player) -> tuple[Any, str]:
    """The environment made again so that it draws itself; or as it is, and why it does not."""
    environment: Any = player.environment
    if environment.board is not None:
        return environment, ""
    # A window of its own only where somebody is looking.
    mode = environment.draws(in_a_window=sys.stdout.isatty())
    if not mode:
        return environment, " (it has no picture to show)"
    try:
        return make_environment(player.config, Vocabulary(), render_mode=mode), ""
    except RetroGamerError as error:
        return environment, f" (it cannot draw itself: {error})"


def _framed(board: Any) -> str:
    edge = "+" + "-" * board.board_size[0] + "+"
    return "\n".join([edge, *(f"|{line}|" for line in board_lines(board)), edge])


class _Foot:
    """The line below the newest picture, written over: how the game stands, and what keys do."""

    def __init__(self, out: Any):
        self.text = ""
        self.in_place = bool(out.isatty())
        self._out = out
        self._width = 0

    def draw(self, keys: str) -> None:
        text = f"{self.text}  {keys}"[: room_on(self._out)]
        write_now(self._out, "\r" + text.ljust(self._width))
        self._width = len(text)

    def write_above(self, text: str) -> None:
        self.wipe()
        write_now(self._out, text + "\n")

    def wipe(self) -> None:
        if self._width:
            write_now(self._out, "\r" + " " * self._width + "\r")
            self._width = 0
