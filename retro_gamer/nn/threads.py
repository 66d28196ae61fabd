"""One BLAS thread: at these sizes the fastest, and the one number of threads that gives the same bits on every machine.

NumPy hands matrix products to a BLAS library (OpenBLAS, MKL, Accelerate, ...), which splits them among threads in its
own way. It is told otherwise through the functions that it exports for this.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from functools import wraps
from typing import Any, Callable, Iterator, NamedTuple, TypeVar, cast

import numpy as np

# What the known libraries export to get and to set the number; OpenBLAS also under longer names, as in NumPy's own wheels.
_OPENBLAS = [
    (f"{before}openblas_get_num_threads{after}", f"{before}openblas_set_num_threads{after}")
    for before in ("", "scipy_")
    for after in ("", "64_", "_64")
]
_OTHERS = [
    ("MKL_Get_Max_Threads", "MKL_Set_Num_Threads"),
    ("bli_thread_get_num_threads", "bli_thread_set_num_threads"),
    ("flexiblas_get_num_threads", "flexiblas_set_num_threads"),
]
ENVIRONMENT = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


F = TypeVar("F", bound=Callable[..., Any])


class Control(NamedTuple):
    """How a BLAS library is asked for its number of threads, and told."""

    get: Callable[[], int]
    set: Callable[[int], Any]
    each_thread_its_own: bool = False  # the number counts for the calling thread only


class _State:
    depth, before = 0, 1


class _StateOfThread(threading.local):
    depth, before = 0, 1
    inside = 0  # how often this thread has entered, whatever the others did


class OneBlasThread:
    """A context: inside, BLAS works with one thread; outside, with as many as it did. It may be entered again inside.

    As a decorator it is cheaper: a function that is called inside does not enter again. What computes is decorated, and
    so is whatever calls it turn after turn: to enter takes a microsecond.
    """

    def __init__(self, control: Control | None):
        self._get, self._set, per_thread = control or Control(lambda: 1, lambda number: None)
        self._of_this_thread = _StateOfThread()
        self._state = self._of_this_thread if per_thread else _State()
        # Threads that overlap must not take each other's 1 for what it was before.
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        state = self._state
        with self._lock:
            if not state.depth:
                state.before = self._get()
                if state.before > 1:
                    self._set(1)
            state.depth += 1
        self._of_this_thread.inside += 1

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self._of_this_thread.inside -= 1
        state = self._state
        with self._lock:
            state.depth -= 1
            if not state.depth and state.before > 1:
                self._set(state.before)

    def __call__(self, function: F) -> F:
        here = self._of_this_thread

        @wraps(function)
        def with_one_thread(*arguments: Any, **settings: Any) -> Any:
            if here.inside:
                return function(*arguments, **settings)
            with self:
                return function(*arguments, **settings)

        return cast(F, with_one_thread)


def _find_control() -> Control | None:
    """The functions of the BLAS library that this NumPy has loaded; None if there are none that are known."""
    for library in _libraries():
        for names in (*_OPENBLAS, *_OTHERS):
            functions = _functions(library, *names)
            if functions is not None:
                return Control(*functions)
        functions = _functions(library, "BLASGetThreading", "BLASSetThreading")
        if functions is not None:
            return accelerate(*functions)
    return None


def accelerate(get: Callable[[], int], set_: Callable[[int], Any]) -> Control:
    """Apple's Accelerate, from macOS 15 on, knows one thread (1) or many (0)."""
    return Control(lambda: 1 if get() == 1 else 2, lambda number: set_(int(number == 1)), True)


def _functions(library: Any, get: str, set_: str) -> tuple[Any, Any] | None:
    try:
        get_number, set_number = getattr(library, get), getattr(library, set_)
    except AttributeError:
        return None
    get_number.argtypes, get_number.restype = [], ctypes.c_int
    set_number.argtypes = [ctypes.c_int]
    return get_number, set_number


def _libraries() -> Iterator[Any]:
    """NumPy's core, through which the system finds what it was linked with; on Windows, all that is loaded."""
    try:
        if sys.platform == "win32":
            yield from _loaded_modules()
        else:
            core = sys.modules.get("numpy._core._multiarray_umath") or sys.modules.get("numpy.core._multiarray_umath")
            yield ctypes.CDLL(core.__file__)  # type: ignore[union-attr]
    except (OSError, AttributeError, TypeError):
        pass  # linked into Python itself, as in a browser: nothing to find


def _loaded_modules() -> Iterator[Any]:
    kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined]
    handles, needed = (ctypes.c_void_p * 4096)(), ctypes.c_ulong()
    kernel.GetCurrentProcess.restype = ctypes.c_void_p
    kernel.K32EnumProcessModules.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_void_p]
    if kernel.K32EnumProcessModules(kernel.GetCurrentProcess(), handles, ctypes.sizeof(handles), ctypes.byref(needed)):
        for handle in handles[: needed.value // ctypes.sizeof(ctypes.c_void_p)]:
            yield ctypes.CDLL("", handle=handle)


def why_not() -> str:
    """What to tell when the number of threads cannot be set and may be more than 1; empty when there is nothing to tell."""
    config = getattr(np.__config__, "CONFIG", {}).get("Build Dependencies", {}).get("blas", {})
    text = f"{config or vars(np.__config__)}".lower()
    name = next((name for name in ("accelerate", "openblas", "mkl", "blis", "atlas", "armpl") if name in text), "")
    if not name or sys.platform in ("emscripten", "wasi") or "1" in map(os.environ.get, ENVIRONMENT):
        return ""
    return (
        f"NumPy computes here with {name}, whose threads cannot be limited from inside a program. Training may take more of "
        "the machine than it needs, and the same seed may give other results than elsewhere. It helps to set the "
        f"environment variable {'VECLIB_MAXIMUM_THREADS' if name == 'accelerate' else 'OMP_NUM_THREADS'}=1 before Python "
        "starts."
    )


control = _find_control()
one_blas_thread = OneBlasThread(control)
NOTICE = "" if control is not None else why_not()
