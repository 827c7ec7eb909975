"""Patients side by side in blocks that a screen can hold, however unequal their lengths.

A batch is patients in the order of the file; its blocks hold them by length, so that padding never more
than doubles the work, and a batch is little enough to wait in memory until its last block is judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from analytics.daily_csv.one_a_day import PatientDays
from analytics.escalation.rows import DailyRows

BATCH_DAYS = 200_000  #: patient-days at once


@dataclass(frozen=True)
class Batch:
    """Patients `low` to `high` - 1 of the file."""

    of: PatientDays
    low: int
    high: int

    @property
    def patients(self) -> tuple[str, ...]:
        """In the order of the file."""
        return self.of.patients[self.low : self.high]

    def blocks(self) -> Iterator[DailyRows]:
        """Each patient of the batch in one block, the longest first."""
        length = self.of.length[self.low : self.high]
        longest_first = np.argsort(-length, kind="stable")
        while len(longest_first):
            alike = 2 * length[longest_first] >= length[longest_first[0]]
            yield _block(self.of, longest_first[alike] + self.low)
            longest_first = longest_first[~alike]


def batches(of: PatientDays, most_days: int = BATCH_DAYS) -> Iterator[Batch]:
    """All patients, so many at once that they have at most `most_days` days, or are one."""
    total = np.r_[0, np.cumsum(of.length)]
    low = 0
    while low < len(of.patients):
        high = max(low + 1, int(np.searchsorted(total, total[low] + most_days, side="right")) - 1)
        yield Batch(of, low, high)
        low = high


def _block(of: PatientDays, who: NDArray[np.int64]) -> DailyRows:
    first, length = of.first[who], of.length[who]
    start, count = of.start[who], of.start[who + 1] - of.start[who]
    patient = np.repeat(np.arange(len(who)), count)
    rows = np.arange(count.sum()) + np.repeat(start - np.r_[0, np.cumsum(count)[:-1]], count)
    at = (patient, of.day[rows] - first[patient])
    shape = (len(who), int(length.max()))
    numbers = {}
    for title, values in of.numbers.items():
        numbers[title] = np.full(shape, np.nan)
        numbers[title][at] = values[rows]
    device = np.full(shape, -1, np.int32)
    device[at] = of.device[rows]
    treated = np.flatnonzero(of.treatment[rows] >= 0)
    return DailyRows(
        tuple(of.patients[k] for k in who.tolist()),
        tuple(map(date.fromordinal, first.tolist())),
        length,
        numbers,
        device,
        {(int(at[0][k]), int(at[1][k])): of.treatments[of.treatment[rows[k]]] for k in treated.tolist()},
    )
