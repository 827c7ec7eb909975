"""People of several scenarios in one group, as on a ward: who is who stands in the truth alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulate.cohort.cohort import Family, make_cohort
from simulate.cohort.record import Cohort
from simulate.cohort.scenarios import FEWEST_DAYS, MIXED


@dataclass(frozen=True)
class Member:
    """One simulated patient: the `index`-th of its cohort, under an identifier that tells no scenario."""

    code: str
    cohort: Cohort
    index: int


def members(
    patients: int,
    days: int,
    seed: int,
    scenarios: Sequence[str] = MIXED,
    *,
    family: Family = "plain",
    stressed: bool = False,
) -> list[Member]:
    """`patients` people over `days` days, of as many scenarios each; more of them change nobody.

    A cohort has 62 days at least: of a shorter one the first days are kept, with the events that begin in
    them. ValueError, in one sentence, for what cannot be made.
    """
    if patients < 1 or days < 1:
        raise ValueError("a cohort needs a patient or more and a day or more")
    story = _stories(patients, len(scenarios), seed)
    made = {}
    for place, name in enumerate(scenarios):
        if n := int((story == place).sum()):
            whole = make_cohort(name, n, max(days, FEWEST_DAYS), seed, family=family, stressed=stressed)
            made[place] = first_days(whole, days)
    seen = dict.fromkeys(made, 0)
    group = []
    for i, place in enumerate(story.tolist()):
        group.append(Member(f"SIM-{seed}-{i + 1:04d}", made[place], seen[place]))
        seen[place] += 1
    return group


def _stories(patients: int, scenarios: int, seed: int) -> NDArray[np.int64]:
    """(patients,): whose scenario is which; each comes once in so many patients, in an order by chance."""
    rounds = -(-patients // scenarios)
    order = [np.random.default_rng([seed, turn]).permutation(scenarios) for turn in range(rounds)]
    return np.concatenate(order)[:patients]


def first_days(cohort: Cohort, days: int) -> Cohort:
    """The first `days` days of a cohort: what had been known and had happened by then."""
    if days >= cohort.shape[1]:
        return cohort
    cut: dict[str, Any] = {
        field.name: values[:, :days]
        for field in fields(cohort)
        if isinstance(values := getattr(cohort, field.name), np.ndarray) and values.ndim == 2
    }
    events = cohort.events[cohort.events["onset"] < days]
    windows = cohort.windows[cohort.windows["first"] < days]
    for name in ("end", "plus_two", "count_to"):
        events[name] = np.minimum(events[name], days)
    windows["last"] = np.minimum(windows["last"], days)
    return replace(cohort, **cut, events=events, windows=windows)


def events_of(member: Member) -> Iterator[np.void]:
    """The events of one member, in order."""
    events = member.cohort.events
    yield from events[events["patient"] == member.index]


def windows_of(member: Member) -> Iterator[np.void]:
    """The windows of one member, in order."""
    windows = member.cohort.windows
    yield from windows[windows["patient"] == member.index]
