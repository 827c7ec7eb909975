"""What became of pages: how many there were, of what use, how soon somebody answered.

A page is counted once for each case: the first time that somebody was told of it. That is what a rule is
judged by; what was told again of the same case (nobody answered, or it got worse) is counted beside.

**Useful** is a page whose case was closed as `acted` (treatment or plan changed) or as `expected_level`: the
pain was really so high, and a clinician has called that expected; from then on it pages no more. Of no use is
one closed as `no_action`, `false` or `technical`. `other` says neither, and a case that nobody has closed has
no outcome yet: both are counted apart and are in no share. Why: docs/decisions/0038-alert-report.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from groups.proportion import wilson
from groups.rate import byar
from groups.waiting import times_by

USEFUL = ("acted", "expected_level")
OF_NO_USE = ("no_action", "false", "technical")
SAYS_NEITHER = ("other",)
OUTCOMES = (*USEFUL, *OF_NO_USE, *SAYS_NEITHER)
ACTED = "acted"
FEW = 10  #: below it no share and no time is told, only the counts
FEW_WEEKS = 10.0  #: patient-weeks, below them no rate


class Paged(Protocol):
    """A clinical case of which somebody was told; `store.alerts.report.PagedCase` is one."""

    @property
    def case_id(self) -> int: ...
    @property
    def patient_id(self) -> int: ...
    @property
    def site(self) -> str: ...
    @property
    def severity(self) -> str:
        """Of the first page."""
        ...

    @property
    def paged_at(self) -> datetime:
        """When the first message was decided."""
        ...

    @property
    def day(self) -> date:
        """The patient's local day of that."""
        ...

    @property
    def hour(self) -> int:
        """What the ward's clock showed, 0 to 23."""
        ...

    @property
    def weekday(self) -> int:
        """The same, 0 Monday to 6."""
        ...

    @property
    def watched(self) -> bool:
        """Whether the day is one of those that patient-weeks are made of."""
        ...

    @property
    def told_again(self) -> int:
        """How many times more somebody was told of the case."""
        ...

    @property
    def acknowledged_at(self) -> datetime | None:
        """When the first person answered that page; None, too, where nobody did before it was closed."""
        ...

    @property
    def answer_by(self) -> datetime:
        """When the ward's ladder would have gone on to its next step."""
        ...

    @property
    def resolved_at(self) -> datetime | None: ...
    @property
    def outcome(self) -> str | None: ...
    @property
    def rule(self) -> str | None: ...
    @property
    def because(self) -> str | None: ...
    @property
    def settings(self) -> str | None: ...
    @property
    def thresholds(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Share:
    """n of so many; the share is null with a reason where these are too few."""

    n: int
    of: int
    share: float | None
    ci: tuple[float, float] | None  #: 95 %, by Wilson's score
    reason: str | None


@dataclass(frozen=True, slots=True)
class Rate:
    """How many pages for each patient and week; null with a reason where too little was watched.

    A page on a day on which its patient was not watched (a late answer after the watch was given back) is in
    no rate, as that day is in no patient-week.
    """

    pages: int
    unwatched: int  #: further ones, on days that were not watched
    patient_weeks: float
    rate: float | None
    ci: tuple[float, float] | None  #: 95 %, as if pages came independently
    reason: str | None


@dataclass(frozen=True, slots=True)
class Waited:
    """From the page until it happened, by Kaplan and Meier: whoever still waits is in it, too, and so is a
    case that closed itself before anybody had answered, for as long as it was open."""

    n: int  #: it has happened
    waiting: int  #: not yet
    ended: int  #: it never will: the case closed itself
    median_min: float | None
    p90_min: float | None  #: nine of ten waited so long or less
    reason: str | None  #: why one of them is null


@dataclass(frozen=True, slots=True)
class Figures:
    """The pages of a group of cases. Counts are whole; shares, rates and times may be too few to say."""

    pages: int
    patients: int
    told_again: int
    rate: Rate | None  #: null for groups that are not of a whole ward
    outcomes: dict[str, int]
    without_outcome: int  #: nobody has closed them: neither useful nor useless
    useful: Share  #: of the cases with an outcome that says whether
    acted: Share  #: of the same
    acknowledged: Waited
    in_time: Share  #: acknowledged before the ladder went on; of the cases whose time for it is over
    resolved: Waited


def figures(
    paged: Sequence[Paged],
    at: datetime,
    patient_weeks: float | None = None,
) -> Figures:
    """The pages of these cases, as they stand at `at`."""
    outcomes = Counter(one.outcome for one in paged)
    judged = sum(outcomes[name] for name in (*USEFUL, *OF_NO_USE))
    watched = sum(one.watched for one in paged)
    return Figures(
        pages=len(paged),
        patients=len({one.patient_id for one in paged}),
        told_again=sum(one.told_again for one in paged),
        rate=None if patient_weeks is None else rate(watched, patient_weeks, len(paged) - watched),
        outcomes={name: outcomes[name] for name in OUTCOMES},
        without_outcome=outcomes[None],
        useful=share(sum(outcomes[name] for name in USEFUL), judged),
        acted=share(outcomes[ACTED], judged),
        acknowledged=_waited(
            [_until(one, one.acknowledged_at, at) for one in paged],
            sum(one.acknowledged_at is None and one.resolved_at is not None for one in paged),
        ),
        in_time=_in_time(paged, at),
        resolved=_waited([_until(one, one.resolved_at, at) for one in paged]),
    )


def share(n: int, of: int) -> Share:
    """n of so many, with its interval, or why it is not told."""
    if of < FEW:
        return Share(n, of, None, None, f"too few to say: {of} of at least {FEW}")
    return Share(n, of, n / of, wilson(n, of), None)


def rate(pages: int, patient_weeks: float, unwatched: int = 0) -> Rate:
    """So many pages in so many patient-weeks, or why there is no rate."""
    if patient_weeks < FEW_WEEKS:
        why = f"too few to say: {patient_weeks:.1f} of at least {FEW_WEEKS:g} patient-weeks"
        return Rate(pages, unwatched, patient_weeks, None, None, why)
    return Rate(pages, unwatched, patient_weeks, pages / patient_weeks, byar(pages, patient_weeks), None)


def _until(one: Paged, then: datetime | None, at: datetime) -> tuple[float, bool]:
    """Minutes from the page, and whether it has happened; if not, until now, or until the case closed without
    it."""
    end = then or one.resolved_at or at
    return max(0.0, (end - one.paged_at).total_seconds() / 60), then is not None


def _waited(times: Sequence[tuple[float, bool]], ended: int = 0) -> Waited:
    seen = sum(happened for _, happened in times)
    waiting = len(times) - seen - ended
    if len(times) < FEW:
        why = f"too few to say: {len(times)} of at least {FEW}"
        return Waited(seen, waiting, ended, None, None, why)
    median, most = times_by(times, (0.5, 0.9))
    reason = None
    if median is None:
        reason = "more than half still wait, or wait too short to say"
    elif most is None:
        reason = "more than one in ten still wait, or wait too short to say"
    return Waited(seen, waiting, ended, median, most, reason)


def _in_time(paged: Sequence[Paged], at: datetime) -> Share:
    """Only cases whose time is over: among the others those who answer are known before those who will not,
    and would make the share look better than it is. A case that closed itself earlier asked nobody."""
    over = [
        one.acknowledged_at is not None and one.acknowledged_at <= one.answer_by
        for one in paged
        if one.answer_by < at
        and (one.acknowledged_at is not None or one.resolved_at is None or one.resolved_at > one.answer_by)
    ]
    return share(sum(over), len(over))
