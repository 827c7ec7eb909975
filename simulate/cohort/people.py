"""Who the simulated patients are: attributes by which a report may ask whom a system sees worse."""

from __future__ import annotations

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


def attributes(streams: Streams) -> dict[str, NDArray[np.str_]]:
    """One value of each attribute a patient."""
    drawn = {}
    for name, shares in SHARES.items():
        edges = np.cumsum(list(shares.values()))[:-1]
        drawn[name] = np.array(list(shares))[np.searchsorted(edges, streams.uniform_each(name), side="right")]
    return drawn
