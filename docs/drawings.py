"""Draws what needs no training:  python docs/drawings.py  A test compares the files with what this draws.

`pictures/house.svg` is the layout of the package, `pictures/sees.svg` what an agent sees, and the plots in `results/` show
the tables in `results/*.csv`.
"""

import csv
import sys
from html import escape
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
BLUE, GREY, PALE, RED = "#2563eb", "#6b7280", "#dbeafe", "#dc2626"
FONT = "system-ui, sans-serif"


def text(x, y, words, size=14, anchor="start", color="#111", more="") -> str:
    where = f'x="{x}" y="{y}" text-anchor="{anchor}"'
    return f'<text {where} font-size="{size}" fill="{color}" {more}>{escape(str(words))}</text>'


def box(x, y, width, height, fill, line="none", corner=0) -> str:
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{corner}" fill="{fill}" stroke="{line}"/>'


def picture(width, height, label, parts) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{escape(label)}" font-family="{FONT}">'
        + "\n".join([box(0, 0, width, height, "#fff"), *parts])
        + "</svg>\n"
    )


# The layout of the package: rows from top to bottom; a folder imports from those below it.
HOUSE = [
    [("commands", "what does each command do?")],
    [("policy", "how does a policy act in a game?"), ("original", "what is here for users of the original?")],
    [("reporting", "how is learning shown?"), ("selfplay", "how do teams make each other better?")],
    [("training", "how does one agent learn a game?"), ("runs", "what do a run's files say?")],
    [("discovery", "what can be found out about a game?"), ("agents", "how does each algorithm learn?")],
    [("environment", "how does a game become numbers?"), ("hosting", "how is somebody else's code run?")],
    [("config", "what can be set?"), ("games", "the rules of a turn; bundled games")],
    [("replay", "what is remembered?"), ("nn", "networks: forward and backward")],
]


def house() -> str:
    parts = [text(20, 28, "retro_gamer/", 16, more='font-weight="bold"')]
    for row, rooms in enumerate(HOUSE):
        width = (660 - 10 * (len(rooms) - 1)) / len(rooms)
        for column, (name, question) in enumerate(rooms):
            x, y = 20 + column * (width + 10), 44 + row * 60
            parts += [
                box(x, y, width, 50, PALE, BLUE, 6),
                text(x + 12, y + 21, name + "/", 15, more='font-weight="bold" font-family="monospace"'),
                text(x + 12, y + 40, question, 13, color="#374151"),
            ]
    parts += [
        '<path d="M704 60 V500 m-6 -10 l6 12 l6 -12" fill="none" stroke="#6b7280" stroke-width="2"/>',
        text(716, 270, "imports", 13, color=GREY),
        text(716, 288, "point down", 13, color=GREY),
    ]
    return picture(800, 540, "The folders of the package, from commands at the top to nn at the bottom", parts)


# What an agent sees: a board, the window around its ship, and the radar.
BOARD = [
    "..............*.",
    "................",
    "................",
    "......*.........",
    "................",
    ".......o........",
    "........A.......",
    "................",
]
CELL, SHIP, RADIUS = 22, (8, 6), 3
COLORS = {"*": "#ca8a04", "o": RED, "A": "#15803d"}


def sees() -> str:
    ship_x, ship_y = SHIP
    parts = [text(20, 26, "the board, and the window of radius 3"), text(420, 26, "what the agent is given")]
    for y, row in enumerate(BOARD):
        for x, character in enumerate(row):
            seen = abs(x - ship_x) <= RADIUS and abs(y - ship_y) <= RADIUS
            parts.append(_cell(20 + x * CELL, 40 + y * CELL, character, PALE if seen else "#f3f4f6"))
    for dy in range(-RADIUS, RADIUS + 1):
        for dx in range(-RADIUS, RADIUS + 1):
            x, y = ship_x + dx, ship_y + dy
            inside = 0 <= x < len(BOARD[0]) and 0 <= y < len(BOARD)
            parts.append(
                _cell(
                    420 + (dx + RADIUS) * CELL,
                    40 + (dy + RADIUS) * CELL,
                    BOARD[y][x] if inside else "",
                    PALE if inside else "#9ca3af",
                )
            )
    parts += [
        text(420, 216, "grey: beyond the edge of the board", 12, color=GREY),
        text(600, 60, "and by radar", 14),
        text(600, 84, "*  the nearest one:", 13, more='font-family="monospace"'),
        text(624, 102, "2 to 3 to the left", 13),
        text(624, 120, "2 to 3 above", 13),
        text(600, 146, "o  the nearest one:", 13, more='font-family="monospace"'),
        text(624, 164, "1 to the left", 13),
        text(624, 182, "1 above", 13),
    ]
    return picture(800, 234, "A board, the window around the ship, and what the radar says", parts)


def _cell(x, y, character, fill) -> str:
    letter = ""
    if character not in ("", "."):
        color = COLORS.get(character, "#111")
        letter = text(x + CELL / 2, y + 16, character, 16, "middle", color, 'font-weight="bold"')
    return box(x, y, CELL, CELL, fill, "#fff") + letter


# Plots of the tables in results/.


def rows_of(name):
    with open(RESULTS / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def number(cell) -> float:
    return float(cell.replace(",", "").split()[0])


def times(cell) -> float:
    """Of a ratio: how many times as fast, or as small."""
    return number(cell[2:] if cell.startswith("1/") else cell)


def defaults() -> str:
    """Each training as a point with its interval, as a share of the best one of its game (0: random play)."""
    by_game = {}
    for row in rows_of("defaults.csv"):
        by_game.setdefault(row["game"], []).append(row)
    parts = [text(20, 28, "Reward after a default training: one point a seed, 95% intervals", 15)]
    parts += [text(20, 46, "from random play (left) to the best training of the game (right)", 12, color=GREY)]
    left, width = 330, 380
    for line, (game, rows) in enumerate(by_game.items()):
        y = 76 + line * 40
        random, best = number(rows[0]["random"]), max(number(row["newest"]) for row in rows)
        parts += [text(left - 12, y + 5, game.split("/")[-1], 12, "end"), box(left, y, width, 1, "#d1d5db")]
        for at, value in ((left, random), (left + width, best)):
            parts.append(text(at, y + 22, f"{value:g}", 10, "middle", GREY))

        def place(cell, low=random, high=best):
            share = (number(cell) - low) / (high - low)
            return left + width * min(max(share, -0.02), 1.1)  # an interval may leave the picture

        for index, row in enumerate(rows):
            at, high = place(row["newest"]), y - 4 * (len(rows) - 1) / 2 + 4 * index
            if row["newest_low"]:
                start, end = place(row["newest_low"]), place(row["newest_high"])
                parts.append(f'<path d="M{start:.1f} {high} H{end:.1f}" stroke="{BLUE}" stroke-width="1.5"/>')
            parts.append(f'<circle cx="{at:.1f}" cy="{high}" r="3" fill="{BLUE}"/>')
    return picture(800, 80 + 40 * len(by_game), "Reward after a default training", parts)


def performance() -> str:
    """How many times as fast (or as small) as what it is compared with, beside the target."""
    rows = [row for row in rows_of("performance.csv") if row["ratio"]]
    parts = [
        text(
            20,
            28,
            "How many times as fast, or as small: the bar; a red line: the target where it is such a ratio",
            14,
        )
    ]
    left, width, most = 400, 340, 60
    for line, row in enumerate(rows):
        y = 50 + line * 30
        ratio = times(row["ratio"])
        end = round(left + width * ratio / most, 1)
        parts += [
            text(left - 10, y + 15, row["what"], 12, "end"),
            box(left, y, round(end - left, 1), 20, PALE, BLUE),
        ]
        target = row["target"].replace("(missed)", "").strip()
        if not target.endswith(("us", "ms")):
            at = round(left + width * times(target) / most, 1)
            parts.append(f'<path d="M{at} {y - 3} V{y + 23}" stroke="{RED}" stroke-width="2"/>')
            end = max(end, at)
        parts.append(text(end + 8, y + 15, f"{ratio:g}", 12))
    return picture(800, 60 + 30 * len(rows), "Speed and memory beside others", parts)


def validation() -> str:
    """What was published and what is measured here, as a share of what was published."""
    rows = rows_of("validation.csv")
    parts = [text(20, 28, "Ours as a share of what was published (100%: the same)", 15)]
    left, width = 390, 200
    parts.append(f'<path d="M{left + width} 44 V{50 + 26 * len(rows)}" stroke="{RED}" stroke-dasharray="4 3"/>')
    for line, row in enumerate(rows):
        y = 50 + line * 26
        share = number(row["ours"]) / number(row["published"])
        parts += [
            text(left - 10, y + 13, row["what"], 12, "end"),
            box(left, y, round(width * share, 1), 18, PALE, BLUE),
            text(left + width + 66, y + 13, f"{row['ours']} / {row['published']}", 12),
        ]
    return picture(800, 64 + 26 * len(rows), "Published results and ours", parts)


def self_play() -> str:
    """Games won, drawn and lost, in percent."""
    rows = rows_of("self-play.csv")
    parts = [
        text(
            20,
            28,
            "The newest policy against that of a tenth of the training: won, drawn, lost (percent)",
            15,
        )
    ]
    for line, row in enumerate(rows):
        x, y = 140.0, 46 + line * 34
        parts.append(text(130, y + 17, f"{row['game']}, seed {row['seed']}", 12, "end"))
        for name, fill in (("won", "#93c5fd"), ("drawn", "#e5e7eb"), ("lost", "#fca5a5")):
            width = round(6 * number(row[name]), 1)
            parts.append(box(round(x, 1), y, width, 24, fill))
            if width > 30:
                parts.append(text(round(x + width / 2, 1), y + 17, row[name], 12, "middle"))
            x += width
    return picture(800, 54 + 34 * len(rows), "Won, drawn and lost", parts)


DRAWN = {
    "pictures/house.svg": house,
    "pictures/sees.svg": sees,
    "results/defaults.svg": defaults,
    "results/performance.svg": performance,
    "results/validation.svg": validation,
    "results/self-play.svg": self_play,
}

if __name__ == "__main__":
    for path, draw in DRAWN.items():
        (HERE / path).write_text(draw(), encoding="utf-8")
        print(path, file=sys.stderr)
