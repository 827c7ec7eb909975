"""Oral morphine equivalents of local days, from everything that a diary says of doses.

For analytics and research, never for converting a patient from one opioid to another.

Of oral doses a day has those that were taken in it. A patch works while it is worn: 72 h from its application
(label of the fentanyl transdermal system: worn for 72 h), or until a later one takes its place. Patches that
were applied within an hour of each other are worn together. Nothing here knows a database or a clock.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

from opioids.convert import Dose, Equivalent, convert, read_dose

WORN = timedelta(hours=72)  #: a fentanyl patch
LONGEST = timedelta(
    days=7
)  #: a patch that has no factor: no opioid patch is labelled for longer (buprenorphine)
TOGETHER = timedelta(hours=1)

NOT_LISTED = "too little data: no diary entry of this day lists doses"


@dataclass(frozen=True, slots=True)
class Entry:
    """The newest form of a diary entry; `doses` None: not a word about doses, (): there were none."""

    at: datetime
    doses: Sequence[Dose] | None


@dataclass(frozen=True, slots=True)
class LocalDay:
    """A local day, [start, end)."""

    day: date
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class DaySum:
    """Oral morphine of a day [mg], of everything and of rescue doses alone; or why there is no number."""

    day: date
    mg: float | None
    rescue_mg: float | None
    reason: str | None
    digest: bytes  #: sha256 of what it rests on


@dataclass(frozen=True, slots=True)
class Patch:
    """A patch that was worn in [start, end)."""

    dose: Dose
    found: Equivalent
    start: datetime
    end: datetime


def read_entry(
    at: datetime, said: Sequence[Mapping[str, Any]] | None, shift: timedelta = timedelta(0), name: str = ""
) -> Entry:
    """An entry with the doses of the wire; None: it does not speak of doses."""
    return Entry(at, None if said is None else [read_dose(dose, shift, name) for dose in said])


def once(entries: Iterable[Entry]) -> list[Dose]:
    """Every dose, in order of time: what several entries have is one dose, what an entry has twice is two.

    It is a rescue dose if any of them says so.
    """
    kept: dict[tuple[object, ...], list[Dose]] = {}
    for entry in entries:
        here: Counter[tuple[object, ...]] = Counter()
        for dose in sorted(entry.doses or (), key=_order):
            key = dose.key
            same, place = kept.setdefault(key, []), here[key]
            if place < len(same):
                same[place] = _both(same[place], dose)
            else:
                same.append(dose)
            here[key] += 1
    return sorted((dose for own in kept.values() for dose in own), key=_order)


def worn(doses: Iterable[Dose]) -> list[Patch]:
    """From when to when each patch of these doses works; a later application ends it, also one of 0 mcg/h."""
    patches = [(dose, found) for dose in sorted(doses, key=_order) if (found := convert(dose)).patch]
    starts = [dose.at for dose, _ in patches]
    spans = []
    for dose, found in patches:
        ends = dose.at + (WORN if found.mg is not None else LONGEST)
        later = bisect_right(starts, dose.at + TOGETHER)
        spans.append(Patch(dose, found, dose.at, min(ends, starts[later]) if later < len(starts) else ends))
    return spans


def day_sums(entries: Sequence[Entry], days: Sequence[LocalDay]) -> list[DaySum]:
    """The sums of these local days, in order of time, from all entries that have to do with them.

    A day on which no entry lists doses has no number: what was not written down is not 0. Nor has one with a
    dose that cannot be converted; the reason names the first. What is known not to be an opioid changes none.
    """
    if not days:
        return []
    starts = [day.start for day in days]

    def place(at: datetime) -> int | None:
        found = bisect_right(starts, at) - 1
        return found if found >= 0 and at < days[found].end else None

    listed = {place(entry.at) for entry in entries if entry.doses is not None}
    # Whatever is taken after the last day changes none of them, and may lie at the end of the calendar.
    doses = [dose for dose in once(entries) if dose.at < days[-1].end]
    taken: dict[int, list[tuple[Dose, Equivalent, float]]] = {}
    for dose in doses:
        found, day = convert(dose), place(dose.at)
        if day is not None and found.opioid and not found.patch:
            taken.setdefault(day, []).append((dose, found, 1.0))
    for patch in worn(doses):
        for day in range(max(bisect_right(starts, patch.start) - 1, 0), len(days)):
            if days[day].start >= patch.end:
                break
            share = _share(patch, days[day])
            if share > 0:
                taken.setdefault(day, []).append((patch.dose, patch.found, share))
    return [_sum(day, i in listed, taken.get(i, [])) for i, day in enumerate(days)]


def _sum(day: LocalDay, listed: bool, taken: list[tuple[Dose, Equivalent, float]]) -> DaySum:
    taken = sorted(taken, key=lambda one: _order(one[0]))
    rests_on = day.start, day.end, listed, [(_order(dose)[:-1], share) for dose, _, share in taken]
    digest = sha256(repr(rests_on).encode()).digest()
    if not listed:
        return DaySum(day.day, None, None, NOT_LISTED, digest)
    total = rescue = 0.0
    for dose, found, share in taken:
        if found.mg is None:
            return DaySum(day.day, None, None, f"cannot be summed: {found.reason}", digest)
        total += found.mg * share
        rescue += found.mg * share if dose.rescue else 0.0
    if math.isinf(total):
        return DaySum(day.day, None, None, "cannot be summed: the doses are too large to be doses", digest)
    return DaySum(day.day, total, rescue, None, digest)


def _share(patch: Patch, day: LocalDay) -> float:
    """The part of the day's own length in which the patch was worn."""
    during = min(patch.end, day.end) - max(patch.start, day.start)
    return during / (day.end - day.start) if during > timedelta(0) else 0.0


def _both(one: Dose, other: Dose) -> Dose:
    """Two words about one dose; which entry came first does not matter."""
    first = min(one, other, key=_order)
    return replace(first, rescue=one.rescue or other.rescue)


def _order(dose: Dose) -> tuple[object, ...]:
    return dose.at, dose.drug, dose.dose, dose.unit, dose.route, not dose.rescue, dose.entry
