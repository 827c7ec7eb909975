"""What a patient wore around some days, read once, with the wear of raw minutes as it is now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from analytics.days import MINUTE_US
from analytics.series import Values, Worn
from analytics.signal.thermometer import minute_temperature
from analytics.signal.wear import worn_by_stillness
from store import epochs
from store.thermometer import readings
from store.worn import save_worn

#: Behind the last day: zeros of 24 h that are not worn, and a whole day (UTC) of each device.
AHEAD = timedelta(days=2)
STILL_LOOKS = timedelta(hours=1)  #: how far around a raw minute its wear rule looks
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Read:
    """Epochs of one device and origin, with the five-second values of minutes made from raw blocks."""

    part: epochs.EpochArrays
    enmo_5s_mg: Values | None = None
    anglez_5s_deg: Values | None = None

    def as_worn(self) -> Worn:
        """What a series takes of it."""
        own = self.part
        return Worn(
            *(own.epoch_s, own.t_us, own.counts, own.enmo_mg, own.steps, own.worn),
            *(self.enmo_5s_mg, self.anglez_5s_deg),
        )


def worn_epochs(session: Session, patient_id: int, seen: Span, changed: Span) -> list[Read]:
    """What was worn in `seen` and a little after it; the wear around `changed` is judged anew and stored."""
    start, end = seen[0], seen[1] + AHEAD
    parts = epochs.read_epochs(session, patient_id, start, end)
    fives = {}
    if any(part.source == "raw" for part in parts):
        for device_id, minute_us, *own in epochs.read_five_seconds(session, patient_id, start, end):
            fives[device_id] = minute_us, own
    judged_us = _micro(changed[0] - STILL_LOOKS), _micro(changed[1] + STILL_LOOKS)
    found = []
    for part in parts:
        if part.source != "raw" or part.device_id not in fives:
            found.append(Read(part))
            continue
        minute_us, own = fives[part.device_id]
        enmo, angle, sway = (_at(part.t_us, minute_us, values) for values in own)
        worn = _judged(session, part, enmo, angle, sway, *judged_us)
        found.append(Read(replace(part, worn=worn), enmo, angle))
    return found


def _judged(
    session: Session,
    part: epochs.EpochArrays,
    enmo: Values,
    angle: Values,
    sway: Values,
    start_us: int,
    end_us: int,
) -> Values:
    """Whether the device was worn, judged anew for the minutes in [start, end); what changed is stored."""
    around_us = round(STILL_LOOKS.total_seconds() * 1e6)  # judged with all that the rule looks at
    edges = [start_us - around_us, start_us, end_us, end_us + around_us]
    first, low, high, last = np.searchsorted(part.t_us, edges).tolist()
    seen = slice(first, last)
    minutes = part.t_us[seen], enmo[seen], angle[seen], sway[seen]
    judged = worn_by_stillness(*minutes)
    if not judged.all():  # and only then is the thermometer asked, which few devices have
        doubted = minutes[0][~judged]
        read = readings(session, part.device_id, int(doubted[0]), int(doubted[-1]) + MINUTE_US)
        if len(read[0]):
            judged = worn_by_stillness(*minutes, minute_temperature(minutes[0], *read))
    judged = judged[low - first : high - first]
    other = part.worn[low:high] != judged
    save_worn(session, part.device_id, part.t_us[low:high][other], judged[other])
    worn = part.worn.copy()
    worn[low:high] = judged
    return worn


def _at(t_us: NDArray[np.int64], minute_us: NDArray[np.int64], values: Values) -> Values:
    """Five-second values at these instants; NaN for a minute that came between the two reads."""
    if np.array_equal(t_us, minute_us):
        return values
    _, here, there = np.intersect1d(t_us, minute_us, assume_unique=True, return_indices=True)
    placed = np.full((len(t_us), *values.shape[1:]), np.nan)
    placed[here] = values[there]
    return placed


def _micro(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000)
