"""Watching a policy, or the teams of a self-play run, play in the terminal."""

from __future__ import annotations

from textwrap import wrap

from retro_gamer.commands.play_environment import watch_environment
from retro_gamer.commands.watching import Shown, explain_values, explain_values_of, show
from retro_gamer.hosting.signs import signs_of_life
from retro_gamer.hosting.supervision import supervised
from retro_gamer.reporting.explanation import explain_player
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
