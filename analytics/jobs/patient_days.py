"""Stored rows of patients as what a screen looks at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from analytics.escalation.rows import NUMBERS, DailyRows
from store.patient_rows import PatientRows

REACH_DAYS = 180
_STEP_DAYS = 30


def first_of(last: date) -> date:
    """The first day that is looked at to judge `last`: 180 to 209 days before.

    It moves once in 30 days. Where a cool-down ends depends on where the rows begin: with a beginning that
    moved every night, a page would come again each night, or never.
    """
    first = last - timedelta(days=REACH_DAYS)
    return first - timedelta(days=first.toordinal() % _STEP_DAYS)


def as_daily_rows(patients: Sequence[PatientRows]) -> DailyRows:
    """The rows of several patients side by side, each from the own first day on."""
    shape = len(patients), max((one.days for one in patients), default=0)
    numbers = {name: np.full(shape, np.nan) for name in NUMBERS}
    worn = np.full(shape, -1, np.int64)
    for row, one in enumerate(patients):
        worn[row, : one.days] = one.device
        for name, values in one.numbers.items():
            numbers[name][row, : one.days] = values
    known = np.unique(worn[worn >= 0])
    device = np.where(worn < 0, -1, np.searchsorted(known, worn)).astype(np.int32)
    return DailyRows(
        tuple(one.code for one in patients),
        tuple(one.first for one in patients),
        np.array([one.days for one in patients], np.int64),
        numbers,
        device,
        {(row, day): kinds for row, one in enumerate(patients) for day, kinds in one.treatments.items()},
    )
