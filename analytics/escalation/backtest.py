"""What settings would have done on stored history, beside what clinicians said of the cases there were.

Pages are counted on days as they were known then. A page and a case are of one thing where they lie at most a
week apart; each page is matched to one case at most, and each case to the earliest page that is free. Cases
are what other rules opened: what nobody noticed is in no case, so nothing here is a sensitivity. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import median
from typing import Any

import numpy as np

from analytics.escalation.clustered import Estimate, rate, share
from analytics.escalation.screening import Screened, Tier
from analytics.escalation.tiers import Cause

METHOD = "backtest 1"
NEAR_DAYS = 7  #: a page so many days before or after the opening of a case is of the same thing
OPEN = "open"  #: instead of an outcome: nobody has closed it
FALSE = ("false", "no_action")  #: outcomes by which a page was for nothing
ACTED = "acted"  #: the outcome by which there was something to page for
PER_WEEK = ("pages", "calm_pages", "floor_pages", "check_ins", "reviews")


@dataclass(frozen=True, slots=True)
class PastCase:
    """A clinical case that there was: the patient's local day on which it was opened, and what it came to."""

    day: date
    outcome: str  #: of `store.alerts.cases.Outcome`, or `OPEN`


@dataclass(frozen=True, slots=True)
class Page:
    """A page that the settings would have sent. `reason`, where asked for, holds health data."""

    patient: str
    day: date
    floor: bool  #: the day's report was at the clinical floor
    outcome: str | None  #: of the case that it is matched to; None: there was none
    reason: str | None


@dataclass(frozen=True, slots=True)
class Tallied:
    """The counts of one patient over the days from `since` on."""

    days: int
    cannot_judge: int  #: days; one on which only the device is in trouble is none of them
    counts: dict[str, int]  #: of each of `PER_WEEK`
    pages: tuple[Page, ...]
    #: Of each case its outcome and how many days after its opening it would have been paged; None: not.
    cases: tuple[tuple[str, int | None], ...]

    @property
    def false_pages(self) -> int:
        """Pages of which a clinician said that they were for nothing."""
        return sum(page.outcome in FALSE for page in self.pages)


@dataclass
class Tally:
    """The patients of one set of settings, added up a batch at a time."""

    settings: str
    patients: list[Tallied] = field(default_factory=list)


def tallied(
    screened: Screened, patient: int, since: date, cases: Sequence[PastCase], *, reasons: bool = False
) -> Tallied:
    """What the screen says of one patient from `since` on, matched with the cases opened since then."""
    rows = screened.rows
    first = min(max(0, (since - rows.first_day[patient]).days), int(rows.days[patient]))
    span = slice(first, int(rows.days[patient]))
    tier, floor = screened.tier[patient, span], screened.floor[patient, span]
    paged = tier == Tier.PAGE
    days = [rows.date_of(patient, first + k) for k in np.flatnonzero(paged).tolist()]
    there = sorted((one for one in cases if one.day >= since), key=lambda one: one.day)
    of_case = matched(days, [one.day for one in there])
    outcome = {page: there[k].outcome for k, page in enumerate(of_case) if page is not None}
    pages = tuple(
        Page(
            rows.patients[patient],
            day,
            bool(floor[(day - rows.date_of(patient, first)).days]),
            outcome.get(k),
            screened.decision(patient, (day - rows.first_day[patient]).days).reason if reasons else None,
        )
        for k, day in enumerate(days)
    )
    return Tallied(
        days=len(tier),
        cannot_judge=int(
            ((tier == Tier.TECHNICAL) & (screened.cause[patient, span] != Cause.NOT_WORN)).sum()
        ),
        counts={
            "pages": len(days),
            "calm_pages": int((paged & ~floor).sum()),
            "floor_pages": int((paged & floor).sum()),
            "check_ins": int((tier == Tier.CHECK_IN).sum()),
            "reviews": int((tier == Tier.REVIEW).sum()),
        },
        pages=pages,
        cases=tuple(
            (one.outcome, None if page is None else (days[page] - one.day).days)
            for one, page in zip(there, of_case, strict=True)
        ),
    )


def matched(pages: Sequence[date], cases: Sequence[date]) -> list[int | None]:
    """Of each case, both in order, which page is of it: the earliest near one that no case before has."""
    found: list[int | None] = []
    free = 0
    for case in cases:
        near = (k for k in range(free, len(pages)) if abs((pages[k] - case).days) <= NEAR_DAYS)
        page = next(near, None)
        found.append(page)
        free = free if page is None else page + 1
    return found


def document(tallies: Sequence[Tally]) -> dict[str, Any]:
    """The report, ready for JSON: what happened, and each set of settings beside it."""
    patients = tallies[0].patients
    weeks = sum(one.days for one in patients) / 7
    happened = Counter(outcome for one in patients for outcome, _ in one.cases)
    return {
        "method": METHOD,
        "near_days": NEAR_DAYS,
        "n_patients": len(patients),
        "patient_weeks": weeks,
        "happened": {
            "cases": happened.total(),
            "cases_per_week": _estimate(
                rate([len(one.cases) for one in patients], [one.days / 7 for one in patients])
            ),
            "outcomes": dict(sorted(happened.items())),
        },
        "rules": [_of_rule(tally) for tally in tallies],
    }


def _of_rule(tally: Tally) -> dict[str, Any]:
    weeks = [one.days / 7 for one in tally.patients]
    found: dict[str, Any] = {"settings": tally.settings}
    for name in PER_WEEK:
        counts = [one.counts[name] for one in tally.patients]
        found[name] = sum(counts)
        found[f"{name}_per_week"] = _estimate(rate(counts, weeks))
    cannot = share([one.cannot_judge for one in tally.patients], [one.days for one in tally.patients])
    found["cannot_judge"] = _estimate(cannot)
    found["pages_without_case"] = sum(p.outcome is None for one in tally.patients for p in one.pages)
    found["outcomes"] = _outcomes(tally)
    return found


def _outcomes(tally: Tally) -> dict[str, Any]:
    """Of the cases of each outcome: how many would have been paged, how much earlier or later."""
    after: dict[str, list[int | None]] = {}
    for one in tally.patients:
        for outcome, days in one.cases:
            after.setdefault(outcome, []).append(days)
    found = {}
    for outcome, all_days in sorted(after.items()):
        paged = [days for days in all_days if days is not None]
        found[outcome] = {
            "cases": len(all_days),
            "paged": len(paged),
            "earlier": sum(days < 0 for days in paged),
            "same_day": sum(days == 0 for days in paged),
            "later": sum(days > 0 for days in paged),
            "median_days_after": median(paged) if paged else None,
            "not_paged": len(all_days) - len(paged),
        }
    return found


def _estimate(of: Estimate | None) -> dict[str, Any]:
    if of is None:
        return {"estimate": None, "ci": None, "reason": "too little data: fewer than two patients have days"}
    return {"estimate": of.value, "ci": [of.low, of.high]}
