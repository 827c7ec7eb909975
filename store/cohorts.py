"""Aggregates over people for research: nothing in here tells of fewer than ten of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

SMALLEST_GROUP = 10
SMALL = f"<{SMALLEST_GROUP}"
TOO_FEW = f"fewer than {SMALLEST_GROUP} people have enough days"
NOT_SHOWN = "not shown"
CLOCK_TIMES = frozenset(("L5_onset", "M10_onset", "acrophase_h", "sleep_onset", "sleep_offset"))


@dataclass(frozen=True, slots=True)
class Trend:
    """One group of people in one bucket of time; each person counts once, with the mean of own days.

    `n_patients` is a number; "<10" for a small group; "not shown" for one that is hidden because it would
    give a small one away. Of both nothing else is told.
    """

    bucket: date
    group: str
    unit: str
    n_patients: int | str
    n_days: int | None = None
    mean: float | None = None
    sd: float | None = None
    q1: float | None = None
    median: float | None = None
    q3: float | None = None
    suppressed: bool = False


_TRENDS = sa.text(
    """
    WITH newest AS (
        SELECT DISTINCT ON (i.patient_id, i.day)
               i.patient_id, date_trunc(:bucket, i.day)::date AS bucket, i.value, i.unit,
               CASE WHEN :by_site THEN p.site ELSE 'all' END AS people
        FROM day_index i JOIN patient p ON p.id = i.patient_id
        WHERE i."index" = :index AND i.day BETWEEN :first AND :last AND p.demonstration = :demonstration
          AND NOT p.synthetic
        ORDER BY i.patient_id, i.day, i.computed_at DESC
    ), person AS (
        SELECT bucket, people, unit, patient_id, avg(value) AS value, count(*) AS days
        FROM newest WHERE value IS NOT NULL GROUP BY 1, 2, 3, 4
    )
    SELECT bucket, people, unit, count(*), sum(days)::int, avg(value), stddev_samp(value),
           percentile_cont(0.25) WITHIN GROUP (ORDER BY value),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY value),
           percentile_cont(0.75) WITHIN GROUP (ORDER BY value)
    FROM person GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    """
)


def trends(
    session: Session,
    index: str,
    bucket: str,
    first: date,
    last: date,
    *,
    by_site: bool,
    demonstration: bool,
) -> list[Trend]:
    """The index by week or month, small groups suppressed; real people, or simulated ones, never both.

    `first` and `last` are the borders of whole buckets: shifting a window by a day would single out days.
    """
    rows = session.execute(
        _TRENDS,
        {
            "index": index,
            "bucket": bucket,
            "first": first,
            "last": last,
            "by_site": by_site,
            "demonstration": demonstration,
        },
    )
    found = [
        Trend(b, g, u, n, d, rounded(mean), rounded(sd), rounded(q1), rounded(median), rounded(q3))
        for b, g, u, n, d, mean, sd, q1, median, q3 in rows
    ]
    together: dict[tuple[date, str], list[Trend]] = {}
    for trend in found:
        together.setdefault((trend.bucket, trend.unit), []).append(trend)
    return [trend for groups in together.values() for trend in suppress(groups)]


def suppress(groups: Sequence[Trend]) -> list[Trend]:
    """Hide the small groups of one bucket, and as many of the next larger as keep their sum from telling.

    Whoever knows the total (it can be asked for) can subtract the groups that are shown: what is left must
    be ten people or more, too.
    """
    sizes = [n for group in groups if isinstance(n := group.n_patients, int)]
    by_size = sorted(range(len(groups)), key=lambda i: (sizes[i], groups[i].group))
    hidden: set[int] = set()
    people = 0
    for i in by_size:
        if sizes[i] < SMALLEST_GROUP or 0 < people < SMALLEST_GROUP:
            hidden.add(i)
            people += sizes[i]
    return [_hidden(group) if i in hidden else group for i, group in enumerate(groups)]


def researched_patients(session: Session, *, demonstration: bool) -> list[int]:
    """Everybody whom an aggregate may be about."""
    return list(
        session.scalars(
            sa.text("SELECT id FROM patient WHERE demonstration = :d AND NOT synthetic ORDER BY id"),
            {"d": demonstration},
        )
    )


def _hidden(group: Trend) -> Trend:
    small = isinstance(group.n_patients, int) and group.n_patients < SMALLEST_GROUP
    said = SMALL if small else NOT_SHOWN
    return Trend(group.bucket, group.group, group.unit, said, suppressed=True)


def rounded(value: float | None) -> float | None:
    """Three digits: enough for a trend, too few to find a person's value in a quartile."""
    return None if value is None else float(f"{value:.3g}")


def coarse(value: Any) -> Any:
    """Every number of a document with three digits: of two groups that differ by a person, no difference
    gives that person's days."""
    if isinstance(value, dict):
        return {name: coarse(part) for name, part in value.items()}
    if isinstance(value, list):
        return [coarse(part) for part in value]
    return rounded(value) if isinstance(value, float) else value
