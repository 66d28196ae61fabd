"""[[teams]] of config.toml and of a game's description: read, checked and written, and the policies that play for them."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections import Counter
from dataclasses import asdict, replace
from typing import Any, Iterator

from retro_gamer.config.key_names import key_problem
from retro_gamer.config.problems import MAX_PROBLEMS, Problem
from retro_gamer.config.settings import MemberSettings, TeamSettings
from retro_gamer.config.values import read_settings, toml_value

EXAMPLE = """[[teams]]
name = "chaser"
reward = "chaser_reward"
members = [{ character = "Chaser", actions = ["KEY_LEFT", "KEY_RIGHT"] }]"""
MAX_TEAMS = 16
MAX_MEMBERS = 100  # of a team
MAX_NAME_BYTES = 100  # most disks allow a folder's name 255, some 143
# Names that Windows reserves for devices: no folder can have them.
_DEVICE = re.compile(r"con|prn|aux|nul|(com|lpt)[0-9]")
# Names that files and folders of every run have.
_FILE_OF_A_RUN = re.compile(r"checkpoints|config|resume|training|metrics|best|(ep|round)_[0-9]+")


def read_teams(data: Any) -> tuple[list[TeamSettings], list[Problem]]:
    """The teams in what a TOML file says, and what is wrong with it, at most MAX_PROBLEMS of that."""
    if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
        example = textwrap.indent(EXAMPLE, "    ")
        return [], [Problem(f"teams = {data!r:.100}", f"Each team is a section of its own. Try:\n{example}")]
    teams: list[TeamSettings] = []
    problems: list[Problem] = []
    if len(data) > MAX_TEAMS:
        problems.append(wrong_number_of_teams(len(data)))
    for number, values in enumerate(data[:MAX_TEAMS], 1):
        team, found = _read_team(values, f"team {values.get('name') or number!r:.40}")
        teams.append(team)
        problems += found
    return teams, problems


def wrong_number_of_teams(count: int) -> Problem:
    return Problem(
        f"[[teams]]: {count}",
        f"A game has 2 to {MAX_TEAMS} teams that play each other.",
        "With one side only, leave the teams out: name actions and reward in [metadata].",
    )


def _read_team(values: dict[str, Any], heading: str) -> tuple[TeamSettings, list[Problem]]:
    values = dict(values)
    data = values.pop("members", [])
    team, problems = _read(TeamSettings, values, heading, "members")
    fits = isinstance(data, list) and all(isinstance(member, dict) for member in data)
    if not fits or len(data) > MAX_MEMBERS:
        problems.append(
            Problem(
                f"{heading}: members = {data!r:.100}",
                f"A team has a list of characters, each with its keys: at most {MAX_MEMBERS}.",
                'members = [{ character = "Chaser", actions = ["KEY_LEFT"] }]',
            )
        )
        return team, problems
    members = []
    for number, member in enumerate(data, 1):
        if len(problems) >= MAX_PROBLEMS:
            break
        made, found = _read(MemberSettings, member, f"{heading}, member {number}")
        members.append(made)
        problems += found
    return replace(team, members=members), problems


def _read(cls: Any, values: dict[str, Any], heading: str, *others: str) -> Any:
    """(settings, problems) of a team or a member; none of them is about a setting of a section."""

    def unknown(name: str, known: list[str]) -> Problem:
        names = ", ".join([*known, *others])
        return Problem(f"{heading}: {name}", "There is no such setting of a team.", f"Known: {names}.")

    made, problems = read_settings(cls, values, unknown, f"{heading}: ")
    return made, [problem._replace(settings=()) for problem in problems]


def teams_to_toml(teams: list[TeamSettings]) -> list[str]:
    lines = ["# The sides of the game. Each makes another value of the state grow; each character has its own keys.", ""]
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


def teams_to_list(teams: list[TeamSettings]) -> list[dict[str, Any]]:
    return [asdict(team) for team in teams]


def policy_names(config: Any) -> list[str]:
    """The policies of a self-play run: one a team, named after it; or one for all, which needs no name."""
    return [""] if config.self_play.shared_policy else [team.name for team in config.teams]


def policy_of_team(config: Any, team: int) -> str:
    return "" if config.self_play.shared_policy else config.teams[team].name


def config_of_policy(config: Any, name: str) -> Any:
    """The configuration of one policy of a self-play run, as if it were that of a run of its own.

    It is that of the first character that the policy controls.
    """
    team = next(team for team in config.teams if name in ("", team.name))
    first = team.members[0]
    return config.with_settings({"actions": list(first.actions), "reward": team.reward, "player": first.character})


def swap_steps(num_agents: int, num_opponent_agents: int, team_change: int, swaps: int) -> int:
    """The `swap_steps` of a team that gets another snapshot `swaps` times while its opponents learn `team_change` steps.

        swap_steps = (num_agents / num_opponent_agents) * (team_change / swaps)

    A team of two takes two ghost steps a turn, a team of one takes one (ML-Agents, Training with Self-Play).
    """
    return max(1, round(num_agents / num_opponent_agents * team_change / swaps))


# What is wrong with teams, one by one and together


def check_teams(teams: list[TeamSettings], shared_policy: bool, observation_function: str) -> Iterator[Problem]:
    if not teams:
        return
    if not 2 <= len(teams) <= MAX_TEAMS:
        yield wrong_number_of_teams(len(teams))
    yield from _check_names([team.name for team in teams])
    for team in teams:
        yield from _check_team(team)
    yield from _check_keys(teams)
    if shared_policy:
        yield from _check_shared(teams)
    if observation_function:
        yield Problem(
            f"observation_function = {observation_function!r}",
            "It sees the game without knowing for which team.",
            "Remove it: teams see the game from their own characters, by egocentric_radius, radar or board.",
            settings=("observation_function",),
        )


def _check_names(names: list[str]) -> Iterator[Problem]:
    """No two teams may have one name, or names that are one folder on some disk."""
    spellings: dict[str, str] = {}  # a name as some disk sees it -> the first team that has it
    for name in names:
        other = spellings.setdefault(_as_a_disk_sees(name), name)
        if other != name:
            yield Problem(
                f"teams {other!r} and {name!r}",
                "Their checkpoints are in folders of these names, which on some disks are one and the same.",
                "Give them names that differ in more than capital letters or accents.",
            )
    for name, count in sorted(Counter(names).items()):
        if count > 1:
            yield Problem(f"team {name!r}", "Two teams have this name.", "Give each team its own name.")


def _as_a_disk_sees(name: str) -> str:
    """A name as the least exact disk sees it: capitals do not count, nor how an accent is written."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _check_name(name: str) -> Iterator[Problem]:
    """A team's checkpoints are in a folder of its name: on any disk, whatever disk the run is moved to."""
    heading, seen = f"team {name!r}", _as_a_disk_sees(name)
    if not name or not all(letter.isalnum() or letter in "_-" for letter in name) or name.isdecimal():
        yield Problem(
            heading, "Its checkpoints are in a folder of its name.", 'Use letters, digits, _ and -, as in name = "chaser".'
        )
    elif len(name.encode("utf-8")) > MAX_NAME_BYTES:
        yield Problem(
            f"team {name[:20]!r}...",
            f"Its name has {len(name)} letters, and its checkpoints are in a folder of its name.",
            f"Use a shorter one, of at most {MAX_NAME_BYTES} plain letters (others count two to four times).",
        )
    elif _DEVICE.fullmatch(seen):
        yield Problem(
            heading,
            "Its checkpoints are in a folder of its name, and on Windows no folder can be called this.",
            "Use another name.",
        )
    elif _FILE_OF_A_RUN.fullmatch(seen):
        yield Problem(heading, "Files of a run are called this already.", "Use another name.")


def _check_team(team: TeamSettings) -> Iterator[Problem]:
    yield from _check_name(team.name)
    heading = f"team {team.name!r}"
    if not team.reward:
        yield Problem(
            f"{heading} has no reward",
            "A team learns to make one value of the game's state grow.",
            'Try: reward = "chaser_reward"',
        )
    if not team.members:
        yield Problem(
            f"{heading} has no members",
            "A team controls at least one character.",
            'Try: members = [{ character = "Chaser", actions = ["KEY_LEFT", "KEY_RIGHT"] }]',
        )
    for member in team.members:
        yield from _check_member(member, heading)
    if len({len(member.actions) for member in team.members}) > 1:
        yield Problem(
            heading,
            "Its members share a policy, but do not have equally many keys.",
            "Give them lists of equal length, in the same order: left with left.",
        )
    for character in team.characters:
        if len(character) != 1:
            yield Problem(
                f"{heading}: characters: {character!r}",
                "A cell of the board shows one character.",
                'List single characters: characters = ["A", "a"]',
            )


def _check_member(member: MemberSettings, heading: str) -> Iterator[Problem]:
    if not member.character:
        yield Problem(
            f"{heading}: a member has no character",
            "The keys move one character on the board.",
            'Try: character = "Chaser", its name or its class',
        )
    if not member.actions:
        yield Problem(
            f"{heading}: {member.character!r} has no actions",
            "A character has keys of its own.",
            'Try: actions = ["KEY_LEFT", "KEY_RIGHT"]',
        )
    for key in member.actions:
        why = key_problem(key)
        if why:
            yield Problem(f"{heading}: actions: {key!r}", "Each action is the name of a key.", why)


def _check_keys(teams: list[TeamSettings]) -> Iterator[Problem]:
    """Every character of a game receives every key, so a key that two listen to would move both."""
    owners: dict[str, str] = {}  # key -> character
    homes: dict[str, str] = {}  # character -> team
    for team in teams:
        for member in team.members:
            for key in member.actions:
                if key in owners:
                    yield Problem(
                        f"{key!r} is a key of {owners[key]} and of {member.character}",
                        "All characters of a game receive all keys, so this key would move both.",
                        "Give each character keys of its own, and let the game listen to those.",
                    )
                owners[key] = member.character
            if member.character in homes:
                yield Problem(
                    f"{member.character!r} is in {homes[member.character]} and in {team.name}",
                    "A character is a member once.",
                    "Two characters of one class need names: give them a name and use it here.",
                )
            homes[member.character] = team.name


def _check_shared(teams: list[TeamSettings]) -> Iterator[Problem]:
    """What one policy for all teams needs: as many keys, and as many characters on the board, for each."""
    if len({len(member.actions) for team in teams for member in team.members}) > 1:
        yield Problem(
            "shared_policy = true",
            "One policy plays all teams, but not all of their characters have equally many keys.",
            "Give them lists of equal length, in the same order (left with left); or set shared_policy = false.",
            ("shared_policy",),
        )
    if len({len(team.characters) for team in teams}) > 1:
        yield Problem(
            "shared_policy = true",
            "Each team must show on the board in as many characters as the others.",
            "List them in the same order for each team (head with head, trail with trail), or for none.",
            ("shared_policy",),
        )
