"""Raw acceleration: one compressed block a row, as it was sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Mapped, Session, mapped_column

from store import codec
from store.database import Base


class Block(Base):
    """A block of samples. The key starts with the device and has time in it: a hypertable's, too."""

    __tablename__ = "block"

    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id"), primary_key=True)
    t0: Mapped[datetime] = mapped_column(primary_key=True, comment="first sample, device clock")
    boot: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    ends: Mapped[datetime] = mapped_column(comment="t0 + n / hz: just after the last sample")
    hz: Mapped[float] = mapped_column(sa.Double)
    n: Mapped[int] = mapped_column(sa.Integer, comment="samples, three axes each")
    scale: Mapped[float] = mapped_column(sa.Double, comment="g for each least significant bit")
    codec: Mapped[int] = mapped_column(sa.SmallInteger)
    data: Mapped[bytes]
    temp_c: Mapped[float | None] = mapped_column(sa.Double)
    lux: Mapped[float | None] = mapped_column(sa.Double)
    digest: Mapped[bytes] = mapped_column(comment="sha256 of the payload")
    received_at: Mapped[datetime]


class NewBlocks(Base):
    """A span of one device for which blocks arrived and epochs are not yet made. Rows only come and go."""

    __tablename__ = "new_blocks"

    id: Mapped[int] = mapped_column(sa.Identity(always=True), primary_key=True)
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id"))
    starts: Mapped[datetime]
    ends: Mapped[datetime]
    received_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Samples:
    """One stored block, unpacked: acceleration is `xyz * scale`, in g."""

    t0: datetime
    hz: float
    scale: float
    xyz: NDArray[np.int16]


COLUMNS = {
    "device_id": "bigint",
    "t0": "timestamptz",
    "boot": "bigint",
    "seq": "bigint",
    "ends": "timestamptz",
    "hz": "float8",
    "n": "int",
    "scale": "float8",
    "codec": "smallint",
    "data": "bytea",
    "temp_c": "float8",
    "lux": "float8",
    "digest": "bytea",
    "received_at": "timestamptz",
}
_INSERT = sa.text(
    f"INSERT INTO block ({', '.join(COLUMNS)}) "
    f"SELECT * FROM unnest({', '.join(f':{name} ::{kind}[]' for name, kind in COLUMNS.items())}) "
    "ON CONFLICT DO NOTHING"
)


def add_blocks(session: Session, rows: Sequence[dict[str, object]]) -> None:
    """Store blocks (keys: `COLUMNS`) and note that their epochs are to be made; repeat-safe."""
    if not rows:
        return
    session.execute(_INSERT, {name: [row[name] for row in rows] for name in COLUMNS})
    session.execute(
        sa.text(
            """
            INSERT INTO new_blocks (device_id, starts, ends, received_at)
            SELECT d, min(s), max(e), min(r)
            FROM unnest(:d ::bigint[], :s ::timestamptz[], :e ::timestamptz[], :r ::timestamptz[])
                 AS k(d, s, e, r)
            GROUP BY d, date_trunc('hour', s)
            """
        ),
        {
            "d": [row["device_id"] for row in rows],
            "s": [row["t0"] for row in rows],
            "e": [row["ends"] for row in rows],
            "r": [row["received_at"] for row in rows],
        },
    )


def read_blocks(session: Session, device_id: int, start: datetime, end: datetime) -> Iterator[Samples]:
    """The blocks of one device that touch [start, end), oldest first, whole."""
    # A block has at most 4 MiB, so at 1 Hz it can last 8 days; the lower bound on t0 keeps the search
    # inside the chunks that matter.
    rows = session.execute(
        sa.text(
            """
            SELECT t0, hz, scale, codec, data, n FROM block
            WHERE device_id = :device AND t0 < :end AND ends > :start AND t0 > :start - interval '9 days'
            ORDER BY t0, boot, seq
            """
        ),
        {"device": device_id, "start": start, "end": end},
    )
    for t0, hz, scale, codec_byte, data, n in rows:
        yield Samples(t0, hz, scale, codec.decode(codec_byte, data, n))


def digests_of_blocks(
    session: Session, names: Sequence[tuple[int, datetime, int, int]]
) -> dict[tuple[int, datetime, int, int], bytes]:
    """The stored digest for each (device, t0, boot, seq) that is there."""
    if not names:
        return {}
    rows = session.execute(
        sa.text(
            """
            SELECT device_id, t0, boot, seq, digest FROM block
            JOIN unnest(:d ::bigint[], :t ::timestamptz[], :b ::bigint[], :q ::bigint[]) AS k(d, t, b, q)
              ON (device_id, t0, boot, seq) = (d, t, b, q)
            """
        ),
        {
            "d": [n[0] for n in names],
            "t": [n[1] for n in names],
            "b": [n[2] for n in names],
            "q": [n[3] for n in names],
        },
    )
    return {(d, t, b, q): bytes(digest) for d, t, b, q, digest in rows}


def claim_new_blocks(session: Session, most: int) -> list[NewBlocks]:
    """The oldest spans that wait for epochs, locked for this transaction; another worker gets others."""
    return list(
        session.scalars(
            sa.select(NewBlocks).order_by(NewBlocks.id).limit(most).with_for_update(skip_locked=True)
        )
    )
