"""Every setting of config.toml: its kind, its defaults, its meaning and its range. Nothing else.

`values.py` and `run_config.py` read, check and write them; `create` offers each as a flag.

A setting can have two defaults, for two questions:

- What does a config.toml mean that leaves the setting out? That is `default`. It is what the original retro-gamer has, and
  never changes: files that rely on it must go on meaning the same.
- What does `create` write into a new config.toml? That is `new_run`, where it is another value. It was chosen by
  measurement (docs/defaults.md), and may change.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from retro_gamer.config.kinds import FLAG, NUMBER, NUMBER_OR_AUTO, TEXT, TEXTS, WHOLE, WHOLES, Kind

ALGORITHMS = ("dqn", "q_learning", "sarsa", "expected_sarsa", "double_q_learning")
FLOWS = ("", "down", "up", "left", "right")
EDGES = ("", "x", "y", "xy")
MAX_SIGHT = 64  # cells


T = TypeVar("T")


def setting(
    kind: Kind[T],
    default: T,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    above: float | None = None,
    choices: tuple[Any, ...] = (),
    new_run: T | None = None,
    new_table_run: T | None = None,
    new_self_play_run: T | None = None,
) -> T:
    """A field with what is needed to explain and check it: low <= value <= high, and value > above.

    `new_run` is what `create` writes for a network, `new_table_run` for a table, `new_self_play_run` where there are
    teams: None for the default.
    """
    metadata = {
        "kind": kind,
        "help": help,
        "low": low,
        "high": high,
        "above": above,
        "choices": choices,
        "new_run": new_run,
        "new_table_run": new_table_run,
        "new_self_play_run": new_self_play_run,
    }
    made: Any
    if isinstance(default, list):
        items = list(default)
        made = field(default_factory=lambda: list(items), metadata=metadata)
    else:
        made = field(default=default, metadata=metadata)
    return made  # type: ignore[no-any-return]


@dataclass(frozen=True)
class GameSettings:
    """Where the game comes from."""

    module: str = setting(TEXT, "", "The Python module that holds the game.")
    path: str = setting(TEXT, "", "The folder to import it from, or the file itself; empty for an installed module.")
    factory: str = setting(
        TEXT, "", "The function that makes a new game, as module:function. Empty: create_game in the module."
    )
    gym: str = setting(TEXT, "", "Instead of a game: the name of a Gymnasium environment.")
    environment: str = setting(TEXT, "", "Instead of a game: a class of your own with reset and step, as module:class.")

    @property
    def environment_name(self) -> str:
        """What the environment is called that there is instead of a game; "" for a game."""
        return self.gym or self.environment

    @property
    def shown(self) -> str:
        """What people are told that is played; "" where nothing is named."""
        return self.environment_name or self.factory or self.module


@dataclass(frozen=True)
class MetadataSettings:
    """What the game is: what can be pressed, what counts, what is seen."""

    actions: list[str] = setting(TEXTS, [], "The keys the agent may press. Doing nothing is always possible too.")
    reward: str = setting(TEXT, "", "The state value to maximise. A change of it from one turn to the next is the reward.")
    score: str = setting(TEXT, "", "Another state value to report beside the reward, in evaluations; empty for none.")
    player: str = setting(
        TEXT, "", "Name or class of the character that the keys control. Empty: the only one with handle_keystroke."
    )
    turn_based: bool = setting(
        FLAG,
        False,
        "true: the game stands still until a key is pressed. One is, every turn, and none again that changed nothing.",
    )
    board_size: list[int] = setting(WHOLES, [], "Width and height of the board.", low=1)
    character_set: list[str] = setting(
        TEXTS, [], 'Characters known from the start. New ones are added when they first appear. In one color only: "o red".'
    )
    observation_function: str = setting(
        TEXT, "", "module:function that makes the observation from the game, instead of the encoders below."
    )
    extras_size: int = setting(WHOLE, 0, "Kept for runs made by the original retro-gamer; not used.", low=0)


@dataclass(frozen=True)
class PreprocessingSettings:
    """How a game is turned into numbers."""

    spatial: bool = setting(FLAG, False, "true: look at the board through a convolutional network.")
    board: bool = setting(FLAG, True, "true: the whole board, cell by cell.", new_run=False)
    egocentric_radius: int = setting(
        WHOLE,
        0,
        "Cells seen in each direction around the character; 0 for no such window.",
        low=0,
        high=MAX_SIGHT,
        new_run=3,
    )
    far: bool = setting(
        FLAG, False, "true: what is beyond the window, in parts of the board that are the larger the farther away they are."
    )
    radar: bool = setting(
        FLAG, False, "true: for every kind of character, the rough direction and distance to the nearest one.", new_run=True
    )
    own_symbol: bool = setting(
        FLAG, False, "true: the character that acts is one symbol of its own, whatever its letter.", new_run=True
    )
    last_step: bool = setting(
        FLAG, False, "true: which way the character that acts went last; letters like > and < tell it otherwise."
    )
    kinds: bool = setting(
        FLAG,
        False,
        "true: for every kind of character, how many there are, and with a flow how far the first of them has come.",
    )
    flow: str = setting(
        TEXT,
        "",
        "The way in which things come: the radar shows what arrives next, not what is nearest. Empty: no such way.",
        choices=FLOWS,
    )
    room: bool = setting(
        FLAG, False, "true: how many free cells can be reached to the left, to the right, above and below the one that acts."
    )
    free_characters: list[str] = setting(TEXTS, [], "For room: characters that it can step on. All others are in its way.")
    place: bool = setting(
        FLAG,
        False,
        "true: in which column and row of the board the one that acts is; cells beyond the edge then show nothing.",
    )
    wrap: str = setting(
        TEXT, "", "Which edges of the board join: x for left and right, y for above and below, xy for both.", choices=EDGES
    )
    cell_size: list[int] = setting(
        WHOLES,
        [],
        "Width and height of a cell of the game's own grid, where a step is several columns or rows: it is seen as one.",
        low=1,
        high=MAX_SIGHT,
    )
    steps_of: list[str] = setting(TEXTS, [], "Characters whose last step is seen, such as a ball.")
    rhythm_of: list[str] = setting(
        TEXTS, [], "Characters that move only in every second or third turn, or so: how many turns ago is seen."
    )
    way_around: list[str] = setting(
        TEXTS,
        [],
        "Characters that are in its way: of all others the radar tells how the shortest walk around these begins, and its "
        "length.",
    )
    sight: int = setting(
        WHOLE,
        0,
        "How many cells around it show, if not all: what it saw is remembered, and the way to what it never saw is told.",
        low=0,
        high=MAX_SIGHT,
    )
    texts: bool = setting(
        FLAG, True, "true: words and numbers several cells wide are seen, letter by letter; false: they are not there."
    )
    tiles: list[int] = setting(
        WHOLES,
        [],
        "Where tiles stand: first column, columns from one to the next, how many; the same for rows. Each is one sign, and "
        "between two equal ones is that sign again.",
        low=0,
        high=4096,
    )
    observe_state: list[str] = setting(TEXTS, [], "State values to observe as numbers.")


@dataclass(frozen=True)
class ModelSettings:
    """The network (for algorithm = "dqn")."""

    hidden_sizes: list[int] = setting(WHOLES, [128, 64], "Neurons in each hidden layer.", low=1, high=65536)
    dueling: bool = setting(
        FLAG, False, "true: split the last layer into the value of the state and advantages of the actions.", new_run=True
    )


@dataclass(frozen=True)
class TrainingSettings:
    """How it learns."""

    algorithm: str = setting(
        TEXT,
        "dqn",
        "dqn learns with a network; q_learning, sarsa, expected_sarsa and double_q_learning with a table.",
        choices=ALGORITHMS,
    )
    seed: int = setting(WHOLE, 0, "The same seed gives the same training on the same machine.", low=0, high=2**32 - 1)
    training_episodes: int = setting(WHOLE, 20000, "Games to train for.", low=1)
    training_turns: int = setting(
        WHOLE,
        0,
        "Turns to train for, if that comes first; 0 for no such limit.",
        low=0,
        new_run=400000,
        new_table_run=200000,
    )
    max_turns_per_episode: int = setting(WHOLE, 2000, "A game is cut short after this many turns.", low=1)
    learning_rate: float = setting(
        NUMBER,
        1e-4,
        "Size of a learning step: too large and learning breaks, too small and it takes for ever.",
        above=0,
        high=1,
        new_run=5e-4,
        new_table_run=0.1,
    )
    learning_rate_decay: float = setting(
        NUMBER,
        0.9999,
        "The learning rate is multiplied by this after each game.",
        above=0,
        high=1,
        new_run=1.0,
        new_table_run=1.0,
    )
    learning_rate_min: float = setting(
        NUMBER,
        0.0,
        "Learning rate at the end of training_turns, reached in equal steps; 0 for no such fall.",
        low=0,
        high=1,
        new_run=5e-5,
    )
    gamma: float = setting(
        NUMBER, 0.99, "Discount: what a reward is worth if it comes one turn later.", above=0, high=1, new_run=0.97
    )
    repeat_penalty: float = setting(
        NUMBER,
        0.0,
        "How much less an action counts each time it was taken in the same situation, with nothing gained since.",
        low=0,
        high=1,
        new_run=0.1,
        new_self_play_run=0.0,  # opponents change; it was not tried there
    )
    end_penalty_limit: float = setting(
        NUMBER, 0.0, "A penalty that ends the game counts at most so many times as much as a usual gain; 0: in full.", low=0
    )
    epsilon: float = setting(NUMBER, 1.0, "Share of random actions at the start.", low=0, high=1)
    epsilon_min: float = setting(
        NUMBER, 0.05, "Share of random actions in the end.", low=0, high=1, new_run=0.02, new_table_run=0.02
    )
    epsilon_decay_turns: int = setting(
        WHOLE,
        0,
        "Turns over which epsilon falls evenly to epsilon_min; 0: it falls by epsilon_decay instead.",
        low=0,
        new_run=20000,
        new_table_run=50000,
    )
    epsilon_decay: float = setting(
        NUMBER, 0.9997, "Epsilon is multiplied by this after each game, when epsilon_decay_turns is 0.", above=0, high=1
    )
    batch_size: int = setting(
        WHOLE,
        64,
        "Remembered turns that one learning step looks at.",
        low=1,
        high=65536,
        new_run=32,
        new_self_play_run=64,  # it was not tried there
    )
    memory_capacity: int = setting(WHOLE, 50000, "Turns that are remembered.", low=1, high=100_000_000)
    learning_starts: int = setting(WHOLE, 0, "Turns before the first learning step (never fewer than batch_size).", low=0)
    train_every: int = setting(WHOLE, 4, "Turns between learning steps.", low=1, new_run=32)
    gradient_steps: int = setting(
        WHOLE, 1, "Learning steps made then: as many turns apart, several together are faster.", low=1, new_run=8
    )
    average_steps: int = setting(
        WHOLE,
        0,
        "Learning steps whose weights are averaged, to be saved and to play; later the last quarter of all. 0: the newest.",
        low=0,
        high=100_000,
        new_run=2000,
        new_self_play_run=0,  # snapshots should differ
    )
    target_update_freq: int = setting(WHOLE, 500, "Turns between updates of the target network.", low=1)
    double: bool = setting(FLAG, True, "true: Double DQN, which does not take lucky guesses for real values.")
    symmetry: str = setting(
        TEXT,
        "",
        "What was played teaches as in a mirror, too: x swaps left and right, y above and below, xy both; all: turned, too.",
        choices=("", "x", "y", "xy", "all"),
    )
    action_ways: list[str] = setting(
        TEXTS,
        [],
        'For symmetry: where each action leads, "left", "right", "up", "down", or "". Empty: as the arrow keys say.',
    )
    n_step: int = setting(WHOLE, 1, "Rewards added up before the network's own estimate takes over.", low=1, high=100)
    prioritize_experiences: bool = setting(FLAG, True, "true: look more often at what was surprising.")
    priority_alpha: float = setting(
        NUMBER, 0.6, "How strongly surprise counts: 0 not at all, 1 in proportion.", low=0, high=1
    )
    priority_beta: float = setting(NUMBER, 0.4, "How far the resulting bias is corrected: 1 fully.", low=0, high=1)
    priority_min: float = setting(
        NUMBER, 0.0, "Errors smaller than this, most of which are luck, count as surprises of this size.", low=0
    )
    reward_scale: float | str = setting(
        NUMBER_OR_AUTO,
        "auto",
        'Rewards are multiplied by this inside the network; "auto" keeps them at a size that learns well.',
        above=0,
        high=1e12,
    )
    planning_steps: int = setting(WHOLE, 0, "Tables only: imagined steps after each real one (Dyna).", low=0, high=10000)
    exploration_turns: int = setting(WHOLE, 200, "Random turns before training, to find the characters of the game.", low=0)
    checkpoint_every: int = setting(WHOLE, 100, "Games between checkpoints.", low=1)
    keep_checkpoints: int = setting(
        WHOLE, 50, "Old checkpoints are removed so that at most this many stay, evenly spread over the training.", low=1
    )
    evaluate_every: int = setting(WHOLE, 50000, "Turns between greedy evaluations; 0 for none.", low=0, new_self_play_run=0)
    evaluation_games: int = setting(WHOLE, 10, "Games in each of them.", low=1)


@dataclass(frozen=True)
class SelfPlaySettings:
    """How teams train against each other (only where there are [[teams]]).

    The names and meanings are those of ML-Agents. A laptop plays thousands of turns where ML-Agents plays millions, so
    the numbers of steps are a quarter of the defaults there.
    """

    save_steps: int = setting(WHOLE, 5000, "Steps of the learning team between snapshots of its policy.", low=1)
    team_change: int = setting(WHOLE, 25000, "Steps of the learning team before another team learns.", low=1)
    swap_steps: int = setting(
        WHOLE, 2500, "Ghost steps (steps of a character that follows a fixed policy) before it gets another snapshot.", low=1
    )
    window: int = setting(WHOLE, 10, "Newest snapshots of a policy that opponents are drawn from.", low=1, high=10000)
    play_against_latest_model_ratio: float = setting(
        NUMBER, 0.5, "How often an opponent is the newest policy rather than a snapshot of the window.", low=0, high=1
    )
    initial_elo: float = setting(NUMBER, 1200.0, "The rating that a policy starts with.", low=0, high=100000)
    elo_k: float = setting(NUMBER, 16.0, "The most that one game can change a rating by.", above=0, high=1000)
    shared_policy: bool = setting(
        FLAG, False, "true: a symmetric game, in which one policy plays all teams; false: each team has its own."
    )


@dataclass(frozen=True)
class MemberSettings:
    """One character of a team."""

    character: str = setting(TEXT, "", "The name, or the class, of a character on the board.")
    actions: list[str] = setting(TEXTS, [], "The keys that only this character listens to.")


@dataclass(frozen=True)
class TeamSettings:
    """One side of a game, in [[teams]]. Members of a team share a policy: their lists of keys correspond."""

    name: str = setting(TEXT, "", "What the team is called.")
    reward: str = setting(TEXT, "", "The state value that the team makes grow.")
    members: list[MemberSettings] = field(default_factory=list)  # its characters, each with its own keys
    characters: list[str] = setting(
        TEXTS,
        [],
        "What shows on the board as this team's own, if shared_policy: each team sees its own as the first team sees its.",
    )
    swap_steps: int = setting(WHOLE, 0, "Ghost steps before this team gets another snapshot; 0: as in [self_play].", low=0)


SECTIONS: dict[str, Any] = {
    "game": GameSettings,
    "metadata": MetadataSettings,
    "preprocessing": PreprocessingSettings,
    "model": ModelSettings,
    "training": TrainingSettings,
    "self_play": SelfPlaySettings,
}

# Settings that files made by the original retro-gamer may hold and that mean nothing here. Those that did mean
# something, when they are true, come with an explanation and what to try.
RETIRED: dict[str, dict[str, tuple[str, ...]]] = {
    "training": {"unknown_character_strategy": ()},
    "preprocessing": {
        "egocentric": (
            "retro-gamer 0.1 cut the board to a window around egocentric_player. Such a network cannot be used here.",
            "To train anew with a window: remove egocentric and egocentric_player, set board = false, and name the "
            "character as player in [metadata]",
        ),
        "egocentric_player": (),
        "observe_state_sizes": (),
    },
}


def all_settings() -> list[tuple[str, Any]]:
    """(section, dataclass field) of every setting, in the order of the file."""
    return [(section, setting) for section, cls in SECTIONS.items() for setting in fields(cls)]


def find_setting(name: str) -> tuple[str, Any]:
    """(section, dataclass field) of a setting by its name alone, as flags have it; raises KeyError."""
    return _BY_NAME[name]


def registry() -> dict[str, tuple[str, Any]]:
    """(section, dataclass field) of every setting, by its name; raises TypeError when two settings have one name."""
    found: dict[str, tuple[str, Any]] = {}
    for section, setting in all_settings():
        if setting.name in found:
            raise TypeError(f"{setting.name} is in [{found[setting.name][0]}] and in [{section}]")
        found[setting.name] = section, setting
    return found


_BY_NAME = registry()


def new_run_values(algorithm: str, self_play: bool = False) -> dict[str, Any]:
    """By name, what `create` writes where that is not what a file means that leaves it out."""
    asked = ["new_run" if algorithm == "dqn" else "new_table_run", *(["new_self_play_run"] if self_play else [])]
    return {
        setting.name: setting.metadata[which]
        for which in asked
        for _, setting in all_settings()
        if setting.metadata[which] is not None
    }
