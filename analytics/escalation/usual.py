"""What is usual for one patient in one stream, learned day by day from days that were usual.

A day is judged before it is learned. Level and spread lean on what is usual among people in general until
there is enough of the patient's own. NaN is no day.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analytics.escalation.rows import Floats

HALF_LIFE_DAYS = 60.0
PRIOR_DAYS = 3.0
LEAST_DAYS = 4.0  #: of the own, before a stream says anything
FURTHEST = 3.5  #: own spreads; what lies further is taken as that


@dataclass
class Usual:
    """Of n patients. `among_people` is the spread that people have, worth `worth` days of the own."""

    patients: int
    among_people: float
    worth: float = 10.0
    days: Floats = field(init=False)
    level: Floats = field(init=False)
    squares: Floats = field(init=False)  #: of the own days alone

    def __post_init__(self) -> None:
        self.days, self.level, self.squares = (np.zeros(self.patients) for _ in range(3))

    def spread(self) -> Floats:
        """(n,) the patient's, never below half of what people have."""
        prior = self.worth * self.among_people**2
        own = np.sqrt((prior + self.squares) / (self.worth + self.days))
        return np.maximum(own, 0.5 * self.among_people)

    def known(self) -> Floats:
        """(n,) the level, NaN until there are days enough."""
        return np.where(self.days >= LEAST_DAYS, self.level, np.nan)

    def departure(self, value: Floats) -> tuple[Floats, Floats]:
        """(z, trust): how far a day is from the usual in own spreads, and how well that is known, 0 to 1."""
        judged = ~np.isnan(value) & (self.days >= LEAST_DAYS)
        z = np.clip((value - self.level) / self.spread(), -FURTHEST, FURTHEST)
        return np.where(judged, z, 0.0), np.where(judged, self.days / (self.days + 1), 0.0)

    def learn(self, value: Floats, weight: Floats) -> None:
        """Take in one day of each patient with a weight of 0 to 1."""
        w = np.where(np.isnan(value), 0.0, weight)
        keep = np.where(w > 0, 0.5 ** (1 / HALF_LIFE_DAYS), 1.0)
        self.days *= keep
        self.squares *= keep
        first = self.days == 0
        reach = FURTHEST * self.spread()
        gap = np.where(
            w > 0, np.where(first, value - self.level, np.clip(value - self.level, -reach, reach)), 0.0
        )
        self.days += w
        step = gap * w / np.maximum(self.days, 1e-9)
        self.squares += np.where(first, 0.0, w * gap * (gap - step))
        self.level += step

    def forget(self, who: NDArray[np.bool_]) -> None:
        """Begin anew, as after a change of the device."""
        for values in (self.days, self.level, self.squares):
            values[who] = 0.0


@dataclass
class Counted:
    """How many a day, of things that come unevenly: a negative binomial with the patient's mean and size."""

    patients: int
    days: Floats = field(init=False)
    total: Floats = field(init=False)
    uneven: Floats = field(init=False)
    uneven_days: Floats = field(init=False)

    def __post_init__(self) -> None:
        # As if one day, and for the size five days, of people in general had been seen.
        self.days, self.total = np.full(self.patients, 1.0), np.full(self.patients, 0.8)
        self.uneven, self.uneven_days = np.full(self.patients, 2.5), np.full(self.patients, 5.0)

    def mean(self) -> Floats:
        """(n,) a day."""
        return self.total / self.days

    def more(self, count: Floats, by: float) -> Floats:
        """(n,) log of how much likelier `count` is with `by` a day more; 0 where nothing was counted."""
        told = ~np.isnan(count)
        x = np.where(told, count, 0.0)
        mean = self.mean()
        size = 1 / np.clip(self.uneven / self.uneven_days, 0.1, 4.0)
        log = (size + x) * np.log((size + mean) / (size + mean + by)) + x * np.log((mean + by) / mean)
        return np.where(told, np.clip(log, -2.5, 2.5), 0.0)

    def learn(self, count: Floats, weight: Floats) -> None:
        """Take in one day of each patient with a weight of 0 to 1."""
        w = np.where(np.isnan(count), 0.0, weight)
        x = np.where(w > 0, np.minimum(count, 20.0), 0.0)
        mean = self.mean()
        # (x - m)^2 - x is m^2 / size on average; days of hardly any tell little of it.
        told = np.where(self.days >= LEAST_DAYS, w * np.minimum(mean, 1.0), 0.0)
        self.uneven += told * ((x - mean) ** 2 - x) / np.maximum(mean, 0.3) ** 2
        self.uneven_days += told
        self.total += w * x
        self.days += w


@dataclass
class Habit:
    """How often a patient answers: after a day with an answer, and after one without."""

    patients: int
    yes: Floats = field(init=False)  #: (2, n): after an answered day, after a missed one
    days: Floats = field(init=False)
    missed: NDArray[np.int64] = field(init=False)  #: (n,) 1: the last day had no answer

    def __post_init__(self) -> None:
        self.days, self.yes = np.zeros((2, self.patients)), np.zeros((2, self.patients))
        self.missed = np.zeros(self.patients, dtype=np.int64)

    def shares(self) -> tuple[Floats, Floats]:
        """(n,) each: of days that are answered after an answered one, and after one that was missed.

        Until there are enough of the own: people answer four days of five, and a missed day is followed by an
        answer with e^-1, a third, of the odds of an answered one.
        """
        after_yes = (self.yes[0] + 0.8 * PRIOR_DAYS) / (self.days[0] + PRIOR_DAYS)
        third = after_yes / (after_yes + (1 - after_yes) * np.e)
        after_no = (self.yes[1] + third * PRIOR_DAYS) / (self.days[1] + PRIOR_DAYS)
        return np.clip(after_yes, 0.03, 0.97), np.clip(after_no, 0.03, 0.97)

    def share(self) -> Floats:
        """(n,) of days that are answered in the long run."""
        after_yes, after_no = self.shares()
        share: Floats = after_no / (1 - after_yes + after_no)
        return share

    def silence(self, answered: NDArray[np.bool_], there: NDArray[np.bool_]) -> Floats:
        """(n,) log of how much likelier the day is for somebody who has fallen silent.

        Silent means the odds of an answer are e^-2.2, a ninth, of the own usual.
        """
        after_yes, after_no = self.shares()
        share = np.where(self.missed, after_no, after_yes)
        fewer = share / (share + (1 - share) * np.exp(2.2))
        log = np.where(answered, np.log(fewer / share), np.log((1 - fewer) / (1 - share)))
        return np.where(there, log, 0.0)

    def learn(self, answered: NDArray[np.bool_], weight: Floats, there: NDArray[np.bool_]) -> None:
        """Take in one day of each patient with a weight of 0 to 1."""
        who = np.arange(self.patients)
        w = np.where(there, weight, 0.0)
        self.yes[self.missed, who] += w * answered
        self.days[self.missed, who] += w
        self.missed = np.where(there, np.where(answered, 0, 1), self.missed)
