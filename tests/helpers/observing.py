"""What the tests of observations share: games made by hand, both engines, and the encoder once more, slowly and plainly."""

from __future__ import annotations

import importlib.util
import random

import pytest

from retro_gamer.environment.encoder import Encoder
from retro_gamer.environment.keys import KeyInput
from retro_gamer.environment.player import player_finder
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.games import engine
from retro_gamer.games.screen import board_lines

HAVE_RETRO = importlib.util.find_spec("retro") is not None
needs_retro = pytest.mark.skipif(not HAVE_RETRO, reason="retro-games is not installed")
ARROWS = ("KEY_RIGHT", "KEY_UP", "KEY_LEFT", "KEY_DOWN")
STEPS = {"KEY_RIGHT": (1, 0), "KEY_UP": (0, -1), "KEY_LEFT": (-1, 0), "KEY_DOWN": (0, 1)}
OFF = 1


def game_classes():
    """Our engine's Game, and that of retro-games where it is installed."""
    classes = [engine.Game]
    if HAVE_RETRO:
        from retro.game import Game

        classes.append(Game)
    return classes


class Piece:
    """A character that does nothing."""

    def __init__(self, character, position, **attributes):
        self.character, self.position = character, position
        self.__dict__.update(attributes)


class Hero(Piece):
    """The character of the keys. It goes where an arrow says."""

    def handle_keystroke(self, keystroke, game):
        dx, dy = STEPS.get(keystroke.name, (0, 0))
        ahead = (self.position[0] + dx, self.position[1] + dy)
        if game.on_board(ahead) and game.is_empty(ahead):
            self.position = ahead


def make_game(*agents, state=None, board_size=(6, 4), game_class=engine.Game):
    game = game_class(list(agents), {"score": 0} if state is None else state, board_size=board_size)
    game.input_source = KeyInput()
    game.start()
    return game


def play(game, *keys):
    for key in keys:
        game.input_source.press(key)
        game.step()


def make_encoder(characters="", grows=False, board_size=(6, 4), player="", **what):
    settings = dict(board=False, egocentric_radius=0, radar=False, observe_state=())
    settings.update(what)
    return Encoder(
        Vocabulary(characters, grows=grows),
        board_size=board_size,
        find_player=player_finder(player),
        **settings,
    )


def slow_observation(game, encoder, player, center):
    """The cells that `encoder` should see, by the plainest means: the drawn board and a search of all cells.

    The radar sees what is hidden under something else too. Of equally near ones it takes the highest z, then the
    first in the list of agents, then of one character's cells the last.
    """
    numbers = {character: 2 + i for i, character in enumerate(encoder.vocabulary.characters)}
    numbers[" "] = 0
    lines = board_lines(game)
    width, height = game.board_size
    cells = []
    if encoder.board:
        cells = [numbers.get(lines[y][x], 0) for y in range(height) for x in range(width)]
    elif encoder.radius:
        for dy in range(-encoder.radius, encoder.radius + 1):
            for dx in range(-encoder.radius, encoder.radius + 1):
                x, y = center[0] + dx, center[1] + dy
                cells.append(numbers.get(lines[y][x], 0) if 0 <= x < width and 0 <= y < height else OFF)
    if encoder.radar:
        readings = [0] * (2 * (encoder.vocabulary.n_symbols - 2))
        for character in encoder.vocabulary.characters:
            best = None
            for order, agent in enumerate(game.agents):
                if agent is player or not getattr(agent, "display", True):
                    continue
                for part, (x, y, shown) in enumerate(parts_of(agent)):
                    if shown == character and 0 <= x < width and 0 <= y < height:
                        dx, dy = x - center[0], y - center[1]
                        rank = (abs(dx) + abs(dy), -(getattr(agent, "z", 0) or 0), order, -part)
                        if best is None or rank < best[0]:
                            best = rank, dx, dy
            if best is not None:
                place = 2 * (numbers[character] - 2)
                readings[place : place + 2] = [slow_reading(best[1]), slow_reading(best[2])]
        cells += readings
    return cells


def parts_of(agent):
    x, y = agent.position
    width, height = getattr(agent, "size", None) or (1, 1)
    for dy in range(height):
        for dx in range(width):
            if isinstance(agent.character, str):
                yield x + dx, y + dy, agent.character
            else:
                rows = list(agent.character)
                row = rows[dy] if dy < len(rows) else ""
                yield x + dx, y + dy, row[dx] if dx < len(row) else " "


def slow_reading(distance):
    for steps, least in ((4, 8), (3, 4), (2, 2), (1, 1)):
        if distance >= least:
            return 5 + steps
        if distance <= -least:
            return 5 - steps
    return 5


class Trail:
    """Everything that can be seen of a game, turn by turn, to be compared between two runs."""

    def __init__(self):
        self.record = []

    def note(self, game):
        agents = [
            (
                type(agent).__name__,
                getattr(agent, "name", None),
                getattr(agent, "position", None),
                getattr(agent, "character", None),
                getattr(agent, "display", True),
            )
            for agent in game.agents
        ]
        self.record.append((agents, dict(game.state), game.playing, game.turn_number, random.getstate()))
