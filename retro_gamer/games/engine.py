"""A small game engine with the turn rules of retro-games, for when retro-games is not installed.

A game written for one engine plays the same turns on the other (`tests/games/test_engine.py` compares them turn
by turn). What this engine does not do is read the keyboard.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from time import perf_counter, sleep
from typing import Any, Dict, Iterable, Sequence

from retro_gamer.errors import GameError, install_command
from retro_gamer.games import Position, occupied_positions
from retro_gamer.games.errors import (
    AgentAlreadyInGame,
    AgentNotFoundByName,
    AgentNotInGame,
    AgentWithNameAlreadyExists,
    IllegalMove,
    InvalidValue,
    check_agent,
    check_agent_name,
    check_position,
    check_state,
)


class ChangeDict(Dict[str, Any]):
    """A dict that remembers, in `changed`, whether a value in it has changed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.changed = False
        super().__init__(*args, **kwargs)

    def __setitem__(self, key: Any, value: Any) -> None:
        if self.get(key) != value:
            self.changed = True
        super().__setitem__(key, value)

    def update(self, *args: Any, **kwargs: Any) -> None:
        for key, value in dict(*args, **kwargs).items():
            self[key] = value


class Game:
    """A board, the agents on it, and the rules of a turn.

    Arguments:
        agents: the agents the game starts with, in the order in which they take their turns.
        state: the values the game keeps, such as `{"score": 0}`.
        board_size: width and height of the board, in cells.
        view_size, view_position: size and top left corner of the part of the board that is shown;
            by default all of it.
        debug: show the newest log messages, the keys pressed among them.
        framerate: turns per second in `play`.
        color: the colours of the empty board, such as "white_on_black".
        wait_for_enter: keep the last picture until Enter is pressed.
        dump_state: a file to which `play` writes the state, as JSON, when the game is over.
        log_file: a file to which every log message is written.
        input_source: where `step` gets the keys of a turn: any object whose `collect()` returns a set.
        view: any object with `on_game_start(game)` and `render(game)`, called by `start` and after a `step`.
        show_state: which state values are shown: True for all, a list of keys for some, None for none.
    """

    def __init__(
        self,
        agents: Iterable[Any],
        state: dict[str, Any],
        board_size: tuple[int, int] = (64, 32),
        view_size: tuple[int, int] | None = None,
        view_position: Position = (0, 0),
        debug: bool = False,
        framerate: float = 24,
        color: str = "white_on_black",
        wait_for_enter: bool = False,
        dump_state: str | None = None,
        log_file: str | None = None,
        input_source: Any = None,
        view: Any = None,
        show_state: bool | None | Sequence[str] = True,
    ) -> None:
        check_state(state)
        self.agents: list[Any] = []
        self.agents_by_name: dict[str, Any] = {}
        self.state = ChangeDict(state)
        self.board_size = board_size
        self.view_size = view_size or board_size
        self._view_position = self.prior_view_position = view_position
        self.view_position_changed = True
        self.debug = debug
        self.framerate = framerate
        self.color = color
        self.wait_for_enter = wait_for_enter
        self.show_state = show_state
        self.dump_state = dump_state
        self.log_file = log_file
        self.input_source = input_source
        self.view = view
        self.playing = False
        self.turn_number = 0
        self.keys_pressed: Any = set()
        self.log_messages: list[tuple[int, str]] = []
        self.agent_positions: dict[Position, list[Any]] = {}
        self.prior_agent_positions: dict[Position, list[Any]] = {}
        self._position_cache: dict[Position, list[Any]] | None = None
        if log_file:
            open(log_file, "w", encoding="utf-8").close()
        for agent in agents:
            self.add_agent(agent)

    @property
    def view_position(self) -> Position:
        """The top left corner of the part of the board that is shown."""
        return self._view_position

    @view_position.setter
    def view_position(self, position: Position) -> None:
        if position != self._view_position:
            self._view_position = position
            self.view_position_changed = True

    # Turns

    def start(self) -> None:
        """Get ready for the first `step`."""
        self.playing = True
        self.state.changed = True
        if self.view is not None:
            self.view.on_game_start(self)

    def step(self) -> None:
        """Play one turn.

        The keys are collected once. Then each agent in order is given every key, plays its turn, and must
        stand on the board, or else `IllegalMove` is raised. Agents added during the turn play at its end;
        after the removal of an agent the one that moves up into its place in the list is passed over if
        that place has been played already.
        """
        if self.input_source is None:
            raise GameError(
                "This game has no input source, so a turn cannot know which keys are pressed. Create it with "
                "Game(..., input_source=source), where source.collect() returns the set of pressed keys."
            )
        self.turn_number += 1
        self.keys_pressed = self.input_source.collect()
        if self.debug and self.keys_pressed:
            names = [getattr(key, "name", None) or str(key) for key in self.keys_pressed]
            self.log("Keys: " + ", ".join(names))
        self.prior_view_position = self._view_position
        self.prior_agent_positions = self.agent_positions
        for agent in self.agents:
            if hasattr(agent, "handle_keystroke"):
                for key in self.keys_pressed:
                    agent.handle_keystroke(key, self)
            if hasattr(agent, "play_turn"):
                agent.play_turn(self)
                # Only here are positions counted afresh: an agent that moves while handling a key is found at
                # its old position until the next play_turn is over. Games rely on it, so it is a rule.
                self._position_cache = None
            if getattr(agent, "display", True):
                self._check_on_board(agent)
        self.agent_positions = self.get_agents_by_position()
        if self.view is not None:
            self.view.render(self)
        self.state.changed = False
        self.view_position_changed = False

    def play(self, input_source: Any = None) -> None:
        """Show the game in the terminal and play it to the end, `framerate` turns a second.

        The keys come from `input_source`, an object whose `collect()` returns the set of keys of one turn.
        Whatever happens, Ctrl-C included, the terminal is left as it was found.
        """
        if input_source is None:
            raise GameError(
                "To play with the keyboard you need retro-games, which is not installed: run\n"
                f"  {install_command('retro-games')}\n(it needs Python 3.10 or newer) and start the game "
                "again. Without it a trained policy can play, with play(input_source=PolicyInput(...))."
            )
        if not self.framerate > 0:
            raise InvalidValue(f"framerate is {self.framerate!r}, but it is the number of turns per second: more than 0.")
        from retro_gamer.games.screen import Screen  # here, because training never draws

        own_view, self.input_source = self.view, input_source
        self.agent_positions, self.prior_agent_positions = {}, {}
        try:
            with Screen() as screen:
                self.view = screen
                self.start()
                while self.playing:
                    turn_end = perf_counter() + 1 / self.framerate
                    self.step()
                    sleep(max(0.0, turn_end - perf_counter()))
                if self.wait_for_enter and sys.stdin is not None and sys.stdin.isatty():
                    screen.render(self, "The game is over. Press Enter.")
                    sys.stdin.readline()
        finally:
            self.view = own_view
        if self.dump_state:
            with open(self.dump_state, "w", encoding="utf-8") as file:
                json.dump(self.state, file)

    def end(self) -> None:
        """End the game. The turn goes on to its end, and no other follows."""
        self.playing = False

    def log(self, message: str) -> None:
        """Note a message beside the number of the turn, for the debug view and the log file."""
        self.log_messages.append((self.turn_number, message))
        if self.log_file:
            with open(self.log_file, "a", encoding="utf-8") as file:
                file.write(f"{self.turn_number}: {message}\n")

    # Agents

    def add_agent(self, agent: Any) -> None:
        """Add an agent to the end of the list of agents."""
        check_agent(agent)
        if agent in self.agents:
            raise AgentAlreadyInGame(agent)
        if getattr(agent, "display", True):
            self._check_on_board(agent)
        if hasattr(agent, "name"):
            if agent.name in self.agents_by_name:
                raise AgentWithNameAlreadyExists(agent.name)
            self.agents_by_name[agent.name] = agent
        self.agents.append(agent)

    def remove_agent(self, agent: Any) -> None:
        if agent not in self.agents:
            raise AgentNotInGame(agent)
        self.agents.remove(agent)
        if hasattr(agent, "name"):
            self.agents_by_name.pop(agent.name, None)  # an agent may have changed its name since

    def remove_agent_by_name(self, name: str) -> None:
        agent = self.get_agent_by_name(name)
        del self.agents_by_name[name]
        self.agents.remove(agent)

    def get_agent_by_name(self, name: str) -> Any:
        """The agent with this name; `AgentNotFoundByName` if there is none."""
        check_agent_name(name)
        if name not in self.agents_by_name:
            raise AgentNotFoundByName(name, self.agents_by_name)
        return self.agents_by_name[name]

    # Positions

    def get_agents_by_position(self) -> dict[Position, list[Any]]:
        """Every occupied cell with the list of the displayed agents there.

        The answer is kept until the next `play_turn` of any agent is over; see `step`.
        """
        if self._position_cache is None:
            positions: dict[Position, list[Any]] = defaultdict(list)
            for agent in self.agents:
                if getattr(agent, "display", True):
                    if getattr(agent, "size", None) is None:  # nearly always: spare it a list
                        x, y = agent.position
                        positions[x, y].append(agent)
                    else:
                        for position in occupied_positions(agent):
                            positions[position].append(agent)
            self._position_cache = positions
        return self._position_cache

    def is_empty(self, position: Position) -> bool:
        """Is no agent displayed at this position?"""
        return position not in self.get_agents_by_position()

    def on_board(self, position: Position) -> bool:
        x, y = position
        width, height = self.board_size
        return 0 <= x < width and 0 <= y < height

    def on_view(self, position: Position) -> bool:
        """Is this position in the part of the board that is shown?"""
        check_position(position)
        left, top = self._view_position
        width, height = self.view_size
        return left <= position[0] < left + width and top <= position[1] < top + height

    def _check_on_board(self, agent: Any) -> None:
        if getattr(agent, "size", None) is None:
            if not self.on_board(agent.position):
                raise IllegalMove(agent, agent.position, self.board_size)
            return
        for position in occupied_positions(agent):
            if not self.on_board(position):
                raise IllegalMove(agent, position, self.board_size)
