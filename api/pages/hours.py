"""From what the database put together to the hours of a chart: an activity, not worn, or nothing. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from store.hours import HourRow

HALF_MIN = 30.0  #: an hour counts when at least half of it has values (Witting's hourly bins)
ZERO_HOURS = 3  #: zero counts for this long are a watch on a table, as the indices judge it
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour from `start`; `activity` is None when there is too little, `worn` says whether that is why."""

    start: datetime
    activity: float | None
    worn: bool = True


def hours_of(rows: Sequence[HourRow]) -> tuple[str, list[Hour]]:
    """(unit, hours): the one measure that covers most of the time, so that no chart mixes units.

    Counts are the device's own; ENMO made from raw samples goes before ENMO that a device sent.
    """
    candidates = (
        ("counts", [(row, row.counts, row.counts_min) for row in rows if row.source == "device"]),
        ("mg", [(row, row.enmo_mg, row.enmo_min) for row in rows if row.source == "raw"]),
        ("mg", [(row, row.enmo_mg, row.enmo_min) for row in rows if row.source == "device"]),
    )
    unit, chosen = max(candidates, key=lambda one: sum(covered + row.off_min for row, _, covered in one[1]))
    hours = [_hour(row, value, covered) for row, value, covered in chosen]
    return unit, _without_long_zeros(hours) if unit == "counts" else hours


def _hour(row: HourRow, value: float | None, covered: float) -> Hour:
    if row.off_min >= HALF_MIN:
        return Hour(row.start, None, worn=False)
    return Hour(row.start, value if covered >= HALF_MIN else None)


def _without_long_zeros(hours: list[Hour]) -> list[Hour]:
    """Runs of at least `ZERO_HOURS` hours of nothing but zeros become hours not worn."""
    result = list(hours)
    run: list[int] = []
    for i, hour in enumerate(hours):
        joined = bool(run) and hours[run[-1]].start + HOUR == hour.start
        run = ([*run, i] if joined else [i]) if hour.activity == 0 else []
        if len(run) >= ZERO_HOURS:
            for j in run:
                result[j] = replace(hours[j], activity=None, worn=False)
    return result
