"""Runs: unbroken stretches of a condition along a series."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]


def runs(holds: NDArray[np.bool_]) -> tuple[Places, Places]:
    """Starts and ends (half-open) of the stretches in which `holds` is true, in order."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], holds, [False])).view(np.int8)))
    return edges[::2].astype(np.int64), edges[1::2].astype(np.int64)


def within(starts: Places, ends: Places, n: int) -> NDArray[np.bool_]:
    """(n,) True inside any of the half-open stretches, which must not overlap."""
    steps = np.zeros(n + 1, np.int8)
    steps[starts] += 1
    np.subtract.at(steps, ends, 1)
    return np.cumsum(steps[:n]).astype(bool)
