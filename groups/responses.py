"""Treatment responses of a group: how many of each endpoint, how soon, how long, and the pooled change.

A person counts once in a group, with the first of the treatments that were given. The documents are those of
`analytics.response.treated`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from groups.pooled import LEAST, METHOD, pooled
from groups.proportion import wilson
from groups.waiting import median_time

ENDPOINTS = ("complete", "partial", "progression", "indeterminate", "not_evaluable")
RESPONSES = ("complete", "partial")
MONTHS = ("month_1", "month_2", "month_3")
NONE_GIVEN = "not given"  #: the technique of a treatment that was entered without one
OTHER = "other"  #: several small groups as one
FEW = 10  #: below it a group says so


@dataclass(frozen=True, slots=True)
class Treated:
    """One treatment of one person and its response."""

    person: str
    day: date
    technique: str | None
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Group:
    """The people of one technique, each once."""

    technique: str
    treated: tuple[Treated, ...]


def groups_of(treated: Iterable[Treated], *, by_technique: bool) -> list[Group]:
    """Those of each technique, or everybody as one group; by name."""
    found: dict[str, dict[str, Treated]] = {}
    for one in sorted(treated, key=lambda t: (t.day, t.person)):
        name = (one.technique or NONE_GIVEN) if by_technique else "all"
        found.setdefault(name, {}).setdefault(one.person, one)
    return [Group(name, tuple(own.values())) for name, own in sorted(found.items())]


def large_enough(groups: Sequence[Group], least: int) -> list[Group]:
    """The groups of at least so many people; the others together as one, with as many of the next larger as
    that needs. Empty where all people together are too few.

    Nothing is left for somebody who knows the total to subtract, and the name of a small group, which may be
    a free text, is not shown.
    """
    small: list[Group] = []
    by_size = sorted(groups, key=lambda group: (len(group.treated), group.technique))
    while by_size and (len(by_size[0].treated) < least or 0 < len(_people(small)) < least):
        small.append(by_size.pop(0))
    kept = sorted(by_size, key=lambda group: group.technique)
    if len(_people(small)) < least:  # nobody is hidden, or all there are
        return kept
    together = groups_of((one for group in small for one in group.treated), by_technique=False)
    return [*kept, Group(OTHER, together[0].treated)]


def summary(group: Group, least: int = 0) -> dict[str, Any]:
    """The figures of one group; a part that rests on fewer than `least` people is null with a reason."""
    documents = [one.document for one in group.treated]
    parts = {
        **{name: _of_month(documents, k) for k, name in enumerate(MONTHS)},
        "last": [d["endpoint"] for d in documents],
        "best": [d["best"] for d in documents],
    }
    found: dict[str, Any] = {"technique": group.technique, "n_patients": len(documents)}
    for name, endpoints in parts.items():
        _put(found, name, counted(endpoints), len(endpoints), least)
    low = [d for d in documents if d.get("baseline_low")]
    _put(found, "baseline_low", len(low), len(documents), least)
    waits = [_waited(d) for d in documents if d["followed_days"] is not None]
    _put(found, "time_to_response", _median(waits), len(waits), least)
    held = [(d["duration_days"], not d["censored"]) for d in documents if d["duration_days"] is not None]
    _put(found, "duration", _median(held), len(held), least)
    found["level_changes"] = _level_changes(documents, least)
    found["level_changes_method"] = METHOD
    if len(documents) < FEW:
        found["note"] = "small numbers: read the intervals, not the shares"
    return found


def counted(endpoints: Sequence[str]) -> dict[str, Any]:
    """How many of each endpoint, and the share of responses: of those that can be evaluated, and of all."""
    counts = {name: endpoints.count(name) for name in ENDPOINTS}
    responded, n = sum(counts[name] for name in RESPONSES), len(endpoints)
    evaluable = n - counts["not_evaluable"]
    return {
        "n": n,
        **counts,
        "evaluable": evaluable,
        "responded": responded,
        "rate": responded / evaluable if evaluable else None,
        "rate_ci": _interval(responded, evaluable),
        "rate_of_all": responded / n if n else None,
        "rate_of_all_ci": _interval(responded, n),
    }


def _people(groups: Iterable[Group]) -> set[str]:
    return {one.person for group in groups for one in group.treated}


def _of_month(documents: Sequence[Mapping[str, Any]], k: int) -> list[str]:
    """The endpoints of those who have reached that month."""
    return [d["assessments"][k]["endpoint"] for d in documents if d["assessments"][k]["reached"]]


def _waited(document: Mapping[str, Any]) -> tuple[float, bool]:
    """Until a response began, or the last day on which one that began could have been confirmed: of a run
    that began in the last week nobody knows what it would have become, so it was not seen to be none."""
    began = document["time_to_response_days"]
    if began is not None:
        return began, True
    return max(document["followed_days"] - document["rules"]["confirmed_after"], 0), False


def _median(times: Sequence[tuple[float, bool]]) -> dict[str, Any]:
    found: dict[str, Any] = {"n": len(times), "seen": sum(seen for _, seen in times)}
    found["median_days"] = median_time(times)
    if found["median_days"] is None:
        found["median_days_reason"] = "fewer than half have come to it" if times else "nobody"
    return found


def _level_changes(documents: Sequence[Mapping[str, Any]], least: int) -> list[dict[str, Any]]:
    """The change of level at the treatment, pooled, of each measure in each unit."""
    own: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for document in documents:
        for measure in document["measures"]:
            of = own.setdefault((measure["name"], measure["unit"]), [])
            if measure["level_change_se"] is not None:
                of.append((measure["level_change"], measure["level_change_se"]))
    found = []
    for (name, unit), estimates in own.items():
        line: dict[str, Any] = {"name": name, "unit": unit}
        mean = pooled(estimates) if len(estimates) >= least else None
        line["n"] = None if mean is None and len(estimates) < least else len(estimates)
        line["estimate"] = None if mean is None else mean.estimate
        line["ci"] = None if mean is None else list(mean.ci)
        line["tau"] = None if mean is None else mean.tau
        if mean is None:
            line["estimate_reason"] = f"too little data: fewer than {max(least, LEAST)} people have it"
        found.append(line)
    return found


def _interval(k: int, n: int) -> list[float] | None:
    found = wilson(k, n)
    return None if found is None else list(found)


def _put(found: dict[str, Any], name: str, value: Any, people: int, least: int) -> None:
    found[name] = value if people >= least else None
    if people < least:
        found[f"{name}_reason"] = f"fewer than {least} people"
