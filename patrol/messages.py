"""What the synthetic patient's device says in a round: a minute of movement, and a severe answer. Pure."""

from __future__ import annotations

import math
import sys
import uuid
from array import array
from datetime import UTC, datetime, timedelta

from ingest.messages import Diary, Raw

HZ = 25
SCALE_G = 1 / 256
_MINUTE = timedelta(minutes=1)


def minute_before(at: datetime) -> datetime:
    """The start of the last minute that is over."""
    return at.astimezone(UTC).replace(second=0, microsecond=0) - _MINUTE


def block(boot: int, seq: int, minute: datetime) -> Raw:
    """A whole minute, so that its epoch is made when it arrives: an arm that swings once in two seconds."""
    xyz = array("h")
    for i in range(60 * HZ):
        swing = 0.5 * math.sin(math.pi * i / HZ)
        for g in (swing, 0.2, math.sqrt(1 - 0.04 - swing * swing) + 0.1):
            xyz.append(round(g / SCALE_G))
    return Raw(
        boot=boot,
        seq=seq,
        t0=round(minute.timestamp() * 1_000_000),
        hz=HZ,
        scale=SCALE_G,
        xyz=_little_endian(xyz),
    )


def answer(boot: int, seq: int, at: datetime) -> Diary:
    """Worst pain 9: one such answer opens a case, whatever is known of the patient."""
    return Diary(boot=boot, seq=seq, id=str(uuid.uuid4()), at=at.isoformat(), worst=9)


def _little_endian(values: array[int]) -> bytes:
    if sys.byteorder == "big":
        values.byteswap()
    return values.tobytes()
