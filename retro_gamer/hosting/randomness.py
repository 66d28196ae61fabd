"""The chance of games: Python's and NumPy's global generators, which a training or an environment may have for itself.

Games draw from them by `random.choice(...)`, `np.random.rand()` and so on, and so may anything else in the same program.
While a thread has randomness of its own, it draws from that, whatever it calls; other threads draw from everybody's.
"""

from __future__ import annotations

import os
import random
import sys
import threading
from contextlib import contextmanager
from functools import wraps
from types import ModuleType
from typing import Any, Callable, Iterator, Tuple, TypeVar

import numpy as np

F = TypeVar("F", bound=Callable[..., Any])
State = Tuple[Any, Any]  # of Python's generator and of NumPy's


class _Source:
    """One of the two global generators, and those that threads have in its place."""

    def __init__(self, module: ModuleType, function: str, make: Callable[[], Any], other_names: dict[str, str]):
        self.original = self.everybody_s = getattr(module, function).__self__
        self.make = make
        self.spare: list[Any] = []  # making one takes a while
        self.of_threads: dict[int, Any] = {}
        self.not_set: Any = None  # the state that everybody's generator is to have, until it is asked for
        self.names = {id(getattr(module, name)): other_names[name] for name in other_names}
        self.names.update(
            (id(value), name) for name, value in vars(module).items() if getattr(value, "__self__", None) is self.original
        )
        # Ids stay theirs.
        self.functions = [value for value in vars(module).values() if id(value) in self.names]

    def for_everybody(self, name: str) -> Callable[..., Any]:
        """A function of the generator of all threads that have none of their own. Call it while holding `_lock`: a thread
        that takes the original generator must not find another one still drawing from it."""
        if self.not_set is not None:
            _set(self.everybody_s, self.not_set)
            self.not_set = None
        return getattr(self.everybody_s, name)  # type: ignore[no-any-return]

    def switched(self, function: Any) -> Any:
        """A function like the given one, that draws from the generator of the thread that calls it."""
        name, of_threads, get_ident = self.names[id(function)], self.of_threads, threading.get_ident

        @wraps(function)
        def call(*arguments: Any, **settings: Any) -> Any:
            own = of_threads.get(get_ident())
            if own is not None:
                return getattr(own, name)(*arguments, **settings)
            with _lock:
                return self.for_everybody(name)(*arguments, **settings)

        call.__qualname__ = call.__name__
        return call

    def take(self, thread: int) -> None:
        """Give a thread a generator of its own: the original one, if it is free, which functions kept in odd places use."""
        other = self.spare.pop() if self.spare else self.make()
        if self.everybody_s is self.original:
            self.not_set = _get(self.original)
            self.everybody_s, other = other, self.original
        self.of_threads[thread] = other

    def give_back(self, thread: int) -> None:
        generator = self.of_threads.pop(thread)
        if generator is self.original:
            generator = self.everybody_s
            _set(self.original, _get(generator) if self.not_set is None else self.not_set)
            self.everybody_s, self.not_set = self.original, None
        self.spare.append(generator)


class _NumPyByThread(np.random.RandomState):
    """Stands where libraries such as SciPy take NumPy's generator itself from."""

    def __getattribute__(self, name: str) -> Any:
        if name in _sources[1].names.values():
            return getattr(np.random, name)
        return super().__getattribute__(name)


_sources: list[_Source] = []


_lock = threading.RLock()


def _new_lock() -> None:
    global _lock
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):  # a thread that held it does not live in the new process
    os.register_at_fork(after_in_child=_new_lock)


def _switch_once() -> None:
    """Put functions that know the thread in place of those of the global generators, wherever a module has them."""
    with _lock:
        if _sources:
            return
        mtrand = sys.modules["numpy.random.mtrand"]
        python = _Source(random, "random", random.Random, {})
        numpy = _Source(
            mtrand,
            "random_sample",
            np.random.RandomState,
            {"seed": "seed", "sample": "random_sample", "ranf": "random_sample"},
        )
        _sources.extend((python, numpy))
        replacements = {id(function): source.switched(function) for source in _sources for function in source.functions}
        for module in list(sys.modules.values()):
            if isinstance(module, ModuleType):
                for name, value in list(vars(module).items()):
                    if id(value) in replacements:  # also what `from random import choice` put there
                        setattr(module, name, replacements[id(value)])
        mtrand._rand = _NumPyByThread()  # type: ignore[attr-defined]


class OwnRandomness:
    """A context: inside, in this thread, the global generators are its own, from the state in which it left them.

    What other threads draw neither disturbs it nor is disturbed, and what is drawn outside goes on as if nothing had been
    drawn inside.
    """

    def __init__(self) -> None:
        self._state: State = get_state()

    def __enter__(self) -> OwnRandomness:
        _switch_once()
        thread = threading.get_ident()
        self._outer: Any = get_state() if thread in _sources[0].of_threads else None
        if self._outer is None:
            with _lock:
                for source in _sources:
                    source.take(thread)
        set_state(self._state)
        return self

    def __exit__(self, *exception: Any) -> None:
        self._state = get_state()
        if self._outer is not None:
            set_state(self._outer)
            return
        with _lock:
            for source in _sources:
                source.give_back(threading.get_ident())


@contextmanager
def everybody_s_randomness() -> Iterator[None]:
    """Inside, this thread draws as those do that have no randomness of their own: for calls back to the user's program."""
    thread = threading.get_ident()
    own = [(source, source.of_threads.pop(thread)) for source in _sources if thread in source.of_threads]
    try:
        yield
    finally:
        for source, generator in own:
            source.of_threads[thread] = generator


def as_everybody(function: F) -> F:
    """The same function, which draws as those do that have no randomness of their own."""
    return everybody_s_randomness()(function)


def get_state() -> State:
    return random.getstate(), np.random.get_state()


def set_state(state: State) -> None:
    random.setstate(state[0])
    np.random.set_state(state[1])


def _get(generator: Any) -> Any:
    return generator.getstate() if isinstance(generator, random.Random) else generator.get_state()


def _set(generator: Any, state: Any) -> None:
    (generator.setstate if isinstance(generator, random.Random) else generator.set_state)(state)


# The chance of a training, and what its resume state holds of it.


def seed_everything(seed: int) -> None:
    """Games draw from Python's and NumPy's global generators: put both in a known state."""
    random.seed(seed)
    np.random.seed(seed % 2**32)


def stream_of_agents(seed: int) -> np.random.Generator:
    """The source of chance of a training's agents: what they draw does not depend on what the games draw."""
    return np.random.default_rng(np.random.SeedSequence(seed).spawn(1)[0])


def get_random_state(rng: np.random.Generator) -> dict[str, Any]:
    """The state of the generators of this thread and of the trainer's own, as plain data that a resume state can hold."""
    (version, numbers, gauss), (name, keys, position, has_gauss, cached) = get_state()
    return {
        "python": [version, list(numbers), gauss],
        "numpy": [name, [int(key) for key in keys], int(position), int(has_gauss), float(cached)],
        "generator": rng.bit_generator.state,
    }


def set_random_state(state: dict[str, Any], rng: np.random.Generator) -> None:
    version, numbers, gauss = state["python"]
    name, keys, position, has_gauss, cached = state["numpy"]
    set_state(((version, tuple(numbers), gauss), (name, np.array(keys, np.uint32), position, has_gauss, cached)))
    rng.bit_generator.state = state["generator"]
