"""Watching a policy play its game in the terminal."""

from __future__ import annotations

import shutil
import signal
import sys
import threading
import time
from contextlib import contextmanager
from typing import Any, Iterator, List, Optional, Sequence

from retro_gamer.environment.make import make_environment
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.errors import RetroGamerError
from retro_gamer.games.screen import Screen, understand_escape_codes
from retro_gamer.hosting.blame import blame, blamed
from retro_gamer.hosting.interrupts import raise_through
from retro_gamer.hosting.output import in_colors
from retro_gamer.hosting.supervision import supervised, to_stderr
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training.player import Player, load_player


def watch(
    run: RunDirectory, checkpoint: Optional[str], fps: float, explain: bool, seed: Optional[int]
) -> str:
    """Show one game; returns a sentence about how it went. Ctrl-C ends it early."""
    with supervised():
        player = load_player(run, checkpoint)
    if player.config.game.gym:
        return _watch_gym(player, fps, explain, seed)
    printed: List[str] = []  # by the game: shown when its picture is gone
    try:
        return _watch_game(player, fps, explain, seed, printed)
    finally:
        for line in printed:
            to_stderr(line)


def _watch_game(player: Player, fps: float, explain: bool, seed: Optional[int], printed: List[str]) -> str:
    environment, agent = player.environment, player.agent
    on_terminal = sys.stdout.isatty()
    screen = Screen()  # draws on what is sys.stdout now
    with supervised(printed.append):
        observation = environment.reset(seed)
    game: Any = environment.game  # type: ignore[attr-defined]
    total, turns, key, over = 0.0, 0, "", False
    try:
        with tidy_end(), screen, supervised(printed.append):
            while True:
                started = time.perf_counter()
                caption = f"{player.name}  turn {turns}  reward {total:g}  {key}"
                if explain:
                    caption += "\n" + _explain(player, observation)
                try:
                    screen.render(game, caption)
                except OSError:  # nobody reads our output any more
                    raise
                except Exception as error:
                    raise blame(error, f"when it was drawn after turn {turns}") from error
                if over:
                    break
                action = agent.act(observation, 0.0)
                key = environment.actions[action] or "(no key)"
                observation, reward, terminated, truncated = environment.step(action)
                total, turns, over = total + reward, turns + 1, terminated or truncated
                if on_terminal:
                    time.sleep(max(0.0, 1 / fps - (time.perf_counter() - started)))
            if on_terminal:
                time.sleep(1.0)  # time to see how it ended
    except KeyboardInterrupt:
        pass
    score = environment.score
    return (
        f"{player.name}: {turns} turns, reward {total:g}"
        + (f", score {score:g}" if score is not None else "")
        + ("" if over else " (stopped)")
    )


@contextmanager
def tidy_end() -> Iterator[None]:
    """While inside, SIGTERM and a closed terminal end the program by way of an exception: the screen is put back."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may handle signals
        return

    def leave(number: int, frame: Any) -> None:
        raise_through(SystemExit(128 + number))  # the exit status that the system gives it too

    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]
    before = [signal.signal(number, leave) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before):
            signal.signal(number, handler)


def _explain(player: Player, observation: Any) -> str:
    """What the policy expects of each key."""
    return "It expects of each key:\n" + explain_values(
        player.agent.q_values(observation), player.environment.labels
    )


def explain_values(values: Any, actions: Sequence[Optional[str]]) -> str:
    """The value of each key, the best one marked; each at its own place, so that it can be read."""
    best, decimals = int(values.argmax()), 0 if abs(values).max() >= 100 else 2
    names = [(action or "none").replace("KEY_", "") for action in actions]
    width = max(map(len, names)) + 9
    cells = [
        f"{'>' if i == best else ' '}{name} {value:.{decimals}f}".ljust(width)
        for i, (name, value) in enumerate(zip(names, values))
    ]
    in_a_row = max(1, (shutil.get_terminal_size().columns - 2) // width)
    return "\n".join(
        "".join(cells[start : start + in_a_row]).rstrip() for start in range(0, len(cells), in_a_row)
    )


def _watch_gym(player: Player, fps: float, explain: bool, seed: Optional[int]) -> str:
    """Show an environment that can draw itself, as text or in a window; others only report."""
    config, environment, note = player.config, player.environment, " (it has no picture to show)"
    modes = environment.env.metadata.get("render_modes") or ()  # type: ignore[attr-defined]
    # A window of its own only where somebody is looking.
    mode = "ansi" if "ansi" in modes else "human" if "human" in modes and sys.stdout.isatty() else ""
    if mode:
        try:
            environment, note = make_environment(config, Vocabulary(), render_mode=mode), ""
        except RetroGamerError as error:
            note = f" (it cannot draw itself: {error})"
    out, total, turns, over = sys.stdout, 0.0, 0, False
    restore_console = understand_escape_codes()  # Gymnasium's pictures have colors
    try:
        with tidy_end(), supervised():
            observation = environment.reset(seed)
            while not over:
                if explain:
                    print(_explain(player, observation), file=out)
                action = player.agent.act(observation, 0.0)
                observation, reward, terminated, truncated = environment.step(action)
                total, turns, over = total + reward, turns + 1, terminated or truncated
                if not note:
                    with blamed(f"when it was drawn after turn {turns}"):
                        picture = environment.env.render()  # type: ignore[attr-defined]
                    if mode == "ansi":
                        print(in_colors(str(picture)), file=getattr(out, "unfiltered", out))
                    if out.isatty():
                        time.sleep(1 / fps)
    except KeyboardInterrupt:
        pass
    finally:
        if restore_console is not None:
            restore_console()
    return f"{player.name}: {turns} turns, reward {total:g}{note}" + ("" if over else " (stopped)")
