"""Making a run: from a game to a config.toml that learns it."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from retro_gamer.config.problems import MAX_PROBLEMS, listed
from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.settings import (
    GameSettings,
    TrainingSettings,
    all_settings,
    find_setting,
    new_run_values,
)
from retro_gamer.config.team_checks import check_teams
from retro_gamer.config.teams import read_teams, swap_steps
from retro_gamer.config.values import check_value, toml_value
from retro_gamer.discovery.probing import (
    ARROWS,
    Probe,
    actions_that_act,
    changes_when_repeated,
    find_actions,
    find_reward,
    only_player,
    probe_game,
    say_where_keys_are,
)
from retro_gamer.discovery.two_players import Player, find_players, teams_to_paste
from retro_gamer.environment.game import LARGEST, state_number
from retro_gamer.environment.gym import describe_gym
from retro_gamer.environment.new_games import refuse_used_games
from retro_gamer.environment.own_class import describe_own, is_environment
from retro_gamer.environment.teams import check_teams_in_game, count_features
from retro_gamer.errors import ConfigError, GameError, RetroGamerError, did_you_mean, quoted
from retro_gamer.hosting.blame import blame
from retro_gamer.hosting.loading import load_factory, make_game, parse_game, read_description

SWAPS_PER_TEAM_CHANGE = 10  # of a ghost's policy, while another team learns
MANY_CHARACTERS = 1000  # on the board at once: the radar would cost more than the game itself

# Names that a game's [tool.retro-gamer] section may hold besides settings: for tools that read it.
OTHER_DESCRIPTION_KEYS = ("name", "description", "title", "author", "teams", "self_play")


def choose_settings(
    game: str, flags: Optional[Dict[str, Any]] = None
) -> Tuple[RunConfig, List[str], Dict[str, str]]:
    """What `create_run` writes, without writing it: the settings, what there is to tell, and why some settings are so."""
    config = RunConfig()
    config.game = parse_game(game)
    flags = dict(flags or {})
    messages: List[str] = []
    notes: Dict[str, str] = {}
    _check_values(flags, "the settings for the new run")
    if not config.game.gym and is_environment(config.game):
        config.game = GameSettings(path=config.game.path, environment=config.game.factory)
    if config.game.environment_name:
        algorithm = flags.get("algorithm", "dqn")
        _apply(config, {**_new_run(algorithm, flags), "algorithm": algorithm})
        messages += describe_gym(config) if config.game.gym else describe_own(config)
    else:
        messages += _describe_game(config, flags, notes)
    _apply(config, flags)
    _let_turns_decide(config, notes)
    useless = [] if config.teams else [name for name in flags if find_setting(name)[0] == "self_play"]
    if useless:
        raise ConfigError(
            f"{', '.join(useless)}: settings of self-play, but the game's description names no teams. "
            "docs/self-play.md shows how it does."
        )
    RunConfig.from_dict(
        config.to_dict(), source="the settings for the new run"
    )  # raises with all problems at once
    return config, messages, notes


def _new_run(algorithm: str, named: Dict[str, Any], self_play: bool = False) -> Dict[str, Any]:
    """The values of a new run. Learning steps every so many turns, and how many then, are one choice: naming either of the
    two settings leaves the plain default of the other."""
    values, pace = new_run_values(algorithm, self_play), ("train_every", "gradient_steps")
    if any(name in named for name in pace):
        values = {name: value for name, value in values.items() if name not in pace}
    return values


def _let_turns_decide(config: RunConfig, notes: Dict[str, str]) -> None:
    """What falls with the turns must not be cut short by the number of games, unless somebody set it."""
    training = config.training
    if training.training_episodes == TrainingSettings.training_episodes < training.training_turns:
        training.training_episodes = training.training_turns
        notes["training.training_episodes"] = "No game is shorter than a turn: training_turns comes first."


def _describe_game(config: RunConfig, flags: Dict[str, Any], notes: Dict[str, str]) -> List[str]:
    """Fill in what the game's description says, and find out the rest by playing."""
    messages = []
    description, path = read_description(config.game)
    algorithm = {**description, **flags}.get("algorithm", "dqn")
    _apply(config, _new_run(algorithm, {**description, **flags}, bool(description.get("teams"))))
    if path is not None:
        messages.append(f"Read the description of the game in {path}.")
        _apply_description(config, description, path, messages)
    factory = load_factory(config.game)
    known = {**description, **flags}
    if config.teams:
        useless = [name for name in ("actions", "reward", "score", "player") if name in flags]
        if useless:
            raise ConfigError(
                f"{', '.join(useless)}: the game has teams, each with keys, a reward and characters of its "
                f"own. Change them in [[tool.retro-gamer.teams]] in {path}."
            )
        _apply(config, flags)
        return messages + _describe_teams(
            config, factory, {**description.get("self_play", {}), **known}, notes
        )
    metadata = config.metadata
    doubts: List[str] = []
    with _trying_out():
        refuse_used_games(factory, known.get("actions") or (*ARROWS, *"wasd", " "))
    if not known.get("actions"):
        with _trying_out():
            metadata.actions = find_actions(factory, messages.append)
            if not known.get("reward") and not known.get("player"):
                _see_players(find_players(factory, metadata.actions), messages)
        messages.append(f"Found by trying keys: actions = {toml_value(metadata.actions)}")
        notes["metadata.actions"] = "Found by trying keys: these change the game."
    with _trying_out():
        probe = probe_game(
            factory,
            known.get("actions") or metadata.actions,
            reward=known.get("reward") or "",
            say=messages.append,
        )
        changing = known.get("actions") and changes_when_repeated(factory, known["actions"])
        if changing:
            doubts.append(
                f"But after the same seed and the same keys, {changing} is another. If the game keeps something from one "
                "game to the next, such as a list in a class or at the top of the file, make it in __init__."
            )
        if known.get("actions") and not actions_that_act(factory, known["actions"]):
            doubts.append(
                f"But no key does anything: {', '.join(known['actions'])} changed nothing wherever they were tried.\n"
                f"{say_where_keys_are(factory)}"
            )
    if not known.get("reward"):
        game_state = make_game(factory).state
        metadata.reward, metadata.score = find_reward(probe.numbers, list(game_state))
        messages.append(
            f"Found in the game's state: reward = {toml_value(metadata.reward)}"
            + (f", score = {toml_value(metadata.score)}" if metadata.score else "")
        )
        notes["metadata.reward"] = f"Found in the game's state, which has: {', '.join(map(str, game_state))}."
    _check_state_values(make_game(factory), known)
    reward = known.get("reward") or metadata.reward
    if reward in probe.huge:
        raise GameError(
            f"state[{reward!r}] grows without end: in {probe.turns} turns of random play it went beyond {LARGEST:.0e}, "
            "where a single point is nothing. Does it double every turn? Add to it instead, in steps of about 1."
        )
    if not probe.numbers.get(reward):
        doubts.append(
            f"But in {probe.turns} turns of random play state[{reward!r}] never changed. Either random play never gets to "
            f"where it does, or no line of the game changes it: look for it in {_file_of(factory)}."
        )
    metadata.board_size = list(probe.board_size)
    if not known.get("character_set"):
        metadata.character_set = probe.characters
        notes["metadata.character_set"] = "Found in random play."
    messages.append(
        f"Board {probe.board_size[0]}x{probe.board_size[1]}, characters {' '.join(metadata.character_set)}"
        f", at most {probe.n_agents} on the board; "
        + (
            f"random games last {probe.mean_turns:.0f} turns."
            if probe.ended
            else f"no random game was over within the {probe.turns} turns that were tried."
        )
    )
    if "observation_function" not in known:
        messages += _choose_encoders(config, probe, known, notes)
    return messages + doubts


def _see_players(players: Sequence[Player], messages: List[str]) -> None:
    """Several players with keys and rewards of their own are teams: raise ConfigError with what to write."""
    if not players:
        return
    who = " and ".join(f"{player.name} ({', '.join(player.keys)})" for player in players)
    first = players[0]
    one = f"--player {quoted(first.name)} --actions {','.join(first.keys)}"
    if not all(player.reward for player in players):
        messages.append(f"Several people play this game: {who}. To train one of them:\n  {one}")
        return
    raise ConfigError(
        f"Several people play this game: {who}. Describe them as teams, and they train against each other. Write into "
        f"pyproject.toml beside the game:\n\n{teams_to_paste(players)}\n"
        f"and create again. Or train one of them alone:  {one} --reward {quoted(first.reward)}"
    )


def _file_of(factory: Any) -> str:
    code = getattr(factory, "__code__", None)
    return code.co_filename if code is not None else "the game"


def _describe_teams(
    config: RunConfig, factory: Any, known: Dict[str, Any], notes: Dict[str, str]
) -> List[str]:
    """Fill in a self-play run: how its game is seen, and how often ghosts get another policy."""
    metadata, seen, settings = config.metadata, config.preprocessing, config.self_play
    messages: List[str] = []
    found = check_teams(config.teams, settings.shared_policy, metadata.observation_function)
    problems = list(islice(found, MAX_PROBLEMS))
    if problems:
        raise ConfigError(f"The teams of the game cannot play:\n\n{listed(problems)}")
    game = make_game(factory)
    check_teams_in_game(config.teams, game)
    count_features(config, game)
    with _trying_out():
        probe = probe_game(
            factory,
            [key for team in config.teams for member in team.members for key in member.actions],
            say=messages.append,
        )
    metadata.board_size = list(probe.board_size)
    if not known.get("character_set"):
        metadata.character_set = probe.characters
        notes["metadata.character_set"] = "Found in random play."
    if known.get("algorithm", "dqn") != "dqn" or known.get("board"):
        seen.board, seen.egocentric_radius, seen.radar = True, 0, bool(known.get("radar", False))
    elif probe.n_agents > MANY_CHARACTERS:
        seen.radar = False
    sizes = [len(team.members) for team in config.teams]
    for team, size in zip(config.teams, sizes):
        others = max(other for i, other in enumerate(sizes) if config.teams[i] is not team)
        if not team.swap_steps and size != others and "swap_steps" not in known:
            team.swap_steps = swap_steps(size, others, settings.team_change, SWAPS_PER_TEAM_CHANGE)
    sides = " against ".join(
        f"{team.name} ({', '.join(member.character for member in team.members)})" for team in config.teams
    )
    shared = (
        "One policy learns to play all sides."
        if settings.shared_policy
        else "Each side learns a policy of its own."
    )
    return [*messages, f"Board {probe.board_size[0]}x{probe.board_size[1]}, {sides}. {shared}"]


@contextmanager
def _trying_out() -> Iterator[None]:
    """An error inside is the game's: its board, its characters or its state are not what they should be."""
    try:
        yield
    except RetroGamerError:
        raise
    except Exception as error:
        raise blame(error, "while it was tried out") from error


def _check_state_values(game: Any, known: Dict[str, Any]) -> None:
    """Raise for state values that a new game does not have, before hours are spent on training."""
    named = [(what, known[what]) for what in ("reward", "score") if known.get(what)]
    for what, name in [*named, *(("observe_state", name) for name in known.get("observe_state", ()))]:
        if name not in game.state:
            hint = did_you_mean(name, map(str, game.state))
            raise ConfigError(
                f"{what} = {name!r}, but the state of a new game has no such value. It has: "
                f"{', '.join(map(str, game.state)) or 'nothing'}.{hint} Name one of these with "
                f"--{what.replace('_', '-')}, or give the new Game that value from the start."
            )
        if what != "observe_state":  # whose values may be lists too
            state_number(game, name)


def _choose_encoders(
    config: RunConfig, probe: Probe, known: Dict[str, Any], notes: Dict[str, str]
) -> List[str]:
    """How the game is seen, from what random play showed. docs/defaults.md says why."""
    metadata, seen = config.metadata, config.preprocessing
    if known.get("algorithm", "dqn") != "dqn" or known.get("board"):
        seen.board, seen.egocentric_radius, seen.radar = True, 0, bool(known.get("radar", False))
        return []
    if not known.get("player"):
        try:
            metadata.player = only_player(probe.players)
        except GameError as error:
            seen.board, seen.egocentric_radius, seen.radar = True, 0, False
            return [f"{error} The whole board is seen. To see it from one of them, name it: --player NAME"]
    if not metadata.player and not known.get("player"):
        seen.board, seen.egocentric_radius, seen.radar = True, 0, False
        notes["preprocessing.board"] = (
            "No character on the board listens to keys, so there is none to look from."
        )
        return ["No character on the board listens to keys: the whole board is seen."]
    notes["preprocessing.board"] = (
        "A window around the character learns faster than the whole board on every game that "
        "was tried; see docs/defaults.md."
    )
    if probe.n_agents > MANY_CHARACTERS:
        seen.radar = False
        notes["preprocessing.radar"] = (
            f"Off, because there are {probe.n_agents} characters to look through each turn."
        )
    reach = f"a window of {2 * seen.egocentric_radius + 1}x{2 * seen.egocentric_radius + 1} cells"
    return [
        f"Seen from {metadata.player or known['player']}: {reach}" + (" and a radar." if seen.radar else ".")
    ]


def _apply_description(
    config: RunConfig, description: Dict[str, Any], path: Path, messages: List[str]
) -> None:
    settings = {}
    config.teams, problems = read_teams(description.get("teams", []))
    if problems:
        raise ConfigError(f"Found problems in [tool.retro-gamer] in {path}:\n\n{listed(problems)}")
    self_play = description.get("self_play", {})
    if not isinstance(self_play, dict):
        raise ConfigError(
            f"self_play in [tool.retro-gamer] in {path} is {self_play!r:.100}, but it is a section: "
            "[tool.retro-gamer.self_play]"
        )
    for name, value in {**description, **self_play}.items():
        if name == "spatial" and value:
            messages.append(
                "The description says spatial = true. By default the board is seen through a window instead, "
                "which learns faster; --board --spatial gives the convolutional network."
            )
        elif name not in OTHER_DESCRIPTION_KEYS and name != "spatial":
            settings[name] = value
    _check_values(settings, f"[tool.retro-gamer] in {path}")
    _apply(config, settings)


def _check_values(values: Dict[str, Any], source: str) -> None:
    """Raise ConfigError when a name is not that of a setting, or a value cannot be one, before the game is tried out."""
    problems: List[str] = []
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
            f"Found {len(problems)} problem{'s' if len(problems) > 1 else ''} in {source}:\n  "
            + "\n  ".join(problems)
        )


def _apply(config: RunConfig, values: Dict[str, Any]) -> None:
    """Set settings by their names."""
    for name, value in values.items():
        setattr(getattr(config, find_setting(name)[0]), name, value)
