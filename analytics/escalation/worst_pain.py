"""The first rule: severe worst pain at once, and a lasting rise over the patient's own level.

*Severe*: an answer of 7 or more, given within 24 h of its receipt (Serlin et al., Pain 61:277-284, 1995:
7 to 10 is severe). One is enough, and since the question looks back over 24 h a milder answer within the
following 24 h does not take it back.

*Rise*: two of the last three answered days lie at least max(2 points, 30 % of the baseline) above the
baseline (Farrar et al., Pain 94:149-158, 2001; Mathias et al. 2011). The baseline is the median of the
answered days among the 14 local days before the first of the two, so a rise is never measured against
itself and both are held against the same number. Fewer than 5 answered days make no baseline. Only days
within a week up to the last answer can be among the three: bad days a fortnight apart are no rise.

A day counts once, by its latest answer. An entry without `worst` (skipped) is no answer. When the last
answer is more than three days old nothing fires: what was true then may no longer be. What cannot be
judged says so and is never quiet.

These numbers are the shipped `Thresholds`; an operator may give others, and each decision names its set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import combinations
from statistics import median

from analytics.escalation.decision import Decision, Verdict
from analytics.escalation.thresholds import SHIPPED, Thresholds

NAME, VERSION = "worst_pain", 1
RULE = f"{NAME} {VERSION}"


@dataclass(frozen=True)
class Report:
    """One diary entry in its newest revision; times carry an offset."""

    day: date  #: the patient's local day of `at`
    at: datetime
    worst: int | None  #: 0 to 10; None where the patient did not answer
    received_at: datetime | None = None  #: None is taken as received when given


@dataclass(frozen=True)
class _Baseline:
    level: float
    days: int
    first: date
    last: date
    needed: float  #: the lowest answer that is a rise


def judge(reports: Sequence[Report], now: datetime, thresholds: Thresholds = SHIPPED) -> Decision:
    """The decision on one patient's reports, in any order.

    Reports should reach back `thresholds.reach`. Entries dated more than `late_after_h` after `now` are left
    out: their clock is wrong. `now` decides only whether the last answer still counts, so repeating it
    changes nothing.
    """
    decision = _judge(reports, now, thresholds)
    return replace(decision, evidence={**decision.evidence, "thresholds": thresholds.label})


def _judge(reports: Sequence[Report], now: datetime, by: Thresholds) -> Decision:
    late_after = timedelta(hours=by.late_after_h)
    answers = sorted(
        (r for r in reports if r.worst is not None and r.at <= now + late_after), key=lambda r: r.at
    )
    if not answers:
        return _cannot_judge("there is no answer yet", None)
    last = answers[-1]
    if now - last.at > timedelta(days=by.stale_after_days):
        return _cannot_judge(
            f"the last answer, of {last.day}, is more than {by.stale_after_days} days old", last
        )
    looks_back = timedelta(hours=by.looks_back_h)
    severe = [r for r in answers if _score(r) >= by.severe and last.at - r.at <= looks_back]
    in_time = [r for r in severe if abs(_received(r) - r.at) <= late_after]
    if in_time:
        return _severe(in_time[-1], by)
    rise = _rise({r.day: r for r in answers}, by)
    if severe and rise.verdict is not Verdict.FIRE:
        return _cannot_judge(
            f"worst pain {_score(severe[-1])} of 10 on {severe[-1].day} was received more than "
            f"{by.late_after_h} h later",
            severe[-1],
        )
    return rise


def _severe(report: Report, by: Thresholds) -> Decision:
    score = _score(report)
    return Decision(
        Verdict.FIRE,
        f"worst pain {score} of 10 on {report.day}; {by.severe} or more is severe",
        RULE,
        "high",
        report.day,
        report.at,
        {"because": "severe", "worst": score, "at_least": by.severe, "reported_at": report.at.isoformat()},
    )


def _rise(by_day: dict[date, Report], by: Thresholds) -> Decision:
    """`by_day` holds the latest answer of each answered day, in order."""
    last = by_day[max(by_day)]
    own = _baseline(by_day, last.day, by)
    recent = [d for d in by_day if last.day - d < timedelta(days=by.together_days)][-by.last_reports :]
    for first, second in reversed(list(combinations(recent, 2))):
        level = _baseline(by_day, first, by)
        if level is not None and min(_score(by_day[first]), _score(by_day[second])) >= level.needed - 1e-9:
            return _risen(by_day[first], by_day[second], level)
    if own is None:
        answered = len(_answered_before(by_day, last.day, by))
        return _cannot_judge(
            f"{answered} answered days in the {by.baseline_days} days before {last.day}, "
            f"a baseline needs {by.least_baseline_days}",
            last,
        )
    high = _score(last) >= own.needed - 1e-9
    partners = [d for d in recent if d != last.day]
    if high and not partners:
        return _cannot_judge(f"the answer of {last.day} stands alone in {by.together_days} days", last)
    # A high day that came too early for a baseline of its own may be the other half of a rise.
    if high and any(
        _baseline(by_day, d, by) is None and _score(by_day[d]) >= own.needed - 1e-9 for d in partners
    ):
        return _cannot_judge(f"an equally high answer before {last.day} has no baseline of its own yet", last)
    return Decision(
        Verdict.QUIET,
        f"worst pain {_score(last)} of 10 on {last.day}; usual {own.level:g} over {own.days} answered days",
        RULE,
        None,
        last.day,
        last.at,
        {"worst": _score(last), **_as_evidence(own)},
    )


def _risen(first: Report, second: Report, level: _Baseline) -> Decision:
    return Decision(
        Verdict.FIRE,
        f"worst pain {_score(first)} of 10 on {first.day} and {_score(second)} on {second.day}; usual "
        f"{level.level:g} over {level.days} answered days, {level.needed:g} or more is a rise",
        RULE,
        "medium",
        second.day,
        second.at,
        {
            "because": "rise",
            "reports": [{"day": r.day.isoformat(), "worst": _score(r)} for r in (first, second)],
            "at_least": round(level.needed, 2),
            **_as_evidence(level),
        },
    )


def _baseline(by_day: dict[date, Report], day: date, by: Thresholds) -> _Baseline | None:
    """The median of the answered days among the local days before `day`, where there are enough."""
    scores = _answered_before(by_day, day, by)
    if len(scores) < by.least_baseline_days:
        return None
    level = float(median(scores))
    needed = level + max(by.rise_points, by.rise_share * level)
    days_before = (day - timedelta(days=by.baseline_days), day - timedelta(days=1))
    return _Baseline(level, len(scores), *days_before, needed)


def _answered_before(by_day: dict[date, Report], day: date, by: Thresholds) -> list[int]:
    start = day - timedelta(days=by.baseline_days)
    return [_score(r) for d, r in by_day.items() if start <= d < day]


def _as_evidence(level: _Baseline) -> dict[str, object]:
    return {
        "baseline": level.level,
        "baseline_days": level.days,
        "baseline_from": level.first.isoformat(),
        "baseline_to": level.last.isoformat(),
    }


def _cannot_judge(why: str, report: Report | None) -> Decision:
    return Decision(
        Verdict.NO_EVIDENCE,
        f"cannot judge: {why}",
        RULE,
        day=None if report is None else report.day,
        reported_at=None if report is None else report.at,
    )


def _score(report: Report) -> int:
    if report.worst is None:
        raise ValueError("only answered reports have a score")
    return report.worst


def _received(report: Report) -> datetime:
    return report.at if report.received_at is None else report.received_at
