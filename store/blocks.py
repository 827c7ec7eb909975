"""Raw acceleration: one compressed block a row, as it was sent."""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Mapped, Session, mapped_column

from store import codec
from store.copying import copy_rows, timestamp
from store.database import Base


class Block(Base):
    """A block of samples. The key starts with the device and has time in it: a hypertable's, too."""

    __tablename__ = "block"

    # No foreign key: ingest has looked the device up for the message, and the check is a third of the cost.
    device_id: Mapped[int] = mapped_column(primary_key=True)
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
    device_id: Mapped[int]
    starts: Mapped[datetime]
    ends: Mapped[datetime]
    received_at: Mapped[datetime]


class Ragged(Base):
    """A device that once sent a block which cuts a minute: its minutes are made from all of its blocks,
    whichever way round they come."""

    __tablename__ = "ragged"

    device_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class LongBlock(Base):
    """A device that once sent a block longer than `USUAL`. Of all others no block is longer than that, so
    whoever looks for the blocks that touch an instant need not look further back."""

    __tablename__ = "long_block"

    device_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    longest: Mapped[timedelta] = mapped_column(comment="ends - t0 of its longest block so far")


USUAL = timedelta(minutes=2)  #: a block is that long at most, or its device is in `long_block`
SOON_AFTER = 8_192  #: entries after the oldest ones; their table has no other key than their number


@dataclass(frozen=True, slots=True)
class Samples:
    """One stored block, unpacked: acceleration is `xyz * scale`, in g."""

    t0: datetime
    hz: float
    scale: float
    xyz: NDArray[np.int16]


COLUMNS = (
    *("device_id", "t0", "boot", "seq", "ends", "received_at", "hz", "scale", "n", "codec"),
    *("digest", "data", "temp_c", "lux"),
)
#: Each value has its length before it; the data, of any length, come last but for two that may be null.
_FIXED = struct.Struct(">h" + "iq" * 6 + "id" * 2 + "ii" + "ih" + "i32s" + "i")
_NUMBER = struct.Struct(">id")
_NULL = struct.pack(">i", -1)


def add_blocks(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Store blocks (keys: `COLUMNS`). They must be new: `identity.hold` says so, under its lock."""
    if rows:
        copy_rows(session, "block", COLUMNS, [_packed(row) for row in rows])
        _keep_longest(session, rows)


def longest_of(session: Session, device_ids: Collection[int]) -> dict[int, timedelta]:
    """How long the longest block of each device is at most, for those that sent one longer than `USUAL`."""
    query = sa.text("SELECT device_id, longest FROM long_block WHERE device_id = ANY(:ids)")
    return {row.device_id: row.longest for row in session.execute(query, {"ids": list(device_ids)})}


def _keep_longest(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Only what grows is written: most devices have no row, and of the others few blocks are the longest."""
    longest: dict[int, timedelta] = {}
    for row in rows:
        length = row["ends"] - row["t0"]
        if length > longest.get(row["device_id"], USUAL):
            longest[row["device_id"]] = length
    if not longest:
        return
    known = longest_of(session, longest)
    grown = sorted((d, length) for d, length in longest.items() if length > known.get(d, USUAL))
    if grown:
        session.execute(
            sa.text(
                """
                INSERT INTO long_block (device_id, longest)
                SELECT * FROM unnest(:d ::bigint[], :l ::interval[])
                ON CONFLICT (device_id)
                DO UPDATE SET longest = greatest(long_block.longest, EXCLUDED.longest)
                """
            ),
            {"d": [d for d, _ in grown], "l": [length for _, length in grown]},
        )


def _packed(row: dict[str, Any]) -> bytes:
    data = row["data"]
    fixed = _FIXED.pack(
        *(len(COLUMNS), 8, row["device_id"], 8, timestamp(row["t0"]), 8, row["boot"], 8, row["seq"]),
        *(8, timestamp(row["ends"]), 8, timestamp(row["received_at"]), 8, row["hz"], 8, row["scale"]),
        *(4, row["n"], 2, row["codec"], 32, row["digest"], len(data)),
    )
    return b"".join((fixed, data, _optional(row["temp_c"]), _optional(row["lux"])))


def _optional(value: float | None) -> bytes:
    return _NULL if value is None else _NUMBER.pack(8, value)


def queue_for_minutes(
    session: Session, spans: Sequence[tuple[int, datetime, datetime]], at: datetime
) -> None:
    """Note that the minutes of these (device, start, end) are to be made from the stored blocks."""
    if spans:
        session.execute(
            sa.text(
                """
                INSERT INTO new_blocks (device_id, starts, ends, received_at)
                SELECT d, min(s), max(e), :at
                FROM unnest(:d ::bigint[], :s ::timestamptz[], :e ::timestamptz[]) AS k(d, s, e)
                GROUP BY d, date_trunc('hour', s)
                """
            ),
            {
                "d": [device for device, _, _ in spans],
                "s": [start for _, start, _ in spans],
                "e": [end for _, _, end in spans],
                "at": at,
            },
        )


def ragged_among(session: Session, device_ids: Collection[int]) -> set[int]:
    """Which of these devices have sent a block that cuts a minute."""
    ids = sa.text("SELECT device_id FROM ragged WHERE device_id = ANY(:ids)")
    return set(session.scalars(ids, {"ids": list(device_ids)}))


def keep_ragged(session: Session, device_ids: Collection[int]) -> None:
    """These devices have sent a block that cuts a minute; repeat-safe."""
    if device_ids:
        insert = sa.text("INSERT INTO ragged SELECT unnest(:ids ::bigint[]) ON CONFLICT DO NOTHING")
        session.execute(insert, {"ids": sorted(device_ids)})


def read_blocks(session: Session, device_id: int, start: datetime, end: datetime) -> Iterator[Samples]:
    """The blocks of one device that touch [start, end), oldest first, whole."""
    # The lower bound on t0 keeps the search inside the chunks, and to the rows, that matter.
    earliest = start - longest_of(session, [device_id]).get(device_id, USUAL)
    rows = session.execute(
        sa.text(
            """
            SELECT t0, hz, scale, codec, data, n FROM block
            WHERE device_id = :device AND t0 < :end AND ends > :start AND t0 > :earliest
            ORDER BY t0, boot, seq
            """
        ),
        {"device": device_id, "start": start, "end": end, "earliest": earliest},
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
            WHERE block.t0 BETWEEN :first AND :last  -- as constants: they leave out the other chunks
            """
        ),
        {
            "first": min(n[1] for n in names),
            "last": max(n[1] for n in names),
            "d": [n[0] for n in names],
            "t": [n[1] for n in names],
            "b": [n[2] for n in names],
            "q": [n[3] for n in names],
        },
    )
    return {(d, t, b, q): bytes(digest) for d, t, b, q, digest in rows}


def take_new_blocks(session: Session, most: int) -> list[tuple[int, datetime, datetime]]:
    """The oldest (device, start, end) that wait for epochs, taken off the list in this transaction.

    Up to `most`, and of the same devices what came soon after, so that their blocks are read once. A worker
    that takes at the same time gets others; one that dies leaves them waiting.
    """
    oldest = session.execute(
        sa.select(NewBlocks.id, NewBlocks.device_id)
        .order_by(NewBlocks.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    ids = [id_ for id_, _ in oldest]
    if len(ids) == most:
        same = sa.text(
            """
            SELECT id FROM new_blocks WHERE id > :last AND id <= :last + :soon AND device_id = ANY(:devices)
            ORDER BY id FOR UPDATE SKIP LOCKED
            """
        )
        devices = list({device_id for _, device_id in oldest})
        ids += session.scalars(same, {"last": ids[-1], "soon": SOON_AFTER, "devices": devices})
    taken = sa.text("DELETE FROM new_blocks WHERE id = ANY(:ids) RETURNING device_id, starts, ends")
    return [(d, start, end) for d, start, end in session.execute(taken, {"ids": ids})] if ids else []
