"""The names of messages: (device, stream, boot, seq), each settled once and for ever.

One row for each (device, stream, boot) holds the settled `seq` as a multirange: duplicates, gaps and
receipts come from one small place (144 million names a day as rows would not be small).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.database import Base

Key = tuple[int, str, int]  #: device id, stream, boot
MISSING_RANGES = 100  #: at most so many missing ranges are listed in a receipt


class Settled(Base):
    """Which `seq` of one device, stream and boot are committed or refused."""

    __tablename__ = "settled"

    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id"), primary_key=True)
    stream: Mapped[str] = mapped_column(primary_key=True)
    boot: Mapped[int] = mapped_column(primary_key=True)
    seqs: Mapped[list[pg.Range[int]]] = mapped_column(pg.INT8MULTIRANGE)
    changed_at: Mapped[datetime] = mapped_column(comment="the last message that settled something")


class Named(Base):
    """A stored message that is not a raw block: its name and digest (a block carries its own)."""

    __tablename__ = "named"

    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id"), primary_key=True)
    stream: Mapped[str] = mapped_column(primary_key=True)
    boot: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(comment="sha256 of the payload")
    t0: Mapped[datetime]
    received_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Progress:
    """What a receipt says: all `seq` from 0 to `through` are settled, except `missing`."""

    through: int
    missing: list[tuple[int, int]]


def lock(session: Session, keys: Sequence[Key], at: datetime) -> None:
    """Hold the rows of these keys until the transaction ends; always in one order, so nobody deadlocks."""
    device, stream, boot = _columns(sorted(set(keys)))
    session.execute(
        sa.text(
            """
            INSERT INTO settled (device_id, stream, boot, seqs, changed_at)
            SELECT d, s, b, '{}', :at
            FROM unnest(:device ::bigint[], :stream ::text[], :boot ::bigint[]) AS k(d, s, b)
            ON CONFLICT DO NOTHING
            """
        ),
        {"device": device, "stream": stream, "boot": boot, "at": at},
    )
    session.execute(
        sa.text(
            """
            SELECT 1 FROM settled JOIN unnest(:device ::bigint[], :stream ::text[], :boot ::bigint[])
                AS k(d, s, b) ON (device_id, stream, boot) = (d, s, b)
            ORDER BY device_id, stream, boot FOR UPDATE OF settled
            """
        ),
        {"device": device, "stream": stream, "boot": boot},
    )


def settled_already(session: Session, names: Sequence[tuple[Key, int]]) -> list[bool]:
    """For each name, whether it was settled before. Call under `lock`."""
    device, stream, boot = _columns([key for key, _ in names])
    return list(
        session.scalars(
            sa.text(
                """
                SELECT coalesce(s.seqs @> k.q, false)
                FROM unnest(:device ::bigint[], :stream ::text[], :boot ::bigint[], :seq ::bigint[])
                     WITH ORDINALITY AS k(d, st, b, q, i)
                LEFT JOIN settled s ON (s.device_id, s.stream, s.boot) = (k.d, k.st, k.b)
                ORDER BY k.i
                """
            ),
            {"device": device, "stream": stream, "boot": boot, "seq": [seq for _, seq in names]},
        )
    )


def settle(session: Session, names: Mapping[Key, Sequence[int]], at: datetime) -> None:
    """Settle these `seq`; repeat-safe."""
    device, stream, boot = _columns(list(names))
    ranges = ["{" + ",".join(f"[{q},{q}]" for q in sorted(set(seqs))) + "}" for seqs in names.values()]
    session.execute(
        sa.text(
            """
            UPDATE settled SET seqs = seqs + k.r ::int8multirange, changed_at = :at
            FROM unnest(:device ::bigint[], :stream ::text[], :boot ::bigint[], :ranges ::text[])
                 AS k(d, s, b, r)
            WHERE (device_id, stream, boot) = (d, s, b)
            """
        ),
        {"device": device, "stream": stream, "boot": boot, "ranges": ranges, "at": at},
    )


def add_names(session: Session, rows: Sequence[dict[str, object]]) -> None:
    """Keep the names of stored messages that are not blocks."""
    if rows:
        session.execute(sa.insert(Named), list(rows))


def digests_of_names(
    session: Session, names: Sequence[tuple[int, str, int, int]]
) -> dict[tuple[int, str, int, int], bytes]:
    """The stored digest for each (device, stream, boot, seq) that is there."""
    if not names:
        return {}
    rows = session.execute(
        sa.text(
            """
            SELECT device_id, stream, boot, seq, digest FROM named
            JOIN unnest(:d ::bigint[], :s ::text[], :b ::bigint[], :q ::bigint[]) AS k(d, s, b, q)
              ON (device_id, stream, boot, seq) = (d, s, b, q)
            """
        ),
        {
            "d": [n[0] for n in names],
            "s": [n[1] for n in names],
            "b": [n[2] for n in names],
            "q": [n[3] for n in names],
        },
    )
    return {(d, s, b, q): bytes(digest) for d, s, b, q, digest in rows}


def progress_of(session: Session, keys: Sequence[Key]) -> dict[Key, Progress]:
    """The progress of each key, read at once."""
    device, stream, boot = _columns(list(keys))
    rows = session.execute(
        sa.text(
            """
            SELECT device_id, stream, boot, coalesce(upper(seqs), 0) - 1,
                   array(SELECT ARRAY[lower(gap), upper(gap) - 1] FROM unnest(gaps) AS gap LIMIT :listed),
                   (SELECT count(*) FROM unnest(gaps))
            FROM settled
            JOIN unnest(:device ::bigint[], :stream ::text[], :boot ::bigint[]) AS k(d, s, b)
              ON (device_id, stream, boot) = (d, s, b)
            CROSS JOIN LATERAL (
                SELECT int8multirange(int8range(0, coalesce(upper(seqs), 0))) - seqs AS gaps) AS g
            """
        ),
        {"device": device, "stream": stream, "boot": boot, "listed": MISSING_RANGES},
    )
    result: dict[Key, Progress] = {}
    for device_id, a_stream, a_boot, through, gaps, count in rows:
        missing = [(int(low), int(high)) for low, high in gaps]
        # Past the last range that is listed nothing may be called settled.
        last = missing[-1][1] if count > len(missing) else int(through)
        result[(device_id, a_stream, a_boot)] = Progress(last, missing)
    return result


def _columns(keys: Sequence[Key]) -> tuple[list[int], list[str], list[int]]:
    return [k[0] for k in keys], [k[1] for k in keys], [k[2] for k in keys]
