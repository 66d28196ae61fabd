"""Who is drawn from the memory: anyone, or rather those from whom there is still something to learn."""

from __future__ import annotations

import numpy as np

from retro_gamer.replay.sum_tree import SumTree

SMALLEST_PRIORITY = 1e-6


class UniformSampler:
    """Every complete transition is equally likely (Mnih et al. 2015)."""

    def __init__(self, capacity: int, rng: np.random.Generator):
        self.capacity, self.rng = capacity, rng
        self._complete = np.zeros(capacity, bool)
        self._filled = 0  # slots at or above this were never complete

    def add(self, index: int) -> None:
        self._complete[index] = True
        self._filled = max(self._filled, index + 1)

    def remove(self, index: int) -> None:
        self._complete[index] = False

    def sample(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Indices [n] and their importance-sampling weights [n], here all 1."""
        if not self._complete[: self._filled].any():  # stops at the first that is
            raise ValueError("nothing can be drawn: no transition is complete yet")
        indices = self.rng.integers(self._filled, size=n)
        wrong = np.flatnonzero(~self._complete[indices])
        while len(wrong):  # the few slots that hold only the end of a game: draw again
            indices[wrong] = self.rng.integers(self._filled, size=len(wrong))
            wrong = wrong[~self._complete[indices[wrong]]]
        return indices, np.ones(n, np.float32)

    def update(self, indices: np.ndarray, td_errors: np.ndarray) -> None:
        """Nothing to do: all stay equally likely."""

    def get_state(self) -> dict[str, np.ndarray]:
        return {"complete": self._complete[: self._filled].copy()}

    def set_state(self, state: dict[str, np.ndarray], slots: np.ndarray | None = None) -> None:
        """Take over the state of a sampler of either kind, for these of its slots [n] (None: all), renumbered."""
        complete = state["complete"] if "complete" in state else state["priorities"] > 0
        if complete.dtype != bool:
            raise ValueError("the sampler does not say which transitions are complete")
        slots = np.arange(self.capacity) if slots is None else slots
        self._complete[...] = False
        self._complete[: len(slots)] = _at(complete, slots)
        self._filled = int(max(np.flatnonzero(slots < len(complete)), default=-1)) + 1


class PrioritizedSampler:
    """Surprising transitions are drawn more often (Schaul et al. 2016, proportional variant).

        p_i = max(|td_error_i| + 1e-6, smallest)  P(i) = p_i^alpha / sum over k of p_k^alpha      (equation 1)
        w_i = (1 / (N P(i)))^beta / max_j w_j                                            (section 3.4)

    Where chance gives rewards, lucky ones are surprising for ever: drawn more often than they come, they make Q too large.
    With a `smallest` priority all small errors are drawn equally often, and beta may be 0: then the Huber loss of large
    ones is what keeps the bias small (Fujimoto et al. 2020, "LAP", where smallest is 1).

    A new transition gets the largest priority so far, so that each is likely to be learned from once.
    """

    def __init__(self, capacity: int, rng: np.random.Generator, alpha: float, beta: float, smallest: float = 0.0):
        self.capacity, self.alpha, self.beta, self.smallest, self.rng = capacity, alpha, beta, smallest, rng
        self._tree = SumTree(capacity)  # of p^alpha
        self._largest = 1.0  # of p^alpha
        self.count = 0  # transitions that can be drawn

    def add(self, index: int) -> None:
        self.count += 1
        self._tree.set_one(index, self._largest)

    def remove(self, index: int) -> None:
        if self._tree.get_one(index) > 0:
            self.count -= 1
            self._tree.set_one(index, 0.0)

    def sample(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Indices [n] and their importance-sampling weights [n], the largest of them 1."""
        root = self._tree.root
        # One draw from each of n equal parts of the whole (appendix B.2.1): the same chances, less luck.
        heights = (np.arange(n) + self.rng.random(n)) * (root / n)
        indices = self._tree.query(heights)
        probabilities = self._tree.get(indices) / root
        weights = (self.count * probabilities) ** -self.beta
        return indices, (weights / weights.max()).astype(np.float32)

    def update(self, indices: np.ndarray, td_errors: np.ndarray) -> None:
        errors = np.abs(td_errors).astype(np.float64) + SMALLEST_PRIORITY
        priorities = np.maximum(errors, self.smallest) ** self.alpha
        self._tree.set(indices, priorities)
        self._largest = max(self._largest, float(priorities.max()))

    def get_state(self) -> dict[str, np.ndarray]:
        return {"priorities": self._tree.get(np.arange(self.capacity)), "largest": np.array(self._largest)}

    def set_state(self, state: dict[str, np.ndarray], slots: np.ndarray | None = None) -> None:
        """See `UniformSampler.set_state`."""
        priorities = np.zeros(self.capacity)
        slots = np.arange(self.capacity) if slots is None else slots
        # Where all were equally likely, all are as surprising as new ones.
        priorities[: len(slots)] = _at(state["priorities"] if "priorities" in state else state["complete"], slots)
        self._tree.set(np.arange(self.capacity), priorities)
        self._largest = float(state.get("largest", 1.0))
        self.count = int(np.count_nonzero(priorities))


def _at(values: np.ndarray, slots: np.ndarray) -> np.ndarray:
    """The values at these slots; 0 beyond the last value."""
    found = np.zeros(len(slots), values.dtype)
    inside = slots < len(values)
    found[inside] = values[slots[inside]]
    return found
