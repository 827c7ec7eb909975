"""Epochs: what a device sent, and the minutes made from raw blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.clocks import WORN_EPOCHS, reach
from store.copying import POSTGRES_EPOCH_US, copy_rows, rows_with_arrays
from store.database import Base, literal

MINUTE = timedelta(minutes=1)


class EpochRow(Base):
    """One epoch of one device. What was not measured is null, never 0."""

    __tablename__ = "epoch"

    # No foreign key: ingest has looked the device up for the message, and a check for each of its epochs
    # took a third of the time (0.65 s against 0.41 s for 41,760).
    device_id: Mapped[int] = mapped_column(primary_key=True)
    t: Mapped[datetime] = mapped_column(primary_key=True, comment="start of the epoch")
    source: Mapped[str] = mapped_column(primary_key=True, comment="device, or raw: made from its blocks")
    epoch_s: Mapped[float] = mapped_column(sa.REAL)
    enmo_mg: Mapped[float | None] = mapped_column(sa.REAL)
    mad_mg: Mapped[float | None] = mapped_column(sa.REAL)
    anglez_deg: Mapped[float | None] = mapped_column(sa.REAL)
    counts: Mapped[float | None] = mapped_column(sa.Double)
    steps: Mapped[float | None] = mapped_column(sa.REAL)
    hr_bpm: Mapped[float | None] = mapped_column(sa.REAL)
    lux: Mapped[float | None] = mapped_column(sa.REAL)
    temp_c: Mapped[float | None] = mapped_column(sa.REAL)
    worn: Mapped[bool | None] = mapped_column(comment="as the device said; from raw, as the wear rule judged")
    enmo_5s_mg: Mapped[list[float] | None] = mapped_column(pg.ARRAY(sa.REAL))
    anglez_5s_deg: Mapped[list[float] | None] = mapped_column(pg.ARRAY(sa.REAL))
    sway: Mapped[float | None] = mapped_column(
        sa.REAL,
        comment="of a minute made from raw: slow movement over the noise of its sensor; 0 not at rest",
    )
    # No foreign key, as for the device: it would be checked for every minute.
    calibration_id: Mapped[int | None] = mapped_column(comment="of source raw; null: not calibrated")


DEVICE_COLUMNS = {
    "device_id": "bigint",
    "t_us": "bigint",
    "epoch_s": "real",
    "counts": "float8",
    "enmo_mg": "real",
    "steps": "real",
    "hr_bpm": "real",
    "lux": "real",
    "temp_c": "real",
    "worn": "boolean",
}
_VALUES = ", ".join(name for name in DEVICE_COLUMNS if name not in ("device_id", "t_us"))
_INSERT_DEVICE = sa.text(
    f"""
    INSERT INTO epoch (source, device_id, t, {_VALUES})
    SELECT 'device', device_id, 'epoch'::timestamptz + t_us * interval '1 microsecond', {_VALUES}
    FROM unnest({", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in DEVICE_COLUMNS.items())})
         AS k({", ".join(DEVICE_COLUMNS)})
    ON CONFLICT DO NOTHING
    """
)


def add_epochs(session: Session, columns: Mapping[str, Sequence[object]]) -> None:
    """Store epochs that devices sent (keys: `DEVICE_COLUMNS`); the first word for an instant stands."""
    if columns["t_us"]:
        session.execute(_INSERT_DEVICE, {name: literal(column) for name, column in columns.items()})


#: A minute made from one raw block, as COPY takes it: before each value its length, in an array its shape.
_FIVES = [("bytes", ">i4"), ("shape", ">i4", (5,)), ("value", [("bytes", ">i4"), ("value", ">f4")], (12,))]
RAW_MINUTE = np.dtype(
    [
        ("fields", ">i2"),
        *(("b0", ">i4"), ("device_id", ">i8"), ("b1", ">i4"), ("t", ">i8"), ("b2", ">i4"), ("source", "S3")),
        *(("b3", ">i4"), ("epoch_s", ">f4"), ("b4", ">i4"), ("enmo_mg", ">f4"), ("b5", ">i4")),
        *(("mad_mg", ">f4"), ("b6", ">i4"), ("anglez_deg", ">f4")),
        *(("enmo_5s_mg", _FIVES), ("anglez_5s_deg", _FIVES), ("b7", ">i4"), ("sway", ">f4")),
        *(("b8", ">i4"), ("calibration_id", ">i8")),
    ]
)
_RAW_COLUMNS = (
    *("device_id", "t", "source", "epoch_s", "enmo_mg", "mad_mg", "anglez_deg"),
    *("enmo_5s_mg", "anglez_5s_deg", "sway", "calibration_id"),
)
_LENGTHS = {"fields": len(_RAW_COLUMNS), "b0": 8, "b1": 8, "b2": 3} | dict.fromkeys(
    ("b3", "b4", "b5", "b6", "b7"), 4
)
_FLOAT4 = 700  #: PostgreSQL's number of the type


def raw_minutes(
    device_ids: Sequence[int],
    t_us: Sequence[int],
    enmo_mg: NDArray[np.float64],
    mad_mg: NDArray[np.float64],
    anglez_deg: NDArray[np.float64],
    enmo_5s_mg: NDArray[np.float64],
    anglez_5s_deg: NDArray[np.float64],
    sway: NDArray[np.float64],
    calibration_id: Sequence[int],
) -> NDArray[np.void]:
    """Rows (n,) for `add_raw_minutes`; the values of five seconds have shape (n, 12). Nothing may be NaN; a
    `calibration_id` of 0: not calibrated."""
    rows = np.zeros(len(t_us), RAW_MINUTE)
    for name, length in _LENGTHS.items():
        rows[name] = length
    rows["source"], rows["epoch_s"] = b"raw", 60
    rows["device_id"], rows["t"] = device_ids, np.asarray(t_us, dtype=np.int64) - POSTGRES_EPOCH_US
    rows["enmo_mg"], rows["mad_mg"], rows["anglez_deg"], rows["sway"] = enmo_mg, mad_mg, anglez_deg, sway
    for name, values in (("enmo_5s_mg", enmo_5s_mg), ("anglez_5s_deg", anglez_5s_deg)):
        rows[name]["bytes"] = 20 + 12 * 8
        rows[name]["shape"] = (1, 0, _FLOAT4, 12, 1)  # dimensions, no nulls, type, length, first index
        rows[name]["value"]["bytes"] = 4
        rows[name]["value"]["value"] = values
    rows["calibration_id"] = calibration_id
    rows["b8"] = np.where(rows["calibration_id"] == 0, -1, 8)
    return rows


def joined(parts: Sequence[NDArray[np.void]]) -> NDArray[np.void]:
    """All these rows of `RAW_MINUTE`, in its order of bytes (numpy's own way would turn it round)."""
    rows = np.zeros(sum(map(len, parts)), RAW_MINUTE)
    return np.concatenate(parts, out=rows) if parts else rows


def device_and_minute(rows: NDArray[np.void]) -> list[tuple[int, datetime]]:
    """Whose minute each of these rows is, and when it starts."""
    starts = (rows["t"].astype(np.int64) + POSTGRES_EPOCH_US).astype("datetime64[us]").tolist()
    return [(d, t.replace(tzinfo=UTC)) for d, t in zip(rows["device_id"].tolist(), starts, strict=True)]


def add_raw_minutes(session: Session, rows: NDArray[np.void]) -> list[tuple[int, datetime, datetime]]:
    """Store minutes made from one block each. Where a minute has a row already, several blocks touch it:
    nothing is changed, and its (device, start, end) is returned."""
    if not len(rows):
        return []
    names = device_and_minute(rows)
    t_us = (rows["t"].astype(np.int64) + POSTGRES_EPOCH_US).tolist()
    taken = {
        place - 1
        for place in session.scalars(
            sa.text(
                """
                SELECT k.i FROM unnest(:d ::bigint[], :t ::bigint[]) WITH ORDINALITY AS k(d, t_us, i)
                CROSS JOIN LATERAL (
                    SELECT FROM epoch e
                    WHERE e.device_id = k.d AND e.source = 'raw' AND e.t BETWEEN :first AND :last
                      AND e.t = 'epoch'::timestamptz + k.t_us * interval '1 microsecond'
                    LIMIT 1  -- keeps this a look into the key, row by row, whatever the planner believes
                ) AS there
                """
            ),
            {"d": literal(d for d, _ in names), "t": literal(t_us)}
            | {"first": min(t for _, t in names), "last": max(t for _, t in names)},
        )
    }
    seen: set[tuple[int, datetime]] = set()
    for place, name in enumerate(names):
        if name in seen:
            taken.add(place)
        seen.add(name)
    new = np.ones(len(rows), dtype=bool)
    new[list(taken)] = False
    copy_rows(session, "epoch", _RAW_COLUMNS, _packed(rows[new]))
    return [(names[place][0], names[place][1], names[place][1] + MINUTE) for place in sorted(taken)]


def _packed(rows: NDArray[np.void]) -> list[bytes]:
    """As COPY takes them: a null is a length of -1 and no value, so such rows are shorter."""
    none = rows["calibration_id"] == 0
    without = np.ascontiguousarray(rows[none]).view(np.uint8).reshape(-1, RAW_MINUTE.itemsize)[:, :-8]
    return [without.tobytes(), rows[~none].tobytes()]


@dataclass(frozen=True, slots=True)
class EpochArrays:
    """Epochs of one device and source as arrays of one length; NaN is not measured."""

    device_id: int
    source: str
    epoch_s: float
    t_us: NDArray[np.int64]
    counts: NDArray[np.float64]
    enmo_mg: NDArray[np.float64]
    steps: NDArray[np.float64]
    anglez_deg: NDArray[np.float64]
    worn: NDArray[np.float64]  #: 1, 0, or NaN where the device did not say


def read_epochs(session: Session, patient_id: int, start: datetime, end: datetime) -> list[EpochArrays]:
    """What the patient wore in [start, end): one entry for each device, source and epoch length.

    Times are true ones: the device's own, corrected by what is known of its clock.
    """
    # Nulls as NaN: arrays without nulls are read without a look at each value. Nothing is sorted here: numpy
    # does it in a fraction of the time.
    rows = rows_with_arrays(
        session,
        f"""
        SELECT e.device_id, e.source, e.epoch_s, array_agg(e.t + w.shift),
               array_agg(coalesce(e.counts, 'NaN')), array_agg(coalesce(e.enmo_mg, 'NaN')),
               array_agg(coalesce(e.steps, 'NaN')), array_agg(coalesce(e.anglez_deg, 'NaN')),
               array_agg(coalesce(e.worn::int::real, 'NaN'))
        FROM {WORN_EPOCHS}
        GROUP BY e.device_id, e.source, e.epoch_s
        ORDER BY e.device_id, e.source, e.epoch_s
        """,
        reach(session, patient_id, start, end),
    )
    return [
        EpochArrays(device_id, source, float(epoch_s), *_in_order(t, *columns))
        for device_id, source, epoch_s, t, *columns in rows
    ]


def read_five_seconds(
    session: Session, patient_id: int, start: datetime, end: datetime
) -> list[tuple[int, NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]]:
    """Minutes made from raw blocks: (device, t_us (n,), ENMO (n, 12) [mg], z-angle (n, 12) [degrees],
    sway (n,)).

    Times are true ones, as `store.worn.save_worn` takes them.
    """
    rows = rows_with_arrays(
        session,
        f"""
        SELECT e.device_id, array_agg(e.t + w.shift), array_agg(array_replace(e.enmo_5s_mg, NULL, 'NaN')),
               array_agg(array_replace(e.anglez_5s_deg, NULL, 'NaN')), array_agg(coalesce(e.sway, 'NaN'))
        FROM {WORN_EPOCHS} WHERE e.source = 'raw'
        GROUP BY e.device_id ORDER BY e.device_id
        """,
        reach(session, patient_id, start, end),
    )
    return [(device_id, *_in_order(t, *figures)) for device_id, t, *figures in rows]


def _in_order(t: NDArray[np.int64], *columns: NDArray[Any]) -> Any:
    """Microseconds since 1970 and all of these as doubles, in order of time."""
    if (np.diff(t) <= 0).any():
        order = np.argsort(t, kind="stable")
        t, columns = t[order], tuple(column[order] for column in columns)
    return (t + POSTGRES_EPOCH_US, *(column.astype(np.float64) for column in columns))
