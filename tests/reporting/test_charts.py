"""Curves of a training: read from metrics.csv, drawn as text and as SVG, and `plot`."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree
from types import SimpleNamespace

import numpy as np
import pytest
from small_runs import make_run

from retro_gamer.cli import main
from retro_gamer.errors import ConfigError
from retro_gamer.reporting.curves import Curve, Panel, panels_of, read_curve, spread_of
from retro_gamer.reporting.svg_chart import draw_svg, ticks
from retro_gamer.reporting.text_chart import draw_panel, short_number

ROWS = [
    {"episode": 10, "turns": 100, "mean_return": -1.0, "mean_length": 10.0, "epsilon": 0.9},
    {"episode": 20, "turns": 300, "mean_return": 4.0, "mean_length": 20.0, "epsilon": 0.5, "loss": 0.25},
    {"episode": 30, "turns": 700, "mean_return": 9.0, "mean_length": 40.0, "epsilon": 0.1, "loss": 0.5},
]


def trained(path, rows=ROWS, **settings):
    run = make_run(path, **settings)
    for row in rows:
        run.add_metrics({**dict.fromkeys(("seconds", "learning_rate", "eval_return", "loss")), **row})
    return run


def curve(y, x=None, name="one"):
    y = np.asarray(y, float)
    return Curve(name, np.arange(1.0, 1 + len(y)) if x is None else np.asarray(x, float), y, y, y)


def test_a_column_is_read_against_turns_and_rows_without_it_are_left_out(tmp_path):
    loss = read_curve(trained(tmp_path / "run"), "loss", "run")
    assert loss.x.tolist() == [300, 700] and loss.y.tolist() == [0.25, 0.5]


def test_only_what_was_measured_gets_a_panel(tmp_path):
    titles = [panel.title for panel in panels_of([trained(tmp_path / "run")])]
    assert titles == ["training reward", "game length", "loss", "exploration"]


def test_seeds_become_one_curve_with_its_spread(tmp_path):
    higher = [{**row, "mean_return": row["mean_return"] + 2} for row in ROWS]
    runs = [trained(tmp_path / "a", seed=1), trained(tmp_path / "b", higher, seed=2)]
    (together,) = panels_of(runs)[0].curves
    assert together.y.tolist() == [0, 5, 10]
    assert together.low.tolist() == [-1, 4, 9] and together.high.tolist() == [1, 6, 11]
    assert "1 more" in together.name


def test_other_settings_stay_curves_of_their_own(tmp_path):
    runs = [trained(tmp_path / "a"), trained(tmp_path / "b", gamma=0.5)]
    assert [c.name for c in panels_of(runs)[0].curves] == [str(runs[0]), str(runs[1])]


def test_the_spread_covers_the_turns_that_all_have():
    both = spread_of([curve([0, 2], [0, 10]), curve([1, 5], [5, 9])], "both")
    assert both.x.tolist() == [5, 9] and both.low.tolist() == [1, 1.8] and both.high.tolist() == [1, 5]


@pytest.mark.parametrize("width", [24, 60, 100, 160])
@pytest.mark.parametrize("unicode", [True, False])
def test_a_text_chart_keeps_to_its_width_and_its_encoding(width, unicode):
    panel = Panel("reward", "what a game gives " * 5, [curve(np.sin(np.arange(300) / 9))])
    lines = draw_panel(panel, width, unicode=unicode)
    assert max(map(len, lines)) <= width
    assert unicode or "\n".join(lines).isascii()


def test_a_text_chart_shows_a_rise():
    """Lower left to upper right; the numbers beside it are the lowest and the highest value."""
    lines = draw_panel(Panel("reward", "", [curve([0, 10, 20, 30])]), 50, 4, unicode=False)
    marks = [(line.find("*"), row) for row, line in enumerate(lines) if "*" in line]
    assert marks == sorted(marks, key=lambda mark: -mark[0])  # the higher, the further to the right
    assert lines[1].split()[0] == "30" and lines[4].split()[0] == "0"


def test_several_curves_are_told_apart_without_colour():
    panel = Panel("reward", "", [curve([0, 1], name="first"), curve([1, 0], name="second")])
    text = "\n".join(draw_panel(panel, 60, 6))
    assert "a first" in text and "b second" in text


@pytest.mark.parametrize("y", [[3.0], [3.0, 3.0], [0.0, 0.0], [-1e30, 1e30], [1e-9, 2e-9]])
def test_flat_single_and_huge_curves_are_drawn(y):
    panel = Panel("reward", "meaning", [curve(y)])
    assert draw_panel(panel, 40)
    ElementTree.fromstring(draw_svg([panel]))


@pytest.mark.parametrize(
    "number, text",
    [
        (0, "0"),
        (450, "450"),
        (3.14159, "3.14"),
        (12345, "12.3k"),
        (999999, "1M"),
        (1.4e6, "1.4M"),
        (-2, "-2"),
    ],
)
def test_numbers_beside_a_chart_are_short(number, text):
    assert short_number(number) == text


@pytest.mark.parametrize("low, high", [(0, 1), (-3, 17), (0, 400000), (0.001, 0.002)])
def test_ticks_are_round_and_inside(low, high):
    found = ticks(low, high)
    assert 2 <= len(found) <= 6 and all(low - 1e-12 <= tick <= high + 1e-12 for tick in found)


def test_an_svg_is_well_formed_and_escapes_names(tmp_path):
    curves = [curve([0, 1], name="<a> & b"), curve([1, 2], name="c")]
    root = ElementTree.fromstring(draw_svg([Panel("reward", "x < y", curves)]))
    assert any(element.text == "<a> & b" for element in root.iter())


def test_plot_in_the_terminal_and_as_a_picture(tmp_path, capsys):
    run = trained(tmp_path / "run")
    assert main(["plot", str(run)]) == 0
    assert "training reward" in capsys.readouterr().out
    assert main(["plot", str(run), "--svg", str(tmp_path / "a.svg")]) == 0
    ElementTree.parse(str(tmp_path / "a.svg"))


def test_bad_input_gets_a_readable_paragraph(tmp_path, capsys):
    untrained = make_run(tmp_path / "new")
    with pytest.raises(ConfigError, match="nothing to draw.*new(.|\n)*retro-gamer train"):
        panels_of([untrained])
    with pytest.raises(ConfigError, match="different games"):
        panels_of([trained(tmp_path / "a"), trained(tmp_path / "b", game="catch")])
    assert main(["plot", str(tmp_path / "missing")]) == 1
    assert main(["plot", str(trained(tmp_path / "c")), "--svg", str(tmp_path / "no" / "folder" / "x.svg")]) == 1
    error = capsys.readouterr().err
    assert "Traceback" not in error and "there is no folder" in error
    assert main(["plot", str(tmp_path / "c"), "--svg", str(tmp_path)]) == 2
    assert "is a folder. Name the picture in it" in capsys.readouterr().err


class Writer:
    """What tensorboardX offers: notes what it is given."""

    written = []

    def __init__(self, folder, purge_step):
        assert purge_step == 0  # what was there before is replaced
        self.folder = folder

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.written.append((self.folder, "closed"))

    def add_scalar(self, name, value, step):
        self.written.append((self.folder, name, value, step))


def test_event_files_for_tensorboard(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tensorboardX", SimpleNamespace(SummaryWriter=Writer))
    monkeypatch.setattr(Writer, "written", [])
    runs = [str(trained(tmp_path / place / "run").path) for place in ("a", "b")]
    events = tmp_path / "my events"
    assert main(["plot", *runs, "--tensorboard", str(events)]) == 0
    assert "tensorboard --logdir" in capsys.readouterr().out
    for name in ("a_run", "b_run"):
        mine = [rest for folder, *rest in Writer.written if folder == str(events / name)]
        assert mine[:2] == [["training_reward", -1.0, 100], ["training_reward", 4.0, 300]]
        assert ["loss", 0.5, 700] in mine and mine[-1] == ["closed"]


def test_each_run_has_a_folder_of_its_own_for_tensorboard(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", SimpleNamespace(SummaryWriter=Writer))
    monkeypatch.setattr(Writer, "written", [])
    runs = [str(trained(tmp_path / place / "seed_1" / "run").path) for place in ("a", "b")]
    assert main(["plot", *runs, runs[0], "--tensorboard", str(tmp_path)]) == 0
    assert {folder for folder, *_ in Writer.written} == {str(tmp_path / f"{place}_seed_1_run") for place in ("a", "b")}


def test_without_tensorboardx_it_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    assert main(["plot", str(trained(tmp_path / "run").path), "--tensorboard", str(tmp_path / "x")]) == 2
    assert "pip install tensorboardX" in capsys.readouterr().err and not (tmp_path / "x").exists()
