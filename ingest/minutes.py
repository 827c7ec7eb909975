"""Minutes of raw blocks that begin and end with a minute, made while their samples are at hand.

Made later, the samples would have to be fetched and unpacked again, which costs more than the figures
themselves. Everything else (blocks that cut a minute, minutes that several blocks touch) is left to
analytics, which reads all blocks of such a minute and replaces what is here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from analytics.signal.epochs import MINUTE_US, in_force, is_whole, whole_minutes
from ingest.decode import Decoded
from ingest.messages import Raw
from store.calibrations import HeldCalibration
from store.epochs import joined, raw_minutes

Held = Mapping[int, Sequence[HeldCalibration]]  #: of devices that have any, their calibrations
Minute = tuple[int, int, NDArray[np.int16], float]  #: device, start [us], samples (n, 3), g per unit


def minutes_of(
    blocks: Sequence[tuple[int, Decoded]], held: Held
) -> tuple[NDArray[np.void], list[tuple[int, Decoded]]]:
    """(rows of `store.epochs.RAW_MINUTE` for whole minutes, the blocks that are left to analytics)."""
    whole: dict[int, list[Minute]] = defaultdict(list)
    left = []
    for device_id, one in blocks:
        message = one.message
        assert isinstance(message, Raw)
        n = len(message.xyz) // 6
        if not is_whole(message.t0, n, message.hz):
            left.append((device_id, one))
            continue
        per_minute = round(60 * message.hz)
        samples = np.frombuffer(message.xyz, dtype="<i2").reshape(-1, per_minute, 3)
        for i, minute in enumerate(samples):
            whole[per_minute].append((device_id, message.t0 + i * MINUTE_US, minute, message.scale))
    made = [_rows(minutes, held) for minutes in whole.values()]
    return joined(made), left


def _rows(minutes: Sequence[Minute], held: Held) -> NDArray[np.void]:
    by = [in_force(held[m[0]], m[1]) if m[0] in held else None for m in minutes] if held else None
    figures = whole_minutes([m[2] for m in minutes], [m[3] for m in minutes], by)
    ids = [one.id if one else 0 for one in by or [None] * len(minutes)]
    return raw_minutes([m[0] for m in minutes], [m[1] for m in minutes], *figures, ids)
