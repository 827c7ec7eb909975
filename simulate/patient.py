"""One patient who does not exist: who it is, and how its days are told apart. All follows from a seed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from simulate.courses import PAST_DAYS, Course, Today, today


@dataclass(frozen=True)
class Patient:
    """A patient of the ward that was opened at `opened`, with two devices."""

    number: int
    course: Course
    seed: int
    zone: ZoneInfo
    opened: datetime  #: with an offset; its local date is the course's day 0

    @property
    def id(self) -> str:
        """The patient's identifier."""
        return f"DEMO-{self.number:02d}"

    @property
    def watch(self) -> str:
        """The wrist sensor's name."""
        return f"demo-watch-{self.number:02d}"

    @property
    def phone(self) -> str:
        """The name of the phone that holds the diary."""
        return f"demo-phone-{self.number:02d}"

    @property
    def first_day(self) -> date:
        """The first local day with data."""
        return self.opened.astimezone(self.zone).date() - timedelta(days=PAST_DAYS)

    def number_of(self, day: date) -> int:
        """The course's number for a local date: 0 when the ward was opened."""
        return (day - self.first_day).days - PAST_DAYS

    def about(self, day: date) -> Today:
        """What the course says of this day."""
        return today(self.course, self.number_of(day))

    def chance(self, *stream: int) -> np.random.Generator:
        """Chance of one kind, the same whenever it is asked for."""
        return np.random.default_rng([self.seed, self.number, *stream])

    def battery_pct(self, at: datetime) -> float:
        """Charge of the watch; it is filled every morning, except where the story is that it is not."""
        if self.course is Course.LOW_BATTERY:
            hours = (at - self.opened).total_seconds() / 3600
            return round(max(2.0, 9.0 - 0.5 * hours), 1)
        local = at.astimezone(self.zone)
        return round(100 - 2.2 * ((local.hour + local.minute / 60 - 8) % 24), 1)


def midnight_us(day: date, zone: ZoneInfo) -> int:
    """Where a local day begins, in microseconds since the Unix epoch."""
    return round(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * 1_000_000
