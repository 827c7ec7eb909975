"""How likely rest and activity are to give way to each other from one epoch to the next."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analytics.indices.bouts import ACTIVE, REST, UNKNOWN
from analytics.indices.definition import Definition
from analytics.indices.index import Index


def _definition(name: str, of: str, to: str) -> Definition:
    return Definition(
        name=name,
        unit="1",
        meaning=f"Transitions from {of} to {to} over epochs of {of} that have a valid successor; rest is "
        "activity below the threshold in the provenance.",
        missing="the successor is the next epoch on the recording's grid; where it is missing the epoch does "
        "not count",
        needs=f"one epoch of {of} with a valid successor",
        source="Lim et al., Sleep 34(11):1569-1581, 2011; Danilevicz et al., BMC Med Res Methodol 24, 2024",
        spans="day, recording, 7 days",
    )


TP_REST_ACTIVE = _definition("TP_rest_active", "rest", "activity")
TP_ACTIVE_REST = _definition("TP_active_rest", "activity", "rest")


def transition_probabilities(state: NDArray[np.int8]) -> list[Index]:
    """`TP_rest_active` and `TP_active_rest` [1] of states on a grid (`bouts.states`)."""
    now, following = state[:-1], state[1:]
    found: list[Index] = []
    for D, of, to in ((TP_REST_ACTIVE, REST, ACTIVE), (TP_ACTIVE_REST, ACTIVE, REST)):
        here = (now == of) & (following != UNKNOWN)
        n = int(np.count_nonzero(here))
        if n:
            found.append(D.is_(float(np.count_nonzero(here & (following == to))) / n))
        else:
            word = "rest" if of == REST else "activity"
            found.append(D.absent(f"too little data: no epoch of {word} has a valid successor"))
    return found
