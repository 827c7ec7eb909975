"""In which phase of treatment a day lies."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.association.panel import Panel

Values = NDArray[np.float64]
CYCLIC = frozenset({"chemo", "immunotherapy", "targeted_therapy"})
SINCE = ((0, 2), (3, 6), (7, 13))  #: days since the last cycle that are told apart


class Treated(NamedTuple):
    """A treatment of a patient on a local day."""

    patient: str
    day: np.datetime64
    kind: str


def phases(panel: Panel, treatments: Iterable[Treated]) -> tuple[Values, NDArray[np.int64]]:
    """(columns (3, P, N), episodes (P, N)) for `adjusted`.

    Systemic therapy comes in cycles, which patients have in common: columns say whether a day lies 0 to 2, 3
    to 6 or 7 to 13 days after the last of them (fatigue is deepest in the first week). Any other treatment
    may change a patient's level for good: a new stretch of days begins with it.
    """
    days = np.arange(panel.x.shape[1])
    row = {name: k for k, name in enumerate(panel.patients)}
    since = np.full(panel.x.shape, np.iinfo(np.int64).max)
    episodes = np.zeros(panel.x.shape, np.int64)
    begun = set()
    for patient, day, kind in treatments:
        if (k := row.get(patient)) is None:
            continue
        place = int((day - panel.first[k]).astype(np.int64))
        if kind in CYCLIC:
            ago = days - place
            since[k] = np.where(ago >= 0, np.minimum(since[k], ago), since[k])
        elif 0 < place < len(days) and (k, place) not in begun:  # two on one day begin one stretch
            begun.add((k, place))
            episodes[k, place:] += 1
    return np.array([(since >= low) & (since <= high) for low, high in SINCE], dtype=np.float64), episodes
