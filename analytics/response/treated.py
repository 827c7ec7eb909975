"""The response to one treatment, as a document: endpoints, course, and each measure before and after.

A value that cannot be given is null beside a reason (`<name>_reason`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from analytics.response.course import Course, course
from analytics.response.endpoints import Endpoint, Judged, Level, endpoint, ome_change
from analytics.response.interrupted import ERRORS, Estimate, interrupted
from analytics.response.rules import METHOD, RULES, Rules
from analytics.response.windows import (
    Daily,
    Event,
    Window,
    baseline,
    earlier,
    follow_up,
    known_until,
    levels,
    others,
)

WORST, AVERAGE = "worst", "average"


@dataclass(frozen=True)
class Measure:
    """A daily measure about an event, or the reason why it cannot be compared."""

    name: str
    unit: str | None  #: None where there is no value
    series: Daily
    reason: str | None = None


@dataclass(frozen=True)
class _Assessed:
    day: int
    pain: Window
    ome: Window
    found: Judged


def responded(
    event: Event,
    events: Sequence[Event],
    today: int,
    worst: Daily,
    ome: Daily,
    measures: Sequence[Measure],
    rules: Rules = RULES,
) -> dict[str, Any]:
    """What became of a patient after `event`.

    Parameters
    ----------
    events
        All treatments of the patient, `event` among them or not.
    today
        The last day that is over, in days from the event; what lies after it is not looked at.
    worst, ome
        Worst pain (0 to 10) and daily oral morphine equivalent [mg]; without any value it is unknown.
    measures
        What else is compared, in this order.
    """
    before, ome_before = baseline(worst, rules), baseline(ome, rules)
    then = levels(before, ome_before)
    near = others(event, events, rules)

    def at(day: int) -> _Assessed:
        pain, dose = follow_up(worst, day, rules), follow_up(ome, day, rules)
        return _Assessed(day, pain, dose, endpoint(then, levels(pain, dose), rules))

    until = min(today, rules.reach_days)
    days = [at(day) for day in range(rules.window_days, until + 1)]
    went = course([(one.day, one.found.endpoint) for one in days], rules)
    last = known_until(worst, today, rules)
    shown = None if last is None else at(last)
    document: dict[str, Any] = {
        "method": METHOD,
        "day": event.day.isoformat(),
        "kind": event.kind,
        "technique": event.technique,
        **_headline(before, shown, today, rules),
        **_course(went, event),
        "baseline": _baseline(event, before, ome_before),
        "baseline_low": None if then.pain is None else then.pain < rules.low_baseline,
        "last": None if shown is None else _assessment(event, then, shown, near),
        "assessments": [
            _assessment(event, then, at(day), near) if day <= today else _not_reached(event, day)
            for day in rules.assessed_days
        ],
        "others": [_other(one, day) for one, day in near],
        "earlier": [_other(one, day) for one, day in earlier(event, events, rules)],
        "measures": [_measure(one, until, until if last is None else last, rules) for one in measures],
        "errors": ERRORS,
        "rules": rules.document(),
    }
    return document


def _headline(before: Window, shown: _Assessed | None, today: int, rules: Rules) -> dict[str, Any]:
    """The endpoint of the last day that has one: how it stands."""
    if shown is not None:
        reason = shown.found.reason if before.reason is None else before.reason
        return {"endpoint": str(shown.found.endpoint), "reason": reason}
    if today < rules.window_days:
        why = f"too early: the first assessment is of day {rules.window_days}"
    else:
        why = f"too little data: no {rules.window_days} days after it have {rules.least_days} with an answer"
    return {"endpoint": str(Endpoint.NOT_EVALUABLE), "reason": why}


def _course(went: Course, event: Event) -> dict[str, Any]:
    found: dict[str, Any] = {
        "best": str(went.best),
        "time_to_response_days": went.began,
        "responded_on": None if went.began is None else _date(event, went.began),
        "duration_days": went.duration,
        "censored": went.censored,
        "followed_days": went.followed,
    }
    if went.reason is not None:
        found["time_to_response_days_reason"] = found["duration_days_reason"] = went.reason
    return found


def _baseline(event: Event, pain: Window, ome: Window) -> dict[str, Any]:
    return {
        "first": _date(event, pain.first),
        "last": _date(event, pain.last),
        **_levels(pain, ome),
    }


def _levels(pain: Window, ome: Window) -> dict[str, Any]:
    found: dict[str, Any] = {"n": pain.n, "pain": pain.level, "n_ome": ome.n, "ome_mg": ome.level}
    for name, window in (("pain", pain), ("ome_mg", ome)):
        if window.reason is not None:
            found[f"{name}_reason"] = window.reason
    return found


def _assessment(
    event: Event, then: Level, one: _Assessed, near: Sequence[tuple[Event, int]]
) -> dict[str, Any]:
    now = levels(one.pain, one.ome)
    known = then.pain is not None and now.pain is not None
    return {
        "day": one.day,
        "date": _date(event, one.day),
        "reached": True,
        **_levels(one.pain, one.ome),
        "pain_change": now.pain - then.pain if known else None,  # type: ignore[operator]
        "ome_change": ome_change(then, now),
        "pain_alone": None if one.found.pain_alone is None else str(one.found.pain_alone),
        "endpoint": str(one.found.endpoint),
        "reason": one.found.reason,
        "intercurrent": any(day <= one.day for _, day in near),
    }


def _not_reached(event: Event, day: int) -> dict[str, Any]:
    return {
        "day": day,
        "date": _date(event, day),
        "reached": False,
        "endpoint": str(Endpoint.NOT_EVALUABLE),
        "reason": f"not reached yet: day {day} is {_date(event, day)}",
    }


def _other(one: Event, day: int) -> dict[str, Any]:
    return {"id": one.id, "kind": one.kind, "technique": one.technique, "day": day}


def _measure(one: Measure, until: int, last: int, rules: Rules) -> dict[str, Any]:
    """Baseline, the week up to `last`, their difference, and the interrupted series up to `until`."""
    found: dict[str, Any] = {"name": one.name, "unit": one.unit}
    before, after = baseline(one.series, rules), follow_up(one.series, last, rules)
    changed = interrupted(one.series, until, rules)
    known = one.reason is None and before.level is not None and after.level is not None
    _put(found, "baseline", None if one.reason else before.level, one.reason or before.reason)
    _put(found, "follow_up", None if one.reason else after.level, one.reason or after.reason)
    difference = after.level - before.level if known else None  # type: ignore[operator]
    _put(found, "difference", difference, one.reason or before.reason or after.reason)
    found |= {"n_baseline": before.n, "n_follow_up": after.n, "follow_up_day": last}
    for name in ("level_change", "slope_change", "slope_before"):
        estimate: Estimate | None = getattr(changed, name)
        if one.reason is not None or estimate is None:
            estimate = Estimate(np.nan, None, None)
        _put(found, name, _known(estimate.estimate), one.reason or changed.reason)
        ci = None if estimate.ci is None else list(estimate.ci)
        _put(found, f"{name}_ci", ci, one.reason or changed.reason)
        if name == "level_change":
            _put(found, f"{name}_se", estimate.se, one.reason or changed.reason)
    expected = rules.series_days + max(until, 0)
    found |= {
        "phi": None if one.reason else changed.phi,
        "n_before": changed.n_before,
        "n_after": changed.n_after,
        "missing_share": 1 - (changed.n_before + changed.n_after) / expected,
    }
    return found


def _put(found: dict[str, Any], name: str, value: Any, why: str | None) -> None:
    """A value, or null with the reason."""
    found[name] = value
    if value is None:
        found[f"{name}_reason"] = why


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value


def _date(event: Event, day: int) -> str:
    return (event.day + timedelta(days=day)).isoformat()
