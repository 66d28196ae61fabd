"""`retro-gamer report`: one HTML file that shows what was trained, how well it plays, and why it does what it does."""

from __future__ import annotations

from html import escape
from pathlib import Path

from retro_gamer.commands.report_play import Measured, measure, sections_about_play
from retro_gamer.commands.report_teams import MeasuredTeams, measure_teams, sections_about_teams
from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.teams import config_of_policy, policy_names
from retro_gamer.environment.game import actions_of
from retro_gamer.environment.planes import sees_planes
from retro_gamer.errors import ConfigError, RetroGamerError
from retro_gamer.hosting.supervision import supervised
from retro_gamer.reporting.curves import panels_of, trained
from retro_gamer.reporting.html import Section, Table, games_data, page, paragraph, table
from retro_gamer.reporting.sight import action_shown, inputs_in_words, key_shown
from retro_gamer.reporting.svg_chart import draw_network, draw_svg
from retro_gamer.runs.archive import check_place, write_atomically
from retro_gamer.runs.directory import RunDirectory

FILE_NAME = "report.html"


def write_report(run: RunDirectory, output: str | None = None, checkpoint: str | None = None, quiet: bool = False) -> str:
    """Make the report of a run; returns a sentence about where it is.

    What cannot be found out any more, since the game is gone or changed, is left out with the reason. Raises
    RunNotFoundError for a folder that is not a run, and RetroGamerError for a file that cannot be written.
    """
    config = run.load_config()
    path = Path(output) if output is not None else run.path / FILE_NAME
    path = path / FILE_NAME if path.is_dir() else path
    check_place(path)  # before all the games are played
    measured: Measured | MeasuredTeams | None = None
    why_not = ""
    with supervised():  # games are played for several sections
        try:
            measured = measure_teams(run, checkpoint, quiet) if config.teams else measure(run, checkpoint, quiet)
        except RetroGamerError as error:
            why_not = str(error)
        sections = [_what_was_trained(run, config, measured), *_curves(run, measured)]
        if isinstance(measured, Measured):
            sections += sections_about_play(run, config, measured)
        elif isinstance(measured, MeasuredTeams):
            sections += sections_about_teams(run, config, measured)
        else:
            text = f"No game could be played for this report. {why_not}"
            sections.append(Section("How well it plays", paragraph(text)))
        sections.append(_words(config))
    recordings = [] if measured is None else [recording for _, recording in measured.recordings]
    alpha = config.training.learning_rate if config.tabular else None
    text = page(f"A report on {run.path.name}", sections, games_data(recordings, config.training.gamma, alpha))
    write_atomically(path, lambda file: file.write(text.encode("utf-8")))
    return f"Wrote {path}. Open it in a web browser; it needs no network."


def _what_was_trained(run: RunDirectory, config: RunConfig, measured: Measured | MeasuredTeams | None) -> Section:
    seen, metadata = config.preprocessing, config.metadata
    planes = sees_planes(config)
    of_numbers = bool(config.game.environment_name and not planes)
    inputs = inputs_in_words(seen, metadata.observation_function, of_numbers)
    rows = [
        ["game", config.game.shown],
        ["learns by", config.training.algorithm],
        ["sees", ", ".join(inputs)],
    ]
    if planes:
        rows.append(["characters", "A is the first plane of its pictures, B the second, and so on"])
    if config.teams:
        rows += [[f"team {team.name}", f"makes {team.reward} grow"] for team in config.teams]
    elif not config.game.environment_name:
        rows += [["keys", ", ".join(map(key_shown, metadata.actions))], ["reward", f"the growth of {metadata.reward}"]]
    how_long = "" if config.teams else trained(run.read_metrics())
    if isinstance(measured, Measured):
        rows.append(["policy shown here", measured.player.name])
        how_long = trained([measured.player.facts])
    rows += [["trained", how_long]] * bool(how_long)
    html = table(Table("", [], rows))
    if not config.tabular:
        layers = [(f"layer {i + 1}", f"{size} neurons") for i, size in enumerate(config.model.hidden_sizes)]
        if seen.spatial:
            layers.insert(0, ("convolution", "looks at small squares"))
        if isinstance(measured, Measured):
            actions = measured.player.environment.labels
        else:
            own = config_of_policy(config, policy_names(config)[0]) if config.teams else config
            actions = actions_of(own.metadata)
        names = [action_shown(action) for action in actions]
        several = len(policy_names(config)) > 1 if config.teams else False
        caption = f"The network of {config.teams[0].name}; each team has its own." if several else "The network."
        picture = draw_network(inputs, layers, names)
        html += f"<figure>{picture}<figcaption>{escape(caption)}</figcaption></figure>\n"
    return Section("What was trained", html)


def _curves(run: RunDirectory, measured: Measured | MeasuredTeams | None) -> list[Section]:
    try:
        panels = panels_of([run])
    except ConfigError:
        return [Section("How it learned", paragraph("There are no notes of a training in metrics.csv yet."))]
    if isinstance(measured, Measured):
        chance = measured.chance.mean
        panels = [panel.beside(chance) if "reward" in panel.title else panel for panel in panels]
    return [Section("How it learned", f"<figure>{draw_svg(panels)}</figure>\n")]


def _words(config: RunConfig) -> Section:
    words = [
        ("reward", "what a turn brought; the agent learns to make their sum large"),
        ("value, Q", "what it expects of a key: the rewards from here on, later ones counting less"),
        ("greedy", "always pressing the key with the largest value, without random keys"),
        ("gamma", f"how much the next turn counts beside this one; {_looks_ahead(config.training.gamma)}"),
        ("TD error", "by how much a turn surprised it"),
    ]
    return Section("Words", table(Table("", [], [[word, meaning] for word, meaning in words])))


def _looks_ahead(gamma: float) -> str:
    if gamma >= 1.0:
        return "1 looks to the end of the game"
    return f"{gamma:g} looks about {max(1, round(1 / (1 - gamma)))} turns ahead"
