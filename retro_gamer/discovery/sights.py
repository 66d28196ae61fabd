"""What is best seen of a game, beyond what all games are seen by: found out in random play."""

from __future__ import annotations

from typing import Any, NamedTuple, Sequence

from retro_gamer.discovery.keys import DIGITS, LETTERS
from retro_gamer.discovery.probing import Probe

SIGNS = 5  # characters that are keys, too: with so many, what is shown is what to press
FAR_SIGHTED, A_LITTLE_FARTHER = 7, 4  # cells: windows of these radii
TURNS_OF_A_SHOT = 8  # of which rewards are added up where the player shoots; 3 were no better than 1
AIMS = 2  # letters: who has more shows by them where it aims
LATE = 4  # turns: what a key makes, and is there for so long, pays late
MOST = 0.8  # of the keys: what else is shown is a key, too


class Sight(NamedTuple):
    """Settings, why some of them are so, and what there is to tell."""

    settings: dict[str, Any]
    reasons: dict[str, str]
    message: str


def signs_to_press(probe: Probe, keys: Sequence[str]) -> Sight | None:
    """Where the characters on the board are keys to press, and come one way, as in a typing game: their kinds.

    Then it matters which there are, and how far they have come, but not where they are. Nobody is controlled.
    """
    signs = shown_keys(probe, keys)
    if probe.players or len(signs) < SIGNS or not probe.flow:
        return None
    some = f"({', '.join(signs[:3])}, ...)"
    reasons = {
        "kinds": f"On, because what is shown is what to press {some}: where it is does not matter.",
        "flow": f"In random play nearly all that moved went {probe.flow}.",
        "board": "Off: the kinds tell how far each has come.",
    }
    message = (
        f"Signs that are keys {some}: seen is how many of each kind there are, and how far {probe.flow} the first of each "
        "has come."
    )
    return Sight({"kinds": True, "flow": probe.flow, "board": False}, reasons, message)


def walls_that_come(probe: Probe) -> Sight | None:
    """Where walls or gates come towards a player who cannot go to meet them: a window that shows their gaps in time."""
    if not (probe.walls and probe.waits) or probe.shoots:
        return None
    why = f"Larger than usual: walls or gates come {probe.flow}, and have to be seen in time."
    way = f"In random play nearly all that moved went {probe.flow}."
    reasons = {"egocentric_radius": why, "flow": way}
    settings = {"egocentric_radius": FAR_SIGHTED, "flow": probe.flow}
    return Sight(
        settings,
        reasons,
        f"Walls or gates come {probe.flow}: the window is larger than usual, and the radar shows the next.",
    )


def things_that_come(probe: Probe) -> Sight | None:
    """Where single things come towards such a player: a window a little larger, for the gaps between them."""
    if not probe.waits or probe.walls or probe.shoots:
        return None
    why = f"A little larger: things come {probe.flow}, and the player can only go aside in time."
    return Sight(
        {"egocentric_radius": A_LITTLE_FARTHER},
        {"egocentric_radius": why},
        f"Things come {probe.flow}: the window is a little larger than usual.",
    )


def balls_that_fly(probe: Probe) -> Sight | None:
    """Where there is a ball, or the like: which way it goes, so that it is known where it will be."""
    if not probe.balls:
        return None
    why = "There is only one of each, and in random play it mostly kept its direction."
    message = f"Also seen: the last step of {', '.join(probe.balls)}."
    return Sight({"steps_of": probe.balls}, {"steps_of": why}, message)


def what_has_a_rhythm(probe: Probe) -> Sight | None:
    """Where things move only in every second turn, or so: how many turns ago, so that it is known when they will again."""
    if not probe.rhythms:
        return None
    why = "In random play these moved only in every second turn, or third, and so on."
    message = f"Also seen: how many turns ago {', '.join(probe.rhythms)} moved."
    return Sight({"rhythm_of": probe.rhythms}, {"rhythm_of": why}, message)


def targets_far_away(probe: Probe) -> Sight | None:
    """Where the player shoots: all that is far away, since it can be met there, and not only the nearest of each kind."""
    if not probe.shoots:
        return None
    why = "On, because the player shoots: what is in its row or column matters, however far away."
    return Sight({"far": True}, {"far": why}, "The player shoots: what is far away is seen, too.")


def hits_that_come_late(probe: Probe) -> Sight | None:
    """Where the player shoots, or lays bombs: rewards of several turns are added up, so that a hit is learned with the key.

    Learned turn by turn, its value would pass through the flight, in which what is seen hardly tells where it will end.
    Where the player's letter shows which way it aims, what is seen tells it, and one turn at a time learns more.
    """
    if probe.shoots:
        if any(len(letters) > AIMS for letters in probe.turning.values()):
            return None
        why, what = ("the player shoots: a hit comes some turns after the shot that was aimed.", "The player shoots")
    elif probe.lasts >= LATE:
        why = f"a key makes things that are there for some {probe.lasts} turns: what they bring comes late."
        what = f"What a key makes is there for some {probe.lasts} turns"
    else:
        return None
    return Sight(
        {"n_step": TURNS_OF_A_SHOT},
        {"n_step": f"More than 1, because {why}"},
        f"{what}: rewards of {TURNS_OF_A_SHOT} turns are added up.",
    )


def deaths_that_hide_hits(probe: Probe, reward: str) -> Sight | None:
    """Where the player shoots, and games end with a penalty: it counts no more than what a hit brings.

    What it shoots is mostly what kills it.
    """
    games = probe.histories.get(reward, ())
    if not probe.shoots or not any(len(game) > 1 and game[-1] < game[-2] for game in games):
        return None
    why = "1, because the player shoots: a larger penalty would hide from the network what a hit brings."
    return Sight(
        {"end_penalty_limit": 1.0},
        {"end_penalty_limit": why},
        "The player shoots: a penalty that ends the game counts no more than a usual gain.",
    )


def texts_that_tell_nothing(probe: Probe) -> Sight | None:
    """Where what is written on the board is only what is known without it, such as a score: not to see it."""
    if probe.besides_texts is None:
        return None
    why = "Off: what is written on the board is always the same, but for numbers of the state."
    message = "Words on the board, such as a score, tell nothing new: they are not seen."
    return Sight({"texts": False, "character_set": probe.besides_texts}, {"texts": why}, message)


def shown_keys(probe: Probe, keys: Sequence[str]) -> list[str]:
    """Of the characters on the board, but for those in words, those that are keys."""
    return [character for character in _characters(probe) if character.lower() in keys]


def _characters(probe: Probe) -> list[str]:
    return probe.characters if probe.outside_texts is None else probe.outside_texts


def keys_not_found(probe: Probe, keys: Sequence[str], written: Sequence[str]) -> list[str]:
    """Letters and digits on the board that are likely to be keys like the others, though trying them did not tell.

    A key that is pressed where its sign is not there often does the same as any other wrong one. But where all others are
    `written` in the game as keys, so would it be.
    """
    signs = shown_keys(probe, keys)
    if probe.players or len(signs) < SIGNS or len(signs) < MOST * len(keys):
        return []
    likely = dict.fromkeys(character.lower() for character in _characters(probe))
    kinds = [kind for kind in (LETTERS, DIGITS) if len({*kind} & {*map(str.lower, signs)}) >= SIGNS]
    all_written = set(signs) <= set(written)
    fit = [key for key in likely if key in written or not all_written]
    return [key for key in fit if any(key in kind for kind in kinds) and key not in keys]
