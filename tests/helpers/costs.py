"""What something costs, in numbers that are the same on every machine: work in calls and lines, memory in bytes."""

from __future__ import annotations

import gc
import sys
import tracemalloc


class counted_calls:
    """A context that counts the calls made inside it, of Python functions and of built-in ones."""

    def __enter__(self):
        self.calls, self._before = 0, sys.getprofile()
        sys.setprofile(self._count)
        return self

    def _count(self, frame, event, argument):
        self.calls += event in ("call", "c_call")

    def __exit__(self, *exception):
        sys.setprofile(self._before)


class peak_memory:
    """A context that measures how much more memory is in use inside it than at its start, at the most, in bytes."""

    def __enter__(self):
        tracemalloc.start()
        return self

    def __exit__(self, *exception):
        _, self.peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()


def lines_run(function):
    """How many lines of Python run while `function()` does; not those of what waits for the garbage collector."""
    lines, before = 0, sys.gettrace()

    def count(frame, event, argument):
        nonlocal lines
        lines += event == "line"
        return count

    gc.disable()
    sys.settrace(count)
    try:
        function()
    finally:
        sys.settrace(before)
        gc.enable()
    return lines
