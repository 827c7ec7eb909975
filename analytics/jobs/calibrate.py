"""Devices that stream raw acceleration, calibrated from a few still minutes of each day.

A look at a device reads no more than its quiet minutes, which are rows of epochs, and the blocks of some of
them (docs/decisions/0017-live-calibration.md). What it finds is remembered; as soon as it suffices, or the
device has drifted, a new version is stored that holds from a few minutes later on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from analytics.days import MINUTE_US
from analytics.signal.calibration import Calibration
from analytics.signal.fives import without_overlaps
from analytics.signal.live_calibration import (
    LEAST_HOURS,
    MOST_HOURS,
    StillPoints,
    drifted_since,
    live_calibration,
    only_since,
    recent_error_mg,
    remember,
)
from analytics.signal.samples import Samples
from analytics.signal.still import still_windows
from analytics.signal.still_minutes import QUIET_MG, seamless, still_minutes
from store import still_points
from store.calibrations import CalibrationRow, HeldCalibration, add_calibration, calibrations_of
from store.clocks import offsets_of
from store.database import transaction
from store.still_minutes import first_and_newest, hours_with_data, names_at, quiet_minutes
from store.still_points import Look, Remembered
from store.stretches import BlockName, samples_of

METHOD = "live-1"
AT_ONCE = 16  #: devices in one transaction
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
AHEAD = timedelta(minutes=10)  #: of all that has arrived: no process has made a minute from here on
AGAIN = timedelta(hours=6)
CALIBRATED_AGAIN = timedelta(hours=24)
LOOK_BACK = timedelta(days=7)  #: at most, for what was not looked at yet
HOURS_BACK = timedelta(hours=MOST_HOURS)
MINUTES_A_DAY = 24  #: whose blocks are read
CALIBRATED_MINUTES_A_DAY = 12  #: enough to see a drift
SAMPLES = 400_000  #: of one look at most: 24 minutes at 100 Hz are 144,000; of long blocks, fewer are read


@dataclass(frozen=True, slots=True)
class _New:
    """New minutes of one device, and which of them to look into."""

    known: Remembered
    held: HeldCalibration | None  #: the newest version
    clock: datetime  #: what the device's clock says now
    newest: datetime
    until: datetime  #: this look reaches no further: one day at a time
    chosen: NDArray[np.int64]


def meet_devices(engine: sa.Engine, at: datetime) -> int:
    """Take note of devices that stream raw acceleration for the first time; how many."""
    with transaction(engine) as session:
        return still_points.meet_devices(session, at)


def calibrate_devices(engine: sa.Engine, at: datetime) -> int:
    """Look at the devices that are due; how many. Points, versions and the next turn are one transaction."""
    with transaction(engine) as session:
        due = still_points.take_due(session, at, AT_ONCE)
        ids = [known.device_id for known in due]
        offsets, held = offsets_of(session, ids), calibrations_of(session, ids)
        found: list[_New] = []
        for known in due:
            clock = at - offsets.get(known.device_id, timedelta())
            new = _new(session, known, held.get(known.device_id, []), clock)
            if new is not None:
                found.append(new)
        blocks = _blocks_of(session, found)
        looks = [_look(session, new, own, at) for new, own in zip(found, blocks, strict=True)]
        still_points.save_looks(session, looks, at)
        nothing_new = set(ids) - {look.device_id for look in looks}
        still_points.postpone(session, nothing_new, at + AGAIN)
        return len(due)


def _new(
    session: Session, known: Remembered, versions: Sequence[HeldCalibration], clock: datetime
) -> _New | None:
    """What came since the last look; None: nothing."""
    held = versions[-1] if versions else None
    latest = clock + DAY  # data is never further ahead, unless the clock has been set back
    start = clock - LOOK_BACK
    if known.seen_until is not None and known.seen_until <= latest:
        start = max(start, known.seen_until)
    span = first_and_newest(session, known.device_id, start, latest)
    if span is None:
        return None
    first, newest = span
    until = min(first + DAY, newest + MINUTE)
    fits = held is not None and _drifted_since(_points(known), held) is None
    most = math.ceil((CALIBRATED_MINUTES_A_DAY if fits else MINUTES_A_DAY) * ((until - first) / DAY))
    t_us, angle = quiet_minutes(session, known.device_id, first, until, QUIET_MG)
    return _New(known, held, clock, newest, until, still_minutes(t_us, angle, most))


def _blocks_of(session: Session, found: Sequence[_New]) -> list[list[Samples]]:
    """For each device the blocks of its chosen minutes that are still there."""
    minutes = [(new.known.device_id, t_us) for new in found for t_us in new.chosen.tolist()]
    of_minutes = iter(names_at(session, minutes))
    names: list[list[BlockName]] = []
    for new in found:
        own: dict[tuple[int, int, int], BlockName] = {}
        samples = 0
        for of_minute in islice(of_minutes, len(new.chosen)):
            for name in of_minute:
                key = (name.t0_us, name.boot, name.seq)
                if key not in own and (not own or samples + name.n <= SAMPLES):
                    own[key] = name
                    samples += name.n
        names.append(list(own.values()))
    every = [name for own in names for name in own]
    xyz = iter(samples_of(session, every) if every else [])
    return [[Samples(name.t0_us, name.hz, name.scale, next(xyz)) for name in own] for own in names]


def _look(session: Session, new: _New, blocks: Sequence[Samples], at: datetime) -> Look:
    """Remember the still windows, fit where it is time to, and say what came of it."""
    windows = still_windows(seamless(without_overlaps(blocks)))
    points = remember(_points(new.known), windows, _micro(new.newest), _micro(new.newest))
    device_id, held = new.known.device_id, new.held
    reason, error, fitted = None, None, None
    behind = new.until <= new.newest
    if behind:
        reason = f"data since {new.until:%Y-%m-%d %H:%M} by its clock is still to be looked at"
    elif held is None:
        since = new.clock - HOURS_BACK
        fitted = _fitted(session, device_id, points, since, new)
        reason = fitted.reason
    else:
        error = recent_error_mg(points, np.array(held.scale), np.array(held.offset), held.from_us)
        drifted_us = _drifted_since(points, held)
        if drifted_us is not None:
            since = _instant(drifted_us)
            fitted = _fitted(session, device_id, only_since(points, drifted_us), since, new)
            if fitted.reason is not None:
                reason = (
                    f"version {held.version} leaves {error:.1f} mg since {since:%Y-%m-%d}, "
                    f"and there is no new one: {fitted.reason}"
                )
    if fitted is not None and fitted.accepted:
        error = fitted.error_after_mg
        _add(session, new, fitted, at)
    due_at = at if behind else at + (CALIBRATED_AGAIN if reason is None else AGAIN)
    return Look(device_id, due_at, new.until, points.t_us, points.g, reason, error)


def _fitted(session: Session, device_id: int, points: StillPoints, since: datetime, new: _New) -> Calibration:
    hours = hours_with_data(session, device_id, since, new.clock + DAY, math.ceil(LEAST_HOURS))
    return live_calibration(StillPoints(points.t_us, points.g, hours))


def _add(session: Session, new: _New, fitted: Calibration, at: datetime) -> None:
    """It holds from a whole minute on that lies ahead of all data and of the device's clock, so that
    whoever makes a minute, sooner or later and in whichever order, makes it of the same figures."""
    ahead_us = _micro(max(new.clock, new.newest + MINUTE) + AHEAD)
    add_calibration(
        session,
        CalibrationRow(
            device_id=new.known.device_id,
            version=new.held.version + 1 if new.held else 1,
            from_t=_instant(-(-ahead_us // MINUTE_US) * MINUTE_US),
            scale=fitted.scale.tolist(),
            offset_g=fitted.offset.tolist(),
            points=fitted.points,
            error_before_mg=fitted.error_before_mg,
            error_after_mg=fitted.error_after_mg,
            method=METHOD,
            fitted_at=at,
        ),
    )


def _drifted_since(points: StillPoints, held: HeldCalibration) -> int | None:
    return drifted_since(points, np.array(held.scale), np.array(held.offset), held.from_us)


def _points(known: Remembered) -> StillPoints:
    return StillPoints(known.t_us, known.g)


def _micro(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000)


def _instant(us: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)
