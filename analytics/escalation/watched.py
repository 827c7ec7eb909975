"""One patient as a fairness report counts: how long, how fully, what was paged and what was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

from analytics.escalation.rows import DailyRows, Floats
from analytics.escalation.screening import Screened, Tier
from analytics.escalation.tiers import Cause

BASELINE_DAYS = 28  #: before an event, over which its usual pain is taken
BEFORE_DAYS = 14  #: before an event, over which diary and wear are; with the days on which a page counts

SAID = ("average", "worst")  #: a day with one of these was answered


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that somebody should have been told of, days counted from the patient's first.

    A page counts for it on the days from `first` up to and without `last`.
    """

    onset: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Looked:
    """What became of one event. NaN: not known."""

    seen: bool
    diary: float  #: share of days answered, from two weeks before it to the last day on which a page counts
    wear: float  #: mean wear fraction over the same days
    level: float  #: mean average pain (else worst) of the four weeks before


@dataclass(frozen=True, slots=True)
class Watched:
    """The sums of one patient. An attribute that is absent is not told."""

    attributes: Mapping[str, str]
    days: int
    answered: int  #: days with a pain score
    worn: float  #: sum of wear fractions
    wear_days: int  #: days of which the wear is known
    cannot_judge: int  #: days on which nothing could be judged
    pages: int
    false_pages: int  #: pages that nobody needed; what that means says whoever counts
    level: float  #: mean average pain (else worst), NaN without an answer
    events: tuple[Looked, ...]

    @property
    def weeks(self) -> float:
        return self.days / 7

    @property
    def seen(self) -> int:
        return sum(one.seen for one in self.events)


def watched(
    screened: Screened,
    patient: int,
    attributes: Mapping[str, str],
    events: Sequence[Event],
    first: int = 0,
    false_pages: int | None = None,
) -> Watched:
    """The sums of one patient's days from day `first` on.

    Without `false_pages` a page is false where no event's days hold it and the day's own report is not at the
    clinical floor: who says severe pain is right about it.
    """
    rows = screened.rows
    end = int(rows.days[patient])
    span = slice(first, end)
    tier = screened.tier[patient, span]
    paged = tier == Tier.PAGE
    if false_pages is None:
        outside = np.ones(end, dtype=bool)
        for event in events:
            outside[max(0, event.first) : max(0, event.last)] = False
        false_pages = int((paged & outside[span] & ~screened.floor[patient, span]).sum())
    pain, answered, wear = _pain(rows, patient), _answered(rows, patient), rows.of("wear_fraction")[patient]
    known = ~np.isnan(wear[span])
    return Watched(
        attributes=attributes,
        days=max(0, end - first),
        answered=int(answered[span].sum()),
        worn=float(np.nansum(wear[span])),
        wear_days=int(known.sum()),
        cannot_judge=int(
            ((tier == Tier.TECHNICAL) & (screened.cause[patient, span] != Cause.NOT_WORN)).sum()
        ),
        pages=int(paged.sum()),
        false_pages=false_pages,
        level=_mean(pain[span]),
        events=tuple(
            _looked(screened, patient, event, pain, answered.astype(np.float64), wear)
            for event in events
            if event.last > first and event.first < end
        ),
    )


def _looked(
    screened: Screened, patient: int, event: Event, pain: Floats, answered: Floats, wear: Floats
) -> Looked:
    end = int(screened.rows.days[patient])
    counts = slice(max(0, event.first), min(end, max(0, event.last)))
    around = slice(max(0, event.onset - BEFORE_DAYS), counts.stop)
    before = slice(max(0, event.onset - BASELINE_DAYS), max(0, event.onset))
    return Looked(
        seen=bool((screened.tier[patient, counts] == Tier.PAGE).any()),
        diary=_mean(answered[around]),
        wear=_mean(wear[around]),
        level=_mean(pain[before]),
    )


def _pain(rows: DailyRows, patient: int) -> Floats:
    average: Floats = rows.of("average")[patient]
    worst: Floats = rows.of("worst")[patient]
    return worst if np.isnan(average).all() else average


def _answered(rows: DailyRows, patient: int) -> NDArray[np.bool_]:
    there = np.zeros(rows.shape[1], dtype=bool)
    for name in SAID:
        there |= ~np.isnan(rows.of(name)[patient])
    return there


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else nan
