"""How a policy sees a user's game: as one character, or as one side of a self-play game."""

from __future__ import annotations

from typing import Any, Callable, Collection, NamedTuple

from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.teams import config_of_policy, policy_of_team
from retro_gamer.environment.player import find_character
from retro_gamer.environment.teams import TeamEncoder
from retro_gamer.errors import CheckpointError, ConfigError
from retro_gamer.runs.policy_description import PolicyDescription


class Eyes(NamedTuple):
    """What `TrainedPolicy` needs to see a game."""

    observe: Callable[[Any, Any], Any]  # game, character (None: the one that the keys control) -> observation
    unknown: Collection[str] = ()  # what was on a board and never seen in training: it grows while observing
    every_turn: bool = False  # whether it must look each turn, since it remembers what it saw before


class Side:
    """The characters that a team controls, their keys, and how they see the game.

    Raises ConfigError when no team, or an unknown one, is named.
    """

    def __init__(self, config: RunConfig, name: str | None, run: str):
        names = [team.name for team in config.teams]
        if not names:
            raise ConfigError(f"{run} has no teams, so there is no team {name!r} to play. Leave team= out.")
        if name not in names:
            what = "Say which side it plays" if name is None else f"There is no team {name!r} in {run}"
            raise ConfigError(f"{what}: team={names[0]!r}. The teams are: {', '.join(names)}.")
        self.run, self.team = run, names.index(name)
        self.members = config.teams[self.team].members
        self.policy = policy_of_team(config, self.team)
        self.config = config_of_policy(config, self.policy)

    def actions_of(self, character: Any) -> list[str | None]:
        """The keys of a character, and None for no key; of the first member, if it is none of them."""
        classes = type(character).__mro__
        names = [getattr(character, "name", None), *(cls.__name__ for cls in classes)]
        names += [vars(cls).get("name") for cls in classes]  # before `ai.character` gave it another
        for member in self.members:
            if member.character in names:
                return [*member.actions, None]
        return [*self.members[0].actions, None]

    def characters_in(self, game: Any) -> list[Any]:
        found = [find_character(game, member.character) for member in self.members]
        return [character for character in found if character is not None]

    def make_eyes(self, known: PolicyDescription) -> Eyes:
        """How this policy sees a game from one of the characters (by default, the first that is there)."""
        own_characters = known.own_characters or ()
        if self.team >= len(own_characters):
            raise CheckpointError(
                f"The policy of {self.run} was trained for {len(own_characters)} teams, but "
                "config.toml names more by now. Put the old teams back, or train again."
            )
        vocabulary = known.vocabulary()
        encoder = TeamEncoder(known.settings(self.config), vocabulary, own_characters, known.n_features)

        def observe(game: Any, agent: Any) -> Any:
            if agent is None:
                agent = next(iter(self.characters_in(game)), None)
            return encoder.observe(game, agent, self.team)

        return Eyes(observe, vocabulary.unknown, encoder.encoder.remembers)
