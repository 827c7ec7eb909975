"""A simulated cohort: what a screen may see of it, and the truth beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: One event a row. `end` is exclusive. A page counts for it from day `count_from` up to and without
#: `count_to` (clinical.md 7.4: onset to onset + 7; three days earlier where sleep leads; a drift from onset+4
#: to ten days after the day `plus_two`, on which it has risen by two points; of others that is the onset).
EVENT = np.dtype(
    [
        ("patient", np.int64),
        ("kind", "U16"),
        ("onset", np.int64),
        ("end", np.int64),
        ("route", "U8"),
        ("plus_two", np.int64),
        ("count_from", np.int64),
        ("count_to", np.int64),
    ]
)

#: One span a row in which something other than an escalation happens; `last` is exclusive.
WINDOW = np.dtype([("patient", np.int64), ("kind", "U16"), ("first", np.int64), ("last", np.int64)])

#: The columns of numbers, as `actalgia screen` reads them.
NUMBERS = (
    "average",
    "worst",
    "breakthrough",
    "rescue_doses",
    "steps",
    "activity",
    "wear_fraction",
    "sleep_efficiency",
    "io",
    "ra",
    "utc_offset_min",
)


@dataclass(frozen=True)
class Cohort:
    """n simulated patients over d days: nobody in here exists.

    Numbers are (n, d) with NaN where missing. What a screen may see: `NUMBERS`, `device`, `treatment`, and a
    row only where `present`. All else is the truth behind it.
    """

    scenario: str
    family: str
    first_day: date
    patients: tuple[str, ...]
    average: Floats  #: average pain of the day, 0 to 10
    worst: Floats  #: worst pain of the day, 0 to 10
    breakthrough: Floats  #: breakthrough episodes
    rescue_doses: Floats
    steps: Floats
    activity: Floats  #: mean ENMO [mg]
    wear_fraction: Floats  #: 0 to 1
    sleep_efficiency: Floats  #: percent
    io: Floats  #: I<O, percent
    ra: Floats  #: relative amplitude, 0 to 1
    utc_offset_min: Floats
    device: NDArray[np.int32]  #: the patient's own device number
    treatment: NDArray[np.str_]  #: what was given that day, "" for nothing
    present: NDArray[np.bool_]  #: there is a row: not in hospital, alive
    arrived_after_days: Floats  #: days from the day of a diary entry to its arrival, NaN without an entry
    proxy: NDArray[np.bool_]  #: the entry is somebody else's judgement
    uploaded_twice: NDArray[np.bool_]  #: the row comes a second time with the same content
    events: NDArray[np.void]  #: of dtype `EVENT`
    windows: NDArray[np.void]  #: of dtype `WINDOW`
    truth: Floats  #: latent pain, not rounded, not cut at 0 and 10
    reply_average: Floats  #: to a check-in of that evening; NaN where it would stay unanswered
    reply_worst: Floats
    attributes: dict[str, NDArray[np.str_]]  #: age_band, sex, site, language, stage, one value a patient

    @property
    def shape(self) -> tuple[int, int]:
        """Patients, days."""
        n, d = self.truth.shape
        return n, d
