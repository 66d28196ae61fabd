"""Colour names, as games write them, to terminal escape codes."""

from __future__ import annotations

from functools import lru_cache

_ANSI = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")

# Name to number in the 256-colour palette that nearly every terminal has. Of the hundreds of X11 names these
# are the common ones and those of retro.examples; each is the nearest entry of the palette.
PALETTE: dict[str, int] = {
    **{name: number for number, name in enumerate(_ANSI)},
    **{f"bright_{name}": number + 8 for number, name in enumerate(_ANSI)},
    "gray": 250,
    "grey": 250,
    "darkgray": 248,
    "lightgray": 252,
    "dimgray": 242,
    "silver": 7,
    "snow": 15,
    "crimson": 161,
    "firebrick": 124,
    "darkred": 88,
    "maroon": 131,
    "tomato": 203,
    "salmon": 209,
    "coral": 209,
    "indianred": 167,
    "red1": 196,
    "red2": 196,
    "red3": 160,
    "red4": 88,
    "pink": 218,
    "hotpink": 205,
    "deeppink": 198,
    "orange": 214,
    "darkorange": 208,
    "orangered": 202,
    "gold": 220,
    "goldenrod": 178,
    "khaki": 222,
    "yellow1": 226,
    "yellow2": 226,
    "yellow3": 184,
    "yellow4": 100,
    "brown": 124,
    "chocolate": 166,
    "sienna": 130,
    "peru": 173,
    "tan": 180,
    "wheat": 223,
    "beige": 230,
    "ivory": 230,
    "lime": 46,
    "limegreen": 77,
    "green1": 46,
    "green2": 46,
    "green3": 40,
    "green4": 28,
    "darkgreen": 22,
    "forestgreen": 28,
    "seagreen": 29,
    "springgreen": 48,
    "lightgreen": 120,
    "palegreen": 120,
    "chartreuse": 118,
    "olive": 100,
    "olivedrab": 64,
    "turquoise": 80,
    "aquamarine": 122,
    "teal": 30,
    "aqua": 51,
    "darkcyan": 30,
    "skyblue": 116,
    "skyblue1": 117,
    "skyblue2": 111,
    "skyblue3": 74,
    "skyblue4": 60,
    "lightskyblue": 117,
    "deepskyblue": 39,
    "deepskyblue1": 39,
    "deepskyblue2": 38,
    "deepskyblue3": 32,
    "deepskyblue4": 24,
    "lightblue": 152,
    "steelblue": 67,
    "dodgerblue": 33,
    "royalblue": 62,
    "cornflowerblue": 69,
    "slateblue": 62,
    "blue1": 21,
    "blue2": 21,
    "blue3": 20,
    "blue4": 18,
    "navy": 18,
    "midnightblue": 17,
    "indigo": 54,
    "purple": 129,
    "darkviolet": 92,
    "violet": 213,
    "orchid": 170,
    "plum": 182,
    "lavender": 189,
    "fuchsia": 201,
}


@lru_cache(maxsize=1024)
def escape_parameters(color: str | None, background: str | None = None) -> str:
    """The parameters of the escape code that switches to `color`, such as "38;5;1;48;5;0" for "red_on_black".

    A colour may be "red", "red_on_black" or "on_black". What it leaves open comes from `background`, another
    colour in the same form. An unknown name counts as left open: better no colour than no picture.
    """
    front, back = palette_numbers(color)
    base_front, base_back = palette_numbers(background)
    front = base_front if front is None else front
    back = base_back if back is None else back
    parts = [] if front is None else [f"38;5;{front}"]
    if back is not None:
        parts.append(f"48;5;{back}")
    return ";".join(parts)


def palette_numbers(color: str | None) -> tuple[int | None, int | None]:
    """The numbers of a colour such as "red_on_black" and of what is behind it; None for what it leaves open."""
    if not isinstance(color, str):
        return None, None
    front, _, back = color.lower().rpartition("on_") if "on_" in color.lower() else (color.lower(), "", "")
    return PALETTE.get(front.rstrip("_")), PALETTE.get(back)
