"""What is said of one patient now: the screen of the daily rows, and answers that are severe at once.

There is one truth, the newest decision. In this order:

1. An answer that is severe now (`severe`) fires: it opens or joins the case. It pages where the screen pages
   that day, and where no case is open, unless a clinician has accepted that level as expected.
2. Else the tier of the judged day counts. That is today once the patient has answered today, since a diary
   counts at once; before that it is yesterday, the last day that is over.
3. A page that the screen finds for a day of this episode that nobody was told of (the watch was late): told
   now if that day is the one before, or if today's own answer still says so; else shown as late.
4. A day that the screen calls quiet is quiet only where the diary says enough: else "cannot judge".

Pure. Why: docs/decisions/0029-days-judged.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from statistics import median

import numpy as np
from numpy.typing import NDArray

from analytics.escalation.decision import Decision, Reached, Severity, Verdict
from analytics.escalation.rows import Floats
from analytics.escalation.screening import RULE, Screened, Tier
from analytics.escalation.severe import Answers, Report
from analytics.escalation.thresholds import Thresholds
from analytics.escalation.tiers import Cause
from analytics.escalation.withdrawn import SILENCE

SEVERE_RULE = "severe 1"
_NAN = float("nan")
_REACHED: dict[Tier, Reached] = {
    Tier.PAGE: "page",
    Tier.REVIEW: "review",
    Tier.CHECK_IN: "check_in",
    Tier.TECHNICAL: "technical",
}


@dataclass(frozen=True, slots=True)
class Fired:
    """A decision of before that opened or joined a case."""

    day: date
    reported_at: datetime | None
    tier: str | None  #: page or review; None: of `worst_pain 1`, which paged


@dataclass(frozen=True, slots=True)
class Known:
    """What the decision depends on beside rows and answers."""

    today: date  #: the patient's local day
    fired: Sequence[Fired]  #: of the days within two cool-downs, or of more
    open_case: bool  #: the patient has an open clinical case of which somebody was told
    can_be_asked: bool  #: there is a page on which the patient can be asked again


def judge(screened: Screened | None, answers: Answers, known: Known, by: Thresholds) -> Decision:
    """The decision on one patient, whose rows are those of `screened` and end with `known.today`.

    `screened` is None where the screen itself failed: what is severe is told all the same.
    """
    if answers.severe is not None:
        decision = _severe(answers.severe, screened, known, by)
    elif screened is None:
        why = "cannot judge: the daily rows could not be screened; severe answers are told all the same"
        decision = Decision(Verdict.NO_EVIDENCE, why, RULE, known.today, "technical")
    else:
        decision = _of_the_day(screened, answers, known, by)
    return replace(decision, evidence=_evidence(decision, answers, by))


def _severe(report: Report, screened: Screened | None, known: Known, by: Thresholds) -> Decision:
    # An operator may have set the floor of the screen below what is severe.
    least = by.severe if screened is None else min(by.severe, screened.settings.floor_worst)
    said = f"{report.in_words()} on {report.day}; {least:g} or more is severe"
    accepted = _accepted(screened, report.day)
    before = [one.tier or "page" for one in known.fired if one.reported_at == report.at]
    # What was decided of this very answer stands: its case may have been opened, or closed, since then.
    page = before[-1] == "page" if before else not known.open_case
    tier: Reached = "page" if page or _pages(screened, report.day) else "review"
    severity: Severity = "high"
    evidence: dict[str, object] = {"because": "severe", "at_least": least}
    if report.level <= accepted:
        said += f", up to {accepted:g} was accepted as expected for this patient"
        tier, severity = "review", "low"
        evidence["accepted_level"] = accepted
    score = _score(screened, report.day)
    return Decision(Verdict.FIRE, said, SEVERE_RULE, report.day, tier, severity, score, report.at, evidence)


def _of_the_day(screened: Screened, answers: Answers, known: Known, by: Thresholds) -> Decision:
    end = int(screened.rows.days[0])
    answered = {one.day for one in answers.all}
    judged = end - 1 if known.today in answered or end == 1 else end - 2
    day = screened.rows.date_of(0, judged)
    tier = Tier(int(screened.tier[0, judged]))
    if tier == Tier.PAGE and screened.floor[0, judged]:
        # At the floor, and yet not severe now: it came too late.
        return _late(screened, answers, judged, by)
    if tier == Tier.PAGE:
        return _screened(screened, answers, judged, Verdict.FIRE, "medium")
    untold = _untold(screened, judged, known)
    if untold is not None and not screened.floor[0, untold]:
        going_on = day in answered and screened.score[0, judged] >= screened.settings.page_score
        if going_on:
            # Its own cause is that of a day on which the episode had been told: "as usual", or a lesser one.
            return _screened(screened, answers, judged, Verdict.FIRE, "medium", "page", Cause.LIKELY)
        if untold == judged - 1:
            found = _screened(screened, answers, untold, Verdict.FIRE, "medium")
            return replace(found, day=day, reason=f"{found.reason} (on {found.day}, known only afterwards)")
    if answers.late is not None:
        return _late(screened, answers, judged, by)
    if tier == Tier.REVIEW:
        return _screened(screened, answers, judged, Verdict.REVIEW)
    if tier == Tier.CHECK_IN and known.can_be_asked:
        return _screened(screened, answers, judged, Verdict.NO_EVIDENCE)
    if tier == Tier.CHECK_IN:
        asked = _screened(screened, answers, judged, Verdict.REVIEW, tier="review")
        return replace(
            asked,
            reason=f"{asked.reason}; the patient has no diary page on which to be asked again",
            evidence={**asked.evidence, "no_diary_page": True},
        )
    if untold is not None and judged - untold <= by.stale_after_days:
        return _late(screened, answers, untold, by)
    if tier == Tier.TECHNICAL and screened.cause[0, judged] != Cause.NOT_WORN:
        return _screened(screened, answers, judged, Verdict.NO_EVIDENCE)
    calm = _calm(screened, answers, judged, by)
    if tier == Tier.TECHNICAL:  # trouble of a device, beside what the diary says
        return replace(calm, tier="technical", reason=f"{calm.reason}; {screened.decision(0, judged).reason}")
    return calm


def _untold(screened: Screened, judged: int, known: Known) -> int | None:
    """The last day before `judged` for which the screen pages within one cool-down, where nobody was told of
    this episode: the rows of that day came later than the day was judged."""
    cool_down = screened.settings.cool_down_days
    first = max(0, judged - cool_down + 1)
    pages = first + np.flatnonzero(screened.tier[0, first:judged] == Tier.PAGE)
    if not len(pages):
        return None
    last = int(pages[-1])
    since, day = screened.rows.date_of(0, last - cool_down), screened.rows.date_of(0, judged)
    # What was said of the judged day itself is what is being said again.
    return None if any(one.day > since and one.day != day for one in known.fired) else last


def _late(screened: Screened, answers: Answers, place: int, by: Thresholds) -> Decision:
    """What would have been a page was received too late to be told as of now."""
    if answers.late is not None:
        report = answers.late
        why = f"late: {report.in_words()} on {report.day} was received more than {by.late_after_h} h later"
        return Decision(
            Verdict.REVIEW,
            why,
            SEVERE_RULE,
            report.day,
            "review",
            score=_score(screened, report.day),
            reported_at=report.at,
            evidence={"because": "late"},
        )
    found = _screened(screened, answers, place, Verdict.REVIEW, tier="review")
    return replace(
        found,
        reason=f"late: {found.reason} (on {found.day}, known only afterwards)",
        evidence={**found.evidence, "because": "late"},
    )


def _calm(screened: Screened, answers: Answers, judged: int, by: Thresholds) -> Decision:
    """Nothing fires: quiet where the diary says enough for that, else it cannot be judged."""
    day = screened.rows.date_of(0, judged)
    if not answers.all:
        return Decision(Verdict.NO_EVIDENCE, "cannot judge: there is no answer yet", RULE, day, "technical")
    last = answers.all[-1]
    usual, days = _median_worst(answers, last.day, by)
    why = None
    if answers.stale:
        why = f"the last answer, of {last.day}, is more than {by.stale_after_days} days old"
    elif usual is None:
        why = (
            f"{days} answered day{'' if days == 1 else 's'} in the {by.baseline_days} days "
            f"before {last.day}, at least {by.least_baseline_days} are needed"
        )
    if why is not None:
        return Decision(
            Verdict.NO_EVIDENCE, f"cannot judge: {why}", RULE, last.day, "technical", reported_at=last.at
        )
    return Decision(
        Verdict.QUIET,
        f"{last.in_words()} on {last.day}; "
        f"median worst pain of the {by.baseline_days} days before: {usual:g}",
        RULE,
        day,
        score=_score(screened, day),
        reported_at=last.at,
    )


def _screened(
    screened: Screened,
    answers: Answers,
    place: int,
    verdict: Verdict,
    severity: Severity | None = None,
    tier: Reached | None = None,
    about: Cause | None = None,
) -> Decision:
    """The decision of the screen on one day, under this verdict; `about` instead of its own cause."""
    said = screened.decision(0, place, about)
    cause = Cause(int(screened.cause[0, place])) if about is None else about
    unheard = cause == Cause.LIKELY and said.evidence["days_without_answer"] != 0
    # Answers that come late may show that there was no silence (`withdrawn`).
    guess = {"about": SILENCE, "silent_on": said.day.isoformat()} if unheard or cause == Cause.SILENCE else {}
    of_day = [one for one in answers.all if one.day == said.day]
    return Decision(
        verdict,
        said.reason,
        RULE,
        said.day,
        tier or _REACHED[said.tier],
        severity,
        _score(screened, said.day),
        of_day[-1].at if of_day else None,
        {"because": "score", **guess, **said.evidence},
    )


def _evidence(decision: Decision, answers: Answers, by: Thresholds) -> dict[str, object]:
    """What the decision says itself, with the answer it rests on and the median before it."""
    found: dict[str, object] = {"thresholds": by.label}
    report = next((one for one in answers.all if one.at == decision.reported_at), None)
    if report is not None:
        found |= {"worst": report.worst, "average": report.average, "said_at": report.at.isoformat()}
    usual, days = _median_worst(answers, decision.day, by)
    found |= {"usual_worst": usual, "answered_days": days, "of_days": by.baseline_days}
    return found | decision.evidence


def _median_worst(answers: Answers, day: date, by: Thresholds) -> tuple[float | None, int]:
    """The median of worst pain over the answered days among those before `day`, None where too few are; and
    how many are answered. A day counts once, by its latest answer. It is not what the screen calls usual, a
    level that does not follow a slow rise, and no sentence calls it so."""
    start = day - timedelta(days=by.baseline_days)
    own = {one.day: one.worst for one in answers.all if one.worst is not None and start <= one.day < day}
    return (float(median(own.values())) if len(own) >= by.least_baseline_days else None), len(own)


def _pages(screened: Screened | None, day: date) -> bool:
    return screened is not None and _on(screened, screened.tier, day) == Tier.PAGE


def _score(screened: Screened | None, day: date) -> float | None:
    """Two digits: what the last ones say is no reason for another decision."""
    score = _NAN if screened is None else _on(screened, screened.score, day)
    return None if np.isnan(score) else round(score, 2)


def _accepted(screened: Screened | None, day: date) -> float:
    """The level that is expected of the patient on that day; NaN: none, to which nothing compares."""
    return _NAN if screened is None else _on(screened, screened.rows.of("accepted_level"), day)


def _on(screened: Screened, values: NDArray[np.int8] | Floats, day: date) -> float:
    """The value of the first patient on a day; NaN where there is no such day."""
    place = (day - screened.rows.first_day[0]).days
    return float(values[0, place]) if 0 <= place < int(screened.rows.days[0]) else _NAN
