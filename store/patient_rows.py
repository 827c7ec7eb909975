"""The daily rows of one patient: what diary, watch and chart say of each local day, as arrays.

Names, units and gaps are those of section 4 of the contract: unknown is NaN, never 0. They are read by
`store.daily_rows`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_DAY = timedelta(days=1)

SAID = ("average", "worst", "breakthrough", "rescue_doses")  #: by the diary
MOVED = ("steps", "activity", "wear_fraction", "sleep_efficiency", "io", "ra")  #: by devices


@dataclass(frozen=True, slots=True)
class Answer:
    """One entry of the diary in the form that counts; `at` is true time."""

    day: date
    at: datetime
    received_at: datetime
    worst: int | None
    average: int | None


@dataclass(frozen=True)
class PatientRows:
    """One patient's local days from `first` on, to the last day asked for."""

    patient_id: int
    code: str
    zone: tzinfo
    first: date
    numbers: dict[str, Floats]  #: each of one value a day, NaN where unknown
    device: NDArray[np.int64]  #: the id of the device worn longest that day, -1 where none was
    treatments: dict[int, frozenset[str]]  #: the kinds begun on a day, by its place
    #: Of all days, oldest first, those without any score left out; and what a clock that is ahead dates to
    #: the day after the last: it is no row yet, and severe now all the same.
    answers: list[Answer]

    @property
    def days(self) -> int:
        """How many there are."""
        return len(self.device)

    def until(self, day: date) -> PatientRows:
        """The days before `day`, and what was answered of them."""
        days = max(0, min((day - self.first).days, self.days))
        return replace(
            self,
            numbers={name: values[:days].copy() for name, values in self.numbers.items()},
            device=self.device[:days].copy(),
            treatments={place: kinds for place, kinds in self.treatments.items() if place < days},
            answers=[one for one in self.answers if one.day < day],
        )

    def followed_by(self, new: PatientRows) -> PatientRows:
        """These days and the ones after them, which begin with the day after the last."""
        moved = {place + self.days: kinds for place, kinds in new.treatments.items()}
        return replace(
            new,
            first=self.first,
            numbers={name: np.concatenate([self.numbers[name], own]) for name, own in new.numbers.items()},
            device=np.concatenate([self.device, new.device]),
            treatments={**self.treatments, **moved},
            answers=[*self.answers, *new.answers],
        )

    def from_first_known(self) -> PatientRows:
        """From the first day on that has anything; where nothing is known, the last day alone."""
        there = np.logical_or.reduce([~np.isnan(self.numbers[name]) for name in (*SAID, *MOVED)])
        there |= self.device >= 0
        there[list(self.treatments)] = True
        begin = int(np.argmax(there)) if there.any() else self.days - 1
        return replace(
            self,
            first=self.first + begin * _DAY,
            numbers={name: values[begin:].copy() for name, values in self.numbers.items()},
            device=self.device[begin:],
            treatments={place - begin: kinds for place, kinds in self.treatments.items()},
        )
