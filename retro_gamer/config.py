"""config.toml: read, checked and written. What each setting means stands in `settings.py`."""
from __future__ import annotations

import inspect
import json
import math
import re
import sys
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple, Union

from retro_gamer.environment.keys import key_problem
from retro_gamer.errors import ConfigError, did_you_mean
from retro_gamer.settings import (
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
from retro_gamer.teams import check_teams, read_teams, teams_to_list, teams_to_toml

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MAX_PROBLEMS = 100  # more are of no use to anyone
MAX_TOML_BYTES = 2**18
MAX_DOTS = 200


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
            if name not in SECTIONS and not isinstance(values, dict) and _homes(name):
                problems.append(_problem(f"{name} = {values!r}", "This setting stands before the first section.",
                                         f"Move it to [{_homes(name)[0]}]."))
            elif name not in SECTIONS:
                problems.append(_unknown(f"[{name}]", name, list(SECTIONS), "section"))
            elif not isinstance(values, dict):
                problems.append(f"  {name} = {values!r}\n    [{name}] is a section with settings below it, not a value.")
        for name, section_class in SECTIONS.items():
            values = data.get(name, {})
            values = values if isinstance(values, dict) else {}
            sections[name] = _read_section(name, section_class, values, problems, refused)
        config = cls(teams=read_teams(data.get("teams", []), problems), **sections)
        problems += [problem for problem in check_together(config)
                     if not set(refused) & set(re.findall(r"\w+", problem.splitlines()[0]))]
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
            lines += teams_to_toml(self.teams, toml_value)
        return "\n".join(lines)


def read_toml(path: Union[str, Path]) -> Dict[str, Any]:
    """A TOML file as a dict; raises ConfigError naming the line where it cannot be understood."""
    with open(path, "rb") as file:
        return parse_toml(file.read(MAX_TOML_BYTES + 1), str(path))


def parse_toml(content: bytes, path: str) -> Dict[str, Any]:
    """The same for the content of the file at `path`."""
    if len(content) > MAX_TOML_BYTES:
        raise ConfigError(f"{path} cannot be read: it is longer than {MAX_TOML_BYTES // 1024} kB, so it is something else.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path} is not text in UTF-8 (line {line}). Save it again as UTF-8.") from None
    try:
        if any(len(re.findall(r"\.+", line)) > MAX_DOTS for line in text.splitlines()):
            raise ValueError(f"a line has more than {MAX_DOTS} dots")  # a.b.c...: takes time with the square of their number
        return tomllib.loads(text.replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise ConfigError(
            f"{path} cannot be read: {error or type(error).__name__}.\nA setting is written as  name = value  on a line "
            f'of its own; text stands in quotes, lists in brackets: actions = ["KEY_LEFT", "a"].') from None


def toml_value(value: Any) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise ConfigError(f"{value!r} cannot be written in a text file. Use another name for it.")
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    return repr(value)


def _read_section(name: str, section_class: Any, values: Dict[str, Any], problems: List[str],
                  refused: List[str]) -> Any:
    known = {setting.name: setting for setting in fields(section_class)}
    section = section_class()
    for key, value in values.items():
        if key in RETIRED.get(name, ()):
            continue
        if len(problems) >= MAX_PROBLEMS:
            break
        if key not in known:
            problems.append(_unknown_setting(name, key, list(known)))
            continue
        problem = check_value(known[key], value)
        if problem:
            problems.append(_problem(f"{key} = {value!r:.100}", known[key].metadata["help"], problem))
            refused.append(key)
        else:
            setattr(section, key, float(value) if known[key].type == "float" else value)
    return section


def check_value(setting: Any, value: Any) -> str:
    """What is wrong with a value for this setting, and what to try; empty when nothing is."""
    kind, limits = setting.type, setting.metadata
    default = toml_value(_default(setting))
    if kind == "bool":
        return "" if isinstance(value, bool) else f"It must be true or false. Try: {setting.name} = {default}"
    if kind == "str":
        if not isinstance(value, str):
            return f'It must be text in quotes. Try: {setting.name} = "..."'
        if limits["choices"] and value not in limits["choices"]:
            hint = did_you_mean(toml_value(value), map(toml_value, limits["choices"]))
            return f"It must be one of {', '.join(limits['choices'])}.{hint}"
        return ""
    if kind.startswith("List"):
        item_class, what = (str, "texts in quotes") if kind == "List[str]" else (int, "whole numbers")
        if not isinstance(value, list) or not all(type(item) is item_class for item in value):
            return f"It must be a list of {what}. Try: {setting.name} = {default if default != '[]' else '[...]'}"
        if item_class is int:
            return next((why for item in value for why in [_check_range(limits, item)] if why), "")
        return ""
    if kind.startswith("Union") and value == "auto":
        return ""
    number = type(value) is int or (type(value) is float and kind != "int")
    if not number:
        what = "a whole number" if kind == "int" else 'a number or "auto"' if kind.startswith("Union") else "a number"
        return f"It must be {what}. Try: {setting.name} = {default}"
    why = _check_range(limits, value)
    return f"{why} Try: {setting.name} = {default}" if why else ""


def _check_range(limits: Dict[str, Any], value: float) -> str:
    low, high, above = limits["low"], limits["high"], limits["above"]
    if isinstance(value, float) and not math.isfinite(value):
        return "It must be an ordinary number."
    if (low is not None and value < low) or (above is not None and value <= above) or (high is not None and value > high):
        parts = [f"at least {low}" if low is not None else "", f"greater than {above}" if above is not None else "",
                 f"at most {high}" if high is not None else ""]
        return f"It must be {' and '.join(part for part in parts if part)}."
    return ""


def check_together(config: RunConfig) -> List[str]:
    """Problems that show only when settings are seen side by side."""
    problems = [*_check_metadata(config), *_check_preprocessing(config)]
    problems += check_teams(config.teams, config.self_play.shared_policy, config.metadata.observation_function)
    if not config.model.hidden_sizes:
        problems.append(_problem("hidden_sizes = []", "The network needs at least one hidden layer.",
                                 "Try: hidden_sizes = [128, 64]"))
    training = config.training
    if training.epsilon_min > training.epsilon:
        problems.append(_problem(
            f"epsilon_min = {training.epsilon_min} is greater than epsilon = {training.epsilon}",
            "The share of random actions starts at epsilon and falls to epsilon_min.",
            "Try: epsilon = 1.0 and epsilon_min = 0.05"))
    if not config.tabular and training.batch_size > training.memory_capacity:
        problems.append(_problem(
            f"batch_size = {training.batch_size} is larger than memory_capacity = {training.memory_capacity}",
            "A learning step draws batch_size turns from the memory, so the memory must hold at least as many.",
            f"Try: memory_capacity = {max(50000, 100 * training.batch_size)}"))
    if not config.tabular and training.learning_starts > training.memory_capacity:
        problems.append(_problem(
            f"learning_starts = {training.learning_starts} is larger than memory_capacity = {training.memory_capacity}",
            "Learning would never start: the memory never holds that many turns.",
            f"Try: learning_starts = {training.memory_capacity // 10}"))
    return problems


def _check_metadata(config: RunConfig) -> List[str]:
    metadata = config.metadata
    problems: List[str] = []
    if config.game.gym:
        return problems
    if not config.game.module and not config.game.factory:
        problems.append(_problem("[game] module is missing", GameSettings.__doc__ or "", 'Try: module = "my_game"'))
    if not metadata.actions and not config.teams:
        problems.append(_problem("[metadata] actions is empty or missing", "The agent must have keys to press.",
                                 'Try: actions = ["KEY_LEFT", "KEY_RIGHT"]'))
    for key in metadata.actions:
        why = key_problem(key)
        if why:
            problems.append(_problem(f"actions: {key!r}", "Each action is the name of a key.", why))
    if len(set(metadata.actions)) < len(metadata.actions):
        problems.append(_problem(f"actions = {metadata.actions!r}", "Each key is one action.", "Name every key only once."))
    if not metadata.reward and not config.teams:
        problems.append(_problem("[metadata] reward is empty or missing",
                                 "The agent learns to make one value of the game's state grow.", 'Try: reward = "score"'))
    if metadata.board_size and len(metadata.board_size) != 2:
        problems.append(_problem(f"board_size = {metadata.board_size!r}", "The board has a width and a height.",
                                 "Try: board_size = [32, 16]"))
    for character in metadata.character_set:
        if len(character) != 1:
            problems.append(_problem(
                f"character_set: {character!r} has length {len(character)}", "A cell of the board shows one character.",
                "List single characters, or leave character_set empty: the trainer finds them itself."))
    if metadata.observation_function and not _is_reference(metadata.observation_function):
        problems.append(_problem(f"observation_function = {metadata.observation_function!r}",
                                 "It names a function that takes the game.", 'Try: "my_game:observe"'))
    if config.game.factory and not _is_reference(config.game.factory):
        problems.append(_problem(f"factory = {config.game.factory!r}", "It names a function that returns a new game.",
                                 'Try: "my_game:create_game"'))
    return problems


def _check_preprocessing(config: RunConfig) -> List[str]:
    seen = config.preprocessing
    problems: List[str] = []
    if config.game.gym:
        return problems
    if config.metadata.observation_function:
        if seen.observe_state:
            problems.append(_problem(
                "observation_function and observe_state are both set", "Either describes all that is observed.",
                "Remove one: the function can return the state values too."))
        return problems
    if seen.board and seen.egocentric_radius:
        problems.append(_problem("board = true and egocentric_radius are both set", "They are two ways to see the board.",
                                 "Try: board = false for the window alone, or egocentric_radius = 0 for the board alone"))
    if not (seen.board or seen.egocentric_radius or seen.radar or seen.observe_state):
        problems.append(_problem("board = false", "Without a board there is nothing to observe.",
                                 "Set board = true, egocentric_radius, radar or observe_state."))
    if seen.spatial and not (seen.board or seen.egocentric_radius) and not config.tabular:
        problems.append(_problem("spatial = true with board = false", "A convolution needs a board to look at.",
                                 "Try: spatial = false"))
    return problems


def _is_reference(text: str) -> bool:
    module, colon, name = text.partition(":")
    return bool(module and colon and name.isidentifier())


def _default(setting: Any) -> Any:
    return setting.default if setting.default is not MISSING else setting.default_factory()


def _problem(heading: str, explanation: str, try_this: str) -> str:
    return f"  {heading[:300]}\n    {explanation}\n    -> {try_this}"


def _unknown(shown: str, name: str, known: List[str], what: str) -> str:
    hint = did_you_mean(name, known).lstrip() or f"Known: {', '.join(known)}."
    return _problem(shown, f"There is no such {what}.", hint)


def _unknown_setting(section: str, name: str, known: List[str]) -> str:
    homes = _homes(name)
    if homes:
        return _problem(f"{name} in [{section}]", "This setting has its place in another section.",
                        f"Move it to [{homes[0]}].")
    return _unknown(f"{name} in [{section}]", name, known, "setting")


def _homes(name: str) -> List[str]:
    """The sections that have a setting of this name."""
    return [section for section, cls in SECTIONS.items() if name in {setting.name for setting in fields(cls)}]


def _report(problems: List[str], source: str) -> str:
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return f"Found {count} in {source}:\n\n" + "\n\n".join(problems)


def find_setting(name: str) -> Tuple[str, Any]:
    """(section, dataclass field) of a setting by its name alone; raises KeyError."""
    for section, cls in SECTIONS.items():
        for setting in fields(cls):
            if setting.name == name:
                return section, setting
    raise KeyError(name)
