"""A ward's plan: who is told of a case, in which order, by which ways, and who is on duty when.

Read from TOML or JSON by `ladder.reading`, which refuses what cannot work. Who is on duty: `ladder.rota`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from ladder.wall import first_shown
from ladder.words import SEVERITIES

WITH_LADDER = SEVERITIES[:3]  #: `info` takes that of `low`


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be told."""

    id: str  #: in the plan, and in deliveries; the name of the account where there is one
    name: str
    channels: tuple[str, ...]  #: addresses in the order in which they are tried; secret, see `masking`


@dataclass(frozen=True, slots=True)
class Shift:
    """Persons on duty on these days, by the ward's clock; `end` at or before `start`: of the next day."""

    days: tuple[int, ...]  #: on which it begins, 1 Monday to 7 Sunday; none: of a holiday
    start: int  #: minutes after midnight, 0 to 1439
    end: int  #: 0 to 1440 (24:00)
    persons: tuple[str, ...]

    @property
    def over_midnight(self) -> bool:
        """Whether it ends on the next day."""
        return self.end <= self.start

    @property
    def length(self) -> int:
        """Minutes on a day of 24 hours, 1 to 1440."""
        return self.end - self.start + (1440 if self.over_midnight else 0)


@dataclass(frozen=True, slots=True)
class Role:
    """What somebody is on duty as."""

    id: str
    name: str
    shifts: tuple[Shift, ...]


@dataclass(frozen=True, slots=True)
class Holiday:
    """A date with other shifts: a role's own where it has some, else those of the weekday `like`."""

    day: date
    name: str
    like: int = 7  #: 1 Monday to 7 Sunday
    shifts: tuple[tuple[str, Shift], ...] = ()  #: (role, shift that begins on this date)


@dataclass(frozen=True, slots=True)
class Swap:
    """In [start, end) these persons are on duty, in place of one person or of everybody in the role.

    Swaps hold beside each other: for two who exchange their shifts there is one for each.
    """

    role: str
    start: datetime  #: wall clock of the ward, without a zone
    end: datetime
    persons: tuple[str, ...]
    instead_of: str | None = None


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a ladder: whom it reaches, and when."""

    after: timedelta  #: since the ladder started
    roles: tuple[str, ...] = ()  #: whoever is on duty then
    persons: tuple[str, ...] = ()  #: whoever is on duty


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs of one severity; the last one, which names a person, is repeated."""

    rungs: tuple[Rung, ...]
    repeats: int  #: of the last rung, 0 and more
    repeat_after: timedelta
    hold: timedelta  #: how long an acknowledgement holds when nobody says until when


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of each day in which `medium` and `low` wait, by the ward's clock."""

    start: int  #: minutes after midnight
    end: int  #: at or before `start`: of the next day


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of one ward."""

    tz: ZoneInfo
    persons: tuple[Person, ...]
    roles: tuple[Role, ...]
    ladders: Mapping[str, Ladder]  #: by severity, all of `WITH_LADDER`
    holidays: tuple[Holiday, ...] = ()
    swaps: tuple[Swap, ...] = ()
    quiet: Quiet | None = None
    after_hours: Mapping[str, str] = field(default_factory=dict)  #: for the patient, by language
    #: Of its pages that must be useful, else a rule is flagged for review; None: as the installation has it.
    useful_share: float | None = None

    def ladder(self, severity: str) -> Ladder:
        """The ladder of a severity; that of `low` for a lesser one (`info`)."""
        return self.ladders.get(severity, self.ladders["low"])

    def hold(self, severity: str) -> timedelta:
        """How long an acknowledgement holds when nobody says until when."""
        return self.ladder(severity).hold

    def not_before(self, severity: str, at: datetime) -> datetime:
        """When a rung that is due at `at` may be taken: at once, or when the quiet hours end."""
        if self.quiet is None or severity == "high":
            return at
        quiet, here = self.quiet, at.astimezone(self.tz).date()
        over = timedelta(days=int(quiet.end <= quiet.start))
        for ahead in range(-2, 2):  # the clock may be set back over midnight
            day = here + timedelta(days=ahead)
            start = first_shown(day, quiet.start, self.tz)
            end = first_shown(day + over, quiet.end, self.tz)
            if start <= at < end:
                return end
        return at

    def person(self, name: str) -> Person:
        """The person of that id. Raises `KeyError`."""
        for one in self.persons:
            if one.id == name:
                return one
        raise KeyError(name)

    def role(self, name: str) -> Role:
        """The role of that id. Raises `KeyError`."""
        for one in self.roles:
            if one.id == name:
                return one
        raise KeyError(name)
