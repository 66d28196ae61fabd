"""The bundled games by their rules."""

from __future__ import annotations

import random
import runpy
from collections import deque
from pathlib import Path

import pytest
from two_engines import (
    ARROWS,
    BUNDLED,
    TEAM_GAMES,
    Keys,
    assert_same,
    play,
    trajectory,
)

from retro_gamer import games
from retro_gamer.games import catch, engine, forager, snake


@pytest.mark.parametrize("name", games.BUNDLED)
def test_a_bundled_game_is_described_truly(name, game_class):
    tomllib = pytest.importorskip("tomllib")
    text = (Path(BUNDLED[name].__file__).parent / "pyproject.toml").read_text(encoding="utf-8")
    about = tomllib.loads(text)["tool"]["retro-gamer"]
    random.seed(1)
    characters = set()
    for _ in range(60):
        game = BUNDLED[name].create_game()
        if name in TEAM_GAMES:
            members = [member for team in about["teams"] for member in team["members"]]
            players = [agent for agent in game.agents if hasattr(agent, "handle_keystroke")]
            assert {agent.name: list(agent.keys) for agent in players} == {
                member["character"]: member["actions"] for member in members
            }
            assert [team["reward"] in game.state for team in about["teams"]] == [True, True]
            actions = [key for member in members for key in member["actions"]]
            assert len(set(actions)) == len(actions) == 4 * len(players)
        else:
            assert about["reward"] in game.state and about["score"] in game.state
            assert sum(hasattr(agent, "handle_keystroke") for agent in game.agents) == 1
            actions = about["actions"]
        game.input_source = Keys(random.choice([*actions, None]) for _ in range(200))
        game.start()
        while game.playing and game.turn_number < 200:
            characters.update(agent.character for agent in game.agents if getattr(agent, "display", True))
            game.step()
    assert characters == set(about["character_set"])


@pytest.mark.parametrize("name", games.BUNDLED)
def test_the_same_seed_gives_the_same_bundled_game(name, game_class):
    first, second = (trajectory(BUNDLED[name].create_game, 7, ARROWS, 60) for _ in range(2))
    assert_same(first, second)
    assert first != trajectory(BUNDLED[name].create_game, 8, ARROWS, 60)


@pytest.mark.parametrize("name", games.BUNDLED)
def test_a_bundled_game_runs_as_a_module(name, game_class, monkeypatch):
    started = []
    monkeypatch.setattr(game_class, "play", lambda game: started.append(game))
    runpy.run_module(f"retro_gamer.games.{name}", run_name="__main__")
    assert [type(game) for game in started] == [game_class]


def snake_game(position, key, apple, *body, energy=150):
    """A snake with its head at `position`, going `key`, and segments at `body` from the neck on."""
    game = snake.create_game()
    head, fruit = game.agents
    head.position, fruit.position = position, apple
    head.step, head.character = snake.DIRECTIONS[key]
    for cell in body:
        segment = snake.SnakeSegment(cell)
        head.body.append(segment)
        game.add_agent(segment)
    game.state["energy"] = energy
    return game


def snake_cells(game):
    head = game.get_agent_by_name("snake head")
    return [head.position, *(segment.position for segment in head.body)]


def test_the_snake_goes_on_without_a_key_and_turns_with_one(game_class):
    game = snake_game((5, 5), "KEY_RIGHT", (20, 5))
    play(game, None, "KEY_DOWN", None, "x")
    assert snake_cells(game) == [(6, 8)]
    assert game.agents[0].character == "v"
    assert game.state == {"score": 0, "reward": 1 - 3, "energy": 146}


def test_the_snake_eats_and_grows(game_class):
    game = snake_game((5, 5), "KEY_RIGHT", (6, 5), energy=1)
    play(game, None)
    assert game.playing
    assert snake_cells(game) == [(6, 5), (5, 5)]
    assert game.state == {"score": 1, "reward": 1 + 50, "energy": 150}
    game.get_agent_by_name("apple").position = (7, 5)
    play(game, None)
    assert snake_cells(game) == [(7, 5), (6, 5), (5, 5)]
    game.get_agent_by_name("apple").position = (0, 0)
    play(game, "KEY_UP", None)
    assert snake_cells(game) == [(7, 3), (7, 4), (7, 5)]
    assert {agent.position for agent in game.agents} == {(7, 3), (7, 4), (7, 5), (0, 0)}


@pytest.mark.parametrize(
    "game, why",
    [
        (lambda: snake_game((31, 5), "KEY_RIGHT", (0, 0)), "wall"),
        (lambda: snake_game((5, 0), "KEY_UP", (9, 9)), "wall"),
        (lambda: snake_game((5, 5), "KEY_RIGHT", (0, 0), (6, 5), (6, 4)), "body"),
        (lambda: snake_game((5, 5), "KEY_RIGHT", (0, 0), (5, 4), (6, 4), (6, 5)), "tail"),
    ],
)
def test_the_snake_dies(game, why, game_class):
    game = game()
    before = snake_cells(game)
    play(game, None)
    assert not game.playing
    assert snake_cells(game) == before
    assert game.state == {"score": 0, "reward": -10, "energy": 150}


def test_the_snake_starves(game_class):
    game = play(snake_game((5, 5), "KEY_RIGHT", (0, 5), energy=2), None, None)
    assert not game.playing
    assert game.state == {"score": 0, "reward": -2 - 10, "energy": 0}


def winding_way():
    """All cells of the board in the order of a way that never crosses itself."""
    cells = []
    for y in range(snake.HEIGHT):
        row = [(x, y) for x in range(snake.WIDTH)]
        cells += row if y % 2 == 0 else row[::-1]
    return cells


def test_the_apple_finds_the_last_free_cell_and_a_full_board_is_won(game_class):
    way = winding_way()
    body = way[:-3][::-1]  # head first; two free cells and the apple's
    step = (way[-3][0] - way[-4][0], way[-3][1] - way[-4][1])
    key = next(key for key, (move, _) in snake.DIRECTIONS.items() if move == step)
    game = snake_game(body[0], key, way[-3], *body[1:])
    random.seed(0)
    play(game, None)
    apple = game.get_agent_by_name("apple")
    assert apple.position in way[-2:]
    apple.position = way[-2]
    play(game, None)
    assert apple.position == way[-1]
    play(game, None)
    assert not game.playing
    assert game.state["score"] == 3
    assert game.state["message"] == "You win!"
    assert apple not in game.agents
    assert sorted(snake_cells(game)) == sorted(way)


def test_any_cell_but_the_snake_s_is_free_for_the_apple(game_class):
    game = snake_game((5, 5), "KEY_RIGHT", (0, 0), *[cell for cell in winding_way()[2:] if cell != (5, 5)])
    apple = game.get_agent_by_name("apple")
    random.seed(0)
    found = set()
    for _ in range(30):
        apple.relocate(game)
        found.add(apple.position)
    assert found == {(0, 0), (1, 0)}


def forager_game(position, food):
    game = forager.create_game()
    game.get_agent_by_name("forager").position = position
    game.get_agent_by_name("food").position = food
    return game


def test_the_forager_walks_and_stops_at_the_fence(game_class):
    game = forager_game((0, 0), (3, 3))
    play(game, "KEY_LEFT", "KEY_UP", None, "KEY_RIGHT", "KEY_DOWN", None)
    assert game.get_agent_by_name("forager").position == (1, 1)
    assert game.state == {"score": 0, "reward": -0.06}


def test_the_forager_finds_food(game_class):
    for seed in range(30):
        random.seed(seed)
        game = play(forager_game((0, 0), (1, 0)), "KEY_RIGHT")
        assert game.state == {"score": 1, "reward": 0.99}
        assert game.get_agent_by_name("food").position not in ((1, 0), forager.THORNS)


def test_the_thorns_end_the_game(game_class):
    x, y = forager.THORNS
    game = play(forager_game((x - 1, y), (0, 0)), "KEY_RIGHT", None)
    assert (game.playing, game.turn_number) == (False, 1)
    assert game.state == {"score": 0, "reward": -1.01}


def test_the_forager_has_50_turns(game_class):
    game = play(forager_game((0, 0), (3, 3)), *[None] * 60)
    assert (game.playing, game.turn_number) == (False, 50)
    assert game.state == {"score": 0, "reward": -0.5}


def test_the_forager_never_starts_on_something(game_class):
    for seed in range(100):
        random.seed(seed)
        assert len({agent.position for agent in forager.create_game().agents}) == 3


def shortest_way(start, goal):
    ways = deque([(start, None)])
    reached = {start}
    while ways:
        cell, first = ways.popleft()
        if cell == goal:
            return first
        for key, (dx, dy) in forager.STEPS.items():
            ahead = (cell[0] + dx, cell[1] + dy)
            if 0 <= ahead[0] < 4 and 0 <= ahead[1] < 4 and ahead != forager.THORNS and ahead not in reached:
                reached.add(ahead)
                ways.append((ahead, first or key))
    raise AssertionError("walled in")


def test_the_best_forager_finds_what_its_docstring_says(monkeypatch):
    monkeypatch.setattr(forager, "Game", engine.Game)
    random.seed(0)
    found = []
    for _ in range(200):
        game = forager.create_game()
        game.input_source = keys = Keys()
        game.start()
        while game.playing:
            walker, food = game.get_agent_by_name("forager"), game.get_agent_by_name("food")
            keys.names.append(shortest_way(walker.position, food.position))
            game.step()
        found.append(game.state["score"])
    assert sum(found) / len(found) == pytest.approx(17.5, abs=0.4)


def test_the_basket_moves_and_stops_at_the_walls(game_class):
    game = catch.create_game()
    basket = game.get_agent_by_name("basket")
    play(game, *["KEY_LEFT"] * 6)
    assert basket.position == (0, 11)
    play(game, *["KEY_RIGHT"] * 4, "KEY_UP")
    assert basket.position == (4, 11)
    basket.position = (7, 11)
    play(game, "KEY_RIGHT")
    assert basket.position == (7, 11)


@pytest.mark.parametrize("column, score", [(2, -1), (3, 1), (4, 1), (5, 1), (6, -1)])
def test_fruit_is_caught_by_any_part_of_the_basket(column, score, game_class):
    game = catch.create_game()
    fruit = game.get_agent_by_name("fruit")
    fruit.position = (column, 0)
    play(game, *[None] * 10)
    assert fruit.position == (column, 10)
    assert game.state == {"score": 0, "fruit": 10}
    play(game, None)
    assert fruit.position[1] == 0
    assert game.state == {"score": score, "fruit": 9}


def test_catch_can_be_played_perfectly_and_ends_after_ten_pieces(game_class):
    for seed in range(10):
        random.seed(seed)
        game = catch.create_game()
        game.input_source = keys = Keys()
        game.start()
        while game.playing:
            middle = game.get_agent_by_name("basket").position[0] + 1
            column = game.get_agent_by_name("fruit").position[0]
            keys.names.append("KEY_LEFT" if column < middle else "KEY_RIGHT" if column > middle else None)
            game.step()
        assert game.state == {"score": 10, "fruit": 0}
        assert game.turn_number == 110
