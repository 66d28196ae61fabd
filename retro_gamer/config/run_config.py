"""config.toml: read, checked and written. What each setting means stands in `settings.py`."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field, fields, replace
from itertools import islice
from pathlib import Path
from typing import Any, Iterator, Mapping

from retro_gamer.config.checks import check_learning, check_metadata, check_preprocessing
from retro_gamer.config.problems import MAX_PROBLEMS, Problem, report, sections_with, unknown_name, unknown_setting
from retro_gamer.config.settings import (
    RETIRED,
    SECTIONS,
    GameSettings,
    MetadataSettings,
    ModelSettings,
    PreprocessingSettings,
    SelfPlaySettings,
    TeamSettings,
    TrainingSettings,
    find_setting,
)
from retro_gamer.config.teams import check_teams, read_teams, teams_to_list, teams_to_toml
from retro_gamer.config.values import read_settings, read_toml, toml_value
from retro_gamer.errors import ConfigError


@dataclass(frozen=True)
class RunConfig:
    """All settings of a run, by section. None can be changed: `with_settings` makes another configuration."""

    game: GameSettings = field(default_factory=GameSettings)
    metadata: MetadataSettings = field(default_factory=MetadataSettings)
    preprocessing: PreprocessingSettings = field(default_factory=PreprocessingSettings)
    model: ModelSettings = field(default_factory=ModelSettings)
    training: TrainingSettings = field(default_factory=TrainingSettings)
    self_play: SelfPlaySettings = field(default_factory=SelfPlaySettings)
    teams: list[TeamSettings] = field(default_factory=list)

    @property
    def tabular(self) -> bool:
        return self.training.algorithm != "dqn"

    @property
    def turn_based(self) -> bool:
        """Whether the game waits for a key, and what is seen of it tells whether a key changed anything."""
        sees_all = self.preprocessing.board and not self.metadata.observation_function
        return self.metadata.turn_based and sees_all and not self.teams and not self.game.environment_name

    def with_settings(self, values: Mapping[str, Any]) -> RunConfig:
        """The same configuration with these values, by the names of the settings; raises KeyError for an unknown name."""
        changes: dict[str, dict[str, Any]] = {}
        for name, value in values.items():
            changes.setdefault(find_setting(name)[0], {})[name] = value
        return replace(self, **{section: replace(getattr(self, section), **new) for section, new in changes.items()})

    @classmethod
    def from_dict(cls, data: dict[str, Any], source: str = "config.toml") -> RunConfig:
        """Build and check a configuration; raises ConfigError with every problem found."""
        problems = list(islice(_check_sections(data), MAX_PROBLEMS))
        sections: dict[str, Any] = {}
        for name in SECTIONS:
            sections[name], found = _read_section(name, data.get(name, {}))
            problems += found
        sections["teams"], found = read_teams(data.get("teams", []))
        problems += found
        config = cls(**sections)
        refused = {setting for problem in problems for setting in problem.settings}
        together = (problem for problem in config._check_together() if not refused & set(problem.settings))
        problems += islice(together, MAX_PROBLEMS)
        if problems:
            raise ConfigError(report(problems[:MAX_PROBLEMS], source))
        return config

    def _check_together(self) -> Iterator[Problem]:
        """Problems of settings that do not go together, found one by one: the search may be given up."""
        metadata = self.metadata
        if not self.game.environment_name:
            yield from check_metadata(self.game, metadata, bool(self.teams))
            yield from check_preprocessing(self.preprocessing, metadata.observation_function, self.tabular)
        elif self.teams:
            yield Problem(
                f"[[teams]] and {'gym' if self.game.gym else 'environment'} are both set",
                "An environment is played by one agent.",
                "Remove one: teams play each other in a game of retro-games.",
                ("gym", "environment"),
            )
        elif metadata.character_set and not self.tabular:  # pictures of planes are seen as boards
            yield from check_preprocessing(self.preprocessing, "", False)
        if self.game.gym and self.game.environment:
            yield Problem(
                "gym and environment are both set",
                "One names a Gymnasium environment, the other a class of your own.",
                "Remove one.",
                ("gym", "environment"),
            )
        if self.teams and self.training.repeat_penalty:
            yield Problem(
                f"repeat_penalty = {self.training.repeat_penalty} with [[teams]]",
                "Teams play each other without it: what they did before is not counted.",
                "Set repeat_penalty = 0.0",
                ("repeat_penalty",),
            )
        yield from check_teams(self.teams, self.self_play.shared_policy, metadata.observation_function)
        yield from check_learning(self.model, self.training)

    @classmethod
    def load(cls, path: str | Path) -> RunConfig:
        """Read a config.toml; raises ConfigError when it is not TOML or does not hold what it must."""
        return cls.from_dict(read_toml(path), source=str(path))

    def to_dict(self) -> dict[str, Any]:
        """All settings by section and name; `teams` only where there are some."""
        sections: dict[str, Any] = {name: dict(vars(getattr(self, name))) for name in SECTIONS}
        return {**sections, "teams": teams_to_list(self.teams)} if self.teams else sections

    def to_toml(self, notes: dict[str, str] | None = None) -> str:
        """The text of a config.toml with a comment on every setting.

        `notes` adds a line to the comment of a setting: "section.name" -> why it has this value.
        """
        lines = ["# The settings of one training run. Training reads this file and never changes it.", ""]
        for name, section_class in SECTIONS.items():
            if section_class is SelfPlaySettings and not self.teams:
                continue
            about = inspect.cleandoc(section_class.__doc__).splitlines()
            lines += [f"[{name}]", *(f"# {line}".rstrip() for line in about), ""]
            for setting in fields(section_class):
                lines.append(f"# {setting.metadata['help']}")
                note = (notes or {}).get(f"{name}.{setting.name}")
                if note:
                    lines.append(f"# {note}")
                lines.append(f"{setting.name} = {toml_value(getattr(getattr(self, name), setting.name))}")
            lines.append("")
        if self.teams:
            lines += teams_to_toml(self.teams)
        return "\n".join(lines)


def _check_sections(data: dict[str, Any]) -> Iterator[Problem]:
    for name, values in data.items():
        homes = [] if isinstance(values, dict) else sections_with(name)
        if name == "teams" or (name in SECTIONS and isinstance(values, dict)):
            continue
        if name in SECTIONS:
            yield Problem(f"{name} = {values!r}", f"[{name}] is a section with settings below it, not a value.")
        elif homes:
            yield Problem(
                f"{name} = {values!r}", "This setting stands before the first section.", f"Move it to [{homes[0]}]."
            )
        else:
            yield unknown_name(f"[{name}]", name, list(SECTIONS), "section")


def _read_section(name: str, values: Any) -> Any:
    """(settings, problems)"""
    values = values if isinstance(values, dict) else {}
    retired = {key: RETIRED[name][key] for key in values if key in RETIRED.get(name, {})}
    old = [
        Problem(f"{key} = {toml_value(values[key])}", said[0], said[1])
        for key, said in retired.items()
        if values[key] and said
    ]
    current = {key: value for key, value in values.items() if key not in retired}
    made, problems = read_settings(SECTIONS[name], current, lambda key, names: unknown_setting(name, key, names))
    return made, old + problems
