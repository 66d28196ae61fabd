"""Watching a policy, or the teams of a self-play run, play in the terminal; or an environment, which draws itself."""

from __future__ import annotations

import sys
import time
from textwrap import wrap
from typing import Any

from retro_gamer.commands.watching import Pace, Shown, explain_values, explain_values_of, keys_can_be_read, show, tidy_end
from retro_gamer.environment.make import make_environment
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.errors import RetroGamerError
from retro_gamer.games.keyboard import Keyboard
from retro_gamer.games.screen import board_lines, understand_escape_codes
from retro_gamer.hosting.blame import blamed
from retro_gamer.hosting.output import in_colors
from retro_gamer.hosting.signs import signs_of_life
from retro_gamer.hosting.streams import stream_of_this_thread
from retro_gamer.hosting.supervision import supervised
from retro_gamer.reporting.explanation import explain_player
from retro_gamer.reporting.progress import Line
from retro_gamer.reporting.sight import key_shown, sight_of
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.selfplay.self_play_run import SelfPlayRun
from retro_gamer.training.player import Player, load_player

BAR = 12  # characters of the longest bar beside a board


def watch(run: RunDirectory, checkpoint: str | None, fps: float, explain: bool, seed: int | None) -> str:
    """Show one game; returns how it went. Ctrl-C ends it early."""
    with signs_of_life(), supervised():
        player = load_player(run, checkpoint)
    if player.config.game.environment_name:
        return watch_environment(player, fps, explain, seed)
    return show(_ShownPlayer(player, explain, seed), fps)


class _ShownPlayer(Shown):
    def __init__(self, player: Player, explain: bool, seed: int | None):
        self.player, self.explain, self.seed = player, explain, seed
        self.total, self.key = 0.0, ""

    def begin(self) -> None:
        self.observation = self.player.environment.reset(self.seed)
        self.player.agent.begin_episode()
        self.game = self.player.environment.game  # type: ignore[attr-defined]

    def caption(self, turns: int) -> str:
        return f"{self.player.name}  turn {turns}  reward {self.total:g}  {self.key}"

    def instead(self) -> str:
        return explain_values_of(self.player, self.observation) if self.explain else ""

    def beside(self, columns: int, rows: int) -> list[str]:
        if not self.explain or not rows:
            return []
        why = explain_player(self.player, self.observation)
        blocks = [why.bars(longest=BAR)]
        if why.causes:
            blocks.append(["What mattered, and by how much:", *why.what_mattered()[:3]])
        if why.note:
            blocks.append(wrap(why.note, max(20, columns)))
        board = sight_of(self.player.environment, self.observation).board
        if board:
            blocks.append(["It sees:", *("  " + row.replace(" ", "·") for row in board)])
        lines: list[str] = []
        for block in blocks:
            fits = len(lines) + 1 + len(block) <= rows and max(map(len, block)) <= columns
            lines += ["", *block] if fits else []
        return lines[1:]

    def play_turn(self) -> bool:
        environment = self.player.environment
        action = self.player.agent.act(self.observation, 0.0)
        key = environment.actions[action]
        self.key = "(no key)" if key is None else key_shown(key)
        self.observation, reward, terminated, truncated = environment.step(action)
        self.player.agent.got(reward)
        self.total += reward
        return terminated or truncated

    def summary(self, turns: int) -> str:
        score = self.player.environment.score
        known = "" if score is None else f", score {score:g}"
        return f"{self.player.name}: {turns} turns, reward {self.total:g}{known}"


def watch_teams(run: RunDirectory, checkpoint: str | None, fps: float, explain: bool, seed: int | None) -> str:
    """The same of a game between the policies of a run."""
    return show(_ShownTeams(run, checkpoint, explain, seed), fps)


class _ShownTeams(Shown):
    def __init__(self, run: RunDirectory, checkpoint: str | None, explain: bool, seed: int | None):
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


def watch_environment(player: Player, fps: float, explain: bool, seed: int | None) -> str:
    """Show one game of an environment that draws itself; of others it is only said how it went. Keys are those of `show`."""
    environment, note = _drawing(player)
    foot = _Foot()
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
        foot.clear()
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


class _Foot(Line):
    """The line below the newest picture, written over: how the game stands, and what keys do."""

    def __init__(self) -> None:
        super().__init__(
            stream_of_this_thread("stdout"), 0.0, time.monotonic, quiet=False
        )  # inside, sys.stdout is the game's
        self.text = ""

    def draw(self, keys: str) -> None:
        self._draw(f"{self.text}  {keys}")

    def write_above(self, text: str) -> None:
        self.clear()
        self._write(text + "\n")
