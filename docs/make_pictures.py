"""Makes docs/pictures/ anew:  python docs/make_pictures.py  (needs Chromium for the picture of the report).

It trains the bundled snake for 100,000 turns, draws its curves, one moment of its best game, and its report; and the
bundled forager with a table, which it draws as it fills up. What needs no training is in `drawings.py`.
`made_from.json` says what the pictures show; a test compares it with the files as they are.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from html import escape
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parent
PICTURES = HERE / "pictures"
SHOWN = [
    *(f"reporting/{name}" for name in ("html.py", "report.css", "report.js", "svg_chart.py")),
    "agents/tabular.py",
    "games/forager/__init__.py",
]
CHROMIUM = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --hide-scrollbars"
).split()
CELL_WIDTH, CELL_HEIGHT = 13, 22
COLORS = {"@": "#ff6b5e", "*": "#7bd17b"}  # of snake: the apple, its body; its head is the rest


def made_from() -> dict:
    folder = TOP / "retro_gamer"
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest()[:16] for name in SHOWN}


def main() -> None:
    sys.path[:0] = [str(TOP), str(HERE)]
    pictures_of_snake()
    (PICTURES / "table.svg").write_text(table_filling(), encoding="utf-8")
    (PICTURES / "made_from.json").write_text(json.dumps(made_from(), indent=1) + "\n", encoding="utf-8")


def pictures_of_snake() -> None:
    from retro_gamer.cli import main as retro_gamer
    from retro_gamer.reporting.recording import record_game
    from retro_gamer.runs.directory import RunDirectory
    from retro_gamer.training.player import load_player

    with tempfile.TemporaryDirectory() as folder:
        run = str(Path(folder) / "snake")
        flags = ["--training-turns", "100000", "--evaluate-every", "5000", "--checkpoint-every", "50"]
        assert retro_gamer(["create", "--game", "snake", "--output", run, *flags]) == 0
        assert retro_gamer(["train", run]) == 0
        assert retro_gamer(["plot", run, "--svg", str(PICTURES / "curves.svg")]) == 0
        assert retro_gamer(["report", run]) == 0
        recording = max((record_game(load_player(RunDirectory(run)), seed) for seed in range(5)), key=lambda r: r.total)
        frame = recording.frames[len(recording.frames) * 3 // 4]
        (PICTURES / "game.svg").write_text(draw_board(frame.board), encoding="utf-8")
        take_picture(Path(run) / "report.html", PICTURES / "report.png")


def table_filling() -> str:
    """The forager's table, of the situations with the food in one place, after some games."""
    from drawings import box, picture, text

    from retro_gamer import TrainedPolicy
    from retro_gamer.cli import main as retro_gamer
    from retro_gamer.games.forager import HEIGHT, THORNS, WIDTH, create_game

    food_place, cell = (3, 0), 46
    arrows = {
        "KEY_RIGHT": "\u2192",
        "KEY_UP": "\u2191",
        "KEY_LEFT": "\u2190",
        "KEY_DOWN": "\u2193",
        None: "\u00b7",
    }
    parts = []
    with tempfile.TemporaryDirectory() as folder:
        run = str(Path(folder) / "table")
        assert retro_gamer(["create", "--game", "forager", "--algorithm", "q_learning", "--output", run]) == 0
        assert retro_gamer(["train", run, "--episodes", "2000", "--quiet"]) == 0
        for column, games in enumerate((100, 300, 700, 2000)):
            left, top = 12 + column % 2 * 196, 8 + column // 2 * 226
            parts.append(text(left, top + 18, f"after {games:,} games"))
            ai, game = TrainedPolicy(run, checkpoint=f"ep_{games:04d}"), create_game()
            forager, food, _ = game.agents
            food.position = food_place
            for y in range(HEIGHT):
                for x in range(WIDTH):
                    at_x, at_y = left + x * cell, top + 30 + y * cell
                    if (x, y) in (food_place, THORNS):
                        parts.append(box(at_x, at_y, cell, cell, "#f3f4f6", "#fff"))
                        letter, color = ("o", "#15803d") if (x, y) == food_place else ("x", "#dc2626")
                        parts.append(text(at_x + cell / 2, at_y + 29, letter, 20, "middle", color))
                        continue
                    forager.position = (x, y)
                    values = ai.q_values(game)
                    key = max(values, key=lambda key: values[key])
                    value = round(values[key], 2) + 0.0
                    depth = min(max(value, 0) / 6, 1)
                    parts.append(box(at_x, at_y, cell, cell, f"rgba(37,99,235,{0.04 + 0.5 * depth:.2f})", "#fff"))
                    parts.append(text(at_x + cell / 2, at_y + 18, arrows[key] if value > 0 else "", 15, "middle"))
                    parts.append(text(at_x + cell / 2, at_y + 36, f"{value:.2f}", 12, "middle"))
    return picture(404, 456, "The largest value of each cell, and its key, after 100, 300, 700 and 2,000 games", parts)


def draw_board(rows: list) -> str:
    """The board of one moment, as a terminal shows it."""
    width, height = CELL_WIDTH * len(rows[0]) + 16, CELL_HEIGHT * len(rows) + 16
    cells = [
        f'<text x="{8 + CELL_WIDTH * x}" y="{24 + CELL_HEIGHT * y}" fill="{COLORS.get(character, "#ffe27a")}">'
        f"{escape(character)}</text>"
        for y, row in enumerate(rows)
        for x, character in enumerate(row)
        if character != " "
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'role="img" aria-label="A trained snake, about to eat"><style>text { font: 18px monospace; font-weight: 700 }'
        f'</style><rect width="{width}" height="{height}" rx="6" fill="#0c0c0c"/>{"".join(cells)}</svg>\n'
    )


def take_picture(page: Path, picture: Path) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        print("There is no Chromium: the picture of the report stays as it is.")
        return
    with tempfile.TemporaryDirectory() as folder:
        # The page scrolled to the replay: a copy that shows only this section.
        text = page.read_text(encoding="utf-8").replace(
            "</style>", "section:not(:has(#board)) { display: none } h1 { display: none }</style>"
        )
        copy = Path(folder) / "page.html"
        copy.write_text(text, encoding="utf-8")
        subprocess.run(
            [
                chromium,
                *CHROMIUM,
                f"--user-data-dir={folder}/profile",
                "--window-size=1000,860",
                f"--screenshot={picture}",
                copy.as_uri(),
            ],
            check=True,
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            timeout=120,
        )


if __name__ == "__main__":
    main()
