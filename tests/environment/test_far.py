"""What is beyond the window, in parts that grow with the distance."""

from __future__ import annotations

import random

import pytest
from observing import Hero, Piece, make_encoder, make_game, slow_reading
from small_runs import make_run, same

from retro_gamer import TrainedPolicy
from retro_gamer.config.run_config import RunConfig
from retro_gamer.environment.far import far_parts
from retro_gamer.errors import CheckpointError, ConfigError
from retro_gamer.games import forager
from retro_gamer.reporting.explanation import explain_choice
from retro_gamer.reporting.sight import sight_of
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.runs.policy_description import PolicyDescription
from retro_gamer.runs.policy_file import read_policy
from retro_gamer.training.player import load_player
from retro_gamer.training.trainer import Trainer

SEEN = {"board": False, "egocentric_radius": 2, "radar": True, "own_symbol": True, "far": True}


def far_seen(encoder, game):
    """(across, down) as readings -> the character there, of the parts in which something is."""
    parts, characters = far_parts(encoder.radius), encoder.vocabulary.characters
    seen = encoder.observe(game).far.tolist()
    assert len(seen) == len(parts)
    return {part: characters[symbol - 2] for part, symbol in zip(parts, seen) if symbol}


@pytest.mark.parametrize("radius, n_parts", [(0, 80), (1, 72), (2, 72), (3, 56), (6, 56), (7, 32), (60, 32)])
def test_parts_wholly_in_the_window_are_left_out(radius, n_parts):
    assert len(far_parts(radius)) == len(set(far_parts(radius))) == n_parts


def test_near_parts_are_small_and_far_ones_large():
    hero = Hero("A", (20, 20))
    game = make_game(
        hero,
        Piece("w", (20, 16)),  # in its own column, 4 above
        Piece("x", (21, 13)),  # 1 to the right, 7 above
        Piece("y", (29, 20)),  # in its own row, 9 to the right
        Piece("z", (0, 39)),
        Piece("v", (23, 23)),  # in the window
        board_size=(40, 40),
    )
    encoder = make_encoder("Awxyzv", egocentric_radius=3, far=True, board_size=(40, 40))
    assert far_seen(encoder, game) == {(5, 2): "w", (6, 2): "x", (9, 5): "y", (1, 9): "z"}
    hero.position = (20, 19)  # the first is in the window now
    assert (5, 2) not in far_seen(encoder, game)


def test_the_nearest_thing_in_a_part_is_seen():
    things = [Piece("w", (15, 1)), Piece("x", (12, 1)), Piece("y", (19, 0))]
    for seed in range(6):
        random.Random(seed).shuffle(things)
        game = make_game(Hero("A", (1, 1)), *things, board_size=(20, 3))
        encoder = make_encoder("Awxy", egocentric_radius=3, far=True, board_size=(20, 3))
        assert far_seen(encoder, game)[9, 5] == "x"


@pytest.mark.parametrize("what", [{}, {"egocentric_radius": 3}, {"egocentric_radius": 2, "radar": True}], ids=str)
@pytest.mark.parametrize("own_symbol", [False, True])
def test_it_is_what_a_slow_search_finds_and_the_rest_is_as_without(what, own_symbol):
    chooser = random.Random(1)
    for _ in range(20):
        size = chooser.randint(1, 40), chooser.randint(1, 40)
        cells = [(x, y) for x in range(size[0]) for y in range(size[1]) if chooser.random() < 0.05]
        hero = Hero("A", (chooser.randrange(size[0]), chooser.randrange(size[1])))
        game = make_game(hero, *(Piece(chooser.choice("xy?"), cell) for cell in cells), board_size=size)
        settings = {"board_size": size, "own_symbol": own_symbol, **what}
        encoder = make_encoder("Axy", far=True, **settings)
        nearest = {}
        for agent in game.agents[1:]:
            dx, dy = agent.position[0] - hero.position[0], agent.position[1] - hero.position[1]
            part, distance = (slow_reading(dx), slow_reading(dy)), abs(dx) + abs(dy)
            if agent.character != "?" and distance <= nearest.get(part, (999, ""))[0]:
                nearest[part] = distance, agent.character
        expected = {part: shown for part, (_, shown) in nearest.items() if part in far_parts(encoder.radius)}
        assert far_seen(encoder, game) == expected
        seen, without = encoder.observe(game), make_encoder("Axy", **settings).observe(game)
        assert seen.cells.tolist() == without.cells.tolist() and seen.radar.tolist() == without.radar.tolist()


def test_it_is_said_in_words():
    game = make_game(Hero("A", (1, 1)), Piece("w", (9, 1)), board_size=(12, 4))
    encoder = make_encoder("Aw", egocentric_radius=3, far=True, board_size=(12, 4))
    observation = encoder.observe(game)
    from retro_gamer.reporting.sight import sight_of_team

    assert sight_of_team(encoder, "Aw", observation).radar == [("w far away", "8 or more to the right")]

    class Policy:
        def q_values(self, seen):
            return [float(seen.far.any()), 0.0]

    causes = explain_choice(Policy(), observation, ["x", None], "Aw", (7, 7)).causes
    assert [cause.what for cause in causes if cause.effect] == ["w (8 or more to the right)"]


# Runs


def test_a_training_in_two_parts_is_as_one_and_plays_as_it_trained(tmp_path):
    for name, stops in (("whole", [99]), ("parts", [4, 13, 99])):
        run = make_run(tmp_path / name, preprocessing=SEEN)
        for stop in stops:
            trainer = Trainer(run)
            trainer.train(on_episode=lambda status, t=trainer, n=stop: t.stop() if status.episode >= n else None)
    same(RunDirectory(tmp_path / "whole"), RunDirectory(tmp_path / "parts"))
    player, policy = load_player(run), TrainedPolicy(str(run.path))
    environment, actions = player.environment, []
    observation = environment.reset(3)
    player.agent.begin_episode(environment)
    for _ in range(20):
        actions.append(policy.get_action(environment.game))
        action = player.agent.act(observation, 0.0)
        assert environment.actions[action] == actions[-1]
        observation, reward, terminated, truncated = environment.step(action)
        player.agent.got(reward)
        if terminated or truncated:
            break
    assert len(sight_of(environment, observation).board) == 5
    assert forager.create_game().board_size  # the game is unchanged


def test_a_policy_says_so_and_is_read_with_it(tmp_path):
    run = make_run(tmp_path / "run", preprocessing=SEEN, training_episodes=3)
    Trainer(run).train()
    facts = read_policy(run)[1].description.to_json()
    assert facts["far"] is True
    assert PolicyDescription.from_json(facts, tmp_path).settings(run.load_config()).preprocessing.far
    for name, value in (("far", False), ("far", 1), ("egocentric_radius", 7), ("board", True)):
        with pytest.raises(CheckpointError, match="far is|not fit|whole board"):
            PolicyDescription.from_json({**facts, name: value}, tmp_path)
    with pytest.raises(CheckpointError, match="not fit"):
        PolicyDescription.from_json({key: value for key, value in facts.items() if key != "far"}, tmp_path)


def test_nothing_is_far_beside_a_whole_board():
    values = {"game": {"module": "m"}, "metadata": {"actions": ["x"], "reward": "score"}}
    with pytest.raises(ConfigError, match="nothing is far"):
        RunConfig.from_dict({**values, "preprocessing": {"board": True, "far": True}})
