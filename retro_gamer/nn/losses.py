"""The loss, as a pure function."""

from __future__ import annotations

import numpy as np


def huber(td_error: np.ndarray, weights: np.ndarray | None = None) -> tuple[float, np.ndarray]:
    """The mean Huber loss of a batch, and its gradient with respect to each prediction [batch].

    td_error [batch] is target minus prediction; weights [batch] are importance-sampling weights.
    Quadratic near zero and linear beyond 1, so that one surprising reward cannot throw the network off
    (Huber 1964; used for DQN by Mnih et al. 2015, "error clipping").

        L(e) = e^2 / 2        if |e| <= 1,  else  |e| - 1/2
        dL/de = e             if |e| <= 1,  else  sign(e)             dL/dprediction = -dL/de
    """
    clipped = np.minimum(np.maximum(td_error, -1.0), 1.0)  # dL/de
    # Both cases at once: e (e - e/2) = e^2 / 2, and sign(e) (e - sign(e)/2) = |e| - 1/2.
    loss = clipped * (td_error - 0.5 * clipped)
    share = (np.ones_like(td_error) if weights is None else weights) / len(td_error)  # of the mean
    return float(loss.dot(share)), -clipped * share
