"""Bouts: unbroken stretches of rest or of activity on the recording's grid."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.indices.timeline import Values

REST, ACTIVE, UNKNOWN = 0, 1, -1
Lengths = NDArray[np.int64]

#: Below this an epoch is rest. Counts: more than 4 is active, the choice of pyActigraphy's own examples.
#: ENMO: the adult wrist's sedentary threshold of Hildebrand et al. 2017 (`cut_points.py`).
REST_BELOW = {"counts": 5.0, "mg": 44.8}


class Bouts(NamedTuple):
    """Lengths of all bouts in epochs, in order of time."""

    rest: Lengths
    active: Lengths


def states(x: Values, rest_below: float) -> NDArray[np.int8]:
    """`REST`, `ACTIVE` or `UNKNOWN` (missing) for each epoch of a grid."""
    return np.where(np.isnan(x), UNKNOWN, np.where(x < rest_below, REST, ACTIVE)).astype(np.int8)


def bouts(state: NDArray[np.int8]) -> Bouts:
    """Stretches of one state; what is missing ends a bout, and a bout at an edge counts as long as seen."""
    if not len(state):
        return Bouts(np.zeros(0, np.int64), np.zeros(0, np.int64))
    starts = np.flatnonzero(np.r_[True, np.diff(state) != 0])
    length = np.diff(np.r_[starts, len(state)])
    return Bouts(length[state[starts] == REST], length[state[starts] == ACTIVE])
