"""What tells silences apart: where a device's data end and begin again, its battery, and when it started."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

#: Epochs that say anything of movement or wear.
_TELLS = "(counts IS NOT NULL OR enmo_mg IS NOT NULL OR worn IS FALSE)"
#: A device that measures: of a phone that only carries the diary nothing is expected.
_MEASURES = """
    (w.device_id = ANY(:seen) OR EXISTS (
        SELECT FROM settled s WHERE s.device_id = w.device_id AND s.stream IN ('raw', 'epoch')))
"""

# The lookups at both ends walk the key of `epoch`, once for each offset that the clock had in the wearing.
# Where lengths differ the last epoch need not end last: what began within an hour before it is looked at.
_WORN = f"""
    SELECT w.device_id, w.a, nullif(w.z, 'infinity'), (
               SELECT max(l.t + c.shift) FROM clock c CROSS JOIN LATERAL (
                   SELECT max(e.t + e.epoch_s * interval '1 second') AS t FROM (
                       SELECT t FROM epoch
                       WHERE device_id = w.device_id AND t >= greatest(c.starts, w.a - c.shift)
                         AND t < least(c.ends, w.z - c.shift, :start - c.shift) AND {_TELLS}
                       ORDER BY t DESC LIMIT 1
                   ) last JOIN LATERAL (
                       SELECT t, epoch_s FROM epoch
                       WHERE device_id = w.device_id AND t > last.t - interval '1 hour' AND t <= last.t
                         AND t >= greatest(c.starts, w.a - c.shift) AND {_TELLS}
                   ) e ON true
               ) l WHERE c.device_id = w.device_id
           ), (
               SELECT min(n.t + c.shift) FROM clock c CROSS JOIN LATERAL (
                   SELECT t FROM epoch
                   WHERE device_id = w.device_id AND t >= greatest(c.starts, w.a - c.shift, :end - c.shift)
                     AND t < least(c.ends, w.z - c.shift) AND {_TELLS}
                   ORDER BY t LIMIT 1
               ) n WHERE c.device_id = w.device_id
           )
    FROM (
        SELECT w.device_id, lower(w.during) AS a, coalesce(upper(w.during), 'infinity') AS z FROM wearing w
        WHERE w.patient_id = :patient AND w.during && tstzrange(:start, :end) AND {_MEASURES}
    ) w ORDER BY w.device_id, w.a
"""

_WORDS = """
    SELECT k.d, s.at + c.shift, s.battery_pct,
           NOT EXISTS (
               SELECT FROM device_status f WHERE f.device_id = k.d AND f.boot = s.boot AND f.seq < s.seq)
    FROM unnest(:d ::bigint[], :low ::timestamptz[], :high ::timestamptz[]) AS k(d, low, high)
    JOIN clock c ON c.device_id = k.d
    JOIN LATERAL (
        SELECT at, boot, seq, battery_pct FROM device_status
        WHERE device_id = k.d AND at >= greatest(c.starts, k.low - c.shift)
          AND at < least(c.ends, k.high - c.shift) OFFSET 0
    ) s ON true
    ORDER BY 2
"""


@dataclass(frozen=True, slots=True)
class WornSpan:
    """One wearing of a device that measures, and its data next to the days in question. True times."""

    device_id: int
    start: datetime
    end: datetime | None  #: None: it lasts
    before: datetime | None  #: where its last epoch before these days ends
    after: datetime | None  #: where its first epoch after them begins


@dataclass(frozen=True, slots=True)
class Words:
    """What a device said of itself, rising in time. [microseconds UTC]"""

    battery_us: NDArray[np.int64]
    battery_pct: NDArray[np.float64]
    started_us: NDArray[np.int64]  #: first statuses of a boot


def spans_worn(
    session: Session, patient_id: int, start: datetime, end: datetime, seen: Sequence[int]
) -> list[WornSpan]:
    """The wearings of measuring devices at some time in [start, end); those of `seen` measure."""
    values = {"patient": patient_id, "start": start, "end": end, "seen": list(seen)}
    return [WornSpan(*row) for row in session.execute(sa.text(_WORN), values)]


def words_of(session: Session, devices: Sequence[tuple[int, datetime, datetime]]) -> dict[int, Words]:
    """What each (device, from, to) said in this time by its corrected clock."""
    said: dict[int, list[tuple[int, float | None, bool]]] = {device: [] for device, _, _ in devices}
    names = ("d", "low", "high")
    values = dict(zip(names, map(list, zip(*devices, strict=True)), strict=True)) if devices else {}
    for device, at, battery, first in session.execute(sa.text(_WORDS), values) if devices else ():
        said[device].append((_micro(at), battery, first))
    return {
        device: Words(
            np.array([at for at, _, _ in rows], np.int64),
            np.array([np.nan if battery is None else battery for _, battery, _ in rows], np.float64),
            np.array([at for at, _, first in rows if first], np.int64),
        )
        for device, rows in said.items()
    }


def _micro(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
