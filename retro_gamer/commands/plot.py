"""`retro-gamer plot`: the curves of a training, in the terminal or as an SVG picture."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Sequence

from retro_gamer.errors import ConfigError, quoted
from retro_gamer.reporting.curves import panels_of, write_events
from retro_gamer.reporting.findings import in_words
from retro_gamer.reporting.svg_chart import draw_svg
from retro_gamer.reporting.text_chart import can_show, draw_panels
from retro_gamer.runs.archive import check_place, write_atomically
from retro_gamer.runs.directory import RunDirectory

WIDEST = 100  # columns: a wider chart shows no more


def plot_runs(runs: Sequence[RunDirectory], svg: str | None = None, tensorboard: str | None = None) -> str:
    """The curves as text, or, with `svg` or `tensorboard`, a sentence about the file or folder they were written to.

    Raises ConfigError for runs that were never trained or are of different games and for a picture that is no .svg,
    OSError for a file that cannot be written.
    """
    if svg is not None and Path(svg).is_dir():
        raise ConfigError(
            f"{svg} is a folder. Name the picture in it, such as  --svg {quoted(str(Path(svg, 'curves.svg')))}"
        )
    if svg is not None and Path(svg).suffix.lower() in (".png", ".pdf", ".jpg", ".jpeg"):
        raise ConfigError(f"{svg}: a picture is written as SVG. Name it {Path(svg).with_suffix('.svg')}")
    if tensorboard is not None:
        write_events(runs, Path(tensorboard))
        return f"Wrote the curves to {tensorboard}. TensorBoard shows them:\n  tensorboard --logdir {quoted(tensorboard)}"
    panels = panels_of(runs)
    if svg is not None:
        check_place(Path(svg))
        text = draw_svg(panels)
        write_atomically(Path(svg), lambda file: file.write(text.encode("utf-8")))
        return f"Drew {in_words([panel.title for panel in panels])} in {svg}. A web browser shows it."
    width = min(WIDEST, shutil.get_terminal_size().columns - 1)
    return "\n".join(draw_panels(panels, width, unicode=can_show(sys.stdout, "⣿│└─")))
