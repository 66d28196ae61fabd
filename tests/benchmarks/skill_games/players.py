"""Sensible players by hand, for the games that have none of their own: by_hand[name](game) is a key, or None."""

from __future__ import annotations

from collections import deque

ARROWS = {"KEY_LEFT": (-1, 0), "KEY_RIGHT": (1, 0), "KEY_UP": (0, -1), "KEY_DOWN": (0, 1)}


def way(start, goals, blocked, size, steps=None):
    """The first key of a shortest way to one of the goals; None when there is none."""
    queue, seen = deque([(start, None)]), {start}
    while queue:
        place, first = queue.popleft()
        if place in goals and first:
            return first
        for key, (dx, dy) in (steps or ARROWS).items():
            there = (place[0] + dx, place[1] + dy)
            inside = 0 <= there[0] < size[0] and 0 <= there[1] < size[1]
            if inside and there not in seen and there not in blocked:
                seen.add(there)
                queue.append((there, first or key))
    return None


def places(game, characters, but=None):
    return {
        agent.position
        for agent in game.agents
        if agent is not but and isinstance(getattr(agent, "character", None), str) and agent.character in characters
    }


def player_of(game):
    return next(agent for agent in game.agents if hasattr(agent, "handle_keystroke"))


def flappy(game):
    bird, height = game.get_agent_by_name("bird"), game.board_size[1]
    pipes = [a for a in game.agents if type(a).__name__ == "Pipe" and a.position[0] >= 6]
    target = height / 2
    if pipes:
        x = min(pipe.position[0] for pipe in pipes)
        solid = {pipe.position[1] for pipe in pipes if pipe.position[0] == x}
        gap = [y for y in range(height) if y not in solid]
        target = (min(gap) + max(gap)) / 2
    return " " if bird.y + bird.v > target + 0.6 else None


def lander(game):
    ship = game.get_agent_by_name("lander")
    return " " if (ship.v < -0.42 and ship.h < 9) or ship.v < -1.1 else None


def levels(game):
    hero = player_of(game)
    return way(hero.position, places(game, "$"), places(game, "~"), game.board_size)


def g2048(game):
    board = next(agent for agent in game.agents if type(agent).__name__ == "Board")

    def worth(key):
        moved, gain = board.moved(key)
        return (
            moved != board.rows,
            gain + 10 * sum(row.count(0) for row in moved),
            key in ("KEY_LEFT", "KEY_DOWN"),
        )

    return max(("KEY_LEFT", "KEY_DOWN", "KEY_RIGHT", "KEY_UP"), key=worth)


def connect4(game):
    import sys

    module, board = (
        sys.modules[type(game.get_agent_by_name("table")).__module__],
        game.get_agent_by_name("table").b,
    )
    for who in "XO":
        for column in module.free(board):
            row = module.drop(board, column)
            board[column, row] = who
            wins = module.won(board, who)
            del board[column, row]
            if wins:
                return str(column + 1)
    return str(min(module.free(board), key=lambda column: abs(column - 3)) + 1)


def fog(game):
    hero, stairs = game.get_agent_by_name("hero"), places(game, ">")
    gold = places(game, "$") or stairs
    near = {(x + i, y + j) for x, y in places(game, "o") for i in (-1, 0, 1) for j in (-1, 0, 1) if abs(i) + abs(j) < 2}
    blocked = game.walls | near | (stairs - gold)
    steps = {"a": (-1, 0), "d": (1, 0), "w": (0, -1), "s": (0, 1)}
    return way(hero.position, gold, blocked - {hero.position}, game.board_size, steps)


def border(game):
    robot, steps = game.get_agent_by_name("robot"), {"h": (-1, 0), "l": (1, 0), "k": (0, -1), "j": (0, 1)}
    return way(robot.position, places(game, "o"), places(game, "x+"), game.board_size, steps)


def menu(game):
    baskets = [agent for agent in game.agents if getattr(agent, "name", "") == "basket"]
    if not baskets:
        return "KEY_ENTER"
    stars = [agent for agent in game.agents if type(agent).__name__ == "Star"]
    if not stars:
        return None
    way_x = max(stars, key=lambda star: star.position[1]).position[0] - baskets[0].position[0]
    return "KEY_LEFT" if way_x < 0 else "KEY_RIGHT" if way_x > 0 else None


def snake(game):
    """Towards the apple by a way around its own body; else to any free cell."""
    head = player_of(game)
    blocked = places(game, "*", head)
    (apple,) = [a.position for a in game.agents if getattr(a, "character", "") == "@"] or [None]
    key = way(head.position, {apple}, blocked, game.board_size)
    if key is not None:
        return key
    for key, (dx, dy) in ARROWS.items():
        there = (head.position[0] + dx, head.position[1] + dy)
        if game.on_board(there) and there not in blocked:
            return key
    return None


def catch(game):
    paddle = player_of(game)
    balls = [agent for agent in game.agents if agent is not paddle and getattr(agent, "display", True)]
    if not balls:
        return None
    way_x = max(balls, key=lambda ball: ball.position[1]).position[0] - paddle.position[0]
    return "KEY_LEFT" if way_x < 0 else "KEY_RIGHT" if way_x > 0 else None


def forager(game):
    hero = player_of(game)
    return way(hero.position, places(game, "o"), places(game, "x"), game.board_size)
