"""A severe answer that has just been given: it opens or joins the case of its patient, whatever a score says.

*Severe* is worst pain of 7 or more (Serlin et al., Pain 61:277-284, 1995: 7 to 10 is severe), or pain at the
floor of the screen, which an operator may have set lower. One answer is enough, if it was received within
24 h of the time that it tells of; and since the question looks back over 24 h, a milder answer within the
following 24 h does not take it back. When the last answer is more than three days old nothing is severe now:
what was true may no longer be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import inf

from analytics.escalation.thresholds import Thresholds


@dataclass(frozen=True, slots=True)
class Report:
    """One diary entry in its newest form; times carry an offset."""

    day: date  #: the patient's local day of `at`
    at: datetime
    worst: int | None  #: 0 to 10; None where it was not answered
    average: int | None = None
    received_at: datetime | None = None  #: None is taken as received when given

    @property
    def level(self) -> int:
        """The higher of the two scores; -1 where there is none."""
        return max(-1 if self.worst is None else self.worst, -1 if self.average is None else self.average)

    def in_words(self) -> str:
        """What was said: `worst pain 8 of 10, average pain 6`."""
        worst = [] if self.worst is None else [f"worst pain {self.worst} of 10"]
        average = [] if self.average is None else [f"average pain {self.average}{'' if worst else ' of 10'}"]
        return ", ".join(worst + average)


@dataclass(frozen=True, slots=True)
class Answers:
    """The reports with a score, oldest first, as they stand at one instant."""

    all: tuple[Report, ...]
    severe: Report | None  #: the newest severe one that counts now
    late: Report | None  #: severe and within the same reach, but received too late to be told as of now
    stale: bool  #: the last answer is too old to say anything of now, or there is none


def answers_at(
    reports: Sequence[Report],
    at: datetime,
    thresholds: Thresholds,
    floor_average: float,
    floor_worst: float = inf,
) -> Answers:
    """What the diary says at `at`; entries dated more than `late_after_h` ahead are left out: their clock is
    wrong. `at` decides only that and what is stale, so the same asked again has the same answer."""
    late_after = timedelta(hours=thresholds.late_after_h)
    given = sorted((r for r in reports if r.level >= 0 and r.at <= at + late_after), key=lambda r: r.at)
    if not given or at - given[-1].at > timedelta(days=thresholds.stale_after_days):
        return Answers(tuple(given), None, None, stale=True)
    looks_back = timedelta(hours=thresholds.looks_back_h)
    severe = [
        r
        for r in given
        if given[-1].at - r.at <= looks_back
        and (
            (r.worst is not None and r.worst >= min(thresholds.severe, floor_worst))
            or (r.average is not None and r.average >= floor_average)
        )
    ]
    in_time = [r for r in severe if abs((r.received_at or r.at) - r.at) <= late_after]
    return Answers(
        tuple(given),
        in_time[-1] if in_time else None,
        severe[-1] if severe and not in_time else None,
        stale=False,
    )
