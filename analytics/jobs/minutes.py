"""Arriving raw blocks to minutes in the table of epochs, within seconds, for many devices at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from analytics.days import MINUTE_US
from analytics.signal.corrections import in_force
from analytics.signal.epochs import Minutes, epochs_of_many
from analytics.signal.fives import without_overlaps
from analytics.signal.samples import Samples
from analytics.signal.sway import UNSEEN, at_rest, sway_of_minutes
from store import blocks, marks
from store.calibrations import calibrations_of
from store.database import transaction
from store.minutes import MadeMinutes, save_minutes
from store.stretches import BlockName, Stretch, names_in, samples_of

AT_ONCE = 512  #: spans of new blocks in one transaction, and what else of their devices waits
STRETCH_US = 360 * MINUTE_US  #: of one device at a time: 50 Hz for six hours are 6.5 MB
STRETCHES = 256  #: whose blocks are looked up at once
SAMPLES = 600_000  #: unpacked at once (3.6 MB), and as many as one stretch holds if that is more

Named = tuple[Stretch, list[BlockName]]


def make_minutes(engine: sa.Engine, at: datetime) -> int:
    """Make the minutes of the blocks that arrived; how many spans were done, 0 when nothing waits.

    A minute that is not yet complete is made again when the next block comes. Minutes, stale days and
    the end of the wait are one transaction: after a crash it is simply done again. Memory is bounded by
    `SAMPLES`, whatever waits.
    """
    with transaction(engine) as session:
        spans = blocks.take_new_blocks(session, AT_ONCE)
        stretches = _stretches(spans)
        touched = [np.zeros((2, 0), np.int64)]
        for first in range(0, len(stretches), STRETCHES):
            some = stretches[first : first + STRETCHES]
            for named in _groups(list(zip(some, names_in(session, some), strict=True))):
                made = _made(session, named)
                save_minutes(session, made)
                touched.append(np.array([made.device_id, made.t_us]))
        device_id, t_us = np.concatenate(touched, axis=1)
        marks.mark_made(session, device_id, t_us, at)
        return len(spans)


def _stretches(spans: Sequence[tuple[int, datetime, datetime]]) -> list[Stretch]:
    """Whole minutes that the spans touch, overlapping and neighbouring ones of a device as one, cut in
    pieces of at most `STRETCH_US`; by device and time."""
    joined: list[tuple[int, int, int]] = []
    for device_id, starts, ends in sorted(spans):
        start = _micro(starts) // MINUTE_US * MINUTE_US
        end = -(-_micro(ends) // MINUTE_US) * MINUTE_US
        if joined and joined[-1][0] == device_id and start <= joined[-1][2]:
            joined[-1] = (device_id, joined[-1][1], max(joined[-1][2], end))
        else:
            joined.append((device_id, start, end))
    return [
        Stretch(device_id, piece, min(piece + STRETCH_US, end))
        for device_id, start, end in joined
        for piece in range(start, end, STRETCH_US)
    ]


def _groups(named: Sequence[Named]) -> Iterator[list[Named]]:
    """Stretches with blocks, so many together that their samples fit in `SAMPLES`."""
    group: list[Named] = []
    samples = 0
    for stretch, names in named:
        n = sum(name.n for name in names)
        if group and samples + n > SAMPLES:
            yield group
            group, samples = [], 0
        if names:
            group.append((stretch, names))
            samples += n
    if group:
        yield group


def _made(session: Session, named: Sequence[Named]) -> MadeMinutes:
    """The minutes inside these stretches of which enough is known."""
    found = iter(samples_of(session, [name for _, names in named for name in names]))
    owned = [[Samples(name.t0_us, name.hz, name.scale, next(found)) for name in names] for _, names in named]
    held = calibrations_of(session, {stretch.device_id for stretch, _ in named})
    corrections = [held.get(stretch.device_id, []) for stretch, _ in named] if held else []
    within = [(stretch.start_us, stretch.end_us) for stretch, _ in named]
    owner, made = epochs_of_many(owned, corrections, within)
    calibration_id = np.zeros(len(made.t_us), np.int64)
    if held:
        by = (in_force(corrections[o], t) for o, t in zip(owner.tolist(), made.t_us.tolist(), strict=True))
        calibration_id[:] = [one.id if one else 0 for one in by]
    device, start, end = np.array([(s.device_id, s.start_us, s.end_us) for s, _ in named]).T[:, owner]
    inside = (made.t_us >= start) & (made.t_us < end) & ~np.isnan(made.enmo_mg)
    sway = _sway(owned, owner, made, inside & at_rest(made.mad_5s_mg))
    return MadeMinutes(
        device_id=device[inside],
        t_us=made.t_us[inside],
        enmo_mg=made.enmo_mg[inside],
        mad_mg=made.mad_mg[inside],
        anglez_deg=made.anglez_deg[inside],
        enmo_5s_mg=made.enmo_5s_mg[inside],
        anglez_5s_deg=made.anglez_5s_deg[inside],
        sway=sway[inside],
        calibration_id=calibration_id[inside],
    )


def _sway(
    owned: Sequence[Sequence[Samples]],
    owner: NDArray[np.int64],
    made: Minutes,
    wanted: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """(n,) sway of the wanted minutes; the others are not at rest."""
    sway = np.full(len(made.t_us), UNSEEN)
    for whose in np.unique(owner[wanted]).tolist():
        own = wanted & (owner == whose)
        sway[own] = sway_of_minutes(without_overlaps(owned[whose]), made.t_us[own])
    return sway


def _micro(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000)
