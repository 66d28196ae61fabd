"""`retro-gamer report`: one HTML file that shows what was trained, how well it plays, and why it does what it does."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from retro_gamer.agents.greedy import GreedyTable
from retro_gamer.commands.evaluate_teams import evaluate_teams
from retro_gamer.config.run_config import RunConfig
from retro_gamer.errors import ConfigError, RetroGamerError, command_line
from retro_gamer.hosting.supervision import supervised
from retro_gamer.reporting.counting import Counting
from retro_gamer.reporting.curves import panels_of
from retro_gamer.reporting.explanation import MOST_SHOWN, explain_choice
from retro_gamer.reporting.html import Section, Table, games_data, page, paragraph, replay, table
from retro_gamer.reporting.network_picture import draw_network
from retro_gamer.reporting.recording import Recording, record_game
from retro_gamer.reporting.sight import inputs_in_words, symbol_shown
from retro_gamer.reporting.svg_chart import draw_svg
from retro_gamer.runs.archive import write_atomically
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training.evaluation import Evaluation, bootstrap_interval, evaluate, random_play
from retro_gamer.training.player import Player, load_player

GAMES, TEAM_GAMES = 30, 20
CHECKPOINTS_COMPARED = 5
MAX_TABLE_ROWS = 40
FILE_NAME = "report.html"


class Measured(NamedTuple):
    """A policy, and its games beside random play."""

    player: Player
    greedy: Evaluation
    chance: Evaluation
    recordings: List[Tuple[str, Recording]]  # the best, a middling and the worst game


def write_report(
    run: RunDirectory, output: Optional[str] = None, checkpoint: Optional[str] = None, quiet: bool = False
) -> str:
    """Make the report of a run; returns a sentence about where it is.

    What cannot be found out any more, since the game is gone or changed, is left out with the reason. Raises
    RunNotFoundError for a folder that is not a run, and OSError for a file that cannot be written.
    """
    config = run.load_config()
    path = Path(output) if output is not None else run.path / FILE_NAME
    measured, why_not = None, ""
    if not config.teams:
        try:
            with supervised():
                measured = measure(run, checkpoint, quiet)
        except RetroGamerError as error:
            why_not = str(error)
    sections = [_what_was_trained(run, config, measured), *_curves(run, measured)]
    if config.teams:
        sections += _teams(run, checkpoint, quiet)
    elif measured is None:
        sections.append(
            Section("How well it plays", paragraph(f"No game could be played for this report. {why_not}"))
        )
    else:
        sections += _about_play(run, config, measured)
    sections.append(_words())
    games = _games(config, measured)
    text = page(f"A report on {run.path.name}", sections, games)
    write_atomically(path, lambda file: file.write(text.encode("utf-8")))
    return f"Wrote {path}. Open it in a web browser; it needs no network."


def measure(run: RunDirectory, checkpoint: Optional[str], quiet: bool) -> Measured:
    """Greedy and random games, and three greedy ones written down turn by turn."""
    player = load_player(run, checkpoint)
    with Counting("measuring greedy games:", GAMES, quiet=quiet) as count:
        greedy = evaluate(player.environment, player.agent, GAMES, seed=0, on_game=count, on_turn=count.turn)
    with Counting("measuring random games:", GAMES, quiet=quiet) as count:
        chance = random_play(player.environment, GAMES, seed=0, on_game=count, on_turn=count.turn)
    order = np.argsort(greedy.returns, kind="stable")
    chosen = {
        "the best game": order[-1],
        "a middling game": order[len(order) // 2],
        "the worst game": order[0],
    }
    with Counting("writing down game", len(chosen), quiet=quiet) as count:
        recordings = []
        for number, (name, seed) in enumerate(chosen.items()):
            count(number + 1)
            recordings.append((name, record_game(player, int(seed))))
    return Measured(player, greedy, chance, recordings)


def _games(config: RunConfig, measured: Optional[Measured]) -> Dict[str, Any]:
    if measured is None:
        return {"actions": [], "gamma": 1.0, "alpha": None, "games": []}
    alpha = config.training.learning_rate if config.tabular else None
    return games_data(
        [recording for _, recording in measured.recordings],
        measured.player.environment.actions,
        config.training.gamma,
        alpha,
    )


def _what_was_trained(run: RunDirectory, config: RunConfig, measured: Optional[Measured]) -> Section:
    seen, metadata = config.preprocessing, config.metadata
    inputs = inputs_in_words(seen, metadata.observation_function, bool(config.game.environment_name))
    rows = [
        ["game", config.game.environment_name or config.game.factory or config.game.module],
        ["learns by", config.training.algorithm],
        ["sees", ", ".join(inputs)],
    ]
    if config.teams:
        rows += [[f"team {team.name}", f"makes {team.reward} grow"] for team in config.teams]
    elif not config.game.environment_name:
        rows += [["keys", ", ".join(metadata.actions)], ["reward", f"the growth of {metadata.reward}"]]
    last = run.read_metrics()[-1:] if not config.teams else []
    for row in last:
        rows.append(["trained", f"{row['episode']:,.0f} games, {row['turns']:,.0f} turns"])
    if measured is not None:
        rows.append(["policy shown here", measured.player.name])
    html = table(Table("", [], rows))
    if not config.tabular:
        layers = [(f"layer {i + 1}", f"{size} neurons") for i, size in enumerate(config.model.hidden_sizes)]
        if seen.spatial:
            layers.insert(0, ("convolution", "looks at small squares"))
        actions = measured.player.environment.actions if measured is not None else [*metadata.actions, None]
        names = [(action or "none").replace("KEY_", "") for action in actions]
        html += (
            f"<figure>{draw_network(inputs, layers, names)}<figcaption>The network.</figcaption></figure>\n"
        )
    return Section("What was trained", html)


def _curves(run: RunDirectory, measured: Optional[Measured]) -> List[Section]:
    try:
        panels = panels_of([run])
    except ConfigError:
        return [Section("How it learned", paragraph("There are no notes of a training in metrics.csv yet."))]
    if measured is not None:
        chance = measured.chance.mean
        panels = [panel.beside(chance) if "reward" in panel.title else panel for panel in panels]
    return [Section("How it learned", f"<figure>{draw_svg(panels)}</figure>\n")]


def _about_play(run: RunDirectory, config: RunConfig, measured: Measured) -> List[Section]:
    sections = [
        Section("How well it plays", _beside_random_play(config, measured)),
        Section("Watch it", replay(measured.recordings, _note_on_steps(config))),
        Section("How its choice changed", _choices(run, measured)),
    ]
    if isinstance(measured.player.agent, GreedyTable):
        sections.append(Section("The table", _the_table(measured.player)))
    return sections


def _beside_random_play(config: RunConfig, measured: Measured) -> str:
    rows = []
    quantities = [(config.metadata.reward or "reward", measured.greedy.returns, measured.chance.returns)]
    if measured.greedy.scores is not None and measured.chance.scores is not None:
        quantities.append((config.metadata.score, measured.greedy.scores, measured.chance.scores))
    quantities.append(("turns", measured.greedy.turns, measured.chance.turns))
    for name, values, chance in quantities:
        low, high = bootstrap_interval(values)
        rows.append(
            [
                name,
                f"{values.mean():.2f}",
                f"{low:.2f} to {high:.2f}",
                f"{values.max():.2f}",
                f"{values.min():.2f}",
            ]
            + [f"{chance.mean():.2f}"]
        )
    head = ["", "mean", "95% interval", "best", "worst", "random play"]
    difference = measured.greedy.returns - measured.chance.returns
    low, high = bootstrap_interval(difference)
    verdict = (
        f"It plays better than random play: by {difference.mean():.2f} a game (95% interval {low:.2f} to {high:.2f})."
        if low > 0
        else f"It plays worse than random play: by {-difference.mean():.2f} a game. See what went wrong:  retro-gamer doctor"
        if high < 0
        else "It plays no better than random play, as far as these games tell."
    )
    return paragraph(verdict, "verdict") + table(Table(f"{GAMES} games each, on the same seeds", head, rows))


def _note_on_steps(config: RunConfig) -> str:
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
    more = (
        f" With n_step = {steps}, it adds up the rewards of {steps} turns before max Q."
        if config.training.n_step > 1
        else ""
    )
    return notes[config.training.algorithm] + (more if not config.tabular else "")


def _choices(run: RunDirectory, measured: Measured) -> str:
    """The values of all keys at one moment of the best game, by checkpoints from early to late."""
    _, recording = measured.recordings[0]
    turn = _decisive_turn(recording)
    actions = [(action or "none").replace("KEY_", "") for action in measured.player.environment.actions]
    rows = []
    for name in _spread_checkpoints(run):
        try:
            values = _values_at(load_player(run, name), recording, turn)
        except RetroGamerError:
            continue
        best = int(np.argmax(values))
        rows.append([name, *(f"{value:.2f}" for value in values), actions[best]])
    intro = (
        f"Turn {turn} of the best game is where its choice matters most: there the values of the keys differ most. "
        "These are the values that earlier and later checkpoints give to the same moment."
    )
    return (
        paragraph(intro)
        + table(Table("", ["checkpoint", *actions, "it would press"], rows))
        + _what_mattered(measured.player, recording, turn)
    )


def _what_mattered(player: Player, recording: Recording, turn: int) -> str:
    """Why the newest policy chooses as it does there."""
    environment = player.environment
    shape = environment.shape.board_shape
    observation = _observation_at(player, recording, turn)
    explained = explain_choice(player.agent, observation, environment.actions, environment.characters, shape)
    if not explained.causes:
        return ""
    rows = [[cause.what, f"{cause.effect:+.2f}"] for cause in explained.causes[:MOST_SHOWN]]
    caption = "What mattered there: by how much its lead over the next best key would be smaller without it"
    return table(Table(caption, ["it saw", "effect"], rows))


def _decisive_turn(recording: Recording) -> int:
    spreads = [
        max(frame.values) - min(frame.values) for frame in recording.frames if frame.action is not None
    ]
    return int(np.argmax(spreads)) if spreads else 0


def _spread_checkpoints(run: RunDirectory) -> List[str]:
    names = [path.stem for _, path in run.checkpoints()]
    if not names:
        return []
    places = np.linspace(0, len(names) - 1, CHECKPOINTS_COMPARED).round().astype(int)
    return [names[place] for place in np.unique(places)]


def _values_at(player: Player, recording: Recording, turn: int) -> Sequence[float]:
    """What another checkpoint expects at this turn: the same game again, with the same keys up to there."""
    return [float(value) for value in player.agent.q_values(_observation_at(player, recording, turn))]


def _observation_at(player: Player, recording: Recording, turn: int) -> Any:
    environment = player.environment
    observation = environment.reset(recording.seed)
    for frame in recording.frames[:turn]:
        assert frame.action is not None
        observation = environment.step(frame.action).observation
    return observation


def _the_table(player: Player) -> str:
    """The states with the largest values; those that are places on a map, as a map."""
    assert isinstance(player.agent, GreedyTable)
    agent, actions = (
        player.agent,
        [(action or "none").replace("KEY_", "") for action in player.environment.actions],
    )
    rows = sorted(agent.tables[0].items(), key=lambda item: -max(item[1]))[:MAX_TABLE_ROWS]
    head = ["state", *actions, "it presses"]
    cells = [
        [_shown_state(state, player), *(f"{value:.2f}" for value in row), actions[int(np.argmax(row))]]
        for state, row in rows
    ]
    intro = f"The table has {len(agent.tables[0]):,} states. These {len(rows)} are worth most."
    return paragraph(intro) + _map_of(agent, actions) + table(Table("", head, cells))


def _map_of(agent: GreedyTable, actions: Sequence[str]) -> str:
    """Where all states are pairs of small whole numbers: the best key of each place, as on a map."""
    places = [state for state in agent.tables[0] if isinstance(state, tuple) and len(state) == 2]
    if (
        not places
        or len(places) < len(agent.tables[0])
        or not all(type(n) is int and 0 <= n < 60 for s in places for n in s)
    ):
        return ""
    arrows = {"LEFT": "←", "RIGHT": "→", "UP": "↑", "DOWN": "↓", "none": "·"}
    lines = []
    for y in range(max(y for _, y in places) + 1):
        line = ""
        for x in range(max(x for x, _ in places) + 1):
            row = agent.tables[0].get((x, y))
            key = actions[int(np.argmax(row))] if row is not None else ""
            line += arrows.get(key, key[:1]) if key else " "
        lines.append(line)
    return (
        paragraph("As a map, with the key that it presses in each place:")
        + '<pre class="seen">'
        + "\n".join(lines)
        + "</pre>\n"
    )


def _shown_state(state: Any, player: Player) -> str:
    """A state as a person reads it: the cells of a board as its characters, row after row; else as it is."""
    height, width = player.environment.shape.board_shape
    if not isinstance(state, bytes) or not width:
        return str(state)[:60]
    characters = player.environment.characters
    shown = "".join(symbol_shown(number, characters) for number in state[: height * width]).replace(" ", "·")
    return " ".join(shown[row * width : (row + 1) * width] for row in range(height))


def _teams(run: RunDirectory, checkpoint: Optional[str], quiet: bool) -> List[Section]:
    try:
        with supervised():
            text = evaluate_teams(run, checkpoint, TEAM_GAMES, seed=0, as_json=False, quiet=quiet)
    except RetroGamerError as error:
        return [Section("Who beats whom", paragraph(f"No game could be played for this report. {error}"))]
    more = paragraph(
        f"Snapshots of the whole training against each other:  {command_line('tournament', run)}"
    )
    return [Section("Who beats whom", f'<pre class="seen">{text}</pre>\n{more}')]


def _words() -> Section:
    words = [
        ("reward", "what a turn brought; the agent learns to make their sum large"),
        ("value, Q", "what it expects of a key: the rewards from here on, later ones counting less"),
        ("greedy", "always pressing the key with the largest value, without random keys"),
        ("gamma", "how much the next turn counts beside this one; 0.99 looks about a hundred turns ahead"),
        ("TD error", "by how much a turn surprised it"),
    ]
    return Section("Words", table(Table("", [], [[word, meaning] for word, meaning in words])))
