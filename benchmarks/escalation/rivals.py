"""Simple rules to hold the screen against, each a statistic of the days up to a day and a threshold.

None of them has a tier but the page; a page is followed by seven days without one, as the screen's is.
"""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from analytics.escalation.rows import DailyRows, Floats
from analytics.escalation.settings import SHIPPED

BASELINE_DAYS = 28
LEAST_DAYS = 5
EWMA_WEIGHT = 0.2
#: Median absolute deviations are 0 for many who say whole numbers (clinical.md 3.4).
LEAST_SD = 0.8
PRO_TECT = "PRO-TECT-like: worst >= 7 or 2 over the own median"
MATCHED = "the same statistic, matched"
EWMA = "EWMA of average pain, matched"
STEPS = "steps of 3 days below 60 %"
STEPS_MATCHED = "steps of 3 days, matched"
RANDOM = "random days, matched"


@dataclass(frozen=True)
class Rival:
    """A page where `statistic` reaches `threshold`."""

    name: str
    threshold: float

    def pages(self, rows: DailyRows) -> NDArray[np.bool_]:
        """(n, d)"""
        return cooled(statistic(self.name, rows) >= self.threshold)


def cooled(alarm: NDArray[np.bool_], days: int = SHIPPED.cool_down_days) -> NDArray[np.bool_]:
    """The alarms that become pages: none within `days` of the page before."""
    page = np.zeros_like(alarm)
    quiet_until = np.zeros(len(alarm), dtype=np.int64)
    for day in range(alarm.shape[1]):
        page[:, day] = alarm[:, day] & (day >= quiet_until)
        quiet_until[page[:, day]] = day + days
    return page


def statistic(name: str, rows: DailyRows) -> Floats:
    """(n, d), the higher the worse; minus infinity where there is nothing to say."""
    match name:
        case _ if name == PRO_TECT:
            found = _severe_or_worse(rows)
        case _ if name == MATCHED:
            # Whole numbers tie by the hundred: half a point of lot decides among them.
            found = _severe_or_worse(rows) + 0.5 * _lots(rows, name)
        case _ if name == EWMA:
            found = _ewma(rows.of("average"))
        case _ if name == STEPS:
            found = _fewer_steps(rows)
        case _ if name == STEPS_MATCHED:
            found = _fewer_steps(rows) + 0.05 * _lots(rows, name)  # three days off tie, too
        case _ if name == RANDOM:
            found = np.where(np.arange(rows.shape[1]) < rows.days[:, None], _lots(rows, name), np.nan)
        case _:
            raise ValueError(f"there is no rule {name}")
    return np.where(np.isnan(found), -np.inf, found)


def matched(name: str, rows: DailyRows, weeks: float, rate: float) -> Rival:
    """The lowest threshold at which it pages at most `rate` times a patient-week in these rows."""
    found = statistic(name, rows)
    levels = np.unique(found[np.isfinite(found)])
    low, high = 0, len(levels)  # beyond the last level nothing is paged
    while low < high:
        middle = (low + high) // 2
        if cooled(found >= levels[middle]).sum() / weeks <= rate:
            high = middle
        else:
            low = middle + 1
    return Rival(name, float(levels[low]) if low < len(levels) else float("inf"))


def rivals(rows: DailyRows, weeks: float, rate: float) -> tuple[Rival, ...]:
    """All of them; `rows` are stable patients of the tuning seeds, `rate` the pages of the screen there."""
    return (
        Rival(PRO_TECT, 0.0),
        matched(MATCHED, rows, weeks, rate),
        matched(EWMA, rows, weeks, rate),
        Rival(STEPS, 0.4),
        matched(STEPS_MATCHED, rows, weeks, rate),
        matched(RANDOM, rows, weeks, rate),
    )


def _severe_or_worse(rows: DailyRows) -> Floats:
    worst = rows.of("worst")
    return np.fmax(worst - 7.0, worst - (_usual(worst) + 2.0))


def _usual(values: Floats) -> Floats:
    """Median of the 28 days before each day; NaN with fewer than five of them known."""
    days = values.shape[1]
    padded = np.concatenate([np.full((len(values), BASELINE_DAYS), np.nan), values], axis=1)
    ordered = np.sort(sliding_window_view(padded, BASELINE_DAYS, axis=1)[:, :days], axis=2)  # NaN last
    known = (~np.isnan(ordered)).sum(axis=2)
    middle = [np.take_along_axis(ordered, place[..., None], 2)[..., 0] for place in _middle(known)]
    return np.where(known >= LEAST_DAYS, (middle[0] + middle[1]) / 2, np.nan)


def _middle(known: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return np.maximum(known - 1, 0) // 2, np.minimum(known // 2, BASELINE_DAYS - 1)


def _ewma(average: Floats) -> Floats:
    """In own standard deviations of its own; the first 28 days are the baseline and are not judged."""
    first = average[:, :BASELINE_DAYS]
    known = (~np.isnan(first)).sum(axis=1)
    level = np.nansum(first, axis=1) / np.maximum(known, 1)
    spread = np.sqrt(np.nansum((first - level[:, None]) ** 2, axis=1) / np.maximum(known - 1, 1))
    spread = np.maximum(spread, LEAST_SD) * np.sqrt(EWMA_WEIGHT / (2 - EWMA_WEIGHT))
    found = np.full(average.shape, np.nan)
    now = level.copy()
    for day in range(BASELINE_DAYS, average.shape[1]):
        told = ~np.isnan(average[:, day])
        now = np.where(told, now + EWMA_WEIGHT * (average[:, day] - now), now)
        found[:, day] = np.where(told & (known >= LEAST_DAYS), (now - level) / spread, np.nan)
    return found


def _fewer_steps(rows: DailyRows) -> Floats:
    """Share of the usual steps that three days lack; naively a day without a device is 0."""
    steps = rows.of("steps")
    walked = np.nan_to_num(steps)
    lately = np.full(steps.shape, np.nan)
    lately[:, 2:] = (walked[:, 2:] + walked[:, 1:-1] + walked[:, :-2]) / 3
    usual = np.full(steps.shape, np.nan)
    usual[:, 2:] = _usual(steps)[:, :-2]  # of days that end before the three
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(usual > 0, 1 - lately / usual, np.nan)


def _lots(rows: DailyRows, name: str) -> Floats:
    """(n, d) lots that are the patient's own, whoever else is in the rows."""
    d = rows.shape[1]
    return np.stack(
        [
            np.random.default_rng([crc32(name.encode()), crc32(who.encode())]).random(d)
            for who in rows.patients
        ]
    )
