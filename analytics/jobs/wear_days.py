"""Which state each device was in, day by day: stored as stretches, and as minutes beside the day's indices.

A silence is judged as a whole, and it may reach over many days. So whoever computes days at its one end also
writes the silent days in it, and has the day at its other end computed again, unless they say so already.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo

import numpy as np
from sqlalchemy.orm import Session

from analytics.days import HOUR_US, MINUTE_US, day_bounds, local_day_of
from analytics.indices.index import Index
from analytics.indices.wear_amounts import NO_DATA, wear_amounts
from analytics.jobs.wearings import runs_of_wearings
from analytics.signal.wear_states import FIRST_WORD_US, FLAT_PCT, SILENT, STALE_US, WearRuns, WearState
from store import marks, results
from store import wear_runs as stored
from store.epochs import EpochArrays
from store.provenance import Parameters
from store.wear_runs import StoredRun

REACH = timedelta(days=366)  #: silent days are written so far from the days that are computed

PARAMETERS: Parameters = {
    "flat_pct": FLAT_PCT,
    "battery_word_h": STALE_US / HOUR_US,
    "first_word_min": FIRST_WORD_US / MINUTE_US,
}


def judge_days(
    session: Session,
    patient_id: int,
    days: Sequence[date],
    measures: Mapping[date, str],
    zone: tzinfo,
    at: datetime,
    parts: Sequence[EpochArrays],
    method: str,
) -> dict[date, tuple[list[Index], bytes]]:
    """Store what the devices were on these days and on silent days about them; the minutes of each, with a
    digest of the stretches.

    `measures` has the activity that a day is told in, so that worn means the same as in its `worn_min`.
    Nothing is returned of a day on which no device was expected.
    """
    start_us, end_us = day_bounds(days[0], zone)[0], day_bounds(days[-1], zone)[1]
    devices = runs_of_wearings(session, patient_id, measures, zone, at, parts, (start_us, end_us))
    found = {day: _on_day(devices, day, zone) for day in days}
    found |= _silent_days(session, patient_id, set(days), devices, zone, at, method)
    rows = [run for runs in found.values() for run in runs]
    stored.replace_runs(session, patient_id, list(found), rows)
    return {
        day: (amounts, hashlib.sha256(repr(runs).encode()).digest())
        for day, runs in found.items()
        if (amounts := wear_amounts(_by_device(runs), *day_bounds(day, zone)))
    }


def _silent_days(
    session: Session,
    patient_id: int,
    computed: set[date],
    devices: Sequence[tuple[int, WearRuns]],
    zone: tzinfo,
    at: datetime,
    method: str,
) -> dict[date, list[StoredRun]]:
    """The silent days, beyond those computed, of which something else is stored than is known now, or by an
    older method.

    A day with data at the end of a silence is marked instead, where its last or first state is another.
    """
    reached = [runs for _, runs in devices if len(runs.state)]
    if not reached:
        return {}
    ends = np.array([min(r.start_us[0] for r in reached), max(r.end_us[-1] for r in reached) - 1, _micro(at)])
    first, last, today = local_day_of(ends, zone).tolist()
    first, last = max(first, min(computed) - REACH), min(last, max(computed) + REACH)
    around = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    around = [day for day in around if day not in computed and day != today]
    if not around:
        return {}
    known: dict[date, list[StoredRun]] = {}
    for run in stored.runs_of_days(session, patient_id, first, last):
        known.setdefault(run.day, []).append(run)
    with_data = set(results.days_with_data(session, patient_id, first, last))
    current = results.days_with(session, patient_id, first, last, NO_DATA.name, method)
    waiting = marks.waiting_days(session, patient_id, marks.MOVEMENT)
    changed: dict[date, list[StoredRun]] = {}
    for day in around:
        if day in waiting:
            continue
        now, before = _on_day(devices, day, zone), known.get(day, [])
        if day in with_data:
            if not _says(before, now, day_bounds(day, zone)):
                marks.mark_day(session, patient_id, day, marks.MOVEMENT, at)
            continue
        told = {run.device_id for run in now}
        whole = sorted([*now, *(run for run in before if run.device_id not in told)], key=_order)
        if whole != before or (whole and day not in current):
            changed[day] = whole
    return changed


def _says(before: Sequence[StoredRun], now: Iterable[StoredRun], day_us: tuple[int, int]) -> bool:
    """Whether the silences `now`, which reach over an end of the day, are stored there."""
    silent = {state.word for state in SILENT}
    edges = {(run.device_id, run.start_us, run.state) for run in before if run.start_us == day_us[0]}
    edges |= {(run.device_id, run.end_us, run.state) for run in before if run.end_us == day_us[1]}
    return all(
        (run.device_id, edge, run.state) in edges
        for run in now
        if run.state in silent
        for edge, own in ((day_us[0], run.start_us), (day_us[1], run.end_us))
        if edge == own
    )


def _on_day(devices: Iterable[tuple[int, WearRuns]], day: date, zone: tzinfo) -> list[StoredRun]:
    bounds = day_bounds(day, zone)
    found = []
    for device_id, runs in devices:
        part = runs.between(*bounds)
        columns = (part.start_us.tolist(), part.end_us.tolist(), part.state.tolist())
        found += [
            StoredRun(day, device_id, a, z, WearState(s).word) for a, z, s in zip(*columns, strict=True)
        ]
    return sorted(found, key=_order)


def _by_device(runs: Sequence[StoredRun]) -> list[WearRuns]:
    """The runs of one day as `time_in_states` takes them."""
    number = {state.word: state for state in WearState}
    return [
        WearRuns(
            np.array([run.start_us for run in own], np.int64),
            np.array([run.end_us for run in own], np.int64),
            np.array([number[run.state] for run in own], np.int8),
        )
        for device in sorted({run.device_id for run in runs})
        if (own := [run for run in runs if run.device_id == device])
    ]


def _order(run: StoredRun) -> tuple[int, int]:
    return run.device_id, run.start_us


def _micro(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000)
