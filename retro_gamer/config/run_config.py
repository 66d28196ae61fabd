"""config.toml: read, checked and written. What each setting means stands in `settings.py`."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Dict, List, Optional, Union

from retro_gamer.config.key_names import key_problem
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
)
from retro_gamer.config.teams import check_teams, read_teams, teams_to_list, teams_to_toml
from retro_gamer.config.values import (
    MAX_PROBLEMS,
    check_value,
    first_of,
    problem_text,
    read_toml,
    sections_with,
    toml_value,
    unknown_name,
    unknown_setting,
)
from retro_gamer.errors import ConfigError


@dataclass
class RunConfig:
    """All settings of a run, by section."""

    game: GameSettings = field(default_factory=GameSettings)
    metadata: MetadataSettings = field(default_factory=MetadataSettings)
    preprocessing: PreprocessingSettings = field(default_factory=PreprocessingSettings)
    model: ModelSettings = field(default_factory=ModelSettings)
    training: TrainingSettings = field(default_factory=TrainingSettings)
    self_play: SelfPlaySettings = field(default_factory=SelfPlaySettings)
    teams: List[TeamSettings] = field(default_factory=list)

    @property
    def tabular(self) -> bool:
        return self.training.algorithm != "dqn"

    @classmethod
    def from_dict(cls, data: Dict[str, Any], source: str = "config.toml") -> "RunConfig":
        """Build and check a configuration; raises ConfigError with every problem found."""
        problems: List[str] = []
        refused: List[str] = []  # settings whose value was not taken over
        sections: Dict[str, Any] = {}
        for name, values in data.items():
            if len(problems) >= MAX_PROBLEMS:
                break
            if name == "teams":
                continue
            if name not in SECTIONS and not isinstance(values, dict) and sections_with(name):
                problems.append(
                    problem_text(
                        f"{name} = {values!r}",
                        "This setting stands before the first section.",
                        f"Move it to [{sections_with(name)[0]}].",
                    )
                )
            elif name not in SECTIONS:
                problems.append(unknown_name(f"[{name}]", name, list(SECTIONS), "section"))
            elif not isinstance(values, dict):
                problems.append(
                    f"  {name} = {values!r}\n    [{name}] is a section with settings below it, not a value."
                )
        for name, section_class in SECTIONS.items():
            values = data.get(name, {})
            values = values if isinstance(values, dict) else {}
            sections[name] = _read_section(name, section_class, values, problems, refused)
        config = cls(teams=read_teams(data.get("teams", []), problems), **sections)
        problems += [
            problem
            for problem in check_together(config)
            if not set(refused) & set(re.findall(r"\w+", problem.splitlines()[0]))
        ]
        if problems:
            raise ConfigError(_report(problems[:MAX_PROBLEMS], source))
        return config

    @classmethod
    def load(cls, path: Union[str, Path]) -> "RunConfig":
        """Read a config.toml; raises ConfigError when it is not TOML or does not hold what it must."""
        return cls.from_dict(read_toml(path), source=str(path))

    def to_dict(self) -> Dict[str, Any]:
        """All settings by section and name; `teams` only where there are some."""
        sections: Dict[str, Any] = {name: dict(vars(getattr(self, name))) for name in SECTIONS}
        return {**sections, "teams": teams_to_list(self.teams)} if self.teams else sections

    def to_toml(self, notes: Optional[Dict[str, str]] = None) -> str:
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


def _read_section(
    name: str, section_class: Any, values: Dict[str, Any], problems: List[str], refused: List[str]
) -> Any:
    known = {setting.name: setting for setting in fields(section_class)}
    section = section_class()
    for key, value in values.items():
        if len(problems) >= MAX_PROBLEMS:
            break
        if key in RETIRED.get(name, {}):
            if value and RETIRED[name][key]:
                problems.append(problem_text(f"{key} = {toml_value(value)}", *RETIRED[name][key]))
            continue
        if key not in known:
            problems.append(unknown_setting(name, key, list(known)))
            continue
        problem = check_value(known[key], value)
        if problem:
            problems.append(problem_text(f"{key} = {value!r:.100}", known[key].metadata["help"], problem))
            refused.append(key)
        else:
            setattr(section, key, known[key].metadata["kind"].converted(value))
    return section


def check_together(config: RunConfig) -> List[str]:
    """Problems that show only when settings are seen side by side."""
    problems = [*_check_metadata(config), *_check_preprocessing(config)]
    if config.teams and config.game.gym:
        problems.append(
            problem_text(
                "[[teams]] and gym are both set",
                "A Gymnasium environment is played by one agent.",
                "Remove one: teams play each other in a game of retro-games.",
            )
        )
    problems += check_teams(
        config.teams, config.self_play.shared_policy, config.metadata.observation_function
    )
    if not config.model.hidden_sizes:
        problems.append(
            problem_text(
                "hidden_sizes = []",
                "The network needs at least one hidden layer.",
                "Try: hidden_sizes = [128, 64]",
            )
        )
    training = config.training
    if training.epsilon_min > training.epsilon:
        problems.append(
            problem_text(
                f"epsilon_min = {training.epsilon_min} is greater than epsilon = {training.epsilon}",
                "The share of random actions starts at epsilon and falls to epsilon_min.",
                "Try: epsilon = 1.0 and epsilon_min = 0.05",
            )
        )
    if not config.tabular and training.batch_size > training.memory_capacity:
        problems.append(
            problem_text(
                f"batch_size = {training.batch_size} is larger than memory_capacity = {training.memory_capacity}",
                "A learning step draws batch_size turns from the memory, so the memory must hold at least as many.",
                f"Try: memory_capacity = {max(50000, 100 * training.batch_size)}",
            )
        )
    if not config.tabular and training.learning_starts > training.memory_capacity:
        problems.append(
            problem_text(
                f"learning_starts = {training.learning_starts} is larger than memory_capacity = {training.memory_capacity}",
                "Learning would never start: the memory never holds that many turns.",
                f"Try: learning_starts = {training.memory_capacity // 10}",
            )
        )
    return problems


def _check_metadata(config: RunConfig) -> List[str]:
    metadata = config.metadata
    problems: List[str] = []
    if config.game.gym:
        return problems
    if not metadata.actions and not config.teams:
        problems.append(
            problem_text(
                "[metadata] actions is empty or missing",
                "The agent must have keys to press.",
                'Try: actions = ["KEY_LEFT", "KEY_RIGHT"]',
            )
        )
    problems += first_of(
        problem_text(f"actions: {key!r}", "Each action is the name of a key.", why)
        for key, why in zip(metadata.actions, map(key_problem, metadata.actions))
        if why
    )
    if len(set(metadata.actions)) < len(metadata.actions):
        problems.append(
            problem_text(
                f"actions = {metadata.actions!r}", "Each key is one action.", "Name every key only once."
            )
        )
    if not metadata.reward and not config.teams:
        problems.append(
            problem_text(
                "[metadata] reward is empty or missing",
                "The agent learns to make one value of the game's state grow.",
                'Try: reward = "score"',
            )
        )
    if metadata.board_size and len(metadata.board_size) != 2:
        problems.append(
            problem_text(
                f"board_size = {metadata.board_size!r}",
                "The board has a width and a height.",
                "Try: board_size = [32, 16]",
            )
        )
    for character in metadata.character_set:
        if len(character) != 1:
            problems.append(
                problem_text(
                    f"character_set: {character!r} has length {len(character)}",
                    "A cell of the board shows one character.",
                    "List single characters, or leave character_set empty: the trainer finds them itself.",
                )
            )
    if metadata.observation_function and not _is_reference(metadata.observation_function):
        problems.append(
            problem_text(
                f"observation_function = {metadata.observation_function!r}",
                "It names a function that takes the game.",
                'Try: "my_game:observe"',
            )
        )
    if config.game.factory and not _is_reference(config.game.factory):
        problems.append(
            problem_text(
                f"factory = {config.game.factory!r}",
                "It names a function that returns a new game.",
                'Try: "my_game:create_game"',
            )
        )
    return problems


def _check_preprocessing(config: RunConfig) -> List[str]:
    seen = config.preprocessing
    problems: List[str] = []
    if config.game.gym:
        return problems
    if config.metadata.observation_function:
        if seen.observe_state:
            problems.append(
                problem_text(
                    "observation_function and observe_state are both set",
                    "Either describes all that is observed.",
                    "Remove one: the function can return the state values too.",
                )
            )
        if seen.spatial and not config.tabular:
            problems.append(
                problem_text(
                    "observation_function and spatial = true are both set",
                    "The convolutions of spatial look at the board itself, not at what a function returns.",
                    "Set spatial = false, for a dense network on what the function returns; or remove the function. "
                    "(The original retro-gamer made such runs. They cannot be used here.)",
                )
            )
        return problems
    if seen.board and seen.egocentric_radius:
        problems.append(
            problem_text(
                "board = true and egocentric_radius are both set",
                "They are two ways to see the board.",
                "Try: board = false for the window alone, or egocentric_radius = 0 for the board alone",
            )
        )
    if not (seen.board or seen.egocentric_radius or seen.radar or seen.observe_state):
        problems.append(
            problem_text(
                "board = false",
                "Without a board there is nothing to observe.",
                "Set board = true, egocentric_radius, radar or observe_state.",
            )
        )
    if seen.spatial and not (seen.board or seen.egocentric_radius) and not config.tabular:
        problems.append(
            problem_text(
                "spatial = true with board = false",
                "A convolution needs a board to look at.",
                "Try: spatial = false",
            )
        )
    return problems


def _is_reference(text: str) -> bool:
    module, colon, name = text.partition(":")
    return bool(module and colon and name.isidentifier())


def _report(problems: List[str], source: str) -> str:
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return f"Found {count} in {source}:\n\n" + "\n\n".join(problems)
