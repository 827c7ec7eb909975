"""What befalls simulated patients, day by day, whatever model turns it into numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from simulate.cohort.record import EVENT, WINDOW
from simulate.cohort.streams import Streams

Floats = NDArray[np.float64]
Days = NDArray[np.int64]

FIRST_DAY = date(2026, 1, 5)  #: a Monday
BASELINE_DAYS = 28  #: nothing happens before, so that a personal baseline can form


@dataclass
class Course:
    """Everything that is added to the ordinary days of n patients over d days."""

    streams: Streams
    heavy: bool = False  #: told for the second family
    pain: Floats = field(init=False)  #: added to latent pain [points]
    episodes: Floats = field(init=False)  #: breakthrough episodes a day, more than usual
    silence: Floats = field(init=False)  #: taken off the log odds of answering, because of pain
    sleep: Floats = field(init=False)  #: disturbance of sleep, 1 for the nights before a flare
    steps: Floats = field(init=False)  #: added to the logarithm of true steps
    counted: Floats = field(init=False)  #: added to the logarithm of counted steps alone
    off: NDArray[np.bool_] = field(init=False)  #: the device lies in a drawer
    travel_min: Floats = field(init=False)  #: change of the offset from UTC [min]
    device: NDArray[np.int32] = field(init=False)
    treatment: NDArray[np.str_] = field(init=False)
    therapy: Floats = field(init=False)  #: days since the last systemic therapy, NaN without one
    level: Floats = field(init=False)  #: (n,) own level of pain where the scenario sets it, else NaN
    noisy: bool = False  #: ratings scatter by about two points
    spread: float = 1.0  #: times the usual ups and downs of pain
    events: list[tuple[int, str, int, int, str, int, int, int]] = field(default_factory=list)
    windows: list[tuple[int, str, int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.patients, self.days = self.streams.patients, self.streams.days
        shape = (self.patients, self.days)
        for name in ("pain", "episodes", "silence", "sleep", "steps", "counted", "travel_min"):
            setattr(self, name, np.zeros(shape))
        self.off = np.zeros(shape, dtype=bool)
        self.device = np.zeros(shape, dtype=np.int32)
        self.treatment = np.full(shape, "", dtype="U24")
        self.therapy = np.full(shape, np.nan)
        self.level = np.full(self.patients, np.nan)

    @property
    def calendar(self) -> Days:
        """(1, d): the days, to be compared with one onset a patient."""
        return np.arange(self.days)[None, :]

    @property
    def weekday(self) -> Days:
        """(1, d): 0 for Monday."""
        return (self.calendar + FIRST_DAY.weekday()) % 7

    @property
    def weekend(self) -> Floats:
        """(1, d): 1 on Saturday and Sunday."""
        return (self.weekday >= 5).astype(np.float64)

    def within(self, first: Days, last: Days) -> NDArray[np.bool_]:
        """(n, d): from day `first` of each patient up to and without `last`."""
        return (self.calendar >= first[:, None]) & (self.calendar < last[:, None])

    def event(
        self,
        kind: str,
        onset: Days,
        end: Days,
        *,
        route: str = "pain",
        plus_two: Days | None = None,
        count_from: Days | None = None,
        count_to: Days | None = None,
    ) -> None:
        """Each patient has one such event; unless told otherwise a page counts from onset to onset + 7."""
        rows = zip(
            onset,
            np.minimum(end, self.days),
            onset if plus_two is None else plus_two,
            onset if count_from is None else count_from,
            np.minimum(onset + 8 if count_to is None else count_to, self.days),
            strict=True,
        )
        for i, (on, off, two, first, last) in enumerate(rows):
            self.events.append((i, kind, int(on), int(off), route, int(two), int(first), int(last)))

    def window(self, kind: str, first: Days, last: Days) -> None:
        """Each patient has such a span, in which nobody needs to be told of pain."""
        for i, (start, stop) in enumerate(zip(first, np.minimum(last, self.days), strict=True)):
            self.windows.append((i, kind, int(start), int(stop)))

    def recorded(self) -> tuple[NDArray[np.void], NDArray[np.void]]:
        """Events and windows, by patient and day."""
        events = np.array(sorted(self.events, key=lambda row: (row[0], row[2])), dtype=EVENT)
        windows = np.array(sorted(self.windows, key=lambda row: (row[0], row[2])), dtype=WINDOW)
        return events, windows
