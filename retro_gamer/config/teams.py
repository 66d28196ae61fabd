"""[[teams]] of config.toml and of a game's description: read and written, and the policies that play for them."""

from __future__ import annotations

import textwrap
from dataclasses import asdict, replace
from typing import Any

from retro_gamer.config.problems import MAX_PROBLEMS, Problem
from retro_gamer.config.settings import MemberSettings, TeamSettings
from retro_gamer.config.values import read_settings, toml_value

EXAMPLE = """[[teams]]
name = "chaser"
reward = "chaser_reward"
members = [{ character = "Chaser", actions = ["KEY_LEFT", "KEY_RIGHT"] }]"""
MAX_TEAMS = 16
MAX_MEMBERS = 100  # of a team


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
