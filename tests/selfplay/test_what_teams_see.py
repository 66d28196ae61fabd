"""Every way to see a game, in self-play: made, trained, resumed, evaluated, watched, played from a game, in tournaments."""

from __future__ import annotations

import re

import numpy as np
import pytest
from selfplay_runs import DUEL, TINY, create_duel, make

from retro_gamer import TrainedPolicy
from retro_gamer.cli import main
from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.teams import config_of_policy
from retro_gamer.environment.teams import TeamEncoder, count_features, state_seen_by
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.errors import ConfigError
from retro_gamer.games import tag, tron, wolves
from retro_gamer.selfplay.self_play_run import SelfPlayRun

GAMES = {"tron": tron, "tag": tag, "wolves": wolves}
OWN_STATE = {"tron": "reward_blue", "tag": "reward_runner", "wolves": "reward_sheep"}
WAYS_TO_SEE = {
    "board": ["--board"],
    "board and radar": ["--board", "--radar"],
    "window": ["--no-radar", "--egocentric-radius", "2"],
    "radar": ["--egocentric-radius", "0"],
    "window, radar and state": ["--observe-state", "STATE"],
    "board and state": ["--board", "--observe-state", "STATE"],
    "state": ["--egocentric-radius", "0", "--no-radar", "--observe-state", "STATE"],
    "convolution of the window": ["--spatial", "--observe-state", "STATE"],
    "convolution of the board": ["--spatial", "--board", "--radar", "--observe-state", "STATE"],
    "table of the board": ["--algorithm", "q_learning", "--observe-state", "STATE"],
    "table of the radar": ["--algorithm", "sarsa", "--no-board", "--radar"],
    "table of the window": ["--algorithm", "expected_sarsa", "--no-board", "--egocentric-radius", "1"],
    "table of the state": ["--algorithm", "double_q_learning", "--no-board", "--observe-state", "STATE"],
}


def use_everywhere(run, game, capsys):
    """All that can be done with a trained run; nothing may be said on stderr."""
    for command in (
        ["train", run, "--episodes", "8"],
        ["evaluate", run, "--games", "2"],
        ["tournament", run, "--games", "2", "--snapshots", "2"],
        ["play", run, "--seed", "1", "--explain"],
        ["info", run],
    ):
        assert main([str(part) for part in command]) == 0, command
    for team in run.load_config().teams:
        policy = TrainedPolicy(run.path, team=team.name)
        played = game.create_game()
        assert len(policy.keys(played)) <= len(team.members)
        assert all(np.isfinite(value) for value in policy.q_values(played).values())
    assert capsys.readouterr().err == ""


@pytest.mark.filterwarnings("ignore:It does not follow from the call")  # which of two wolves is guessed
@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize("seen", WAYS_TO_SEE)
def test_teams_see_what_the_config_says_wherever_they_play(tmp_path, capsys, game, seen):
    flags = [flag.replace("STATE", OWN_STATE[game]) for flag in WAYS_TO_SEE[seen]]
    run = make(tmp_path, game, *flags)
    assert main(["train", str(run), "--episodes", "8"]) == 0  # to its first snapshots, and then on from them
    use_everywhere(run, GAMES[game], capsys)


def test_teams_may_see_a_number_as_a_word(tmp_path):
    run = make(tmp_path, "tron", "--observe-state", OWN_STATE["tron"] + " (which)")
    assert main(["train", str(run), "--episodes", "2"]) == 0


@pytest.mark.parametrize(
    "flags, said",
    [
        (["--observe-state", "lives"], "observe_state names 'lives'"),
        (["--observation-function", "my:function"], "sees the game without knowing for which team"),
        (["--egocentric-radius", "0", "--no-radar"], "nothing to observe"),
        (["--board", "--egocentric-radius", "2"], "two ways to see the board"),
        (["--spatial", "--egocentric-radius", "0"], "needs a board to look at"),
        (["--repeat-penalty", "0.1"], "Teams play each other without it"),
    ],
)
def test_what_makes_no_sense_for_teams_is_refused_by_create(tmp_path, capsys, flags, said):
    assert main(["create", "--game", "tron", "--output", str(tmp_path / "tron"), *TINY, *flags]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "tron").exists()


@pytest.mark.parametrize("seen", [["--board"], []])
@pytest.mark.parametrize("game", ["tron", "tag"])
def test_what_may_stay_empty_in_metadata_is_found_out(tmp_path, capsys, game, seen):
    run = make(tmp_path, game, *seen)
    text = run.config_path.read_text("utf-8")
    for name in ("actions", "board_size", "character_set"):
        text = re.sub(rf"^{name} = \[.*\]$", f"{name} = []", text, flags=re.M)
    for name in ("reward", "score", "player"):
        text = re.sub(rf'^{name} = ".*"$', f'{name} = ""', text, count=1, flags=re.M)
    run.config_path.write_text(text, "utf-8")
    assert main(["train", str(run), "--episodes", "8"]) == 0
    use_everywhere(run, GAMES[game], capsys)


# What one policy that plays for several teams sees of the state


def duel(observed, shared=True, **changes):
    data = {**DUEL, "preprocessing": {"board": True, "observe_state": observed}, **changes}
    return RunConfig.from_dict({**data, "self_play": {**DUEL["self_play"], "shared_policy": shared}})


def ammo_game(**state):
    game = create_duel()
    game.state.update({"ammo_left": [1, 2], "ammo_right": [3, 4], "upright": 7, **state})
    return game


def test_a_shared_policy_sees_for_each_team_what_is_its_own():
    config = duel(["left", "turns", "ammo_left", "right", "upright"])
    assert state_seen_by(config, 0) == ["left", "turns", "ammo_left", "right", "upright"]
    assert state_seen_by(config, 1) == ["right", "turns", "ammo_right", "left", "upright"]
    game = ammo_game(left=5, right=-5, turns=9)
    encoder = TeamEncoder(config_of_policy(config, ""), Vocabulary(["L", "R"]), [["L"], ["R"]], count_features(config, game))
    left, right = (encoder.observe(game, game.get_agent_by_name(name), team) for team, name in enumerate(("left", "right")))
    assert left.features.tolist() == [5, 9, 1, 2, -5, 7]
    assert right.features.tolist() == [-5, 9, 3, 4, 5, 7]
    assert encoder.shape.n_features == 6


def test_a_policy_of_its_own_sees_the_state_as_it_is():
    config = duel(["left", "ammo_right"], shared=False)
    assert [state_seen_by(config, team) for team in (0, 1)] == 2 * [["left", "ammo_right"]]


def test_three_teams_see_the_state_around_the_table():
    teams = [
        {"name": name, "reward": f"total-{name}", "members": [{"character": name, "actions": [name]}]}
        for name in ("a", "b", "c")
    ]
    config = duel(["total-a", "x_b", "time", "bad"], teams=teams)
    assert [state_seen_by(config, team) for team in range(3)] == [
        ["total-a", "x_b", "time", "bad"],
        ["total-b", "x_c", "time", "bad"],
        ["total-c", "x_a", "time", "bad"],
    ]


def test_a_team_without_the_value_that_is_the_others_own_is_named():
    with pytest.raises(ConfigError, match="'shots_left', which for team 'right' is 'shots_right'"):
        count_features(duel(["shots_left"]), ammo_game(shots_left=3))
    with pytest.raises(ConfigError, match=r"2 for left, 3 for right.*shared_policy = false"):
        count_features(duel(["ammo_left"]), ammo_game(ammo_right=[1, 2, 3]))


def test_state_values_are_learned_from(tmp_path):
    """The weights from a state value to the first layer change: the network has an input for it, and it is seen."""
    run = make(tmp_path, "tag", "--observe-state", "reward_runner")
    assert main(["train", str(run), "--episodes", "20"]) == 0
    played = SelfPlayRun(run)
    policies = [played.policy(0, name).agent.get_policy() for name in ("ep_0000", None)]
    first, newest = (next(array for name, array in policy.items() if name.endswith("symbols")) for policy in policies)
    assert (first[0] != newest[0]).any()  # its rows: one for the state value, then those of the cells


def test_a_game_for_teams_is_no_gymnasium_environment():
    with pytest.raises(ConfigError, match="teams.* and gym are both set"):
        RunConfig.from_dict({**DUEL, "game": {"gym": "CartPole-v1"}})


# Names of teams are names of folders


def names(*teams, shared=False):
    data = {**DUEL, "self_play": {"shared_policy": shared}}
    data["teams"] = [{**team, "name": name} for team, name in zip(DUEL["teams"], teams)]
    return RunConfig.from_dict(data)


@pytest.mark.parametrize(
    "one, other",
    [
        ("runner", "Runner"),
        ("\u00e5sa", "\u212bsa"),  # a letter with a ring, and the sign of the unit
        ("\uac00", "\u1100\u1161"),  # a Korean syllable, and its two letters
        ("stra\u00dfe", "STRASSE"),
        ("\ufb01sh", "fish"),
    ],
)
@pytest.mark.parametrize("shared", [False, True])
def test_names_that_are_one_folder_on_some_disk_are_refused(one, other, shared):
    with pytest.raises(ConfigError, match="on some disks are one and the same"):
        names(one, other, shared=shared)


@pytest.mark.parametrize("name", ["CON", "con", "Prn", "aux", "NUL", "COM1", "com0", "lpt9", "COM\u00b9"])
def test_names_of_windows_devices_are_refused(name):
    with pytest.raises(ConfigError, match="on Windows no folder can be called this"):
        names(name, "other")


@pytest.mark.parametrize("name", ["best", "Best", "ep_0100", "round_1", "checkpoints", "config", "resume"])
def test_names_of_a_runs_own_files_are_refused(name):
    with pytest.raises(ConfigError, match="Files of a run are called this already"):
        names("other", name)


@pytest.mark.parametrize("name", ["x" * 300, "x" * 101, "\u00e9" * 51, "\u4e2d" * 34])
def test_names_too_long_for_a_folder_are_refused_in_a_short_message(name):
    with pytest.raises(ConfigError, match="has .* letters, and its checkpoints are in a folder") as caught:
        names(name, "other")
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("name", ["", "..", ".", "a/b", "a\\b", "CON.txt", "nul.", "aux ", " a", "a b", "12", "a:b"])
def test_what_is_no_name_of_a_folder_is_refused(name):
    with pytest.raises(ConfigError, match="Use letters, digits, _ and -"):
        names(name, "other")


@pytest.mark.parametrize("name", ["con2", "com10", "console", "bester", "ep", "\u00e9quipe", "\u4e2d" * 33, "x" * 100])
def test_other_names_are_taken(name):
    assert names(name, "other").teams[0].name == name


def test_create_refuses_such_names_in_a_games_description(tmp_path, capsys):
    folder = tmp_path / "my_duel"
    folder.mkdir()
    (folder / "my_duel.py").write_text("from selfplay_runs import create_duel as create_game\n", "utf-8")
    description = "".join(
        f'[[tool.retro-gamer.teams]]\nname = "{name}"\nreward = "{reward}"\n'
        f'members = [{{ character = "{reward}", actions = ["{key}"] }}]\n'
        for name, reward, key in (("Runner", "left", "a"), ("runner", "right", "b"))
    )
    (folder / "pyproject.toml").write_text(description, "utf-8")
    output = tmp_path / "run"
    assert main(["create", "--game", str(folder / "my_duel.py"), "--output", str(output)]) == 2
    assert "on some disks are one and the same" in capsys.readouterr().err
    assert not output.exists()
