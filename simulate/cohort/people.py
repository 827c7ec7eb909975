"""Who the simulated patients are, and how that changes what they send."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulate.cohort.streams import Streams

#: Values and their shares; chosen, like a mixed oncology clinic.
SHARES: dict[str, dict[str, float]] = {
    "age_band": {"18-49": 0.2, "50-64": 0.35, "65-74": 0.28, "75+": 0.17},
    "sex": {"female": 0.53, "male": 0.47},
    "site": {"north": 0.5, "south": 0.3, "coast": 0.2},
    "language": {"main": 0.82, "other": 0.18},
    "stage": {"I-II": 0.25, "III": 0.25, "IV": 0.5},
}

#: Log odds of an entry: stage IV has an odds ratio of 0.69 (clinical.md 2.2), the others are chosen.
_ANSWERS_LESS = {("stage", "IV"): np.log(0.69), ("language", "other"): -0.35, ("age_band", "75+"): -0.2}
#: Times as many worn days; chosen.
_WEARS_LESS = {("age_band", "75+"): 0.88}


@dataclass(frozen=True)
class Habits:
    """(n,) each: added to the log odds of an entry, and times the share of worn days."""

    answering: NDArray[np.float64]
    wearing: NDArray[np.float64]


def attributes(streams: Streams) -> dict[str, NDArray[np.str_]]:
    """One value of each attribute a patient."""
    drawn = {}
    for name, shares in SHARES.items():
        edges = np.cumsum(list(shares.values()))[:-1]
        drawn[name] = np.array(list(shares))[np.searchsorted(edges, streams.uniform_each(name), side="right")]
    return drawn


def habits(people: dict[str, NDArray[np.str_]], *, unequal: bool) -> Habits:
    """What their attributes make of them; the average patient stays that of the model."""
    n = len(people["stage"])
    answering, wearing = np.zeros(n), np.ones(n)
    if unequal:
        for (name, value), less in _ANSWERS_LESS.items():
            answering += less * ((people[name] == value) - SHARES[name][value])
        for (name, value), times in _WEARS_LESS.items():
            share = SHARES[name][value]
            wearing *= np.where(people[name] == value, times, 1.0) / (1 - share * (1 - times))
    return Habits(answering, wearing)
