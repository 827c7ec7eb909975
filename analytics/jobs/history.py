"""Stored history as rows to be screened again, each day as it was known then, a few patients at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np
import sqlalchemy as sa

from analytics.escalation.backtest import OPEN, PastCase
from analytics.escalation.rows import DailyRows
from analytics.jobs.patient_days import REACH_DAYS, as_daily_rows
from days.cut import day_of
from store.attributes import attributes_of
from store.daily_rows import daily_rows
from store.database import transaction
from store.outcomes import outcomes_since
from store.patient_rows import PatientRows

AT_ONCE = 100  #: patients in memory
LEARNS = timedelta(days=REACH_DAYS)  #: before the first day that counts: what is usual is learned from them
LEFT_AFTER = 14  #: days without anything at the end, after which a patient is not watched any more


@dataclass(frozen=True)
class Batch:
    """Some patients: rows side by side, and of each the cases since the first day that counts."""

    patient_ids: list[int]
    rows: DailyRows
    cases: list[list[PastCase]]
    attributes: list[dict[str, str]]


def history(
    engine: sa.Engine, patient_ids: Sequence[int], since: date, at: datetime
) -> Iterator[tuple[int, Batch | None]]:
    """(how many patients were read, those of them who have rows since `since`), until all are.

    What was received after the end of its day is left out, and so is the running day. Each batch is a
    transaction of its own.
    """
    for low in range(0, len(patient_ids), AT_ONCE):
        ids = patient_ids[low : low + AT_ONCE]
        with transaction(engine) as session:
            found = daily_rows(session, ids, since - LEARNS, at.date(), at, as_known=True)
            cases = outcomes_since(session, ids, since)
            attributes = attributes_of(session, ids)
        watched = [_cut(one, _watched_days(one, at)) for one in found]
        there = [one for one in watched if one.days and one.first + timedelta(days=one.days) > since]
        batch = Batch(
            [one.patient_id for one in there],
            as_daily_rows(there),
            [
                [PastCase(day, outcome or OPEN) for day, outcome in cases.get(one.patient_id, [])]
                for one in there
            ],
            [attributes[one.patient_id] for one in there],
        )
        yield len(ids), batch if there else None


def _cut(one: PatientRows, length: int) -> PatientRows:
    """Its first days, so many."""
    return replace(
        one,
        numbers={name: values[:length] for name, values in one.numbers.items()},
        device=one.device[:length],
        treatments={place: kinds for place, kinds in one.treatments.items() if place < length},
    )


def _watched_days(one: PatientRows, at: datetime) -> int:
    """How many of the days count: those that are over, up to two weeks after the last that has anything."""
    there = one.device >= 0
    for name, values in one.numbers.items():
        if name not in ("utc_offset_min", "accepted_level"):
            there = there | ~np.isnan(values)
    for place in one.treatments:
        there[place] = True
    if not there.any():
        return 0
    last = int(np.flatnonzero(there)[-1])
    over = (day_of(at, one.zone) - one.first).days
    return max(0, min(over, last + 1 + LEFT_AFTER, one.days))
