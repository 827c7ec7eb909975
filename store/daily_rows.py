"""The daily rows of patients (`store.patient_rows`), read from what is stored.

The cost is that of the days asked for, however long the history is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from days.cut import day_of, day_start
from store.alerts.accepted import Accepted, accepted_by_day, accepted_levels
from store.own_reports import own_reports, superseded
from store.patient_rows import MOVED, SAID, Answer, PatientRows
from store.people import Patient
from store.wear_runs import worn_longest
from store.zones import local_day, zone_at, zones_of

_DAY = timedelta(days=1)


def daily_rows(
    session: Session,
    patient_ids: Sequence[int],
    first: date,
    last: date,
    at: datetime,
    *,
    as_known: bool = False,
) -> list[PatientRows]:
    """The rows of these patients over the local days [first, last], in the order of their ids.

    A patient's rows begin with the first of these days that has anything, and end with `last`, or with the
    day that `at` lies in for the patient. That day is not over: it has what the diary says of it, while
    movement and sleep of a part of a day would look like a bad one, and are left out. An entry counts for
    the day it tells of; of several, each number is the newest one given. Activity that is not in mg is none.

    With `as_known` each day has only what was received before it ended, so that it can be judged as it would
    have been: later entries, corrections and treatments are left out of it for good. When movement arrived is
    not stored, so that stays as it is now.
    """
    found = every_day(session, people(session, patient_ids), first, last, at, as_known=as_known)
    return [one.from_first_known() for one in found]


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of a patient beside the days."""

    code: str
    zone: tzinfo
    accepted: list[Accepted]


def people(session: Session, patient_ids: Sequence[int]) -> dict[int, Person]:
    """Those of these patients that there are, in the order of their ids."""
    asked = sorted(set(patient_ids))
    zones = zones_of(session, asked)
    accepted = accepted_levels(session, asked)
    codes = session.execute(_CODES, {"patients": asked}).all()
    return {id_: Person(code, zones[id_], accepted.get(id_, [])) for id_, code in sorted(codes)}


def every_day(
    session: Session,
    whose: Mapping[int, Person],
    first: date,
    last: date,
    at: datetime,
    *,
    as_known: bool = False,
) -> list[PatientRows]:
    """`daily_rows` of these patients, which begin with `first` for everybody, be nothing known of it."""
    if not whose or last < first:
        return []
    span = span_of([*whose], first, last)
    said = _by_patient(session.execute(_EVERY_FORM if as_known else _NEWEST_FORM, span))
    moved = _by_patient(session.execute(_MOVED, span))
    worn = worn_longest(session, [*whose], first, last)
    treated = _by_patient(session.execute(_TREATED, span))
    calendar: dict[tzinfo, _Calendar] = {}
    found = []
    for patient_id, person in whose.items():
        if person.zone not in calendar:
            calendar[person.zone] = _Calendar(first, last, person.zone, at)
        own = [one.get(patient_id, []) for one in (said, moved, worn, treated)]
        found.append(_rows(patient_id, person, calendar[person.zone], own, as_known))
    return found


def span_of(patient_ids: Sequence[int], first: date, last: date) -> dict[str, Any]:
    """What the statements of this file are asked with."""
    return {
        "patients": list(patient_ids),
        "first": first,
        "last": last,
        # No local day reaches more than 14 h before its date in UTC or 12 h behind.
        "start": datetime.combine(first, time(), UTC) - timedelta(hours=14),
        "end": datetime.combine(last, time(), UTC) + timedelta(hours=36),
    }


class _Calendar:
    """The days that were asked for in one zone: which of them are over, when they end, their offsets."""

    def __init__(self, first: date, last: date, zone: tzinfo, at: datetime) -> None:
        self.zone, self.first = zone, first
        self.today = day_of(at, zone)
        self.last = min(last, max(self.today, first))
        self.length = (self.last - first).days + 1
        self._ends: list[datetime] = []
        noons = (datetime.combine(first + k * _DAY, time(12), zone) for k in range(self.length))
        offsets = [noon.utcoffset() or timedelta() for noon in noons]
        self.offset_min = np.array([offset / timedelta(minutes=1) for offset in offsets])

    def place(self, day: date) -> int | None:
        """Which of the days it is, from 0; None where it was not asked for."""
        place = (day - self.first).days
        return place if 0 <= place < self.length else None

    def end(self, place: int) -> datetime:
        """The first instant of the day after."""
        if not self._ends:
            following = (self.first + (k + 1) * _DAY for k in range(self.length))
            self._ends = [day_start(day, self.zone) for day in following]
        return self._ends[place]


def _rows(
    patient_id: int,
    person: Person,
    days: _Calendar,
    stored: list[list[Any]],
    as_known: bool,
) -> PatientRows:
    said, moved, worn, treated = stored
    numbers = {name: np.full(days.length, np.nan) for name in (*SAID, *MOVED)}
    device = np.full(days.length, -1, np.int64)
    treatments: dict[int, set[str]] = {}
    answers = []
    for row in _known(said, days) if as_known else said:  # oldest first
        if row.day >= days.first and (row.worst is not None or row.average is not None):
            answers.append(Answer(row.day, row.true_at, row.received_at, row.worst, row.average))
        if (place := days.place(row.day)) is None:
            continue
        for name in SAID:
            if (value := getattr(row, name)) is not None:
                numbers[name][place] = value
    for row in moved:
        if (place := days.place(row.day)) is not None and row.day < days.today:
            for name in MOVED:
                if (value := getattr(row, name)) is not None:
                    numbers[name][place] = value
    for day, device_id in worn:
        if (place := days.place(day)) is not None:
            device[place] = device_id
    for row in treated:
        place = days.place(row.day)
        if place is not None and not (as_known and row.entered_at >= days.end(place)):
            treatments.setdefault(place, set()).add(row.kind)
    numbers["utc_offset_min"] = days.offset_min
    if person.accepted:
        numbers["accepted_level"] = accepted_by_day(person.accepted, days.first, days.length, days.zone)
    return PatientRows(
        patient_id,
        person.code,
        person.zone,
        days.first,
        numbers,
        device,
        {place: frozenset(kinds) for place, kinds in treatments.items()},
        answers,
    )


def _known(said: list[Any], days: _Calendar) -> list[Any]:
    """Of each entry the last form that was received before its own day ended."""
    forms: dict[tuple[Any, ...], Any] = {}
    for row in said:  # in the order of their revisions
        place = days.place(row.day)
        if place is not None and row.received_at < days.end(place):
            forms[row.entry, row.device_id, row.own_patient] = row
    return sorted(forms.values(), key=lambda row: (row.true_at, row.id))


def _by_patient(rows: sa.Result[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.patient_id, []).append(row)
    return found


_CODES = sa.select(Patient.id, Patient.code).where(sa.text("id = ANY(CAST(:patients AS bigint[]))"))
_OWN = own_reports("= ANY(CAST(:patients AS bigint[]))", ":start", ":end")
_FORMS = f"""
    SELECT o.whose AS patient_id, {local_day("o.true_at")} AS day, o.true_at, o.received_at, o.id, o.entry,
           o.device_id, o.patient_id AS own_patient, o.worst, o.average, o.breakthrough, o.rescue_doses
    FROM ({_OWN}
    ) o JOIN patient p ON p.id = o.whose {zone_at("o.true_at")}
"""
NEWEST_FORM = f"{_FORMS} WHERE NOT {superseded('o')}"
_NEWEST_FORM = sa.text(f"{NEWEST_FORM} ORDER BY o.true_at, o.id")
_EVERY_FORM = sa.text(f"{_FORMS} ORDER BY o.boot, o.seq")


def _newest(index: str, value: str = "value") -> str:
    """The value by the newest method; null where that has none, whatever an older one had."""
    return f"(array_agg({value} ORDER BY computed_at DESC) FILTER (WHERE index = '{index}'))[1]"


# Grouped by the day, in the order of the key: to sort by the names as well takes as long as all the rest.
_MOVED = sa.text(
    f"""
    SELECT patient_id, day,
           {_newest("steps")} AS steps,
           {_newest("mean_activity", "CASE WHEN unit = 'mg' THEN value END")} AS activity,
           {_newest("worn_min")} / nullif(60 * {_newest("hours")}, 0) AS wear_fraction,
           {_newest("sleep_efficiency")} AS sleep_efficiency,
           {_newest("io")} AS io,
           {_newest("RA_day")} AS ra
    FROM day_index
    WHERE patient_id = ANY(CAST(:patients AS bigint[])) AND day BETWEEN :first AND :last
      AND index IN ('steps', 'mean_activity', 'worn_min', 'hours', 'sleep_efficiency', 'io', 'RA_day')
    GROUP BY patient_id, day
    """
)
_TREATED = sa.text(
    f"""
    SELECT t.patient_id, {local_day("t.at")} AS day, t.kind, t.entered_at
    FROM treatment t JOIN patient p ON p.id = t.patient_id {zone_at("t.at")}
    WHERE t.patient_id = ANY(CAST(:patients AS bigint[])) AND t.withdrawn_at IS NULL
      AND t.at >= :start AND t.at < :end
    """
)
