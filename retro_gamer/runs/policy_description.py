"""What a policy's weights depend on: written into every checkpoint, and compared when training goes on."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields, replace
from pathlib import Path
from typing import Any, NamedTuple

from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.settings import PreprocessingSettings
from retro_gamer.environment.observation import ObservationShape
from retro_gamer.environment.readings import N_READINGS, WITH_READINGS
from retro_gamer.environment.vocabulary import FIRST_CHARACTER, ME, PLACE, RHYTHM_OF, ROOM_DOWN, STEP_OF, UNSEEN, Vocabulary
from retro_gamer.environment.ways import N_STEPS
from retro_gamer.errors import CheckpointError, ConfigError, command_line
from retro_gamer.nn.sparse import Convolution
from retro_gamer.runs.description_checks import CHECKS

# Facts that, when they change, make the weights meaningless; and why.
MEANINGLESS_AFTER: dict[str, str] = {
    "algorithm": "a table and a network, and different kinds of tables, keep what they learned in different forms",
    "gym": "it is another environment",
    "actions": "each output of the network, and each column of a table, stands for one action",
    "reward": "the values were learned for the old reward and say nothing about the new one",
    "player": "what is seen is seen from this character",
    "board_size": "the network has an input for every cell",
    "spatial": "a convolutional network has other layers",
    "egocentric_radius": "it decides how many cells are seen",
    **dict.fromkeys(
        ("board", "far", "radar", "last_step", "kinds", "room", "place", "steps_of", "rhythm_of", "sight"),
        "it decides what the inputs are",
    ),
    **dict.fromkeys(("observation_function", "own_symbol", "flow", "wrap", "cell_size"), "it decides what the inputs mean"),
    "free_characters": "it decides what the readings of room mean",
    "way_around": "it decides what the readings of the radar mean",
    "texts": "it decides what is seen",
    "tiles": "they decide what is seen",
    "observe_state": "each of these values is an input",
    "hidden_sizes": "the layers have other sizes",
    "dueling": "the last layer has another form",
    "n_features": "the observation has another length",
    "own_characters": "it decides what the policy sees as its own",
    "policies": "each team was trained by its name, or all of them by one policy (shared_policy)",
    "teams": "the policy was trained with that many teams",
}


KINDS = {"str": str, "bool": bool, "int": int}  # of facts, as JSON has them; all others are lists


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
    actions: tuple[str | None, ...]  # None stands for pressing no key
    reward: str
    player: str
    board_size: tuple[int, ...]  # (width, height) of a whole board that is seen; () where none is
    observation_function: str
    spatial: bool
    board: bool
    egocentric_radius: int
    radar: bool
    observe_state: tuple[str, ...]
    hidden_sizes: tuple[int, ...]
    dueling: bool
    characters: tuple[str, ...]
    n_cells: int
    n_symbols: int
    n_features: int
    board_shape: tuple[int, ...]  # (height, width)
    # What only some policies have: None for the others, and left out of their files, as of older ones.
    convolutions: tuple[Convolution, ...] | None = None  # other than the usual ones
    own_symbol: bool | None = None
    last_step: bool | None = None
    room: bool | None = None
    free_characters: tuple[str, ...] | None = None  # for room
    own_characters: tuple[tuple[str, ...], ...] | None = None  # of each team
    spaces: dict[str, Any] | None = None  # what an environment's observations and actions are
    kinds: bool | None = None
    flow: str | None = None
    place: bool | None = None
    wrap: str | None = None
    cell_size: tuple[int, ...] | None = None
    steps_of: tuple[str, ...] | None = None
    rhythm_of: tuple[str, ...] | None = None
    way_around: tuple[str, ...] | None = None
    sight: int | None = None
    texts: bool | None = None  # False where they are not seen
    far: bool | None = None
    tiles: tuple[int, ...] | None = None
    repeat_penalty: float | None = None  # how it acts (agents/repetition.py)
    turn_based: bool | None = None

    @classmethod
    def of(cls, config: RunConfig, environment: Any, vocabulary: Vocabulary, **more: Any) -> PolicyDescription:
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
            wrap=seen.wrap or None,
            cell_size=tuple(seen.cell_size) or None,
            room=has_room or None,
            free_characters=tuple(seen.free_characters) if has_room else None,
            steps_of=_kept(STEP_OF, seen.steps_of, vocabulary),
            rhythm_of=_kept(RHYTHM_OF, seen.rhythm_of, vocabulary),
            place=(seen.place and PLACE in vocabulary.characters) or None,
            way_around=(tuple(seen.way_around) if seen.radar else ()) or None,
            sight=(seen.radar and UNSEEN in vocabulary.characters and seen.sight) or None,
            texts=None if seen.texts else False,
            far=seen.far or None,
            tiles=tuple(seen.tiles) or None,
            repeat_penalty=None if config.tabular or config.teams else config.training.repeat_penalty or None,
            turn_based=config.turn_based or None,
            **more,
        )

    @classmethod
    def from_json(cls, facts: Any, path: Path) -> PolicyDescription:
        """That in a file; raises CheckpointError unless it is of the right types and sane sizes, and fits together."""
        values: dict[str, Any] = {}
        for field in fields(cls):
            name, needed = field.name, field.default is MISSING
            kind = KINDS.get(str(field.type), list)
            if needed and (not isinstance(facts, dict) or type(facts.get(name)) is not kind):
                raise CheckpointError(f"{path} does not say what its {name} is; it is damaged, or from another program.")
            if name in facts:
                values[name] = tuple(facts[name]) if needed and kind is list else facts[name]
        for what, right in CHECKS:
            if not right(values):
                raise CheckpointError(f"{path} cannot be used: its {what}.")
        values = {name: _as_read(value) for name, value in values.items()}
        if "convolutions" in values:
            values["convolutions"] = tuple(Convolution(*sizes) for sizes in values["convolutions"])
        return cls(**values)

    def to_json(self) -> dict[str, Any]:
        """The facts as they are written."""
        values = {field.name: _as_written(getattr(self, field.name)) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}

    @property
    def tabular(self) -> bool:
        return self.algorithm != "dqn"

    @property
    def shows_planes(self) -> bool:
        """Whether it was trained on an environment whose pictures are seen as boards."""
        return bool(self.gym and self.characters and not self.tabular)

    @property
    def shape(self) -> ObservationShape:
        """The sizes of its observations."""
        return ObservationShape(self.n_cells, self.n_symbols, self.n_features, (self.board_shape[0], self.board_shape[1]))

    @property
    def network_sizes(self) -> dict[str, Any]:
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
        if self.observation_function or (self.gym and not self.shows_planes):
            return self.n_cells == 0 and self.board_shape == (0, 0)
        least = FIRST_CHARACTER if self.n_cells else 1
        if any(getattr(self, name) for name in WITH_READINGS):
            least = N_STEPS if self.way_around or self.sight else N_READINGS
        observed = len(self.observe_state)
        return (
            not (self.board and (self.egocentric_radius or self.cell_size))
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
        seen: dict[str, Any] = {}
        for name, usual in vars(PreprocessingSettings()).items():
            value = getattr(self, name)
            if value is None:  # it has no such thing
                value = usual
            seen[name] = list(value) if isinstance(value, tuple) else value
        seen["spatial"] = config.preprocessing.spatial
        metadata = replace(
            config.metadata,
            board_size=list(self.board_size) or config.metadata.board_size,
            player=self.player,
            turn_based=config.metadata.turn_based if self.gym else None not in self.actions,
        )
        training = replace(config.training, algorithm=self.algorithm)
        preprocessing = PreprocessingSettings(**seen)
        return replace(config, preprocessing=preprocessing, metadata=metadata, training=training)

    def difference(self, now: PolicyDescription) -> list[Change]:
        """What has changed, to another description, that makes the weights of this one useless."""
        names = [field.name for field in fields(self) if field.name in MEANINGLESS_AFTER]
        found = [Change(name, getattr(self, name), getattr(now, name)) for name in names]
        return [change for change in found if change.before != change.now]


def _board_size(config: RunConfig, environment: Any) -> tuple[int, ...]:
    encoder = getattr(environment, "encoder", None)
    if not config.preprocessing.board:
        return ()
    return tuple(config.metadata.board_size if encoder is None else encoder.board_size)


def check_same(changes: list[Change], run: Any) -> None:
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
    return [_as_written(item) for item in value] if isinstance(value, tuple) else value


def _as_read(value: Any) -> Any:
    return tuple(map(_as_read, value)) if isinstance(value, list) else value


def _kept(what: str, named: list[str], vocabulary: Vocabulary) -> tuple[str, ...] | None:
    """Those of the named characters of which it is told, as there was a number left for it; None for none."""
    return tuple(shown for shown in named if what + shown in vocabulary.characters) or None
