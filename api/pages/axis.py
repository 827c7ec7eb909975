"""Local days on a horizontal axis. Time runs linearly, so a day of 23 hours is narrower. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from days.cut import day_start

WIDTH, LEFT, RIGHT = 1120.0, 40.0, 1098.0


@dataclass(frozen=True, slots=True)
class Axis:
    """Instants to x, from the first local midnight to the one after the last day."""

    start: datetime
    end: datetime

    def x(self, at: datetime) -> float:
        """The place of an instant."""
        share = (at - self.start) / (self.end - self.start)
        return round(LEFT + share * (RIGHT - LEFT), 2)

    def holds(self, at: datetime) -> bool:
        """Whether the instant is on the axis."""
        return self.start <= at < self.end


@dataclass(frozen=True, slots=True)
class Day:
    """A local day on the axis."""

    day: date
    x: float
    width: float


def axis_of(days: Sequence[date], zone: tzinfo) -> Axis:
    """The axis over these consecutive local days."""
    return Axis(day_start(days[0], zone), day_start(days[-1] + timedelta(days=1), zone))


def places_of(days: Sequence[date], zone: tzinfo) -> list[Day]:
    """Where each of these consecutive days begins, and how wide it is."""
    axis = axis_of(days, zone)
    borders = [axis.x(day_start(day, zone)) for day in days] + [RIGHT]
    return [Day(day, borders[i], round(borders[i + 1] - borders[i], 2)) for i, day in enumerate(days)]
