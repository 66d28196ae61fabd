"""What a report says of one player: how well it plays, games to step through, how its choice changed, and its table."""

from __future__ import annotations

from contextlib import suppress
from html import escape
from typing import Any, NamedTuple, Sequence

import numpy as np

from retro_gamer.agents.greedy import GreedyTable
from retro_gamer.commands.evaluate import quantities
from retro_gamer.config.run_config import RunConfig
from retro_gamer.environment.base import Environment
from retro_gamer.environment.make import make_environment
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.errors import RetroGamerError, command_line
from retro_gamer.reporting.explanation import MOST_SHOWN, explain_player
from retro_gamer.reporting.html import Section, Table, paragraph, replay, table
from retro_gamer.reporting.progress import beside_random_play
from retro_gamer.reporting.recording import Recording, draws_as_text, record_all, record_game
from retro_gamer.reporting.sight import action_shown, symbol_shown
from retro_gamer.reporting.training_doctor import is_worth_using, verdict
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.selfplay.tournament import spread
from retro_gamer.training.evaluation import Evaluation, bootstrap_interval
from retro_gamer.training.player import Player, load_player

GAMES = 30
CHECKPOINTS_COMPARED = 5
MAX_TABLE_ROWS = 40
WIDEST_VALUES = 110  # characters of a row of values


class Measured(NamedTuple):
    player: Player
    greedy: Evaluation
    chance: Evaluation
    recordings: list[tuple[str, Recording]]  # the best, a middling and the worst game


def measure(run: RunDirectory, checkpoint: str | None, quiet: bool) -> Measured:
    """Greedy and random games, and three greedy ones written down turn by turn."""
    player = load_player(run, checkpoint)
    greedy, chance = beside_random_play(player, GAMES, 0, quiet)
    order = np.argsort(greedy.returns, kind="stable")
    chosen = {"the best game": order[-1], "a middling game": order[len(order) // 2], "the worst game": order[0]}
    shown = _that_draws_itself(player)
    recordings = record_all([(name, shown, int(seed)) for name, seed in chosen.items()], record_game, quiet)
    return Measured(player, greedy, chance, recordings)


def _that_draws_itself(player: Player) -> Player:
    """With an environment that draws itself as text, where it can."""
    if draws_as_text(player.environment):
        with suppress(RetroGamerError):
            drawing = make_environment(player.config, Vocabulary(), render_mode="ansi")
            return player._replace(environment=drawing)
    return player


def sections_about_play(run: RunDirectory, config: RunConfig, measured: Measured) -> list[Section]:
    sections = [
        Section("How well it plays", _beside_random_play(run, config, measured)),
        Section("Watch it", replay(measured.recordings, note_on_steps(config))),
        Section("How its choice changed", _choices(run, measured)),
    ]
    if isinstance(measured.player.agent, GreedyTable):
        sections.append(Section("The table", the_table(measured.player)))
    return sections


def _beside_random_play(run: RunDirectory, config: RunConfig, measured: Measured) -> str:
    rows, greedy, chance, reward = [], measured.greedy, measured.chance, config.metadata.reward or "reward"
    for name, values, random_values in quantities(reward, config.metadata.score, greedy, chance):
        low, high = bootstrap_interval(values)
        rows.append(
            [name, f"{values.mean():.2f}", f"{low:.2f} to {high:.2f}", f"{values.max():.2f}", f"{values.min():.2f}"]
            + [f"{random_values.mean():.2f}"]
        )
    head = ["", "mean", "95% interval", "best", "worst", "random play"]
    text = verdict(greedy, chance, reward)
    if not is_worth_using(greedy, chance):
        text += f" See what may be wrong:  {command_line('doctor', run)}"
    return paragraph(text, "verdict") + table(Table(f"{GAMES} games each, on the same seeds", head, rows))


def note_on_steps(config: RunConfig) -> str:
    """How the learning step that is worked out differs from what training does."""
    notes = {
        "dqn": "This is the step for one turn as it stands here. Training makes it for a batch of remembered turns at a "
        "time, takes max Q(next) from an older copy of the network, and scales the numbers.",
        "q_learning": "This is what Q-learning would do with this turn now.",
        "sarsa": "SARSA takes Q(next, the key that it presses next) for max Q(next). Without random keys they are the same.",
        "expected_sarsa": "Expected SARSA takes the mean over the keys that it may press. Without random keys "
        "that is max Q(next).",
        "double_q_learning": "Double Q-learning keeps two tables; the values here are their mean.",
    }
    steps = config.training.n_step
    more = f" With n_step = {steps}, it adds up the rewards of {steps} turns before max Q."
    return notes[config.training.algorithm] + (more if steps > 1 and not config.tabular else "")


def _choices(run: RunDirectory, measured: Measured) -> str:
    _, recording = measured.recordings[0]
    turn = decisive_turn(recording)
    rows = []
    for name in spread_checkpoints(run):
        try:
            player = load_player(run, name)
            rows.append((name, player.agent.q_values(_observation_at(player, recording, turn))))
        except RetroGamerError:
            continue
    return choices(turn, recording.actions, rows) + _what_mattered(measured.player, recording, turn)


def choices(turn: int, actions: Sequence[str | None], rows: Sequence[tuple[str, np.ndarray]]) -> str:
    """What checkpoints (name, values) expect of each key at this turn of the first game that is shown."""
    names = [action_shown(action) for action in actions]
    cells = [[name, *(f"{value:.2f}" for value in values), names[int(np.argmax(values))]] for name, values in rows]
    intro = (
        f"Turn {turn} of the best game is where its choice matters most: there the values of the keys differ most. "
        "These are the values that earlier and later checkpoints give to the same moment."
    )
    return paragraph(intro) + table(Table("", ["checkpoint", *names, "it would press"], cells))


def _what_mattered(player: Player, recording: Recording, turn: int) -> str:
    explained = explain_player(player, _observation_at(player, recording, turn))
    if not explained.causes:
        return ""
    rows = [[cause.what, f"{cause.effect:+.2f}"] for cause in explained.causes[:MOST_SHOWN]]
    caption = "What mattered there: by how much its lead over the next best key would be smaller without it"
    return table(Table(caption, ["it saw", "effect"], rows))


def decisive_turn(recording: Recording) -> int:
    """The turn at which the values of the keys differ most."""
    spreads = [max(frame.values) - min(frame.values) for frame in recording.frames if frame.action is not None]
    return int(np.argmax(spreads)) if spreads else 0


def spread_checkpoints(run: RunDirectory) -> list[str]:
    """The names of a few checkpoints, from the first to the last."""
    return spread([path.stem for _, path in run.checkpoints()], CHECKPOINTS_COMPARED)


def _observation_at(player: Player, recording: Recording, turn: int) -> Any:
    """What a policy sees at this turn: the same game again, with the same keys up to there."""
    environment = player.environment
    observation = environment.reset(recording.seed)
    for frame in recording.frames[:turn]:
        assert frame.action is not None
        observation = environment.step(frame.action).observation
    return observation


def the_table(player: Player) -> str:
    assert isinstance(player.agent, GreedyTable)
    agent, actions = player.agent, [action_shown(action) for action in player.environment.labels]
    table_of_means = {state: np.mean([table[state] for table in agent.tables], axis=0) for state in agent.tables[0]}
    rows = sorted(table_of_means.items(), key=lambda item: -max(item[1]))[:MAX_TABLE_ROWS]
    head = ["state", *actions, "it presses", *["turns there"] * bool(agent.visits)]
    cells = [
        [_shown_state(state, player), *(f"{value:.2f}" for value in row), actions[int(np.argmax(row))]]
        + [f"{agent.visits.get(state, 0):,}"] * bool(agent.visits)
        for state, row in rows
    ]
    intro = f"The table has {len(table_of_means):,} states."
    if len(rows) < len(table_of_means):
        intro += f" These {len(rows)} are worth most."
    if agent.visits:
        intro += " The last column tells how many turns it learned from there: few turns, and its values are guesses."
    places = _places(table_of_means, player.environment)
    return paragraph(intro) + _map_of(places, actions) + table(Table("", head, cells))


def _places(values: dict[Any, np.ndarray], environment: Environment) -> dict[tuple[int, int], np.ndarray]:
    """The values by place (x, y), where all states are places: pairs of small whole numbers, or the numbers that an
    environment gives the squares of its map, row after row; else nothing."""
    height, width = _map_size(environment)
    if width and all(type(state) is int for state in values):
        return {(state % width, state // width): row for state, row in values.items() if state < height * width}
    small = all(
        isinstance(state, tuple) and len(state) == 2 and all(type(n) is int and 0 <= n < 60 for n in state)
        for state in values
    )
    return dict(values) if small else {}


def _map_size(environment: Environment) -> tuple[int, int]:
    """(height, width) of the map that a Gymnasium environment says its numbers are squares of; (0, 0) for none."""
    inner = getattr(getattr(environment, "env", None), "unwrapped", None)
    sizes = [getattr(getattr(inner, "desc", None), "shape", None), getattr(inner, "shape", None)]
    count = getattr(getattr(environment, "observation_space", None), "n_values", None)
    for size in sizes:
        if isinstance(size, tuple) and len(size) == 2 and count == size[0] * size[1]:
            return int(size[0]), int(size[1])
    return 0, 0


def _map_of(places: dict[tuple[int, int], np.ndarray], actions: Sequence[str]) -> str:
    """The best key of each place, as on a map; and its value, where there is room for it."""
    if not places:
        return ""
    width, height = (1 + max(place[axis] for place in places) for axis in (0, 1))
    arrows = {"LEFT": "←", "RIGHT": "→", "UP": "↑", "DOWN": "↓", "none": "·"}
    lines, values = [], []
    for y in range(height):
        rows = [places.get((x, y)) for x in range(width)]
        keys = ["" if row is None else actions[int(np.argmax(row))] for row in rows]
        lines.append(" ".join(arrows.get(key, key[:1]) or " " for key in keys))
        values.append(" ".join(" " * 6 if row is None else f"{max(row):6.2f}" for row in rows))
    text = paragraph("As a map, with the key that it presses in each place:") + _boxed(lines)
    if 7 * width <= WIDEST_VALUES:
        text += paragraph("And what it expects from there:") + _boxed(values)
    return text


def _boxed(lines: Sequence[str]) -> str:
    return f'<pre class="seen">{escape(chr(10).join(lines))}</pre>\n'


def _shown_state(state: Any, player: Player) -> str:
    """A state as a person reads it: the cells of a board as its characters, row after row; else as it is."""
    height, width = player.environment.shape.board_shape
    if not isinstance(state, bytes) or not width:
        return str(state)[:60]
    characters = player.environment.characters
    shown = "".join(symbol_shown(number, characters) for number in state[: height * width]).replace(" ", "·")
    return " ".join(shown[row * width : (row + 1) * width] for row in range(height))
