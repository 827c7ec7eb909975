"""Daily rows of many patients, side by side: what a screen looks at.

One row a patient, one column a day from the patient's own first day on, so that day k of one patient need
not be the date of day k of another. Unknown is NaN, never 0: a pain that nobody asked for is not no pain.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: The numbers of a day, as docs/screen.md and the contract name them.
NUMBERS = (
    "average",  # average pain of the last 24 h, 0 to 10
    "worst",  # worst pain of the last 24 h, 0 to 10
    "breakthrough",  # breakthrough episodes
    "rescue_doses",
    "steps",
    "activity",  # mean ENMO [mg]
    "wear_fraction",  # 0 to 1
    "sleep_efficiency",  # percent
    "io",  # I<O, percent
    "ra",  # relative amplitude, 0 to 1
    "utc_offset_min",
    "accepted_level",  # worst pain that a clinician has accepted as this patient's usual, from that day on
)


@dataclass(frozen=True)
class DailyRows:
    """Rows of n patients over at most d days.

    `numbers` holds for each name of `NUMBERS` an (n, d) array, NaN where unknown; a name that is absent is
    unknown everywhere. `device` is (n, d), a code for each device and -1 where none is named; `treatments`
    is {(patient, day): the kinds given that day}. A patient's days beyond `days` are padding.
    """

    patients: tuple[str, ...]
    first_day: tuple[date, ...]  #: of each patient, local
    days: NDArray[np.int64]  #: (n,) how many days each patient has
    numbers: dict[str, Floats]
    device: NDArray[np.int32]
    treatments: dict[tuple[int, int], frozenset[str]]

    @property
    def shape(self) -> tuple[int, int]:
        """Patients, days."""
        n, d = self.device.shape
        return n, d

    def of(self, name: str) -> Floats:
        """The (n, d) numbers of that name."""
        found = self.numbers.get(name)
        return np.full(self.shape, np.nan) if found is None else found

    def given(self, *kinds: str) -> NDArray[np.bool_]:
        """(n, d): one of these treatments was given that day."""
        there = np.zeros(self.shape, dtype=bool)
        for place, found in self.treatments.items():
            there[place] = not found.isdisjoint(kinds)
        return there

    def date_of(self, patient: int, day: int) -> date:
        """The local date of day `day` of patient `patient`."""
        return self.first_day[patient] + timedelta(days=int(day))

    def part(self, start: int, end: int) -> DailyRows:
        """Patients start..end - 1."""
        return DailyRows(
            self.patients[start:end],
            self.first_day[start:end],
            self.days[start:end],
            {name: values[start:end] for name, values in self.numbers.items()},
            self.device[start:end],
            {(i - start, day): kinds for (i, day), kinds in self.treatments.items() if start <= i < end},
        )

    def until(self, days: int) -> DailyRows:
        """What was known at the end of day `days` - 1: the same patients, later days left out."""
        return DailyRows(
            self.patients,
            self.first_day,
            np.minimum(self.days, days),
            {name: values[:, :days] for name, values in self.numbers.items()},
            self.device[:, :days],
            {place: kinds for place, kinds in self.treatments.items() if place[1] < days},
        )
