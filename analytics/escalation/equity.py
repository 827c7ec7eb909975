"""Whom the system sees worse, and why: each group of patients beside all the others.

Sensitivity, false pages, wear, diary and days that cannot be judged, by age band, sex, site, language and
stage, each with an interval by patients (`clustered`). Each difference of sensitivity is asked again among
patients who answer and wear alike (`like_with_like`). A group of fewer than ten patients is too few to tell,
and says so. Pure: counts in, a document out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.escalation.clustered import Estimate, difference, mean, rate, share
from analytics.escalation.like_with_like import left, strata
from analytics.escalation.watched import Looked, Watched
from groups.responses import FEW

METHOD = "equity 1"
NAMES = ("age_band", "sex", "site", "language", "stage")
NOT_TOLD = "not told"
TOO_FEW = "too few to tell"

Values = NDArray[np.float64]
Inside = NDArray[np.bool_]
_Measure = Callable[[Sequence[Watched]], Estimate | None]


def _share(part: Callable[[Watched], float], whole: Callable[[Watched], float]) -> _Measure:
    return lambda people: share([part(one) for one in people], [whole(one) for one in people])


def _rate(count: Callable[[Watched], float]) -> _Measure:
    return lambda people: rate([count(one) for one in people], [one.weeks for one in people])


#: Name, how it is worked out, and who counts in it.
MEASURES: dict[str, tuple[_Measure, Callable[[Watched], bool]]] = {
    "sensitivity": (_share(lambda p: p.seen, lambda p: len(p.events)), lambda p: bool(p.events)),
    "false_pages_per_week": (_rate(lambda p: p.false_pages), lambda p: p.days > 0),
    "pages_per_week": (_rate(lambda p: p.pages), lambda p: p.days > 0),
    "diary": (_share(lambda p: p.answered, lambda p: p.days), lambda p: p.days > 0),
    "wear": (_share(lambda p: p.worn, lambda p: p.wear_days), lambda p: p.wear_days > 0),
    "cannot_judge": (_share(lambda p: p.cannot_judge, lambda p: p.days), lambda p: p.days > 0),
    "level": (lambda people: mean([one.level for one in people]), lambda p: not np.isnan(p.level)),
}


def equity(people: Sequence[Watched]) -> dict[str, Any]:
    """The document, ready for JSON; every number that is null has its reason beside it."""
    alike = strata(
        np.array([one.answered / one.days if one.days else np.nan for one in people]),
        np.array([one.worn / one.wear_days if one.wear_days else np.nan for one in people]),
    )
    events = [looked for one in people for looked in one.events]
    return {
        "method": METHOD,
        "n_patients": len(people),
        "patient_weeks": sum(one.weeks for one in people),
        "n_events": len(events),
        "n_seen": sum(looked.seen for looked in events),
        "all": _measured(people),
        "attributes": [
            {"attribute": name, "groups": _groups(people, name, alike)}
            for name in NAMES
            if any(name in one.attributes for one in people)
        ],
        "missed_and_seen": _missed_and_seen(people),
    }


def _groups(people: Sequence[Watched], name: str, alike: NDArray[np.int64]) -> list[dict[str, Any]]:
    values = np.array([one.attributes.get(name, NOT_TOLD) for one in people])
    told = values != NOT_TOLD
    found = []
    for value in sorted(set(values.tolist()), key=lambda text: (text == NOT_TOLD, text)):
        # The rest are the others of whom it is told: whom nobody asked is no contrast to a band.
        inside = values == value
        found.append(_group(people, value, inside, told & ~inside, alike))
    return found


def _group(
    people: Sequence[Watched], value: str, inside: Inside, outside: Inside, alike: NDArray[np.int64]
) -> dict[str, Any]:
    group: dict[str, Any] = {"value": value, "n_patients": int(inside.sum())}
    if group["n_patients"] < FEW:
        # How many of few had an event would tell of persons.
        return group | {"reason": f"{TOO_FEW}: fewer than {FEW} patients"}
    own, others = _chosen(people, inside), _chosen(people, outside)
    group["n_events"] = sum(len(one.events) for one in own)
    group["n_seen"] = sum(one.seen for one in own)
    group["measures"] = mine = _measured(own)
    rest = _measured(others)
    for measure, line in mine.items():
        of, _ = MEASURES[measure]
        if line["estimate"] is None or rest[measure]["estimate"] is None:
            line |= {"rest": None, "difference": None, "difference_ci": None}
            line["difference_reason"] = line.get("reason") or f"of the others {rest[measure]['reason']}"
            continue
        one, other = of(own), of(others)
        assert one is not None and other is not None
        apart = difference(one, other)
        line |= {"rest": other.value, "difference": apart.value, "difference_ci": [apart.low, apart.high]}
    group["like_with_like"] = _like_with_like(people, inside, outside, alike, mine["sensitivity"])
    return group


def _measured(people: Sequence[Watched]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, (of, counts) in MEASURES.items():
        those = [one for one in people if counts(one)]
        value = of(those) if len(those) >= FEW else None
        if value is None:
            what = "with an event" if name == "sensitivity" else "of whom it is known"
            reason = f"{TOO_FEW}: fewer than {FEW} patients {what}"
            found[name] = {"estimate": None, "ci": None, "n_patients": None, "reason": reason}
        else:
            found[name] = {
                "estimate": value.value,
                "ci": [value.low, value.high],
                "n_patients": value.patients,
            }
    return found


def _like_with_like(
    people: Sequence[Watched],
    inside: Inside,
    outside: Inside,
    alike: NDArray[np.int64],
    sensitivity: dict[str, Any],
) -> dict[str, Any]:
    found = None
    if sensitivity["difference"] is not None:
        both = inside | outside
        own = _chosen(people, both)
        found = left(
            np.array([one.seen for one in own], float),
            np.array([len(one.events) for one in own], float),
            inside[both],
            alike[both],
        )
    if found is None:
        reason = sensitivity.get("difference_reason", "nobody of the others answers and wears alike")
        return {"difference": None, "difference_ci": None, "compared": None, "reason": reason}
    return {
        "difference": found.value,
        "difference_ci": [found.low, found.high],
        "compared": found.compared,
    }


def _missed_and_seen(people: Sequence[Watched]) -> dict[str, Any]:
    """What was known around the events that were missed, beside those that were seen; one mean a patient."""
    parts: dict[str, Any] = {}
    for name in ("diary", "wear", "level"):
        missed, seen = (
            mean([_mean_of(one.events, name, seen=which) for one in people]) for which in (False, True)
        )
        if missed is None or seen is None or min(missed.patients, seen.patients) < FEW:
            parts[name] = {"missed": None, "seen": None, "difference": None, "difference_ci": None}
            parts[name]["reason"] = f"{TOO_FEW}: fewer than {FEW} patients with a missed, or a seen, event"
            continue
        apart = difference(missed, seen)
        parts[name] = {
            "missed": missed.value,
            "seen": seen.value,
            "difference": apart.value,
            "difference_ci": [apart.low, apart.high],
        }
    return parts


def _mean_of(events: Sequence[Looked], name: str, *, seen: bool) -> float:
    known = [value for one in events if one.seen == seen and not np.isnan(value := getattr(one, name))]
    return float(np.mean(known)) if known else float("nan")


def _chosen(people: Sequence[Watched], which: Inside) -> list[Watched]:
    return [one for one, there in zip(people, which.tolist(), strict=True) if there]
