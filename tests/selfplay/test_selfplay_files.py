"""What self-play training writes, and how it goes on from it: snapshots, checkpoints, ratings, results."""

from __future__ import annotations

import numpy as np
import pytest
from selfplay_runs import Always, create_duel, duel_run, make, write_other

from retro_gamer import TrainedPolicy
from retro_gamer.cli import main
from retro_gamer.environment.player import find_character
from retro_gamer.errors import CheckpointError
from retro_gamer.games import wolves
from retro_gamer.runs.checkpoint_file import load_checkpoint
from retro_gamer.selfplay.elo import result_between
from retro_gamer.selfplay.match import play_match
from retro_gamer.selfplay.opponents import Opponent
from retro_gamer.selfplay.self_play import SelfPlayTrainer
from retro_gamer.selfplay.self_play_run import SelfPlayRun, TeamPolicy


def test_teams_take_turns_and_leave_snapshots(tmp_path):
    run = make(tmp_path, "tag")
    trainer = SelfPlayTrainer(run)
    assert [run.of(name).find_checkpoint().stem for name in ("chaser", "runner")] == ["ep_0000", "ep_0000"]
    trainer.train(episodes=30)
    rows = run.read_metrics()
    assert {row["team"] for row in rows} == {"chaser", "runner"} and rows[0]["team"] == "chaser"
    assert all(row["rating"] > 0 for row in rows)
    for name, policy in trainer.self_play.policies.items():
        names = [path.stem for _, path in run.of(name).checkpoints()]
        window = [snapshot.name for snapshot in policy.window.snapshots]
        assert len(window) == 3 and set(window) <= set(names[-4:])
    assert sum(policy.learner_steps for policy in trainer.self_play.policies.values()) == trainer.turns
    assert sum(clock.steps for clock in trainer.self_play.opponents.clocks) == trainer.turns
    line = run.log_path.read_text("utf-8").splitlines()[-1]
    assert "team=" in line and "rating=" in line and "won=" in line and "ghost_steps=" in line


def read_rating(run, name):
    return load_checkpoint(run.of(name).find_checkpoint()).facts["rating"]


def test_without_its_resume_state_training_goes_on_from_the_newest_policies(tmp_path):
    run = make(tmp_path, "tag")
    before = SelfPlayTrainer(run)
    before.train(episodes=30)
    run.resume_path.unlink()
    after = SelfPlayTrainer(run)
    assert after.episode == 30 and after.turns == before.turns
    for name, policy in after.self_play.policies.items():
        # The rating it had when it was saved: the points it won since, played against by others, are lost.
        assert policy.rating == pytest.approx(read_rating(run, name))
        assert abs(policy.rating - before.self_play.policies[name].rating) < 3 * before.config.self_play.elo_k
        assert {snapshot.name for snapshot in policy.window.snapshots} <= {
            path.stem for _, path in run.of(name).checkpoints()
        } and policy.window.snapshots
        for key, value in policy.agent.get_policy().items():
            assert np.array_equal(value, before.self_play.policies[name].agent.get_policy()[key])
    after.train(episodes=10)
    numbers = [row["episode"] for row in run.read_metrics()]
    assert after.episode == 40 and numbers == sorted(set(numbers))


@pytest.mark.parametrize(
    "change",
    [('name = "runner"', 'name = "hare"'), ("[self_play]", "[self_play]\nshared_policy = true")],
    ids=["renamed", "shared"],
)
def test_training_does_not_go_on_with_other_teams(tmp_path, capsys, change):
    run = make(tmp_path, "tag")
    SelfPlayTrainer(run).train(episodes=2)
    text = run.config_path.read_text("utf-8")
    lines = [line for line in text.splitlines() if not (change[0] == "[self_play]" and line.startswith("shared_policy"))]
    run.config_path.write_text("\n".join(lines).replace(*change, 1), "utf-8")
    before = run.resume_path.read_bytes()
    assert main(["train", str(run)]) == 2
    said = capsys.readouterr().err
    assert "cannot go on" in said and "policies" in said and "was: ['chaser', 'runner']" in said, said
    assert run.resume_path.read_bytes() == before


def test_a_team_of_which_one_has_left_is_asked_for_the_other(tmp_path):
    run = make(tmp_path, "wolves")
    SelfPlayTrainer(run).train(episodes=2)
    ai = TrainedPolicy(run.path, team="wolves")
    game = wolves.create_game()
    game.start()
    game.remove_agent(find_character(game, "first wolf"))
    second = find_character(game, "second wolf")
    assert ai.get_action(game) == ai.get_action(game, agent=second) and ai.q_values(game) == ai.q_values(game, agent=second)


def test_a_checkpoint_stands_for_all_teams_at_that_time(tmp_path, capsys):
    run = make(tmp_path, "tag")
    SelfPlayTrainer(run).train(episodes=30)
    numbers = {team: [number for number, _ in run.of(team).checkpoints()] for team in ("chaser", "runner")}
    alone = next(number for number in numbers["chaser"] if number and number not in numbers["runner"])
    assert main(["evaluate", str(run), "--games", "2", "--checkpoint", f"ep_{alone:04d}"]) == 0
    assert main(["evaluate", str(run), "--games", "2", "--checkpoint", "ep_9999"]) == 1
    assert "There is no checkpoint 'ep_9999'" in capsys.readouterr().err
    played = SelfPlayRun(run)
    for team, name in enumerate(("chaser", "runner")):
        expected = load_checkpoint(run.of(name).checkpoint_path(max(n for n in numbers[name] if n <= alone))).arrays
        found = played.policy(team, str(alone)).agent.get_policy()
        assert all(np.array_equal(found[key], expected[key]) for key in found)


def test_a_policy_does_not_play_for_a_team_that_came_later(tmp_path):
    run = make(tmp_path, "tron")
    SelfPlayTrainer(run).train(episodes=2)
    with open(run.config_path, "a", encoding="utf-8") as file:
        file.write("""
[[teams]]
name = "green"
reward = "reward_green"
characters = ["C", "c"]
members = [{ character = "green", actions = ["1", "2", "3", "4"] }]
""")
    assert TrainedPolicy(run.path, team="red").checkpoint
    with pytest.raises(CheckpointError, match="was trained for 2 teams"):
        TrainedPolicy(run.path, team="green")


def test_a_policy_that_was_not_made_by_self_play_plays_for_no_team(tmp_path):
    run = make(tmp_path, "tag")
    SelfPlayTrainer(run).train(episodes=2)
    path = run.of("chaser").find_checkpoint()
    facts, arrays = load_checkpoint(path)
    for lacking in ("own_characters", "rating", "learner_steps"):
        run.save_policy(path, {name: value for name, value in facts.items() if name != lacking}, arrays)
        for use in (lambda: TrainedPolicy(run.path, team="chaser"), lambda: SelfPlayRun(run).policy(0)):
            with pytest.raises(CheckpointError, match="was not made by self-play"):
                use()
    assert TrainedPolicy(run.path, team="runner").checkpoint == "ep_0000"


@pytest.mark.parametrize("with_resume", [True, False])
def test_added_characters_grow_the_networks_of_all_teams(tmp_path, with_resume):
    run = make(tmp_path, "tag")
    SelfPlayTrainer(run).train(episodes=12)
    if not with_resume:
        run.resume_path.unlink()
    text = run.config_path.read_text("utf-8")
    more = ", ".join(f'"{letter}"' for letter in "abcdefghijklmnopqrst")
    run.config_path.write_text(text.replace("character_set = [", f"character_set = [{more}, "), "utf-8")
    trainer = SelfPlayTrainer(run)
    trainer.train(episodes=12)
    assert trainer.episode == 24 and trainer.self_play.vocabulary.n_symbols > 20
    assert all(
        policy.agent.n_symbols == trainer.self_play.vocabulary.n_symbols for policy in trainer.self_play.policies.values()
    )
    SelfPlayTrainer(run).train(episodes=2)


def test_old_snapshots_thin_out_but_for_the_window(tmp_path):
    run = make(tmp_path, "tag", "--keep-checkpoints", "3", "--save-steps", "30")
    trainer = SelfPlayTrainer(run)
    trainer.train(episodes=40)
    for name, policy in trainer.self_play.policies.items():
        there = [path.stem for _, path in run.of(name).checkpoints()]
        assert {snapshot.name for snapshot in policy.window.snapshots} <= set(there) and there[0] == "ep_0000"
        assert len(there) <= 1 + 3 + 3 + 1 < len(run.read_metrics())
    assert SelfPlayTrainer(run).self_play.opponents.of_teams.keys() == trainer.self_play.opponents.of_teams.keys()


def test_the_team_that_does_not_learn_keeps_its_weights(tmp_path):
    run = make(tmp_path, "tag", "--team-change", "100000")
    trainer = SelfPlayTrainer(run)
    before = {name: policy.agent.get_policy() for name, policy in trainer.self_play.policies.items()}
    before = {name: {key: value.copy() for key, value in policy.items()} for name, policy in before.items()}
    trainer.train(episodes=12)
    after = {name: policy.agent.get_policy() for name, policy in trainer.self_play.policies.items()}
    same = {name: all(np.array_equal(before[name][key], after[name][key]) for key in after[name]) for name in after}
    assert same == {"chaser": False, "runner": True}


def test_ghosts_are_swapped_after_so_many_ghost_steps(tmp_path):
    trainer = SelfPlayTrainer(
        make(
            tmp_path,
            "tag",
            "--swap-steps",
            "60",
            "--team-change",
            "100000",
            "--play-against-latest-model-ratio",
            "0",
        )
    )
    swaps, opponent = [], trainer.self_play.opponents.of_teams[1]

    def watch(status):
        nonlocal opponent
        if trainer.self_play.opponents.of_teams[1] is not opponent:
            opponent = trainer.self_play.opponents.of_teams[1]
            swaps.append(trainer.self_play.opponents.clocks[1].steps)

    trainer.train(episodes=20, on_episode=watch)
    gaps = np.diff([0, *swaps])
    assert len(swaps) >= 3 and (gaps >= 60).all() and (gaps <= 60 + 2 * 30).all()  # a game has at most 30 turns


def test_ratings_and_results_follow_from_the_games(tmp_path, monkeypatch):
    trainer = SelfPlayTrainer(duel_run(tmp_path, self_play={"play_against_latest_model_ratio": 0.0}))
    snapshot = trainer.self_play.opponents.of_teams[1].snapshot
    match = trainer._play_game
    ratings = [trainer.self_play.learner.rating, snapshot.rating]
    outcomes = []
    monkeypatch.setattr(
        "retro_gamer.selfplay.self_play.play_match",
        lambda *args, **more: outcomes.append(play_match(*args, **more)) or outcomes[-1],
    )
    match()
    won = result_between(*outcomes[0].outcomes)
    assert [trainer.self_play.learner.rating, snapshot.rating] == [
        1200 + 16 * (won - 0.5),
        1200 - 16 * (won - 0.5),
    ]
    assert (
        ratings == [1200, 1200]
        and trainer.self_play.progress.results[int(2 - 2 * won)] == 1
        and sum(trainer.self_play.progress.results) == 1
    )
    assert trainer.self_play.progress.tallies[
        0
    ] == trainer.self_play.progress.results and trainer.self_play.progress.tallies[1] == [0, 0, 0]
    shown = [line.split()[1] for line in trainer.describe_teams().splitlines()[1:]]
    assert shown == [f"{trainer.self_play.learner.rating:.0f}", "1200"]


def test_against_itself_no_rating_changes(tmp_path):
    trainer = SelfPlayTrainer(make(tmp_path, "tron", "--play-against-latest-model-ratio", "1"))
    trainer.train(episodes=8)
    assert trainer.self_play.learner.rating == pytest.approx(1200) and sum(trainer.self_play.progress.results) == 0


def test_missing_and_broken_snapshots_are_named_and_the_rest_goes_on(tmp_path):
    run = make(tmp_path, "tag", "--play-against-latest-model-ratio", "0", "--team-change", "100000")
    SelfPlayTrainer(run).train(episodes=20)
    folder = run.of("runner").checkpoints_path
    facts = load_checkpoint(folder / "ep_0000.npz")
    for name in ("ep_0003", "ep_0004"):
        run.save_policy(folder / f"{name}.npz", *facts)
    trainer = SelfPlayTrainer(run)
    for name in ("ep_0003", "ep_0004"):
        trainer.self_play.policies["runner"].window.push(name, 1200)
    (folder / "ep_0003.npz").unlink()
    (folder / "ep_0004.npz").write_bytes(b"broken")
    told = []
    trainer.train(episodes=60, on_notice=told.append)
    left = [snapshot.name for snapshot in trainer.self_play.policies["runner"].window.snapshots]
    assert trainer.episode == 80 and left == ["ep_0000"]
    assert len(told) == 2 and all("is left out" in text for text in told)
    assert sum("ep_0003" in text and "no checkpoint" in text for text in told) == 1


def test_rewards_that_do_not_add_up_to_zero_are_told_once(tmp_path):
    run = duel_run(tmp_path)
    write_other(run, 'reward = "right"', 'reward = "turns"')
    told = []
    SelfPlayTrainer(run, create_duel).train(episodes=250, on_notice=told.append)
    assert len([text for text in told if "add up to zero" in text]) == 1
    told.clear()
    SelfPlayTrainer(duel_run(tmp_path / "fair"), create_duel).train(episodes=250, on_notice=told.append)
    assert not told


def test_games_of_one_turn_are_learned_from(tmp_path):
    """Against somebody who always shows the same, a table finds what beats it."""
    run = duel_run(
        tmp_path,
        training={"algorithm": "q_learning", "learning_rate": 0.2, "epsilon_decay_turns": 300},
        self_play={"team_change": 1000, "save_steps": 1000, "swap_steps": 1000},
    )
    trainer = SelfPlayTrainer(run, create_duel)
    trainer.self_play.opponents.of_teams[1] = Opponent(
        None, TeamPolicy(Always(0), trainer.self_play.policies["right"].plays.encoder)
    )
    trainer.train(episodes=400)
    policies = [trainer.self_play.learner.plays, trainer.self_play.opponents.of_teams[1].plays]
    assert play_match(trainer.self_play.environment, policies).outcomes == [1, -1]
