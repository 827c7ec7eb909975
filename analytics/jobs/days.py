"""Stale local days to indices: the day's own, and those of the windows that contain it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from importlib.metadata import version

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from analytics.days import DAY_US, day_bounds, local_day_of
from analytics.indices.daily import IO_DAYS, WEEK_DAYS, WINDOW_DAYS, indices_of_days
from analytics.indices.index import METHOD, Index
from analytics.indices.of_series import Ready, ready
from analytics.jobs import wear_days
from analytics.jobs.calibrated_days import calibrations_in
from analytics.jobs.digests import Digests
from analytics.jobs.worn_epochs import Read, worn_epochs
from analytics.series import Series, series_of
from days.cut import day_of
from store import epochs, marks, results
from store.calibrations import calibrations_began
from store.database import transaction
from store.people import Patient
from store.provenance import Parameters, provenance_id
from store.responses import mark_responses
from store.zones import names_between, zone_of_patient

AGAIN_AFTER = timedelta(hours=1)  #: the running day is computed at most so often
AT_ONCE = 60  #: days of one patient in one go
METHOD_NAME = f"day-{METHOD}"
SOFTWARE = version("actalgia")


def compute_days(engine: sa.Engine, at: datetime) -> int:
    """Compute the stale days of one patient; how many, 0 when none is due.

    What is marked again while we compute stays marked. A worker that dies loses its claim after ten
    minutes, and the days are computed by another.
    """
    with transaction(engine) as session:
        claim = results.claim(session, marks.MOVEMENT, at, AT_ONCE, AGAIN_AFTER, alone=True)
    if claim is None:
        return 0
    with transaction(engine) as session:
        patient = session.get_one(Patient, claim.patient_id)
        zone = zone_of_patient(session, patient.id)
        first, last = min(claim.days), max(claim.days)
        today = day_of(at, zone)
        reached = min(last + timedelta(days=WINDOW_DAYS - 1), today)
        after = results.days_with_data(session, patient.id, _may_reach(first, zone), reached)
        if today in after and today not in claim.days:
            # Its windows have changed, but the running day keeps its own pace.
            after.remove(today)
            marks.mark_day(session, patient.id, today, marks.MOVEMENT, at)
        # What waits for its own turn is computed then, and only once.
        waiting = marks.waiting_days(session, patient.id, marks.MOVEMENT)
        days = sorted({*claim.days, *(set(after) - waiting)})
        # The night before the window's first day begins at noon of the day before.
        seen = _span(days[0] - timedelta(days=WINDOW_DAYS + 1), days[-1], zone)
        read = worn_epochs(session, patient.id, seen, _span(first, last, zone))
        rows = _rows_of(session, patient.id, read, days, first, zone, at)
        results.save_day_indices(session, rows)
        mark_responses(session, patient.id, claim.days, at)
        if first < today:
            # A day that is over has other movement or sleep than when it was judged.
            marks.mark_day(session, patient.id, today, marks.ASKED, at)
        results.finish(session, marks.MOVEMENT, claim)
    return len(claim.days)


def _may_reach(day: date, zone: tzinfo) -> date:
    """The first day whose results data of `day` can change: the wear rules look a day back at most."""
    found: date = local_day_of(np.array([day_bounds(day, zone)[0] - DAY_US]), zone).tolist()[0]
    return found


def _rows_of(
    session: Session,
    patient_id: int,
    read: list[Read],
    days: list[date],
    changed: date,
    zone: tzinfo,
    at: datetime,
) -> list[dict[str, object]]:
    """The rows of these days; of those before `changed` only where they rest on other data now."""
    before = results.digests_of(session, patient_id, [day for day in days if day < changed], METHOD_NAME)
    parts = [one.part for one in read]
    series = series_of([one.as_worn() for one in read])
    digests = [Digests(one, zone) for one in series]
    told: dict[int, dict[date, bytes]] = {}  #: the days that each series tells, with their digests
    left = set()
    for day in days:
        start_us, end_us = day_bounds(day, zone)
        if not series or not _epochs_of_day(parts, start_us, end_us):
            results.drop_day_indices(session, patient_id, day)
            continue
        chosen = max(range(len(series)), key=lambda k: series[k].valid_between(start_us, end_us))
        digest = digests[chosen].of(day)
        if before.get(day) == digest:
            left.add(day)
        else:
            told.setdefault(chosen, {})[day] = digest
    began = calibrations_began(session, {part.device_id for part in parts if part.source == "raw"})
    made: dict[tuple[int, str, str], int] = {}
    rows: list[dict[str, object]] = []
    measures: dict[date, str] = {}
    worn: dict[date, float] = {}
    for chosen, own in told.items():
        prepared = ready(series[chosen], zone, min(own), max(own))
        for day, indices in indices_of_days(prepared.prepared, sorted(own)).items():
            span_us = day_bounds(day - timedelta(days=WINDOW_DAYS), zone)[0], day_bounds(day, zone)[1]
            calibration = calibrations_in(series[chosen], parts, began, *span_us)
            zones = names_between(zone, *map(_instant, span_us))
            way = chosen, zones, calibration.get("calibration", "")
            if way not in made:
                said = {**parameters_of(series[chosen], prepared, zones), **calibration}
                made[way] = provenance_id(session, METHOD_NAME, SOFTWARE, said)
            worn_min = next(index.value for index in indices if index.name == "worn_min")
            for index in indices:
                row = _row(patient_id, day, index, worn_min or 0.0, own[day], at)
                rows.append({**row, "provenance_id": made[way]})
            measures[day], worn[day] = series[chosen].measure, worn_min or 0.0
    computed = [day for day in days if day not in left]
    return rows + _wear_states(session, patient_id, computed, measures, worn, zone, at, parts)


def _wear_states(
    session: Session,
    patient_id: int,
    days: list[date],
    measures: dict[date, str],
    worn: dict[date, float],
    zone: tzinfo,
    at: datetime,
    parts: list[epochs.EpochArrays],
) -> list[dict[str, object]]:
    """The rows that say in which states the devices were."""
    states = wear_days.judge_days(session, patient_id, days, measures, zone, at, parts, METHOD_NAME)
    judged: dict[str, int] = {}
    rows: list[dict[str, object]] = []
    for day, (minutes, digest) in states.items():
        zones = names_between(zone, *_span(day, day, zone))
        if zones not in judged:
            said = {"tz": zones, **wear_days.PARAMETERS}
            judged[zones] = provenance_id(session, METHOD_NAME, SOFTWARE, said)
        for index in minutes:
            row = _row(patient_id, day, index, worn.get(day, 0.0), digest, at)
            rows.append({**row, "provenance_id": judged[zones]})
    return rows


def parameters_of(series: Series, made: Ready, tz: str) -> Parameters:
    """What the indices of a day depend on beside the epochs and the version of the definitions."""
    prepared = made.prepared
    return {
        "measure": series.measure,
        "epoch_s": series.epoch_s,
        "tz": tz,
        "cut_points": prepared.cuts.name,
        "sedentary_below": prepared.cuts.sedentary_below,
        "mvpa_from": prepared.cuts.mvpa_from,
        "rest_below": prepared.rest_below,
        "in_bed": made.in_bed,
        "sleep_scorer": made.scorer or "none",
        "window_days": WINDOW_DAYS,
        "week_days": WEEK_DAYS,
        "io_days": IO_DAYS,
    }


def _epochs_of_day(parts: list[epochs.EpochArrays], start_us: int, end_us: int) -> int:
    """How many epochs there are in [start, end), whoever made them."""
    return sum(int(np.diff(np.searchsorted(part.t_us, [start_us, end_us]))[0]) for part in parts)


def _row(
    patient_id: int, day: date, index: Index, worn_min: float, digest: bytes, at: datetime
) -> dict[str, object]:
    clock = index.unit == "HH:MM"
    return {
        "patient_id": patient_id,
        "day": day,
        "index": index.name,
        "method": METHOD_NAME,
        "value": index.value / 60 if clock and index.value is not None else index.value,
        "unit": "h" if clock else index.unit,
        "reason": index.reason,
        "worn_min": worn_min,
        "input_digest": digest,
        "computed_at": at,
    }


def _span(first: date, last: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """From the beginning of the first of these days to the end of the last."""
    return _instant(day_bounds(first, zone)[0]), _instant(day_bounds(last, zone)[1])


def _instant(us: int) -> datetime:
    return datetime.fromtimestamp(us / 1e6, UTC)
