"""What is best seen of a game, beyond what all games are seen by: found out in random play."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Sequence

from retro_gamer.discovery.keys import DIGITS, LETTERS
from retro_gamer.discovery.probing import Probe

SIGNS = 5  # characters that are keys, too: with so many, what is shown is what to press
FAR_SIGHTED = 7  # cells: a window of this radius
MOST = 0.8  # of the keys: what else is shown is a key, too


class Sight(NamedTuple):
    """Settings of [preprocessing], why they are so, and what there is to tell."""

    settings: Dict[str, Any]
    notes: Dict[str, str]
    message: str


def signs_to_press(probe: Probe, keys: Sequence[str]) -> Optional[Sight]:
    """Where the characters on the board are keys to press, as in a typing game, and nobody is controlled: their kinds.

    Which there are matters then. Where they are does not, if they all come the same way: only how far they have come.
    """
    signs = shown_keys(probe.characters, keys)
    if probe.players or len(signs) < SIGNS:
        return None
    flow = probe.flow
    why = f"On, because what is shown is what to press ({', '.join(signs[:3])}, ...): "
    notes = {"preprocessing.kinds": why + "which there are matters more than where."}
    settings: Dict[str, Any] = {"kinds": True}
    message = f"Signs that are keys ({', '.join(signs[:3])}, ...): seen is how many of each kind there are"
    if flow:
        settings.update(board=False, flow=flow)
        notes["preprocessing.flow"] = f"In random play nearly all that moved went {flow}."
        notes["preprocessing.board"] = "Off: the kinds tell how far each has come."
        message += f", and how far {flow} the first of each has come"
    return Sight(settings, notes, message + ".")


def walls_that_come(probe: Probe) -> Optional[Sight]:
    """Where walls come towards a player who cannot go to meet them: a window that shows their gaps in time."""
    if not (probe.walls and probe.waits):
        return None
    why = f"Larger than usual: walls come {probe.flow}, and have to be seen in time."
    way = f"In random play nearly all that moved went {probe.flow}."
    notes = {"preprocessing.egocentric_radius": why, "preprocessing.flow": way}
    settings = {"egocentric_radius": FAR_SIGHTED, "flow": probe.flow}
    return Sight(
        settings,
        notes,
        f"Walls come {probe.flow}: the window is larger than usual, and the radar shows the next.",
    )


def shown_keys(characters: Sequence[str], keys: Sequence[str]) -> List[str]:
    """Of the characters on the board, those that are keys."""
    return [character for character in characters if character.lower() in keys]


def keys_not_found(probe: Probe, keys: Sequence[str]) -> List[str]:
    """Letters and digits on the board that are likely to be keys like the others, though trying them did not tell.

    A key that is pressed where its sign is not there often does the same as any other wrong one.
    """
    signs = shown_keys(probe.characters, keys)
    if probe.players or len(signs) < SIGNS or len(signs) < MOST * len(keys):
        return []
    likely = dict.fromkeys(character.lower() for character in probe.characters)
    return [key for key in likely if key in (*LETTERS, *DIGITS) and key not in keys]
