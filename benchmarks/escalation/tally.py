"""What a detector did in a trial, counted against the truth, patient by patient."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analytics.escalation.screening import Screened, Tier
from analytics.escalation.tiers import Cause
from benchmarks.escalation.trials import Trial

Floats = NDArray[np.float64]
Yes = NDArray[np.bool_]

#: Events for which an answered check-in counts like a page: the patient had fallen silent and is heard again.
HEARD = ("mnar_flare",)

FOUND = np.dtype(
    [
        ("patient", np.int64),
        ("kind", "U16"),
        ("paged", np.bool_),
        ("heard", np.bool_),  #: by an answered check-in alone
        ("delay", np.float64),  #: from onset to the first of the two [days]; NaN where missed
        ("window", np.float64),  #: days in which a page counts
    ]
)
SPAN = np.dtype([("patient", np.int64), ("kind", "U16"), ("calm", np.bool_), ("paged", np.bool_)])


@dataclass(frozen=True)
class Calls:
    """(n, d) days on which a detector does something."""

    page: Yes
    check_in: Yes
    review: Yes
    technical: Yes
    causes: dict[str, Yes] = field(default_factory=dict)  #: pages by what they are about, where that is told


@dataclass(frozen=True)
class Tally:
    """(n,) counts of each patient, and one record of each event and each window without one."""

    weeks: Floats  #: with rows
    calm: Floats  #: pages on days whose own report is not at the floor
    paged: Floats  #: all pages
    check_ins: Floats
    answered: Floats  #: check-ins that got an answer
    reviews: Floats
    not_judged: Floats  #: technical days
    weeks_before: Floats  #: weeks before the first event counts; all weeks of those without one
    calm_before: Floats
    events: NDArray[np.void]  #: of dtype `FOUND`, pain alone
    function: NDArray[np.void]  #: of dtype `FOUND`, function alone: paged stands for a review here
    windows: NDArray[np.void]  #: of dtype `SPAN`
    diary: Floats  #: (n,) share of days
    wear: Floats
    attributes: dict[str, NDArray[np.str_]]
    causes: dict[str, Floats]  #: pages by what they are about

    def of_kind(self, kind: str) -> NDArray[np.void]:
        """Events of that kind."""
        return self.events[self.events["kind"] == kind]


def calls(screened: Screened) -> Calls:
    """Each day's tier, and what its pages are about."""
    tier = screened.tier
    page = tier == Tier.PAGE
    causes = {
        cause.name.lower().replace("_", " "): page & (screened.cause == cause)
        for cause in (Cause.FLOOR, Cause.LIKELY, Cause.SILENCE)
    }
    return Calls(page, tier == Tier.CHECK_IN, tier == Tier.REVIEW, tier == Tier.TECHNICAL, causes)


def pages_alone(page: Yes) -> Calls:
    """A rule that knows nothing but pages."""
    never = np.zeros(page.shape, dtype=bool)
    return Calls(page, never, never, never)


def tally(trial: Trial, made: Calls) -> Tally:
    """Count."""
    n, d = trial.rows.shape
    calm = made.page & ~trial.floor
    answered = made.check_in & trial.would_reply
    pain = trial.events[trial.events["route"] == "pain"]
    function = trial.events[trial.events["route"] == "function"]
    first = np.full(n, d)
    np.minimum.at(first, trial.events["patient"], trial.events["count_from"])
    before = np.arange(d) < first[:, None]

    def of_each(days: Yes) -> Floats:
        return days.sum(axis=1).astype(np.float64)

    return Tally(
        weeks=of_each(trial.present) / 7,
        calm=of_each(calm),
        paged=of_each(made.page),
        check_ins=of_each(made.check_in),
        answered=of_each(answered),
        reviews=of_each(made.review),
        not_judged=of_each(made.technical),
        weeks_before=of_each(before & trial.present) / 7,
        calm_before=of_each(calm & before),
        events=_found(pain, made.page, answered),
        function=_found(function, made.review, np.zeros((n, d), dtype=bool)),
        windows=_spans(trial.windows, calm, made.page),
        diary=trial.diary_share,
        wear=trial.wear_share,
        attributes=trial.attributes,
        causes={name: of_each(days) for name, days in made.causes.items()},
    )


def _found(events: NDArray[np.void], page: Yes, answered: Yes) -> NDArray[np.void]:
    """Each event: paged in its window, or heard in it where that counts, and after how many days."""
    found = np.zeros(len(events), dtype=FOUND)
    for place, event in enumerate(events):
        counts = slice(int(event["count_from"]), int(event["count_to"]))
        paged = page[event["patient"], counts]
        heard = answered[event["patient"], counts] & (event["kind"] in HEARD)
        days = np.flatnonzero(paged | heard)
        delay = counts.start + days[0] - event["onset"] if len(days) else np.nan
        found[place] = (
            event["patient"],
            event["kind"],
            paged.any(),
            heard.any() and not paged.any(),
            delay,
            counts.stop - counts.start,
        )
    return found


def _spans(windows: NDArray[np.void], calm: Yes, page: Yes) -> NDArray[np.void]:
    spans = np.zeros(len(windows), dtype=SPAN)
    for place, window in enumerate(windows):
        days = window["patient"], slice(int(window["first"]), int(window["last"]))
        spans[place] = (window["patient"], window["kind"], calm[days].any(), page[days].any())
    return spans
