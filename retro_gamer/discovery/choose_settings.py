"""Making a run: from a game to a config.toml that learns it."""

from __future__ import annotations

import inspect
import os
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Sequence

from retro_gamer.config.problems import MAX_PROBLEMS, listed
from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.settings import (
    GameSettings,
    TeamSettings,
    TrainingSettings,
    all_settings,
    find_setting,
    new_run_values,
)
from retro_gamer.config.teams import check_teams, read_teams, swap_steps
from retro_gamer.config.values import check_value, toml_value
from retro_gamer.discovery.choose_encoders import (
    MANY_CHARACTERS,
    choose_colors,
    choose_encoders,
    choose_own_symbol,
    choose_priorities,
    choose_symmetry,
    choose_tiles,
    choose_turns,
    choose_wrap,
    look_around,
    observe_numbers,
    see,
    see_whole_board,
)
from retro_gamer.discovery.copies import is_copied, made_once
from retro_gamer.discovery.draft import Draft, trying_out
from retro_gamer.discovery.heard import keys_at_hand
from retro_gamer.discovery.keys import actions_that_act, changes_when_repeated, find_actions, say_where_keys_are
from retro_gamer.discovery.planes import see_planes
from retro_gamer.discovery.players import Player, find_players, teams_to_paste
from retro_gamer.discovery.probing import Probe, probe_game
from retro_gamer.discovery.rewards import BY_NAME, Choice, find_reward, kept_by_characters
from retro_gamer.discovery.sights import keys_not_found, texts_that_tell_nothing
from retro_gamer.discovery.trials import ARROWS
from retro_gamer.environment.gym import describe_gym
from retro_gamer.environment.new_games import refuse_used_games, values_at_top
from retro_gamer.environment.observation import WHICH
from retro_gamer.environment.own_class import describe_own, environment_of
from retro_gamer.environment.runner import LARGEST, state_number
from retro_gamer.environment.teams import check_teams_in_game, count_features
from retro_gamer.errors import ConfigError, GameError, did_you_mean, quoted
from retro_gamer.hosting import outside
from retro_gamer.hosting.importing import answered
from retro_gamer.hosting.loading import load_factory, make_game, parse_game, read_description

GAMMA_OF_GYMNASIUM = 0.99  # CartPole, 100,000 turns: 500 of 500, and 183 to 439 with 0.97
N_STEP_OF_GYMNASIUM = 3  # MinAtar's Breakout, 15 s: 22.7 bricks, and 11.1 with 1
HELD = 4  # turns: so long keys are held where random play gets nowhere
SWAPS_PER_TEAM_CHANGE = 10  # of a ghost's policy, while another team learns

# Names that a game's [tool.retro-gamer] section may hold besides settings: for tools that read it.
OTHER_DESCRIPTION_KEYS = ("name", "description", "title", "author", "teams", "self_play")


def choose_settings(game: str, flags: dict[str, Any] | None = None) -> tuple[RunConfig, list[str], dict[str, str]]:
    """What `create_run` writes, without writing it: the settings, what there is to tell, and why some settings are so."""
    draft, flags = Draft(RunConfig(game=parse_game(game))), dict(flags or {})
    _check_values(flags, "the settings for the new run")
    found = draft.config.game
    own_class = "" if found.gym else environment_of(found)
    if own_class:
        draft.config = RunConfig(game=GameSettings(path=found.path, environment=own_class))
    if draft.config.game.environment_name:
        algorithm = flags.get("algorithm", "dqn")
        draft.set({**_new_run(algorithm, flags), "algorithm": algorithm})
        describe = describe_gym if draft.config.game.gym else describe_own
        needed, message, environment = describe(draft.config)
        draft.set(needed)
        draft.say(message)
        if algorithm == "dqn":
            _settle_environment(draft, flags)
            see_planes(draft, environment, flags)
    else:
        _describe_game(draft, flags)
    draft.set(flags)
    _let_turns_decide(draft)
    useless = [] if draft.config.teams else [name for name in flags if find_setting(name)[0] == "self_play"]
    if useless:
        raise ConfigError(
            f"{', '.join(useless)}: settings of self-play, but the game's description names no teams. "
            "docs/self-play.md shows how it does."
        )
    # Raises, with all that is wrong.
    RunConfig.from_dict(draft.config.to_dict(), "the settings for the new run")
    return draft.config, draft.messages, draft.notes


def _settle_environment(draft: Draft, flags: dict[str, Any]) -> None:
    """What is another default for an environment than for a game."""
    if "repeat_penalty" not in flags:
        draft.set({"repeat_penalty": 0.0}, "Off, because predict(observation) is told of no rewards, and of no new games.")
    if draft.config.game.gym and "gamma" not in flags:
        why = "Gymnasium's environments move in small steps, so that what counts lies many turns ahead."
        draft.set({"gamma": GAMMA_OF_GYMNASIUM}, why)
    if draft.config.game.gym and "n_step" not in flags:
        draft.set({"n_step": N_STEP_OF_GYMNASIUM}, "So what counts reaches the turns before it sooner.")


def _new_run(algorithm: str, named: dict[str, Any], self_play: bool = False) -> dict[str, Any]:
    """The values of a new run. How often learning steps are made, and how many at a time, is one choice: who names either
    of the two settings gets the plain default of the other."""
    values, pace = new_run_values(algorithm, self_play), ("train_every", "gradient_steps")
    if any(name in named for name in pace):
        values = {name: value for name, value in values.items() if name not in pace}
    return values


def _let_turns_decide(draft: Draft) -> None:
    """What falls with the turns must not be cut short by the number of games, unless someone set it."""
    training = draft.config.training
    if training.training_episodes == TrainingSettings.training_episodes < training.training_turns:
        why = "No game is shorter than a turn: training_turns comes first."
        draft.set({"training_episodes": training.training_turns}, why)


def _describe_game(draft: Draft, flags: dict[str, Any]) -> None:
    """Fill in what the game's description says, and find out the rest by playing."""
    description, path = read_description(draft.config.game)
    given = {**description, **flags}
    known = draft.named = {name: value for name, value in given.items() if name not in OTHER_DESCRIPTION_KEYS}
    draft.set(_new_run(given.get("algorithm", "dqn"), given, bool(description.get("teams"))))
    if path is not None:
        draft.say(f"Read the description of the game in {path}.")
        _apply_description(draft, description, path)
    outside.copies.clear()  # of another game
    factory = load_factory(draft.config.game)
    if hasattr(factory, "made_by"):
        draft.say(f"There is no create_game(): each game is made by {factory.made_by}, as far as play().")
    factory = made_once(factory, draft.say)
    if draft.config.teams:
        useless = [name for name in ("actions", "reward", "score", "player") if name in flags]
        if useless:
            raise ConfigError(
                f"{', '.join(useless)}: the game has teams, each with keys, a reward and characters of its "
                f"own. Change them in [[tool.retro-gamer.teams]] in {path}."
            )
        draft.set(flags)
        draft.named = {**description.get("self_play", {}), **known}
        _describe_teams(draft, factory)
        return
    _find_keys(draft, factory)
    with trying_out():
        probe = _probe(draft, factory)
        doubts = _doubts_about_keys(factory, known.get("actions"))
    for asked, told in answered.items():
        draft.say(f"Where it asks {asked!r}, it is told {told!r}.")
    if not known.get("reward"):
        probe = _find_reward(draft, factory, probe)
    _check_state_values(make_game(factory), known)
    doubts += _doubts_about_reward(draft.get("reward"), probe, factory)
    _note_board(draft, probe)
    texts = texts_that_tell_nothing(probe)
    if texts is not None and draft.is_free(*texts.settings):
        see(draft, texts)
    draft.say(
        f"Board {probe.board_size[0]}x{probe.board_size[1]}, characters {' '.join(draft.config.metadata.character_set)}"
        f", at most {probe.n_agents} on the board; "
        + (
            f"random games last {probe.mean_turns:.0f} turns."
            if probe.ended
            else f"no random game was over within the {probe.turns} turns that were tried."
        )
    )
    if outside.clock_was_read:
        draft.say("It reads the clock, which here goes by its turns: each takes as long as on the screen.")
    if outside.copies:
        files = ", ".join(map(os.path.basename, outside.copies))
        draft.say(f"It writes {files}: here that is only a copy, and yours stays as it is.")
    choose_priorities(draft, probe)
    if draft.is_free("observation_function"):
        with trying_out():
            choose_encoders(draft, factory, probe)
        choose_turns(draft, probe)
        choose_own_symbol(draft, probe, flags)
        choose_tiles(draft, probe)
        with trying_out():
            if draft.is_dqn and draft.is_free("observe_state"):
                observe_numbers(draft, factory, probe)
            look_around(draft, factory, probe)
            choose_wrap(draft, factory, probe)
        choose_colors(draft, probe)
        choose_symmetry(draft, probe)
    draft.messages += doubts


def _find_keys(draft: Draft, factory: Any) -> None:
    """Find out which keys change the game, where nobody named them."""
    known = draft.named
    with trying_out():
        if not is_copied(factory):  # copies are new, whatever the game keeps
            begun = values_at_top(factory)
            refuse_used_games(factory, known.get("actions") or (*ARROWS, *"wasd", " "))
            left = values_at_top(factory)
            kept = ", ".join(name for name in begun if left.get(name) != begun[name])
            if kept:
                where = getattr(factory, "made_by", f"{factory.__name__}()")
                draft.say(
                    f"A new game finds {kept} as the last one left it. If that is wrong, set it anew in {where}; in a "
                    "function, what is at the top of the file needs a line  global NAME  there."
                )
    if known.get("actions"):
        return
    with trying_out():
        actions = find_actions(factory, draft.say)
        if not known.get("reward") and not known.get("player"):
            _see_players(find_players(factory, actions), draft)
    draft.set({"actions": actions}, "Found by trying keys: these change the game.")
    draft.say(f"Found by trying keys: actions = {toml_value(actions)}")


def _probe(draft: Draft, factory: Any) -> Probe:
    """Play at random; what the board shows may add to the keys that were found."""
    found = draft.config.metadata.actions
    probe = probe_game(factory, draft.get("actions"), reward=draft.named.get("reward") or "", say=draft.say)
    more = [] if draft.named.get("actions") else keys_not_found(probe, found, keys_at_hand(make_game(factory)))
    if more:
        draft.set({"actions": [*found, *more]})
        draft.say(f"Shown on the board as those keys are, and so taken for keys, too: {', '.join(more)}.")
    return probe


def _doubts_about_keys(factory: Any, actions: list[str] | None) -> list[str]:
    """What speaks against keys that somebody named."""
    if not actions:
        return []
    doubts, changing = [], changes_when_repeated(factory, actions)
    if changing:
        doubts.append(
            f"But after the same seed and the same keys, {changing} is another. If the game keeps something from one "
            "game to the next, such as a list in a class or at the top of the file, make it in __init__."
        )
    if not actions_that_act(factory, actions):
        doubts.append(
            f"But no key does anything: {', '.join(actions)} changed nothing wherever they were tried.\n"
            f"{say_where_keys_are(factory)}"
        )
    return doubts


def _find_reward(draft: Draft, factory: Any, probe: Probe) -> Probe:
    """Choose the reward. Where it never changed, keys are held, so that play gets farther; returns all that was seen."""
    game = make_game(factory)
    game_state, elsewhere = game.state, kept_by_characters(game.agents)
    names = ", ".join(map(str, game_state))

    def find() -> Choice:
        return find_reward(probe.histories, game_state, lambda: probe_game(factory, [], probe.turns).histories, elsewhere)

    found = None
    with suppress(ConfigError):
        found = find()
    if found is None or not _changes(found.reward, probe):
        with trying_out():
            more = probe_game(factory, draft.get("actions"), probe.turns, hold=HELD)
        probe = probe._replace(
            histories={name: [*games, *more.histories.get(name, ())] for name, games in probe.histories.items()},
            words={name: [*games, *more.words.get(name, ())] for name, games in probe.words.items()},
        )
        found = found if found and BY_NAME in found.why else find()
    reward, score, why = found
    draft.set({"reward": reward, "score": score}, f"Found in the game's state, which has: {names}. Chosen {why}.")
    draft.say(
        f"Found in the game's state: reward = {toml_value(reward)}"
        + (f", score = {toml_value(score)}" if score else "")
        + f" ({why})."
    )
    return probe


def _changes(reward: str, probe: Probe) -> bool:
    return any(len(set(game)) > 1 for game in probe.histories.get(reward, ()))


def _doubts_about_reward(reward: str, probe: Probe, factory: Any) -> list[str]:
    """Raise GameError for a reward that cannot be counted; returns what speaks against it otherwise."""
    if reward in probe.huge:
        raise GameError(
            f"state[{reward!r}] grows without end: in {probe.turns} turns of random play it went beyond {LARGEST:.0e}, "
            "where a single point is nothing. Does it double every turn? Add to it instead, in steps of about 1."
        )
    if _changes(reward, probe):
        return []
    return [
        f"But in {probe.turns} turns of random play state[{reward!r}] never changed. Either random play never gets to "
        f"where it does, or no line of the game changes it: look for it in {_file_of(factory)}."
    ]


def _note_board(draft: Draft, probe: Probe) -> None:
    draft.set({"board_size": list(probe.board_size)})
    if not draft.named.get("character_set"):
        draft.set({"character_set": probe.characters}, "Found in random play.")


def _see_players(players: Sequence[Player], draft: Draft) -> None:
    """Several players with keys and rewards of their own are teams: raise ConfigError with what to write."""
    if not players:
        return
    who = " and ".join(f"{player.name} ({', '.join(player.keys)})" for player in players)
    first = players[0]
    one = f"--player {quoted(first.name)} --actions {','.join(first.keys)}"
    if not all(player.reward for player in players):
        draft.say(f"Several people play this game: {who}. To train one of them:\n  {one}")
        return
    raise ConfigError(
        f"Several people play this game: {who}. Describe them as teams, and they train against each other. Write into "
        f"pyproject.toml beside the game:\n\n{teams_to_paste(players)}\n"
        f"and create again. Or train one of them alone:  {one} --reward {quoted(first.reward)}"
    )


def _file_of(factory: Any) -> str:
    code = getattr(inspect.unwrap(factory), "__code__", None)  # of a game that was copied, too
    return code.co_filename if code is not None else "the game"


def _describe_teams(draft: Draft, factory: Any) -> None:
    """Fill in a self-play run: how its game is seen, and how often ghosts get another policy."""
    config, known = draft.config, draft.named
    settings = config.self_play
    found = check_teams(config.teams, settings.shared_policy, config.metadata.observation_function)
    problems = list(islice(found, MAX_PROBLEMS))
    if problems:
        raise ConfigError(f"The teams of the game cannot play:\n\n{listed(problems)}")
    game = make_game(factory)
    check_teams_in_game(config.teams, game)
    count_features(config, game)
    with trying_out():
        probe = probe_game(
            factory, [key for team in config.teams for member in team.members for key in member.actions], say=draft.say
        )
    _note_board(draft, probe)
    draft.set({"own_symbol": bool(known.get("own_symbol", False))})  # not measured yet for teams
    if not draft.is_dqn or known.get("board"):
        see_whole_board(draft, radar=bool(known.get("radar")))
    elif probe.n_agents > MANY_CHARACTERS:
        draft.set({"radar": False})
    if draft.is_free("swap_steps"):
        teams = _with_swap_steps(config.teams, settings.team_change)
        draft.config = replace(draft.config, teams=teams)
    sides = " against ".join(
        f"{team.name} ({', '.join(member.character for member in team.members)})" for team in config.teams
    )
    shared = "One policy learns to play all sides." if settings.shared_policy else "Each side learns a policy of its own."
    draft.say(f"Board {probe.board_size[0]}x{probe.board_size[1]}, {sides}. {shared}")


def _with_swap_steps(teams: list[TeamSettings], team_change: int) -> list[TeamSettings]:
    """The same teams, those that are larger or smaller than others with swap_steps of their own."""
    sizes, made = [len(team.members) for team in teams], []
    for number, (team, size) in enumerate(zip(teams, sizes)):
        others = max(sizes[:number] + sizes[number + 1 :])
        if not team.swap_steps and size != others:
            team = replace(team, swap_steps=swap_steps(size, others, team_change, SWAPS_PER_TEAM_CHANGE))
        made.append(team)
    return made


def _check_state_values(game: Any, known: dict[str, Any]) -> None:
    """Raise for state values that a new game does not have, before hours are spent on training."""
    named = [(what, known[what]) for what in ("reward", "score") if known.get(what)]
    for what, name in [*named, *(("observe_state", name.partition(WHICH)[0]) for name in known.get("observe_state", ()))]:
        if name not in game.state:
            hint = did_you_mean(name, map(str, game.state))
            raise ConfigError(
                f"{what} = {name!r}, but the state of a new game has no such value. It has: "
                f"{', '.join(map(str, game.state)) or 'nothing'}.{hint} Name one of these with "
                f"--{what.replace('_', '-')}, or give the new Game that value from the start."
            )
        if what != "observe_state":  # whose values may be lists too
            state_number(game, name)


def _apply_description(draft: Draft, description: dict[str, Any], path: Path) -> None:
    settings = {}
    teams, problems = read_teams(description.get("teams", []))
    if problems:
        raise ConfigError(f"Found problems in [tool.retro-gamer] in {path}:\n\n{listed(problems)}")
    draft.config = replace(draft.config, teams=teams)
    self_play = description.get("self_play", {})
    if not isinstance(self_play, dict):
        raise ConfigError(
            f"self_play in [tool.retro-gamer] in {path} is {self_play!r:.100}, but it is a section: "
            "[tool.retro-gamer.self_play]"
        )
    for name, value in {**description, **self_play}.items():
        if name == "spatial" and value:
            draft.say(
                "The description says spatial = true. By default the board is seen through a window instead, "
                "which learns faster; --board --spatial gives the convolutional network."
            )
        elif name not in OTHER_DESCRIPTION_KEYS and name != "spatial":
            settings[name] = value
    _check_values(settings, f"[tool.retro-gamer] in {path}")
    draft.set(settings)


def _check_values(values: dict[str, Any], source: str) -> None:
    """Raise ConfigError when a name is not that of a setting, or a value cannot be one, before the game is tried out."""
    problems: list[str] = []
    for name, value in values.items():
        if len(problems) >= MAX_PROBLEMS:
            break
        try:
            _, setting = find_setting(name)
        except KeyError:
            known = [setting.name for _, setting in all_settings()]
            problems.append(f"There is no setting {name!r}." + did_you_mean(name, known))
        else:
            problem = check_value(setting, value)
            if problem:
                problems.append(f"{name} = {value!r:.100}: {problem}")
    if problems:
        raise ConfigError(
            f"Found {len(problems)} problem{'s' if len(problems) > 1 else ''} in {source}:\n  " + "\n  ".join(problems)
        )
