"""A game's board as a picture in pixels, for videos: with a small font of its own."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from unicodedata import normalize

import numpy as np

from retro_gamer.games.colors import palette_numbers
from retro_gamer.games.screen import visible_cells

CELL_WIDTH, CELL_HEIGHT, PIXELS = 6, 8, 2  # of a cell in dots, and the side of a dot in pixels
WHITE, BLACK = (229, 229, 229), (0, 0, 0)

# The usual 5 x 7 dots of the characters from space to "~": five columns each, the lowest bit on top.
_FONT = np.frombuffer(
    bytes.fromhex(
        "0000000000" "00005f0000" "0007000700" "147f147f14" "242a7f2a12" "2313086462" "3649562050" "0008070300"
        "001c224100" "0041221c00" "2a1c7f1c2a" "08083e0808" "0080703000" "0808080808" "0000606000" "2010080402"
        "3e5149453e" "00427f4000" "7249494946" "2141494d33" "1814127f10" "2745454539" "3c4a494931" "4121110907"
        "3649494936" "464949291e" "0000140000" "0040340000" "0008142241" "1414141414" "0041221408" "0201590906"
        "3e415d594e" "7c1211127c" "7f49494936" "3e41414122" "7f4141413e" "7f49494941" "7f09090901" "3e41415173"
        "7f0808087f" "00417f4100" "2040413f01" "7f08142241" "7f40404040" "7f021c027f" "7f0408107f" "3e4141413e"
        "7f09090906" "3e4151215e" "7f09192946" "2649494932" "03017f0103" "3f4040403f" "1f2040201f" "3f4038403f"
        "6314081463" "0304780403" "6159494d43" "007f414141" "0204081020" "004141417f" "0402010204" "4040404040"
        "0003070800" "2054547840" "7f28444438" "3844444428" "384444287f" "3854545418" "00087e0902" "18a4a49c78"
        "7f08040478" "00447d4000" "2040403d00" "7f10284400" "00417f4000" "7c04780478" "7c08040478" "3844444438"
        "fc18242418" "18242418fc" "7c08040408" "4854545424" "04043f4424" "3c4040207c" "1c2040201c" "3c4030403c"
        "4428102844" "4c9090907c" "4464544c44" "0008364100" "0000770000" "0041360800" "0201020402"
    ),
    np.uint8,
).reshape(-1, 5)  # fmt: skip
_LIKE = {"▲": "^", "↑": "^", "▼": "v", "↓": "v", "◀": "<", "←": "<", "▶": ">", "→": ">", "─": "-", "│": "|", "•": "."}


def board_picture(game: Any) -> np.ndarray:
    """The whole board: [height * 16, width * 12, 3] uint8, a cell of 12 x 16 pixels for each of its own."""
    width, height = map(int, game.board_size)
    front, back = palette_numbers(getattr(game, "color", None))
    ground = _rgb(back, BLACK)
    dots = np.empty((height * CELL_HEIGHT, width * CELL_WIDTH, 3), np.uint8)
    dots[...] = ground
    for (x, y), cell in visible_cells(game).items():
        if 0 <= x < width and 0 <= y < height:
            own_front, own_back = palette_numbers(cell.color)
            ink = _rgb(front if own_front is None else own_front, WHITE)
            paper = ground if own_back is None else _rgb(own_back, BLACK)
            top, left = int(y) * CELL_HEIGHT, int(x) * CELL_WIDTH
            inked = _dots(cell.character)[..., None]
            dots[top : top + CELL_HEIGHT, left : left + CELL_WIDTH] = np.where(inked, ink, paper)
    return dots.repeat(PIXELS, axis=0).repeat(PIXELS, axis=1)


@lru_cache(maxsize=1024)
def _dots(character: str) -> np.ndarray:
    """Which dots of a cell a character inks: [CELL_HEIGHT, CELL_WIDTH] bool."""
    dots = np.zeros((CELL_HEIGHT, CELL_WIDTH), bool)
    plain = _LIKE.get(character, character)
    plain = plain if plain.isascii() else normalize("NFKD", plain)[:1]
    if " " <= plain <= "~":
        dots[:, :5] = np.unpackbits(_FONT[ord(plain) - 32][None], axis=0, bitorder="little")
    elif character == "█":
        dots[...] = True
    else:  # a sign of its own, whatever it is
        dots[1:7, :5] = True
    return dots


def _rgb(number: int | None, default: tuple[int, int, int]) -> tuple[int, int, int]:
    """A colour of the terminal's palette of 256."""
    if number is None:
        return default
    if number < 16:
        level = 255 if number >= 8 else 205
        if number in (7, 8):
            return WHITE if number == 7 else (127, 127, 127)
        return (level * (number & 1), level * (number >> 1 & 1), level * (number >> 2 & 1))
    if number >= 232:
        gray = 8 + 10 * (number - 232)
        return gray, gray, gray
    steps = (0, 95, 135, 175, 215, 255)
    red, rest = divmod(number - 16, 36)
    return steps[red], steps[rest // 6], steps[rest % 6]
