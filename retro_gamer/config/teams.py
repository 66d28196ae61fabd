"""[[teams]] of config.toml and of a game's description: read, checked and written."""

from __future__ import annotations

import re
import unicodedata
from copy import deepcopy
from dataclasses import asdict, fields
from typing import Any, Dict, List

from retro_gamer.config.key_names import key_problem
from retro_gamer.config.settings import MemberSettings, TeamSettings
from retro_gamer.config.values import MAX_PROBLEMS, check_value, first_of, problem_text, toml_value

EXAMPLE = """[[teams]]
name = "chaser"
reward = "chaser_reward"
members = [{ character = "Chaser", actions = ["KEY_LEFT", "KEY_RIGHT"] }]"""
MAX_TEAMS = 16
MAX_MEMBERS = 100
MAX_NAME_BYTES = 100  # most disks allow a folder's name 255, some 143
# What Windows keeps for devices, and no folder can be called.
_DEVICE = re.compile(r"con|prn|aux|nul|(com|lpt)[0-9]")
# What files and folders of a run are called already.
_FILE_OF_A_RUN = re.compile(r"checkpoints|config|resume|training|metrics|best|(ep|round)_[0-9]+")


def read_teams(data: Any, problems: List[str]) -> List[TeamSettings]:
    """The teams in what a TOML file says; what is wrong with it is added to `problems`."""
    if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
        problems.append(
            f"  teams = {data!r:.100}\n    Each team is a section of its own. Try:\n{_indented(EXAMPLE)}"
        )
        return []
    if len(data) > MAX_TEAMS:
        problems.append(_wrong_number(len(data)))
    teams = []
    for number, values in enumerate(data[:MAX_TEAMS], 1):
        heading = f"team {values.get('name') or number!r:.40}"
        values = dict(values)
        members = values.pop("members", [])
        team = _read(TeamSettings, values, heading, problems)
        fits = isinstance(members, list) and all(isinstance(member, dict) for member in members)
        if not fits or len(members) > MAX_MEMBERS:
            problems.append(
                problem_text(
                    f"{heading}: members = {members!r:.100}",
                    f"A team has a list of characters, each with its keys: at most {MAX_MEMBERS}.",
                    'members = [{ character = "Chaser", actions = ["KEY_LEFT"] }]',
                )
            )
        else:
            team.members = [
                _read(MemberSettings, member, f"{heading}, member {i}", problems)
                for i, member in enumerate(members, 1)
            ]
        teams.append(team)
    return teams


def _wrong_number(count: int) -> str:
    return problem_text(
        f"[[teams]]: {count}",
        f"A game has 2 to {MAX_TEAMS} teams that play each other.",
        "With one side only, leave the teams out: name actions and reward in [metadata].",
    )


def _read(cls: Any, values: Dict[str, Any], heading: str, problems: List[str]) -> Any:
    known = {setting.name: setting for setting in fields(cls) if setting.name != "members"}
    made = cls()
    for name, value in values.items():
        if len(problems) >= MAX_PROBLEMS:
            break
        if name not in known:
            problems.append(
                problem_text(
                    f"{heading}: {name}",
                    "There is no such setting of a team.",
                    f"Known: {', '.join(known)}{', members' if cls is TeamSettings else ''}.",
                )
            )
            continue
        problem = check_value(known[name], value)
        if problem:
            problems.append(
                problem_text(f"{heading}: {name} = {value!r:.100}", known[name].metadata["help"], problem)
            )
        else:
            setattr(made, name, known[name].metadata["kind"].converted(value))
    return made


def check_teams(teams: List[TeamSettings], shared_policy: bool, observation_function: str) -> List[str]:
    """What is wrong with the teams, seen together."""
    if not teams:
        return []
    problems = []
    if not 2 <= len(teams) <= MAX_TEAMS:
        problems.append(_wrong_number(len(teams)))
    named: Dict[str, str] = {}  # as a disk may see the name -> the name
    for team in teams:
        other = named.setdefault(_as_a_disk_sees(team.name), team.name)
        if other != team.name:
            problems.append(
                problem_text(
                    f"teams {other!r} and {team.name!r}",
                    "Their checkpoints are in folders of these names, which on some disks are one and the same.",
                    "Give them names that differ in more than capital letters or accents.",
                )
            )
    names = [team.name for team in teams]
    for name in sorted({name for name in names if names.count(name) > 1}):
        problems.append(
            problem_text(f"team {name!r}", "Two teams have this name.", "Give each team its own name.")
        )
    for team in teams:
        if len(problems) < MAX_PROBLEMS:
            problems += _check_team(team)
    problems += _check_keys(teams)
    if shared_policy and len({len(member.actions) for team in teams for member in team.members}) > 1:
        problems.append(
            problem_text(
                "shared_policy = true",
                "One policy plays all teams, but not all of their characters have equally many keys.",
                "Give them lists of equal length, in the same order (left with left); or set shared_policy = false.",
            )
        )
    if shared_policy and len({len(team.characters) for team in teams}) > 1:
        problems.append(
            problem_text(
                "shared_policy = true",
                "Each team must show on the board in as many characters as the others.",
                "List them in the same order for each team (head with head, trail with trail), or for none.",
            )
        )
    if observation_function:
        problems.append(
            problem_text(
                f"observation_function = {observation_function!r}",
                "It sees the game without knowing for which team.",
                "Remove it: teams see the game from their own characters, by egocentric_radius, radar or board.",
            )
        )
    return problems


def _as_a_disk_sees(name: str) -> str:
    """The same text for names that some disk takes for one: capital letters and ways of writing an accent do not count."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _check_name(name: str) -> List[str]:
    """A team's checkpoints are in a folder of its name: on any disk, whatever disk the run is moved to."""
    heading, seen = f"team {name!r}", _as_a_disk_sees(name)
    if not name or not all(letter.isalnum() or letter in "_-" for letter in name) or name.isdecimal():
        return [
            problem_text(
                heading,
                "Its checkpoints are in a folder of its name.",
                'Use letters, digits, _ and -, as in name = "chaser".',
            )
        ]
    if len(name.encode("utf-8")) > MAX_NAME_BYTES:
        return [
            problem_text(
                f"team {name[:20]!r}...",
                f"Its name has {len(name)} letters, and its checkpoints are in a folder of its name.",
                f"Use a shorter one, of at most {MAX_NAME_BYTES} plain letters (others count two to four times).",
            )
        ]
    if _DEVICE.fullmatch(seen):
        return [
            problem_text(
                heading,
                "Its checkpoints are in a folder of its name, and on Windows no folder can be called this.",
                "Use another name.",
            )
        ]
    if _FILE_OF_A_RUN.fullmatch(seen):
        return [problem_text(heading, "Files of a run are called this already.", "Use another name.")]
    return []


def _check_team(team: TeamSettings) -> List[str]:
    problems, heading = _check_name(team.name), f"team {team.name!r}"
    if not team.reward:
        problems.append(
            problem_text(
                f"{heading} has no reward",
                "A team learns to make one value of the game's state grow.",
                'Try: reward = "chaser_reward"',
            )
        )
    if not team.members:
        problems.append(
            problem_text(
                f"{heading} has no members",
                "A team controls at least one character.",
                'Try: members = [{ character = "Chaser", actions = ["KEY_LEFT", "KEY_RIGHT"] }]',
            )
        )
    for member in team.members:
        if len(problems) >= MAX_PROBLEMS:
            break
        if not member.character:
            problems.append(
                problem_text(
                    f"{heading}: a member has no character",
                    "The keys move one character on the board.",
                    'Try: character = "Chaser", its name or its class',
                )
            )
        if not member.actions:
            problems.append(
                problem_text(
                    f"{heading}: {member.character!r} has no actions",
                    "A character has keys of its own.",
                    'Try: actions = ["KEY_LEFT", "KEY_RIGHT"]',
                )
            )
        problems += first_of(
            problem_text(f"{heading}: actions: {key!r}", "Each action is the name of a key.", why)
            for key, why in zip(member.actions, map(key_problem, member.actions))
            if why
        )
    if len({len(member.actions) for member in team.members}) > 1:
        problems.append(
            problem_text(
                heading,
                "Its members share a policy, but do not have equally many keys.",
                "Give them lists of equal length, in the same order: left with left.",
            )
        )
    for character in team.characters:
        if len(character) != 1:
            problems.append(
                problem_text(
                    f"{heading}: characters: {character!r}",
                    "A cell of the board shows one character.",
                    'List single characters: characters = ["A", "a"]',
                )
            )
    return problems


def _check_keys(teams: List[TeamSettings]) -> List[str]:
    """Every character of a game receives every key, so a key that two listen to would move both."""
    problems = []
    owners: Dict[str, str] = {}
    characters: Dict[str, str] = {}
    for team in teams:
        for member in team.members:
            for key in member.actions:
                if key in owners:
                    problems.append(
                        problem_text(
                            f"{key!r} is a key of {owners[key]} and of {member.character}",
                            "All characters of a game receive all keys, so this key would move both.",
                            "Give each character keys of its own, and let the game listen to those.",
                        )
                    )
                owners[key] = member.character
            if member.character in characters:
                problems.append(
                    problem_text(
                        f"{member.character!r} is in {characters[member.character]} and in {team.name}",
                        "A character is a member once.",
                        "Two characters of one class need names: give them a name and use it here.",
                    )
                )
            characters[member.character] = team.name
    return problems


def teams_to_toml(teams: List[TeamSettings]) -> List[str]:
    """The lines of a config.toml that say what the teams are."""
    lines = [
        "# The sides of the game. Each makes another value of the state grow; each character has its own keys.",
        "",
    ]
    for team in teams:
        lines += ["[[teams]]", f"name = {toml_value(team.name)}", f"reward = {toml_value(team.reward)}"]
        if team.characters:
            lines.append(f"characters = {toml_value(team.characters)}")
        if team.swap_steps:
            lines.append(f"swap_steps = {team.swap_steps}")
        members = [
            f"{{ character = {toml_value(member.character)}, actions = {toml_value(member.actions)} }}"
            for member in team.members
        ]
        lines += ["members = [", *(f"    {member}," for member in members), "]", ""]
    return lines


def teams_to_list(teams: List[TeamSettings]) -> List[Dict[str, Any]]:
    return [asdict(team) for team in teams]


def policy_names(config: Any) -> List[str]:
    """The policies of a self-play run: one a team, named after it; or one for all, which needs no name."""
    return [""] if config.self_play.shared_policy else [team.name for team in config.teams]


def policy_of_team(config: Any, team: int) -> str:
    """The name of the policy that plays for a team."""
    return "" if config.self_play.shared_policy else config.teams[team].name


def config_of_policy(config: Any, name: str) -> Any:
    """The configuration of one policy of a self-play run, as if it were that of a run of its own.

    It is that of the first character that the policy controls.
    """
    team = next(team for team in config.teams if name in ("", team.name))
    own = deepcopy(config)
    own.metadata.actions, own.metadata.reward = list(team.members[0].actions), team.reward
    own.metadata.player = team.members[0].character
    return own


def swap_steps(num_agents: int, num_opponent_agents: int, team_change: int, swaps: int) -> int:
    """The `swap_steps` of a team that gets another snapshot so many times while its opponents learn `team_change` steps.

        swap_steps = (num_agents / num_opponent_agents) * (team_change / swaps)

    A team of two takes two ghost steps a turn, a team of one takes one (ML-Agents, Training with Self-Play).
    """
    return max(1, round(num_agents / num_opponent_agents * team_change / swaps))


def _indented(text: str) -> str:
    return "\n".join("    " + line for line in text.splitlines())
