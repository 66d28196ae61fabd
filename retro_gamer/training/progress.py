"""One line that shows how a training goes; silent where nobody is looking."""
from __future__ import annotations

import shutil
import sys
import time
from collections import deque
from typing import Deque, Optional, TextIO, Tuple

from retro_gamer.training.trainer import Status


class ProgressLine:
    """Redraws one line on a terminal, a few times a second at the most."""

    def __init__(self, stream: Optional[TextIO] = None, interval: float = 0.2):
        self.stream = stream if stream is not None else sys.stderr
        self.shown = bool(getattr(self.stream, "isatty", lambda: False)())
        self.interval = interval
        self._next = 0.0
        self._returns: Deque[float] = deque(maxlen=100)
        self._times: Deque[Tuple[float, int, int]] = deque(maxlen=50)  # (time, turns, episode) of late redraws
        self._width = 0

    def update(self, status: Status) -> None:
        self._returns.append(status.last.episode_return)
        now = time.monotonic()
        if not self.shown or now < self._next:
            return
        self._next = now + self.interval
        self._times.append((now, status.turns, status.episode))
        self._draw(self._text(status))

    def _text(self, status: Status) -> str:
        then, turns, episode = self._times[0]
        elapsed = max(1e-9, self._times[-1][0] - then)
        turn_rate, episode_rate = (status.turns - turns) / elapsed, (status.episode - episode) / elapsed
        mean = sum(self._returns) / len(self._returns)
        parts = [f"game {status.episode}", f"{status.turns:,} turns", f"{turn_rate:,.0f} turns/s", f"reward {mean:.1f}"]
        if status.evaluation is not None:
            greedy = f"greedy {status.evaluation.mean:.1f}"
            if status.evaluation.scores is not None:
                greedy += f" (score {status.evaluation.scores.mean():.1f})"
            parts.append(greedy)
        parts.append(f"epsilon {status.epsilon:.2f}")
        left = []
        if episode_rate > 0:
            left.append((status.goal_episodes - status.episode) / episode_rate)
        if turn_rate > 0 and status.goal_turns:
            left.append((status.goal_turns - status.turns) / turn_rate)
        if left:
            parts.append(f"{format_time(max(0.0, min(left)))} left")
        return " | ".join(parts)

    def _draw(self, text: str) -> None:
        room = shutil.get_terminal_size().columns - 1
        text = text[:room]
        self.stream.write("\r" + text.ljust(min(self._width, room)))
        self.stream.flush()
        self._width = len(text)

    def say(self, text: str) -> None:
        """Print a line above the progress line."""
        self.clear()
        print(text, file=self.stream)

    def clear(self) -> None:
        if self.shown and self._width:
            self.stream.write("\r" + " " * self._width + "\r")
            self.stream.flush()
            self._width = 0


def format_time(seconds: float) -> str:
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02d}m" if hours else f"{minutes}:{seconds:02d}"
