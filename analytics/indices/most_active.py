"""The most active 60, 30 and 5 minutes of a day."""

from __future__ import annotations

import numpy as np

from analytics.indices.definition import OF_X, Definition
from analytics.indices.index import Index
from analytics.indices.timeline import Timeline
from analytics.indices.validity import LEAST_DAY_HOURS, too_little

MINUTES = (60, 30, 5)


def _definition(minutes: int) -> Definition:
    return Definition(
        name=f"M{minutes}",
        unit=OF_X,
        meaning=f"Mean of the {minutes} most active minutes of the day, which need not follow each other.",
        missing="left out",
        needs=f"{LEAST_DAY_HOURS} valid hours, and epochs no longer than that",
        source="after Rowlands et al., Sports Med 49(11):1765-1778, 2019, who give the least of them",
        spans="day",
    )


M60, M30, M5 = EVERYTHING = tuple(_definition(minutes) for minutes in MINUTES)


def most_active(day: Timeline) -> list[Index]:
    """`M60`, `M30` and `M5` of one local day [unit of x]."""
    if day.valid_hours < LEAST_DAY_HOURS:
        why = too_little(day.valid_hours, LEAST_DAY_HOURS, "valid hours")
        return [D.absent(why, day.unit) for D in EVERYTHING]
    x = np.sort(day.x[~np.isnan(day.x)])[::-1]
    found: list[Index] = []
    for D, minutes in zip(EVERYTHING, MINUTES, strict=True):
        n = int(minutes * 60 // day.epoch_s)
        found.append(
            D.is_(float(x[:n].mean()), day.unit)
            if n
            else D.absent(f"epochs of {day.epoch_s:g} s are longer than {minutes} min", day.unit)
        )
    return found
