"""What every worker shares: measuring a rate after a warm-up, and speaking JSON with run.py.

Nothing is imported here that could be part of what is measured.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import sys
import time
from typing import Any, Callable, Dict, Iterator, Optional, Sequence


class Stopwatch:
    """Counts what happens in slices of `seconds` seconds, by the clock on the wall and in CPU time.

    `tick(count)` is called again and again with a running count. After a warm-up, and after each slice, it waits until
    run.py asks for the next slice: meanwhile the others have the machine for themselves. At the end of a slice it prints
    its rates, with what `extras()` adds. When nobody asks any more, the process ends.
    """

    def __init__(
        self,
        seconds: float,
        warm_up: float,
        warm_up_count: int = 0,
        extras: Callable[[], Dict[str, float]] = lambda: {},
    ):
        self.seconds, self.warm_up, self.warm_up_count, self._extras = seconds, warm_up, warm_up_count, extras
        self._created: Optional[float] = None
        self.running = False  # whether the warm-up is over
        self.paused = 0.0  # seconds of waiting so far

    def tick(self, count: int) -> None:
        now = time.perf_counter()
        if self._created is None:
            self._created = now
        elif not self.running:
            if now >= self._created + self.warm_up and count >= self.warm_up_count:
                self.running = True
                self._wait(count, {})
        elif now >= self._first + self.seconds:
            self.count = count - self._first_count
            self.wall_seconds, self.cpu_seconds = now - self._first, time.process_time() - self._first_cpu
            self._wait(
                count,
                {
                    "wall": self.count / self.wall_seconds,
                    "cpu": self.count / max(self.cpu_seconds, 1e-9),
                    "count": self.count,
                    **self._extras(),
                },
            )

    def _wait(self, count: int, found: Dict[str, float]) -> None:
        print(json.dumps(found), flush=True)
        began = time.perf_counter()
        if not sys.stdin.readline():
            os._exit(0)
        self._first, self._first_count, self._first_cpu = time.perf_counter(), count, time.process_time()
        self.paused += self._first - began


def random_choices(choices: Sequence[Any], seed: int = 1) -> Iterator[Any]:
    """Random choices without end, drawn beforehand: choosing shall cost nothing."""
    chooser = random.Random(seed)
    return itertools.cycle([chooser.choice(choices) for _ in range(10007)])


def peak_megabytes() -> float:
    """The most memory this process ever had resident."""
    import resource  # not on Windows

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 2**20)


def median_call(call: Callable[[], Any], between: Callable[[], Any], seconds: float) -> Dict[str, float]:
    """The median time of `call` in microseconds; `between` is called after each and not measured."""
    times = []
    for _ in range(200):
        call()
        between()
    end = time.perf_counter() + seconds
    cpu, before = 0.0, time.perf_counter()
    while before < end:
        before, cpu_before = time.perf_counter(), time.thread_time()
        call()
        after = time.perf_counter()
        cpu += time.thread_time() - cpu_before
        times.append(after - before)
        between()
    return {"wall": 1e6 * sorted(times)[len(times) // 2], "cpu": 1e6 * cpu / len(times), "count": len(times)}


def serve(tasks: Sequence[Callable[[Dict[str, Any]], Dict[str, Any]]]) -> None:
    """`python worker.py TASK` reads options as JSON, a line of stdin, and prints the result as JSON in the last line."""
    task = {task.__name__: task for task in tasks}[sys.argv[1]]
    result = task(json.loads(sys.stdin.readline()))
    print(json.dumps(result), flush=True)
