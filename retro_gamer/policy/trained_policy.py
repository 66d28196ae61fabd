"""A trained policy inside a user's game: as the player, or as a character of its own."""

from __future__ import annotations

import random
import sys
import weakref
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterator

from retro_gamer.agents.greedy import GreedyNetwork, GreedyPolicy
from retro_gamer.config.run_config import RunConfig
from retro_gamer.environment.game import make_encoder
from retro_gamer.environment.observation import custom_observation
from retro_gamer.environment.player import keyboard_driven, player_finder
from retro_gamer.errors import ConfigError, RunNotFoundError, command_line
from retro_gamer.hosting.game_protocol import Game
from retro_gamer.policy.arguments import check_character, check_game, locate
from retro_gamer.policy.asking import who_asks
from retro_gamer.policy.character import character_class, key_handler, keystroke
from retro_gamer.policy.doubts import Doubts
from retro_gamer.policy.repeats import Repeats
from retro_gamer.policy.side import Eyes, Side
from retro_gamer.policy.terms import Terms, terms_of
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.runs.policy_description import PolicyDescription
from retro_gamer.runs.policy_file import build_policy, check_function, check_keys, check_of_team, read_policy

if TYPE_CHECKING:
    from retro_gamer.reporting.explanation import Explanation

_pinned: dict[Path, str] = {}  # run folder -> the checkpoint that is taken for its newest
# What a copy of a policy makes anew.
_LOADED = (
    "_run",
    "_side",
    "_config",
    "_random",
    "_game",
    "_known_game",
    "_path",
    "_stamp",
    "_agent",
    "_repeats",
    "_eyes",
    "_find_player",
    "_doubts",
    "_actions",
    "_terms",
    "_of_environment",
    "_facts",
    "_known",
)
_loaded: weakref.WeakSet[TrainedPolicy] = weakref.WeakSet()


@contextmanager
def pin_checkpoint(run_dir: str | Path, checkpoint: str) -> Iterator[None]:
    """While inside, every TrainedPolicy of this run that plays the newest checkpoint plays this one instead."""
    path = Path(run_dir).resolve()
    _pinned[path] = checkpoint
    try:
        _reload_all(path)
        yield
    finally:
        del _pinned[path]
        _reload_all(path)


def _reload_all(path: Path) -> None:
    for policy in list(_loaded):
        if policy._run.path.resolve() == path:
            policy.reload()


class TrainedPolicy:
    """A model loaded from a run directory, which looks at a game and chooses keys.

    Arguments:
        run_dir: the folder that was trained in; or a checkpoint in it, such as "runs/snake/checkpoints/ep_0500.npz".
        checkpoint: "ep_0500", "ep_0500.npz" or "best"; by default the newest.
        if_missing: "random" to press random keys as long as there is no checkpoint (`reload()` looks again);
            by default that is an error.
        epsilon: the share of random keys, 0 to 1: an easier opponent.
        trusted: False refuses a run that names an observation function, whose code would be imported. Nothing else in a
            run is ever imported or run.
        team: which side it plays, if several teams were trained in the run (self-play).

    Raises RunNotFoundError (a FileNotFoundError) when there is no such run or checkpoint, and CheckpointError or
    ConfigError (ValueErrors) when one cannot be used. Loading runs no code of the game.
    """

    def __init__(
        self,
        run_dir: str | Path,
        checkpoint: str | None = None,
        *,
        if_missing: str | None = None,
        epsilon: float = 0.0,
        trusted: bool = True,
        team: str | None = None,
    ):
        if if_missing not in (None, "random"):
            raise ConfigError(f'if_missing = {if_missing!r}: it can be "random", or left out.')
        if not isinstance(epsilon, (int, float)) or not 0 <= epsilon <= 1:
            raise ConfigError(f"epsilon = {epsilon!r}: it is the share of random keys, a number from 0 to 1.")
        place = locate(run_dir, checkpoint)
        self._run_path, self._checkpoint, self._policy = place
        self._team, self._if_missing = team, if_missing
        self._epsilon, self._trusted = float(epsilon), trusted
        self._begin(RunDirectory(place.run))

    def _begin(self, run: RunDirectory) -> None:
        self._run, self._run_path = run, run.path
        self._side: Side | None = None  # in self-play: the characters that it controls
        self._random = random.Random()
        self._game: Any = None  # a weak reference to the game that `_random` was seeded for
        self._known_game: Any = None  # a weak reference to the last game that was found to be one
        self._path: Path | None = None
        self._repeats: Repeats | None = None
        self._stamp: Any = None
        self._doubts = Doubts(str(self._run))
        self._load()
        _loaded.add(self)

    def __getstate__(self) -> dict[str, Any]:
        """A copy, in another process too, is the same policy loaded again; it needs the files of the run."""
        return {name: value for name, value in vars(self).items() if name not in _LOADED}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._begin(RunDirectory(self._run_path))

    def __repr__(self) -> str:
        team = f", team={self._team!r}" if self._team is not None else ""
        return f"TrainedPolicy({str(self._run)!r}, checkpoint={self.checkpoint!r}{team})"

    def _repr_html_(self) -> str:
        """As a notebook shows it: a card, and how its training went."""
        from retro_gamer.reporting.html import card

        return card(repr(self), self._run, self._facts, self._actions, RunDirectory(self._run_path))

    @property
    def checkpoint(self) -> str | None:
        """The name of the loaded checkpoint; None while it plays at random."""
        return self._path.stem if self._path is not None else None

    @property
    def actions(self) -> list[str | None]:
        """The keys it chooses from, None for pressing none; of an environment, its actions."""
        return list(self._actions)

    def reload(self) -> bool:
        """Load the newest checkpoint if it is another than before; returns whether it was."""
        path = self._find()
        if path is None and self._path is None:
            self._load()  # there may be a config.toml by now, and in it the keys to press
        elif path is not None and (path, _stamp(path)) != (self._path, self._stamp):
            self._load()
            return True
        return False

    def _find(self) -> Path | None:
        self._find_side()
        try:
            return self._run.find_checkpoint(self._name())
        except RunNotFoundError:
            if self._if_missing == "random":
                return None
            raise

    def _name(self) -> str | None:
        """None for the newest."""
        return self._checkpoint or _pinned.get(self._run.path.resolve())

    def _find_side(self) -> None:
        """In a self-play run, find out which of its policies plays for the team, and with which characters."""
        self._config: RunConfig | None = None
        if self._side is not None or not (self._run.config_path.is_file()):
            return
        config = self._config = self._run.load_config()
        # A path into a team's own folder.
        if self._team is None and self._policy is not None and config.teams:
            self._team = next((team.name for team in config.teams if team.name == self._policy), None)
        if config.teams or self._team is not None:
            self._side = Side(config, self._team, str(self._run))
            self._run = self._run.of(self._side.policy)

    def _load(self) -> None:
        path = self._find()
        if path is None:
            config = self._run.load_config() if self._run.config_path.is_file() else None
            if config is not None and self._side is not None:
                config = self._side.config
            self._actions: list[str | None] = [*(config.metadata.actions if config else ()), None]
            self._agent = self._terms = self._repeats = self._known = self._facts = None
            self._find_player = player_finder()
            self._of_environment = bool(config and config.game.environment_name)
            return
        own = self._side.config if self._side is not None else self._config  # read by `_find` just now
        config, stamp = own or self._run.load_config(), _stamp(path)
        path, saved = read_policy(self._run, self._name())
        known = saved.description
        if config.metadata.actions and not config.game.environment_name:
            check_keys(known, config.metadata.actions, path, self._run.config_path)
        if self._side is not None:
            check_of_team(saved, path)
        check_function(known, config, path, self._run)
        agent = build_policy(saved, path)  # first: it finds out whether the sizes can be believed
        eyes, terms = self._make_eyes(known, config), terms_of(known)
        # Only now, when nothing can go wrong any more: a failed reload leaves the old policy playing.
        self._agent, self._eyes, self._terms = agent, eyes, terms
        self._known, self._facts = known, saved.facts
        self._find_player = player_finder(known.player)
        self._actions = list(known.actions) if terms is None else terms.keys
        self._of_environment = bool(known.gym)
        self._path, self._stamp = path, stamp
        self._repeats = None
        if isinstance(agent, GreedyNetwork) and agent.repetition.penalty and self._side is None:
            self._repeats = Repeats(agent, known.reward, self._find_player)

    def _make_eyes(self, known: PolicyDescription, config: RunConfig) -> Eyes:
        """How this policy sees a game: game, agent -> observation. A function is looked for where the game is, too."""
        if known.observation_function:
            if not self._trusted:
                raise ConfigError(
                    f"The run {self._run} names an observation_function, {known.observation_function}, whose code would "
                    "be run; trusted=False forbids that."
                )
            from retro_gamer.hosting.loading import load_function

            function = load_function(known.observation_function, "observation_function", config.game.path)
            return Eyes(lambda game, agent: custom_observation(function(game), known.n_features, known.tabular))
        if known.gym:
            return Eyes(lambda game, agent: self.refuse_games())
        if self._side is not None:
            return self._side.make_eyes(known)
        own, vocabulary = known.settings(config), known.vocabulary()
        encoder = make_encoder(own.metadata, own.preprocessing, vocabulary, known.n_features)
        return Eyes(encoder.observe, vocabulary.unknown, encoder.remembers)

    def predict(self, observation: Any) -> Any:
        """The action to take after this observation, as the environment's own `step` takes it.

        For a run that was trained on an environment: `observation` is what its `reset` and `step` return first. For one with
        an observation function: what that function returns; the action is a key, or None for no key. Raises
        ObservationError for anything else, and ConfigError where the policy looks at the game itself (`get_action`).
        """
        agent, terms = self._asked_about_an_observation("predict")
        if self._epsilon and self._chance_in(self).random() < self._epsilon:
            return terms.action(self._random.randrange(len(terms.keys)))
        agent.begin_episode()  # nobody says when a game begins, or what it brings: nothing counts as done before
        return terms.action(agent.act(terms.observe(observation), 0.0))

    def _asked_about_an_observation(self, call: str) -> tuple[GreedyPolicy, Terms]:
        if self._agent is not None and self._terms is not None:
            return self._agent, self._terms
        if self._agent is None:
            raise RunNotFoundError(
                f"There is no checkpoint in {self._run} yet, so {call} knows no actions. Train it first:\n"
                f"  {command_line('train', self._run)}"
            )
        raise ConfigError(
            f"The policy of {self._run} looks at the game itself: ask it with  ai.get_action(game) . {call} is for runs "
            "that were trained on an environment or with an observation_function."
        )

    def refuse_games(self) -> None:
        """Raise ConfigError for a policy that was trained on an environment, and knows nothing of games."""
        if self._of_environment:
            raise ConfigError(
                f"The run {self._run} was trained on an environment, not on a game of retro-games. Give it what the "
                f"environment shows:  ai.predict(observation)  or  ai.q_values(observation=...) . "
                f"Watch it with:  {command_line('play', self._run)}"
            )

    def get_action(self, game: Game, agent: Any = None) -> str | None:
        """The key to press this turn, or None for no key.

        Called from a method of a character in the game, or from what such a method calls, it sees the game from that
        character; `agent=self` says so explicitly. Called from elsewhere, it sees it from the character that the keys
        control, and warns (PolicyWarning) where that may be the wrong one.
        """
        self._check(game, "get_action")
        return self._choose(game, self._looks_from(game, agent, "get_action", sys._getframe(1)))

    def control(self, character: Any, game: Game) -> str | None:
        """Choose a key for a character and let its class's own handle_keystroke handle it; returns the key.

        For a `play_turn`, as in  ai.control(self, game)  . A handle_keystroke that does nothing, so that the keyboard
        does not move the character, is passed over. Raises ConfigError if there is no other.
        """
        self._check(game, "control(character, game)")
        self._check_agent(character, "control(character, game)")
        handle = key_handler(character)
        key = self._choose(game, character)
        if key is not None:
            handle(character, keystroke(key), game)
        return key

    def character(self, cls: type, name: str | None = None) -> Any:
        """A subclass of a class of characters whose objects this policy plays, as in  AISnake = ai.character(SnakeHead).

        They take the arguments of the class, ignore the keyboard, and press the policy's keys into the class's own
        handle_keystroke before each turn. Unless they are named when they are made, they are called `name`, by default
        "AI snake head", with a number where there are several.

        Raises ConfigError for what is no class, or has no handle_keystroke.
        """
        self.refuse_games()
        return character_class(self.control, cls, name)

    def _choose(self, game: Any, agent: Any) -> str | None:
        """The key for a character; None for the one that the keys control."""
        actions = self._actions_of(agent)
        if self._agent is None or self._epsilon:
            chance = self._chance_in(game)
            if self._agent is None or chance.random() < self._epsilon:
                if self._agent is not None and self._eyes.every_turn:
                    self._look(game, agent)
                if self._repeats is not None:
                    self._repeats.acted_by_chance()
                return chance.choice(actions)
        observation = self._look(game, agent)
        if self._repeats is not None:
            action = self._repeats.act(observation, game, agent)
        else:
            action = self._agent.act(observation, 0.0)
        self._doubts.values(game, self._agent.compared)
        return actions[action]

    def _look(self, game: Any, agent: Any) -> Any:
        """The observation; what on the board was never seen in training is said."""
        observation = self._eyes.observe(game, agent)
        if self._eyes.unknown:
            self._doubts.unknown_characters(game, self._eyes.unknown)
        return observation

    def _check(self, game: Game, call: str) -> None:
        """Asked once of each game."""
        if self._known_game is None or self._known_game() is not game:
            self.refuse_games()
            check_game(game, call)
            self._known_game = weakref.ref(game)

    def _check_agent(self, agent: Any, call: str) -> None:
        """An observation function never looks from a character."""
        if self._known is None or not self._known.observation_function:
            check_character(agent, call)

    def _actions_of(self, agent: Any) -> list[str | None]:
        return self._actions if self._side is None else self._side.actions_of(agent)

    def _looks_from(self, game: Any, agent: Any, call: str, frame: Any) -> Any:
        """The character that was named in a call, or else the one that asks."""
        if agent is None:
            return self._who_asks(game, frame)
        self._check_agent(agent, f"{call}(game, agent=...)")
        return agent

    def _who_asks(self, game: Any, frame: Any) -> Any:
        """The character that asks; of a team, if no character does, the first of its characters that is there."""
        character, for_someone = who_asks(game, frame)
        if character is not None:
            if for_someone:
                self._doubts.guessed(game, character)
            return character
        candidates = keyboard_driven(game) if self._side is None else self._side.characters_in(game)
        character = self._find_player(game) if self._side is None else next(iter(candidates), None)
        if for_someone or len(candidates) > 1:
            self._doubts.guessed(game, character)
        return character

    def _chance_in(self, game: Any) -> random.Random:
        """The generator for one game. What it draws leaves the game's own chance as it is, and yet follows from it: where
        the game is the same again, as when training goes on from a saved state, the policy is too."""
        if self._game is None or self._game() is not game:
            self._game = weakref.ref(game)
            self._random.seed(repr(random.getstate()))
        return self._random

    def keys(self, game: Game) -> list[str]:
        """The keys to press this turn: one at most; of a team, one for each of its characters on the board."""
        characters = [None] if self._side is None else self._side.characters_in(game)
        self._check(game, "keys")
        chosen = [self._choose(game, character) for character in characters]
        return [key for key in chosen if key is not None]

    def q_values(self, game: Game | None = None, agent: Any = None, *, observation: Any = None) -> dict[Any, float]:
        """The value of each key (None for no key): the rewards expected from here on, discounted.

        With `observation=`, as `predict` takes it, the value of each action of the environment.
        """
        if observation is not None:
            policy, terms = self._asked_about_an_observation("q_values(observation=...)")
            return dict(zip(terms.keys, map(float, policy.q_values(terms.observe(observation)))))
        self.refuse_games()
        check_game(game, "q_values")
        if self._agent is None:
            return {action: 0.0 for action in self._actions}
        agent = self._looks_from(game, agent, "q_values", sys._getframe(1))
        values = self._agent.q_values(self._look(game, agent))
        return dict(zip(self._actions_of(agent), map(float, values)))

    def explain(self, game: Game | None = None, agent: Any = None, *, observation: Any = None) -> Explanation:
        """Why it chooses a key here: its `action`, the `values` of all, the `margin`, and the `causes`, what it sees that
        mattered. `print` shows it as text, a notebook as a table.

        The arguments are those of `q_values`. It is the key with the largest value: `get_action` may choose another one
        where that key was tried before in the same place (`repeat_penalty`), or by chance (`epsilon`). Raises
        RunNotFoundError as long as there is no checkpoint.
        """
        from retro_gamer.environment.teams import names_of_symbols
        from retro_gamer.reporting.explanation import explain_choice

        policy: Any = self._agent
        known: Any = self._known  # where there is a policy
        if observation is not None or policy is None:
            _, terms = self._asked_about_an_observation("explain")
            seen, actions, names = terms.observe(observation), terms.keys, known.characters
        else:
            self.refuse_games()
            check_game(game, "explain")
            agent = self._looks_from(game, agent, "explain", sys._getframe(1))
            seen, actions, names = self._look(game, agent), self._actions_of(agent), known.characters
            if self._side is not None:
                names = names_of_symbols(list(names), known.own_characters or (), self._side.team)
        return explain_choice(policy, seen, actions, names, known.shape.board_shape, known)


def _stamp(path: Path) -> Any:
    try:
        status = path.stat()
    except FileNotFoundError:  # it was removed just now
        return None
    return status.st_mtime_ns, status.st_size
