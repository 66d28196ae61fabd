"""What users do with teams: play, evaluate, config.toml and its mistakes."""

from __future__ import annotations

import json

import pytest
from selfplay_runs import broken, create_duel, duel_run, make, write_other

from retro_gamer import PolicyInput, TrainedPolicy
from retro_gamer.cli import main
from retro_gamer.errors import ConfigError
from retro_gamer.games import tag, wolves
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.selfplay.self_play import SelfPlayTrainer
from retro_gamer.selfplay.self_play_run import SelfPlayRun


def test_train_play_evaluate_and_use_a_run_with_teams(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run = make(tmp_path, "wolves")
    assert main(["train", str(run), "--episodes", "5"]) == 0
    said = capsys.readouterr().out
    assert "ghost steps" in said and "against snapshots" in said
    assert "first wolf" in said and "against random play" in said and "team='wolves'" in said
    assert main(["evaluate", str(run), "--games", "4"]) == 0
    assert "wolves" in capsys.readouterr().out
    assert main(["evaluate", str(run), "--games", "4", "--json"]) == 0
    assert [sum(row["against_random"]) for row in json.loads(capsys.readouterr().out)["teams"]] == [4, 4]
    assert main(["info", str(run)]) == 0
    assert "sheep" in capsys.readouterr().out
    assert main(["play", str(run), "--seed", "1"]) == 0
    assert "wolves" in capsys.readouterr().out
    hunters, sheep = TrainedPolicy(run.path, team="wolves"), TrainedPolicy(run.path, team="sheep")
    game = wolves.create_game()
    game.input_source = PolicyInput(hunters, game)
    game.start()
    game.step()
    first, second = (game.get_agent_by_name(name) for name in ("first wolf", "second wolf"))
    assert hunters.get_action(game, agent=first) in ["d", "w", "a", "s", None]
    assert hunters.get_action(game, agent=second) in ["KEY_RIGHT", "KEY_UP", "KEY_LEFT", "KEY_DOWN", None]
    assert set(sheep.q_values(game)) == {"l", "i", "j", "k", None}
    assert len(hunters.keys(game)) <= 2 and len(sheep.keys(game)) <= 1
    assert main(["clean", str(run), "--yes"]) == 0
    assert sorted(path.name for path in run.path.rglob("*") if path.is_file()) == ["config.toml"]


def test_a_team_must_be_named_and_known(tmp_path):
    run = make(tmp_path, "tag")
    with pytest.raises(ConfigError, match="team='chaser'. The teams are: chaser, runner"):
        TrainedPolicy(run.path)
    with pytest.raises(ConfigError, match="no team 'bird'"):
        TrainedPolicy(run.path, team="bird")
    assert TrainedPolicy(run.path, team="runner", if_missing="random").keys(tag.create_game()) is not None
    single = tmp_path / "single"
    assert main(["create", "--game", "catch", "--output", str(single)]) == 0
    with pytest.raises(ConfigError, match="has no teams"):
        TrainedPolicy(single, team="runner")


def test_keys_that_two_characters_listen_to_are_refused():
    text = broken(lambda data: data["teams"][1]["members"][0].update(actions=["a", "KEY_RIGHT"]))
    assert "'a' is a key of left and of right" in text and "all keys" in text


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda data: data["teams"][0].pop("reward"), "has no reward"),
        (lambda data: data["teams"][0].pop("members"), "has no members"),
        (lambda data: data["teams"].pop(), "2 to 16 teams"),
        (lambda data: data["teams"][0].update(name="right"), "Two teams have this name"),
        (lambda data: data["teams"][0].update(name="../x"), "folder of its name"),
        (lambda data: data["teams"][0].update(colour="red"), "no such setting of a team"),
        (
            lambda data: data["teams"][0]["members"][0].update(actions=["KEY_LEF", "b"]),
            "Did you mean KEY_LEFT",
        ),
        (lambda data: data["teams"][0].update(members="left"), "list of characters"),
        (lambda data: data.update(teams={"name": "left"}), "section of its own"),
        (lambda data: data["self_play"].update(window=0), "window = 0"),
        (
            lambda data: (
                data["self_play"].update(shared_policy=True),
                data["teams"][0]["members"][0].update(actions=["a", "b", "c"]),
            ),
            "equally many keys",
        ),
        (
            lambda data: (
                data["self_play"].update(shared_policy=True),
                data["teams"][0].update(characters=["x"]),
            ),
            "as many characters",
        ),
        (lambda data: data["metadata"].update(observation_function="a:b"), "without knowing for which team"),
    ],
)
def test_what_cannot_be_teams_is_refused_with_an_explanation(change, message):
    assert message in broken(change)


def test_a_character_or_reward_that_the_game_lacks_is_named(tmp_path):
    run = duel_run(tmp_path / "a")
    write_other(run, 'character = "left"', 'character = "middle"')
    with pytest.raises(ConfigError, match="'middle', but a new game has none of that name or class. It has: left, right"):
        SelfPlayTrainer(run, create_duel)
    run = duel_run(tmp_path / "b")
    write_other(run, 'reward = "left"', 'reward = "gold"')
    with pytest.raises(ConfigError, match="'gold', but the state of a new game has no such value. It has: left, right"):
        SelfPlayTrainer(run, create_duel)


def test_changed_keys_or_sides_are_refused_when_training_goes_on(tmp_path):
    run = make(tmp_path, "tag")
    SelfPlayTrainer(run).train(episodes=2)
    text = run.config_path.read_text("utf-8")
    run.config_path.write_text(text.replace('["d", "w", "a", "s"]', '["d", "w", "a", "x"]'), "utf-8")
    with pytest.raises(ConfigError, match="actions"):
        SelfPlayTrainer(run)


def test_a_run_without_teams_has_no_table_and_no_settings_for_it(tmp_path, capsys):
    run = tmp_path / "single"
    assert main(["create", "--game", "catch", "--output", str(run), "--window", "3"]) == 2
    assert "window: settings of self-play, but the game's description names no teams" in capsys.readouterr().err
    assert main(["create", "--game", "catch", "--output", str(run)]) == 0
    with pytest.raises(ConfigError, match="no self-play run"):
        SelfPlayRun(RunDirectory(run))
