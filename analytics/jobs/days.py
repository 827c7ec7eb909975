"""Stale local days to indices: the day's own, and those of the windows that contain it."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta, tzinfo
from importlib.metadata import version

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from analytics.days import MINUTE_US, day_bounds
from analytics.indices.daily import IO_DAYS, WINDOW_DAYS, Prepared, day_and_window_indices, prepare
from analytics.indices.index import METHOD, Index
from analytics.jobs import wear_days
from analytics.jobs.calibrated_days import calibrations_in
from analytics.series import Series, Worn, series_of
from analytics.signal.thermometer import minute_temperature
from analytics.signal.wear import worn_by_stillness
from days.cut import day_of
from store import epochs, marks, results
from store.calibrations import calibrations_began
from store.database import transaction
from store.people import Patient
from store.provenance import Parameters, provenance_id
from store.thermometer import readings
from store.worn import save_worn
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
        _judge_wear(session, patient.id, first, last, zone)
        today = day_of(at, zone)
        reached = min(last + timedelta(days=WINDOW_DAYS - 1), today)
        after = results.days_with_data(session, patient.id, first, reached)
        if today in after and today not in claim.days:
            # Its windows have changed, but the running day keeps its own pace.
            after.remove(today)
            marks.mark_day(session, patient.id, today, marks.MOVEMENT, at)
        # What waits for its own turn is computed then, and only once.
        waiting = marks.waiting_days(session, patient.id, marks.MOVEMENT)
        days = sorted({*claim.days, *(set(after) - waiting)})
        rows = _rows_of(session, patient.id, days, zone, at)
        results.save_day_indices(session, rows)
        results.finish(session, marks.MOVEMENT, claim)
    return len(claim.days)


def _judge_wear(session: Session, patient_id: int, first: date, last: date, zone: tzinfo) -> None:
    """Write down, for minutes made from raw blocks, whether the device was worn."""
    margin = timedelta(hours=1)  # the rule looks at hours
    start, end = _bounds(first, zone)[0] - margin, _bounds(last, zone)[1] + margin
    for device_id, t_us, enmo, angle, sway in epochs.read_five_seconds(session, patient_id, start, end):
        worn = worn_by_stillness(t_us, enmo, angle, sway)
        if not worn.all():  # and only then is the thermometer asked, which few devices have
            doubted = t_us[~worn]
            read = readings(session, device_id, int(doubted[0]), int(doubted[-1]) + MINUTE_US)
            worn = worn_by_stillness(t_us, enmo, angle, sway, minute_temperature(t_us, *read))
        save_worn(session, device_id, t_us, worn)


def _rows_of(
    session: Session, patient_id: int, days: list[date], zone: tzinfo, at: datetime
) -> list[dict[str, object]]:
    # The night before the window's first day begins at noon of the day before.
    start = _bounds(days[0] - timedelta(days=WINDOW_DAYS + 1), zone)[0]
    parts = epochs.read_epochs(session, patient_id, start, _bounds(days[-1], zone)[1])
    series = series_of([Worn(p.epoch_s, p.t_us, p.counts, p.enmo_mg, p.steps, p.worn) for p in parts])
    prepared: dict[int, Prepared] = {}
    made: dict[tuple[int, str, str], int] = {}
    began = calibrations_began(session, {part.device_id for part in parts if part.source == "raw"})
    rows: list[dict[str, object]] = []
    measures: dict[date, str] = {}
    worn: dict[date, float] = {}
    for day in days:
        start_us, end_us = day_bounds(day, zone)
        chosen = max(series, key=lambda s: s.valid_between(start_us, end_us), default=None)
        own = _epochs_of_day(parts, start_us, end_us)
        if chosen is None or not own:
            results.drop_day_indices(session, patient_id, day)
            continue
        if id(chosen) not in prepared:
            prepared[id(chosen)] = prepare(
                chosen.t_us, chosen.x, chosen.epoch_s, chosen.worn, chosen.steps, zone, chosen.unit
            )
        indices = day_and_window_indices(prepared[id(chosen)], day)
        window_us = day_bounds(day - timedelta(days=WINDOW_DAYS), zone)[0]
        calibration = calibrations_in(chosen, parts, began, window_us, end_us)
        zones = names_between(zone, _instant(window_us), _instant(end_us))
        way = id(chosen), zones, calibration.get("calibration", "")
        if way not in made:
            said = {**parameters_of(chosen, prepared[id(chosen)], zones), **calibration}
            made[way] = provenance_id(session, METHOD_NAME, SOFTWARE, said)
        digest = _digest(chosen, window_us, end_us)
        worn_min = next(index.value for index in indices if index.name == "worn_min")
        for index in indices:
            row = _row(patient_id, day, index, worn_min or 0.0, digest, at)
            rows.append({**row, "provenance_id": made[way]})
        measures[day], worn[day] = chosen.measure, worn_min or 0.0
    states = wear_days.judge_days(session, patient_id, days, measures, zone, at, parts, METHOD_NAME)
    judged: dict[str, int] = {}
    for day, (minutes, digest) in states.items():
        zones = names_between(zone, *_bounds(day, zone))
        if zones not in judged:
            said = {"tz": zones, **wear_days.PARAMETERS}
            judged[zones] = provenance_id(session, METHOD_NAME, SOFTWARE, said)
        for index in minutes:
            row = _row(patient_id, day, index, worn.get(day, 0.0), digest, at)
            rows.append({**row, "provenance_id": judged[zones]})
    return rows


def parameters_of(series: Series, prepared: Prepared, tz: str) -> Parameters:
    """What the indices of a day depend on beside the epochs and the version of the definitions."""
    return {
        "measure": series.measure,
        "epoch_s": series.epoch_s,
        "tz": tz,
        "cut_points": prepared.cuts.name,
        "sedentary_below": prepared.cuts.sedentary_below,
        "mvpa_from": prepared.cuts.mvpa_from,
        "rest_below": prepared.rest_below,
        "window_days": WINDOW_DAYS,
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


def _digest(series: Series, start_us: int, end_us: int) -> bytes:
    """A digest of what an index was computed from."""
    low, high = np.searchsorted(series.t_us, [start_us, end_us])
    digest = hashlib.sha256(series.measure.encode())
    for array in (series.t_us, series.x, series.worn, series.steps):
        digest.update(np.ascontiguousarray(array[low:high]).tobytes())
    return digest.digest()


def _bounds(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    start_us, end_us = day_bounds(day, zone)
    return _instant(start_us), _instant(end_us)


def _instant(us: int) -> datetime:
    return datetime.fromtimestamp(us / 1e6, UTC)
