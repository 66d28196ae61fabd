"""A game that several teams play at once, each with characters, keys and a reward of its own."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Callable, NamedTuple, Sequence

from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.settings import TeamSettings
from retro_gamer.environment.encoder import Encoder
from retro_gamer.environment.game import make_encoder
from retro_gamer.environment.observation import WHICH, Observation, ObservationShape
from retro_gamer.environment.player import find_character, names_in
from retro_gamer.environment.runner import GameRunner, state_number
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.errors import ConfigError, RetroGamerError
from retro_gamer.hosting.blame import blame
from retro_gamer.hosting.loading import load_factory, make_game


class Member(NamedTuple):
    """One character of a team, with its keys."""

    team: int  # the team's number, in the order of config.toml
    character: str
    actions: list[str | None]  # the last is pressing no key


class Turn(NamedTuple):
    rewards: list[float]  # [n_teams]
    terminated: bool
    truncated: bool


class TeamEnvironment:
    """One game after another, played by the members of all teams at once.

    The reward of a team is the change of its own state value. `members` [n_members] are those of the first team, then
    those of the second, and so on; their numbers stay when one leaves the game.
    """

    def __init__(self, config: RunConfig, factory: Callable[[], Any] | None = None):
        self.teams = config.teams
        self.members = [
            Member(number, member.character, [*member.actions, None])
            for number, team in enumerate(self.teams)
            for member in team.members
        ]
        keys = [key for member in self.members for key in member.actions if key is not None]
        self._runner = GameRunner(factory or load_factory(config.game), keys)
        self._max_turns = config.training.max_turns_per_episode
        self._characters: list[Any] = []  # [n_members]: as they were when the game began
        self._totals: list[float] = []  # [n_teams]: the state values that are rewards, after the last turn

    @property
    def game(self) -> Any:
        return self._runner.game

    def reset(self, seed: int | None = None) -> None:
        """Start a new game. With a seed, it is always the same. Raises ConfigError when a character is missing."""
        self._runner.reset(seed)
        self._characters = [find_character(self.game, member.character) for member in self.members]
        for member, character in zip(self.members, self._characters):
            if character is None:
                raise _no_such_character(self.game, self.teams[member.team].name, member.character)
        self._totals = self._values()

    def _values(self) -> list[float]:
        return [self._runner.value(team.reward) for team in self.teams]

    def character(self, member: int) -> Any:
        """The character of a member, by its number; None when it has left the game."""
        character = self._characters[member]
        return character if character in self.game.agents else None

    def step(self, keys: Sequence[str | None]) -> Turn:
        """Play one turn with a key for each member [n_members], None for none.

        Raises GameError for what the game does wrong.
        """
        terminated = self._runner.play_turn(keys)
        before, self._totals = self._totals, self._values()
        rewards = [now - then for now, then in zip(self._totals, before)]
        return Turn(rewards, terminated, not terminated and self._runner.turn >= self._max_turns)


class TeamEncoder:
    """How one policy sees a game: from any character, on the side of any team that it plays for.

    With a shared policy every team sees what is its own as the first team sees its own, and the next team's as that
    of the second: `own_characters` are those of each team, in corresponding order, and `state_seen_by` says which
    state values correspond. `n_features` is how many numbers the observed state values are (see `count_features`).
    """

    def __init__(
        self,
        config: RunConfig,
        vocabulary: Vocabulary,
        own_characters: Sequence[Sequence[str]],
        n_features: int | None = None,
    ):
        self._encoders = [
            make_encoder(
                config.metadata,
                replace(config.preprocessing, observe_state=state_seen_by(config, team)),
                _Sided(vocabulary, rotation(own_characters, team)),
                n_features,
            )
            for team in range(len(own_characters))
        ]
        self.actions: list[str | None] = [*config.metadata.actions, None]

    def observe(self, game: Any, character: Any, team: int) -> Observation:
        try:
            return self._encoders[team].observe(game, character)
        except RetroGamerError:
            raise
        except Exception as error:  # such as one in a property of the game's
            raise blame(error, "when its board was looked at") from error

    def of_team(self, team: int) -> Encoder:
        return self._encoders[team]

    @property
    def shape(self) -> ObservationShape:
        return self._encoders[0].shape

    @property
    def encoder(self) -> Encoder:
        """That of the first team."""
        return self._encoders[0]


def rotation(own_characters: Sequence[Sequence[str]], team: int) -> dict[str, str]:
    """What each team's characters are seen as from the side of `team`: its own as the first team's, and so on around."""
    n_teams = len(own_characters)
    return {
        character: seen_as
        for offset in range(n_teams)
        for character, seen_as in zip(own_characters[(team + offset) % n_teams], own_characters[offset])
    }


def names_of_symbols(characters: Sequence[str], own_characters: Sequence[Sequence[str]], team: int) -> list[str]:
    """The characters that the symbols 2, 3, ... stand for, seen from the side of `team`."""
    really = {seen_as: character for character, seen_as in rotation(own_characters, team).items()}
    return [really.get(character, character) for character in characters]


def state_seen_by(config: RunConfig, team: int) -> list[str]:
    """The state values that a team observes, in the places of those that the first team does.

    A policy of its own observes what `observe_state` names. A shared policy observes for every team what is that team's
    own where it is the first team's for the first: a value that is a team's reward stands for the reward of the other
    team, and a name with a team's name in it (`ammo_blue`) for the same with the other team's (`ammo_red`).
    """
    names, teams = config.preprocessing.observe_state, config.teams
    if not config.self_play.shared_policy:
        return list(names)
    around = [(one, teams[(number + team) % len(teams)]) for number, one in enumerate(teams)]
    rewards = {one.reward: other.reward for one, other in around}
    team_names = {one.name: other.name for one, other in around}
    longest_first = sorted(team_names, key=len, reverse=True)
    as_words = re.compile(rf"(?<![^\W_])({'|'.join(map(re.escape, longest_first))})(?![^\W_])")
    return [rewards.get(name) or as_words.sub(lambda found: team_names[found[0]], name) for name in names]


def count_features(config: RunConfig, game: Any) -> int:
    """How many numbers the observed state values of a new game are.

    Raises ConfigError when the game does not have them, or when they are more for one team than for another.
    """
    counts = []
    for number, team in enumerate(config.teams):
        seen = state_seen_by(config, number)
        for name, own in zip(config.preprocessing.observe_state, seen):
            if own.partition(WHICH)[0] not in game.state:
                why = f", which for team {team.name!r} is {own!r}" if own != name else ""
                raise _no_such_value(game, f"observe_state names {name!r}{why}")
        encoder = make_encoder(config.metadata, replace(config.preprocessing, observe_state=seen), Vocabulary())
        counts.append(len(encoder.features(game.state)))
    if len(set(counts)) > 1:
        shown = ", ".join(f"{count} for {team.name}" for team, count in zip(config.teams, counts))
        raise ConfigError(
            f"The values that observe_state names are not equally many numbers for all teams ({shown}), but one policy "
            "sees them all. Let the lists in the game's state have the same length; or set shared_policy = false."
        )
    return counts[0]


class _Sided(Vocabulary):
    """A vocabulary in which some characters have the numbers of others."""

    def __init__(self, vocabulary: Vocabulary, seen_as: dict[str, str]):
        dict.__init__(self)
        self._vocabulary, self._seen_as = vocabulary, seen_as

    def __missing__(self, character: Any) -> int:
        number = self._vocabulary[self._seen_as.get(character, character)]
        if isinstance(character, str) and (number or character.strip() == ""):
            self[character] = number
        return number

    def add(self, character: str) -> int:
        return self._vocabulary.add(character)

    def make_room(self, n_symbols: int) -> None:
        self._vocabulary.make_room(n_symbols)

    @property
    def n_symbols(self) -> int:  # type: ignore[override]
        return self._vocabulary.n_symbols

    @property
    def characters(self) -> list[str]:  # type: ignore[override]
        return self._vocabulary.characters


def own_characters(teams: Sequence[TeamSettings], shared_policy: bool, game: Any) -> list[list[str]]:
    """What shows on the board as each team's own: as configured, or what its members look like in a new game."""
    if not shared_policy:
        return [[] for _ in teams]
    if teams[0].characters:
        return [list(team.characters) for team in teams]
    looks = [
        list(dict.fromkeys("".join(_looks_of(find_character(game, member.character)) for member in team.members)))
        for team in teams
    ]
    distinct = len({character for look in looks for character in look}) == sum(map(len, looks))
    return looks if distinct and len({len(look) for look in looks}) == 1 else [[] for _ in teams]


def _looks_of(character: Any) -> str:
    shown = getattr(character, "character", "")
    return (shown if isinstance(shown, str) else "".join(map(str, shown))).replace(" ", "")


def check_teams_in_game(teams: Sequence[TeamSettings], game: Any) -> None:
    """Raise ConfigError when a new game lacks a character or a reward that the teams name."""
    moved: list[tuple[Any, str]] = []  # characters, and by what name they are members
    for team in teams:
        for member in team.members:
            character = find_character(game, member.character)
            if character is None:
                raise _no_such_character(game, team.name, member.character)
            for other, name in moved:
                if other is character:
                    raise ConfigError(
                        f"The members {name!r} and {member.character!r} are one and the same character. A "
                        "class stands for its first character: give each a name, and use the names."
                    )
            moved.append((character, member.character))
        if team.reward not in game.state:
            raise _no_such_value(game, f"The reward of team {team.name!r} is {team.reward!r}")
        state_number(game, team.reward)


def _no_such_value(game: Any, named: str) -> ConfigError:
    return ConfigError(
        f"{named}, but the state of a new game has no such value. It has: {', '.join(map(str, game.state)) or 'nothing'}. "
        "Name one of these, or give the new Game that value from the start."
    )


def _no_such_character(game: Any, team: str, name: str) -> ConfigError:
    return ConfigError(
        f"Team {team!r} names the character {name!r}, but a new game has none of that name or class. It has: "
        f"{names_in(game)}."
    )


def new_game_of(config: RunConfig, factory: Callable[[], Any] | None = None) -> Any:
    return make_game(factory or load_factory(config.game))
