"""What a policy's description in a file must be like. Nothing is built before all of it is."""

from __future__ import annotations

from typing import Any, Callable, Dict

from retro_gamer.config.settings import ALGORITHMS, EDGES, FLOWS, MAX_SIGHT
from retro_gamer.config.teams import MAX_TEAMS
from retro_gamer.environment.characters import MAX_BOARD_SIDE
from retro_gamer.environment.far import far_parts
from retro_gamer.environment.readings import READINGS_PER_CHARACTER, WITH_READINGS
from retro_gamer.environment.space_reading import space_from_json
from retro_gamer.environment.tiles import tiles_shape
from retro_gamer.environment.vocabulary import (
    FIRST_CHARACTER,
    MAX_CHARACTERS,
    MAX_SYMBOLS,
    ME,
    PLACE,
    RHYTHM_OF,
    ROOM_ACROSS,
    ROOM_DOWN,
    STEP_OF,
    UNSEEN,
)

Values = Dict[str, Any]


def _are_whole(numbers: Any, low: int, high: int, counts: Any) -> bool:
    """Whether they are whole numbers in this range, and as many as `counts` allows."""
    return len(numbers) in counts and all(type(number) is int and low <= number <= high for number in numbers)


def _are_texts(found: Any, longest: int) -> bool:
    return all(type(text) is str and len(text) <= longest for text in found)


def _knows_of(what: str, name: str, values: Values) -> bool:
    named = values.get(name, [])
    return isinstance(named, list) and {f"{what}{shown}" for shown in named} <= {*values["characters"]}


def _are_tiles(values: Values) -> bool:
    tiles = values["tiles"]
    is_grid = isinstance(tiles, list) and _are_whole(tiles, 0, MAX_BOARD_SIDE, (6,))
    return bool(is_grid and 0 not in tiles[1:3] + tiles[4:] and values["board"])


def _are_convolutions(found: Any) -> bool:
    return (
        isinstance(found, list)
        and 0 < len(found) <= 8
        and all(isinstance(sizes, list) and _are_whole(sizes, 1, 1024, (3,)) and max(sizes[1:]) <= 16 for sizes in found)
    )


def _are_characters_of_teams(found: Any) -> bool:
    return (
        isinstance(found, list)
        and 2 <= len(found) <= MAX_TEAMS
        and all(isinstance(own, list) and len(own) <= MAX_CHARACTERS and _are_texts(own, 1) for own in found)
    )


def _are_spaces(values: Values) -> bool:
    try:
        observations, actions = (space_from_json(values["spaces"][name]) for name in ("observations", "actions"))
    except (ValueError, TypeError, KeyError):
        return False
    if _shows_planes(values):  # of which each is a character
        shape: Any = getattr(observations, "shape", ())
        fits = len(shape) == 3 and shape[2] <= len(values["characters"]) and not values["n_features"]
        fits = fits and all(1 <= side <= MAX_BOARD_SIDE for side in shape)
        fits = fits and values["board_size"] in ((), (shape[1], shape[0]))
    else:
        fits = observations.n_features == values["n_features"]
    return fits and actions.n_values == len(values["actions"])


def _board_is_known(values: Values) -> bool:
    return not values["board"] or _is_free(values) or len(values["board_size"]) == 2


def _have_room(values: Values) -> bool:
    needed = FIRST_CHARACTER + len(values["characters"])
    return bool(values["n_cells"] == 0 or needed <= max(FIRST_CHARACTER, values["n_symbols"]))


def _knows_itself(values: Values) -> bool:
    """Whether the character that acts is there, where it is a symbol of its own or its last step is seen."""
    given = [values[name] for name in ("own_symbol", "last_step") if name in values]
    return not given or (all(value is True for value in given) and ME in values["characters"])


def _knows_its_room(values: Values) -> bool:
    """Whether what it needs for the readings of free cells is there, and only where it has them."""
    if "room" not in values:
        return "free_characters" not in values
    free, characters = values.get("free_characters"), values["characters"]
    return (
        values["room"] is True
        and isinstance(free, list)
        and len(free) <= MAX_CHARACTERS
        and _are_texts(free, 1)
        and {ROOM_ACROSS, ROOM_DOWN} <= {*characters}
    )


def _knows_its_way(values: Values) -> bool:
    """Whether its radar can tell ways: what is in the way are characters, and what was never seen has a symbol."""
    around, sight = values.get("way_around", ["#"]), values.get("sight", 1)
    if not (values["radar"] or values["observation_function"]) and ("way_around" in values or "sight" in values):
        return False
    return (
        isinstance(around, list)
        and 0 < len(around) <= MAX_CHARACTERS
        and _are_texts(around, 1)
        and type(sight) is int
        and 1 <= sight <= MAX_SIGHT
        and ("sight" not in values or UNSEEN in values["characters"])
    )


def _is_free(values: Values) -> bool:
    """Whether what is observed is up to a function, or the numbers of an environment."""
    return bool(values["observation_function"] or (values["gym"] and not _shows_planes(values)))


def _shows_planes(values: Values) -> bool:
    """Whether an environment's pictures are seen as boards."""
    return bool(values["gym"] and values["characters"] and values["algorithm"] == "dqn")


def _fit_together(values: Values) -> bool:
    """Whether the sizes of an observation are those that follow from what is seen."""
    if _is_free(values):
        return True
    side, n_symbols = 2 * values["egocentric_radius"] + 1, values["n_symbols"]
    picture = values["board_size"][::-1] if values["board"] else (side, side) if side > 1 else (0, 0)
    if values.get("tiles"):
        picture = tiles_shape(values["tiles"])
    has_readings = any(values.get(name) for name in WITH_READINGS)
    readings = READINGS_PER_CHARACTER * (n_symbols - FIRST_CHARACTER) if has_readings else 0
    far = len(far_parts(values["egocentric_radius"])) if values.get("far") else 0
    n_cells = picture[0] * picture[1] + far + readings
    return bool(values["board_shape"] == picture and values["n_cells"] == n_cells)


CHECKS: list[tuple[str, Callable[[Values], bool]]] = [
    ("algorithm is unknown", lambda values: values["algorithm"] in ALGORITHMS),
    (
        "actions are not keys",
        lambda values: (
            0 < len(values["actions"]) <= 1024
            and all(action is None or isinstance(action, str) for action in values["actions"])
        ),
    ),
    ("board_size is not a size", lambda values: _are_whole(values["board_size"], 1, MAX_BOARD_SIDE, (0, 2))),
    ("board_shape is not a size", lambda values: _are_whole(values["board_shape"], 0, MAX_BOARD_SIDE, (2,))),
    ("hidden_sizes are not sizes", lambda values: _are_whole(values["hidden_sizes"], 1, 65536, range(1, 33))),
    (
        "convolutions are not convolutions",
        lambda values: "convolutions" not in values or _are_convolutions(values["convolutions"]),
    ),
    (
        "own_characters are not those of teams",
        lambda values: "own_characters" not in values or _are_characters_of_teams(values["own_characters"]),
    ),
    (
        "repeat_penalty is not a share",
        lambda values: (
            "repeat_penalty" not in values
            or (type(values["repeat_penalty"]) in (int, float) and 0 <= values["repeat_penalty"] <= 1)
        ),
    ),
    (
        "characters are not characters",
        lambda values: len(values["characters"]) <= MAX_CHARACTERS and _are_texts(values["characters"], 99),
    ),
    (
        "turn_based, kinds or far is not a flag",
        lambda values: all(values.get(name, True) is True for name in ("turn_based", "kinds", "far")),
    ),
    (
        "cell_size is not a width and a height",
        lambda values: isinstance(size := values.get("cell_size", [1, 1]), list) and _are_whole(size, 1, MAX_SIGHT, (2,)),
    ),
    ("tiles are not places", lambda values: "tiles" not in values or _are_tiles(values)),
    ("far is beside a whole board", lambda values: not ("far" in values and values["board"])),
    ("kinds are in the place of its radar", lambda values: not ("kinds" in values and values["radar"])),
    ("texts is not a flag", lambda values: values.get("texts", False) is False),
    (
        "place cannot be read as it says",
        lambda values: "place" not in values or (values["place"] is True and PLACE in values["characters"]),
    ),
    ("steps cannot be told as it says", lambda values: _knows_of(STEP_OF, "steps_of", values)),
    ("rhythm cannot be told as it says", lambda values: _knows_of(RHYTHM_OF, "rhythm_of", values)),
    ("flow is not a way", lambda values: values.get("flow", "down") in FLOWS[1:]),
    ("wrap names no edges", lambda values: values.get("wrap", "xy") in EDGES[1:]),
    ("own character is not among its characters", _knows_itself),
    ("free cells cannot be counted as it says", _knows_its_room),
    ("way cannot be found as it says", _knows_its_way),
    ("observe_state is not a list of names", lambda values: _are_texts(values["observe_state"], 2**16)),
    ("egocentric_radius is out of range", lambda values: 0 <= values["egocentric_radius"] <= 64),
    (
        "sizes are out of range",
        lambda values: (
            0 <= values["n_cells"] <= MAX_BOARD_SIDE**2
            and 1 <= values["n_symbols"] <= MAX_SYMBOLS
            and 0 <= values["n_features"] <= 10**6
        ),
    ),
    ("spaces do not fit its observations and actions", lambda values: "spaces" not in values or _are_spaces(values)),
    ("board_size is missing", _board_is_known),
    ("characters are more than its network has room for", _have_room),
    ("sizes do not fit together", _fit_together),
]
