"""What a policy's weights depend on: written into every checkpoint, and compared when training goes on."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.settings import ALGORITHMS, FLOWS
from retro_gamer.config.teams import MAX_TEAMS
from retro_gamer.environment.characters import MAX_BOARD_SIDE
from retro_gamer.environment.encoder import N_READINGS, READINGS_PER_CHARACTER
from retro_gamer.environment.observation import ObservationShape
from retro_gamer.environment.space_reading import space_from_json
from retro_gamer.environment.vocabulary import (
    FIRST_CHARACTER,
    MAX_CHARACTERS,
    ME,
    ROOM_ACROSS,
    ROOM_DOWN,
    Vocabulary,
)
from retro_gamer.errors import CheckpointError, ConfigError, command_line
from retro_gamer.nn.sparse import Convolution

# Facts that, when they change, make the weights meaningless; and why.
MEANINGLESS_AFTER: Dict[str, str] = {
    "algorithm": "a table and a network, and different kinds of tables, keep what they learned in different forms",
    "gym": "it is another environment",
    "actions": "each output of the network, and each column of a table, stands for one action",
    "reward": "the values were learned for the old reward and say nothing about the new one",
    "player": "what is seen is seen from this character",
    "board_size": "the network has an input for every cell",
    "observation_function": "it decides what the inputs mean",
    "spatial": "a convolutional network has other layers",
    "board": "it decides what the inputs are",
    "egocentric_radius": "it decides how many cells are seen",
    "radar": "it decides what the inputs are",
    "own_symbol": "it decides what the inputs mean",
    "last_step": "it decides what the inputs are",
    "kinds": "it decides what the inputs are",
    "flow": "it decides what the inputs mean",
    "room": "it decides what the inputs are",
    "free_characters": "it decides what the readings of room mean",
    "texts": "it decides what is seen",
    "observe_state": "each of these values is an input",
    "hidden_sizes": "the layers have other sizes",
    "dueling": "the last layer has another form",
    "n_features": "the observation has another length",
    "own_characters": "it decides what the policy sees as its own",
    "policies": "each team was trained by its name, or all of them by one policy (shared_policy)",
    "teams": "the policy was trained with that many teams",
}


class Change(NamedTuple):
    """A fact that is another one than it was, so that the weights mean nothing any more."""

    name: str
    before: Any
    now: Any


@dataclass(frozen=True)
class PolicyDescription:
    """All that is needed to rebuild a policy, besides its weights. The fields are those of the JSON in a checkpoint."""

    algorithm: str
    gym: str
    actions: Tuple[Optional[str], ...]  # None stands for pressing no key
    reward: str
    player: str
    board_size: Tuple[int, ...]  # (width, height) of a whole board that is seen; () where none is
    observation_function: str
    spatial: bool
    board: bool
    egocentric_radius: int
    radar: bool
    observe_state: Tuple[str, ...]
    hidden_sizes: Tuple[int, ...]
    dueling: bool
    characters: Tuple[str, ...]
    n_cells: int
    n_symbols: int
    n_features: int
    board_shape: Tuple[int, ...]  # (height, width)
    convolutions: Optional[Tuple[Convolution, ...]] = (
        None  # of a network from elsewhere; None for the usual ones
    )
    own_symbol: Optional[bool] = None  # None, as in older files, where it has none
    last_step: Optional[bool] = None  # the same
    room: Optional[bool] = None  # the same
    free_characters: Optional[Tuple[str, ...]] = None  # for room
    own_characters: Optional[Tuple[Tuple[str, ...], ...]] = (
        None  # of each team; None where there are no teams
    )
    spaces: Optional[Dict[str, Any]] = None  # what an environment's observations and actions are
    kinds: Optional[bool] = None  # the same as own_symbol
    flow: Optional[str] = None  # the same
    texts: Optional[bool] = None  # False where they are not seen
    repeat_penalty: Optional[float] = None  # how it acts (agents/repetition.py); None for plain greedy play

    @classmethod
    def of(
        cls, config: RunConfig, environment: Any, vocabulary: Vocabulary, **more: Any
    ) -> "PolicyDescription":
        """That of a policy that is being trained. `environment` has its actions and shape."""
        shape = environment.shape
        metadata, seen = config.metadata, config.preprocessing
        has_room = seen.room and ROOM_DOWN in vocabulary.characters
        return cls(
            algorithm=config.training.algorithm,
            gym=config.game.environment_name,
            actions=tuple(environment.actions),
            reward=metadata.reward,
            player=metadata.player,
            board_size=_board_size(config, environment),
            observation_function=metadata.observation_function,
            spatial=seen.spatial,
            board=seen.board,
            egocentric_radius=seen.egocentric_radius,
            radar=seen.radar,
            observe_state=tuple(seen.observe_state),
            hidden_sizes=tuple(config.model.hidden_sizes),
            dueling=config.model.dueling,
            characters=tuple(vocabulary.characters),
            n_cells=shape.n_cells,
            n_symbols=shape.n_symbols,
            n_features=shape.n_features,
            board_shape=tuple(shape.board_shape),
            spaces=getattr(environment, "spaces", None),
            own_symbol=(seen.own_symbol and ME in vocabulary.characters) or None,
            last_step=(seen.last_step and ME in vocabulary.characters) or None,
            kinds=seen.kinds or None,
            flow=seen.flow or None,
            room=has_room or None,
            free_characters=tuple(seen.free_characters) if has_room else None,
            texts=None if seen.texts else False,
            repeat_penalty=None if config.tabular or config.teams else config.training.repeat_penalty or None,
            **more,
        )

    @classmethod
    def from_json(cls, facts: Any, path: Path) -> "PolicyDescription":
        """That in a file; raises CheckpointError unless it is of the right types and sane sizes, and fits together."""
        values: Dict[str, Any] = {}
        for name, kind in _KINDS.items():
            if not isinstance(facts, dict) or type(facts.get(name)) is not kind:
                raise CheckpointError(
                    f"{path} does not say what its {name} is; it is damaged, or from another program."
                )
            values[name] = tuple(facts[name]) if kind is list else facts[name]
        for name in _ONLY_SOME_HAVE:
            if name in facts:
                values[name] = facts[name]
        for what, right in _CHECKS:
            if not right(values):
                raise CheckpointError(f"{path} cannot be used: its {what}.")
        if "convolutions" in values:
            values["convolutions"] = tuple(Convolution(*sizes) for sizes in values["convolutions"])
        if "free_characters" in values:
            values["free_characters"] = tuple(values["free_characters"])
        if "own_characters" in values:
            values["own_characters"] = tuple(map(tuple, values["own_characters"]))
        return cls(**values)

    def to_json(self) -> Dict[str, Any]:
        """The facts as they are written. What only some policies have is left out of the others."""
        values = {field.name: _as_written(getattr(self, field.name)) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}

    @property
    def tabular(self) -> bool:
        return self.algorithm != "dqn"

    @property
    def shape(self) -> ObservationShape:
        """The sizes of its observations."""
        return ObservationShape(
            self.n_cells, self.n_symbols, self.n_features, (self.board_shape[0], self.board_shape[1])
        )

    @property
    def network_sizes(self) -> Dict[str, Any]:
        """What a QNetwork needs to know, besides its weights."""
        return dict(
            n_cells=self.n_cells,
            n_symbols=self.n_symbols,
            n_features=self.n_features,
            hidden_sizes=self.hidden_sizes,
            n_actions=len(self.actions),
            board_shape=self.shape.board_shape,
            spatial=self.spatial and self.shape.board_shape != (0, 0),
            dueling=self.dueling,
            convolutions=self.convolutions,
        )

    @property
    def makes_sense(self) -> bool:
        """Whether an encoder that follows it makes observations that its network takes."""
        if self.observation_function or self.gym:
            return self.n_cells == 0 and self.board_shape == (0, 0)
        least = (
            N_READINGS
            if self.radar or self.last_step or self.kinds or self.room
            else FIRST_CHARACTER
            if self.n_cells
            else 1
        )
        observed = len(self.observe_state)
        return (
            not (self.board and self.egocentric_radius)
            and self.n_symbols >= least
            and (observed <= self.n_features if observed else self.n_features == 0)
        )

    def vocabulary(self) -> Vocabulary:
        """The characters that it knows, with as much room as its network has."""
        vocabulary = Vocabulary(self.characters)
        vocabulary.n_symbols = self.n_symbols
        return vocabulary

    def settings(self, config: RunConfig) -> RunConfig:
        """The same configuration, but so that it sees the game as this policy does."""
        seen = replace(
            config.preprocessing,
            board=self.board,
            egocentric_radius=self.egocentric_radius,
            radar=self.radar,
            own_symbol=bool(self.own_symbol),
            last_step=bool(self.last_step),
            kinds=bool(self.kinds),
            flow=self.flow or "",
            room=bool(self.room),
            free_characters=list(self.free_characters or ()),
            texts=self.texts is None,
            observe_state=list(self.observe_state),
        )
        metadata = replace(
            config.metadata,
            board_size=list(self.board_size) or config.metadata.board_size,
            player=self.player,
        )
        training = replace(config.training, algorithm=self.algorithm)
        return replace(config, preprocessing=seen, metadata=metadata, training=training)

    def difference(self, now: "PolicyDescription") -> List[Change]:
        """What has changed, to another description, that makes the weights of this one useless."""
        names = [field.name for field in fields(self) if field.name in MEANINGLESS_AFTER]
        found = [Change(name, getattr(self, name), getattr(now, name)) for name in names]
        return [change for change in found if change.before != change.now]


def _board_size(config: RunConfig, environment: Any) -> Tuple[int, ...]:
    encoder = getattr(environment, "encoder", None)
    if not config.preprocessing.board:
        return ()
    return tuple(config.metadata.board_size if encoder is None else encoder.board_size)


# What a description in a file must be like. Nothing is built before all of it is.

_KINDS: Dict[str, Any] = {
    "algorithm": str,
    "gym": str,
    "actions": list,
    "reward": str,
    "player": str,
    "board_size": list,
    "observation_function": str,
    "spatial": bool,
    "board": bool,
    "egocentric_radius": int,
    "radar": bool,
    "observe_state": list,
    "hidden_sizes": list,
    "dueling": bool,
    "characters": list,
    "n_cells": int,
    "n_symbols": int,
    "n_features": int,
    "board_shape": list,
}
_ONLY_SOME_HAVE = (
    "convolutions",
    "own_symbol",
    "last_step",
    "room",
    "free_characters",
    "own_characters",
    "kinds",
    "flow",
    "texts",
    "repeat_penalty",
    "spaces",
)
Values = Dict[str, Any]


def _are_whole(numbers: Any, low: int, high: int, counts: Any) -> bool:
    """Whether they are whole numbers in this range, and as many as `counts` allows."""
    return len(numbers) in counts and all(type(number) is int and low <= number <= high for number in numbers)


def _are_texts(found: Any, longest: int) -> bool:
    return all(type(text) is str and len(text) <= longest for text in found)


def _are_convolutions(found: Any) -> bool:
    return (
        isinstance(found, list)
        and 0 < len(found) <= 8
        and all(
            isinstance(sizes, list) and _are_whole(sizes, 1, 1024, (3,)) and max(sizes[1:]) <= 16
            for sizes in found
        )
    )


def _are_characters_of_teams(found: Any) -> bool:
    return (
        isinstance(found, list)
        and 2 <= len(found) <= MAX_TEAMS
        and all(isinstance(own, list) and len(own) <= MAX_CHARACTERS and _are_texts(own, 1) for own in found)
    )


def _are_spaces(values: Values) -> bool:
    try:
        observations, actions = (
            space_from_json(values["spaces"][name]) for name in ("observations", "actions")
        )
    except (ValueError, TypeError, KeyError):
        return False
    return observations.n_features == values["n_features"] and actions.n_values == len(values["actions"])


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


def _is_free(values: Values) -> bool:
    """Whether what is observed is up to a function or an environment."""
    return bool(values["observation_function"] or values["gym"])


def _fit_together(values: Values) -> bool:
    """Whether the sizes of an observation are those that follow from what is seen."""
    if _is_free(values):
        return True
    side, n_symbols = 2 * values["egocentric_radius"] + 1, values["n_symbols"]
    picture = values["board_size"][::-1] if values["board"] else (side, side) if side > 1 else (0, 0)
    has_readings = values["radar"] or values.get("last_step") or values.get("kinds") or values.get("room")
    readings = READINGS_PER_CHARACTER * (n_symbols - FIRST_CHARACTER) if has_readings else 0
    n_cells = picture[0] * picture[1] + readings
    return bool(values["board_shape"] == picture and values["n_cells"] == n_cells)


_CHECKS: List[Tuple[str, Callable[[Values], bool]]] = [
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
    (
        "hidden_sizes are not sizes",
        lambda values: _are_whole(values["hidden_sizes"], 1, 65536, range(1, 33)),
    ),
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
        lambda values: len(values["characters"]) <= MAX_CHARACTERS and _are_texts(values["characters"], 8),
    ),
    ("kinds is not a flag", lambda values: values.get("kinds", True) is True),
    ("kinds are in the place of its radar", lambda values: not ("kinds" in values and values["radar"])),
    ("texts is not a flag", lambda values: values.get("texts", False) is False),
    ("flow is not a way", lambda values: values.get("flow", "down") in FLOWS[1:]),
    ("own character is not among its characters", _knows_itself),
    ("free cells cannot be counted as it says", _knows_its_room),
    ("observe_state is not a list of names", lambda values: _are_texts(values["observe_state"], 2**16)),
    ("egocentric_radius is out of range", lambda values: 0 <= values["egocentric_radius"] <= 64),
    (
        "sizes are out of range",
        lambda values: (
            0 <= values["n_cells"] <= MAX_BOARD_SIDE**2
            and 1 <= values["n_symbols"] <= 256
            and 0 <= values["n_features"] <= 10**6
        ),
    ),
    (
        "spaces do not fit its observations and actions",
        lambda values: "spaces" not in values or _are_spaces(values),
    ),
    ("board_size is missing", _board_is_known),
    ("characters are more than its network has room for", _have_room),
    ("sizes do not fit together", _fit_together),
]


def check_same(changes: List[Change], run: Any) -> None:
    """Raise ConfigError naming every change that makes the old weights useless, if there is any."""
    if not changes:
        return
    lines = [
        f"The training in {run} cannot go on: its config.toml or its game changed in a way that makes what was "
        "learned useless.",
        "",
    ]
    for name, before, now in changes:
        lines += [
            f"  {name}",
            f"    was: {_as_written(before)!r:.2000}",
            f"    now: {_as_written(now)!r:.2000}",
            f"    why: {MEANINGLESS_AFTER[name]}",
            "",
        ]
    lines += [
        "Put the old values back; or make a new run with",
        f"  {command_line('create', '--game', 'GAME', '--output', 'DIR')}",
        "or throw away what was learned with",
        f"  {command_line('clean', run)}",
    ]
    raise ConfigError("\n".join(lines))


def _as_written(value: Any) -> Any:
    """A value as it stands in a file: with lists."""
    return [_as_written(item) for item in value] if isinstance(value, tuple) else value
