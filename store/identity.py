"""The names of messages: (device, stream, boot, seq), each settled once and for ever.

One row for each (device, stream, boot) holds the settled `seq` as a multirange: duplicates, gaps and
receipts come from one small place (144 million names a day as rows would not be small).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.database import Base, literal

Key = tuple[int, str, int]  #: device id, stream, boot
MISSING_RANGES = 100  #: at most so many missing ranges are listed in a receipt


class Settled(Base):
    """Which `seq` of one device, stream and boot are committed or refused."""

    __tablename__ = "settled"
    __table_args__ = (
        sa.Index("ix_settled_gapped", "device_id", postgresql_where=sa.text("gapped")),  # who misses some
    )

    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id"), primary_key=True)
    stream: Mapped[str] = mapped_column(primary_key=True)
    boot: Mapped[int] = mapped_column(primary_key=True)
    seqs: Mapped[list[pg.Range[int]]] = mapped_column(pg.INT8MULTIRANGE)
    changed_at: Mapped[datetime] = mapped_column(comment="the last message that settled something")
    refused: Mapped[bool] = mapped_column(
        server_default=sa.false(), comment="some were refused: receipts list them"
    )
    # A column, because an index on a condition over `seqs` would be written with every message.
    gapped: Mapped[bool] = mapped_column(
        sa.Computed("seqs <> int8multirange(int8range(0, coalesce(upper(seqs), 0)))", persisted=True)
    )


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
    refused: bool  #: some of them were refused


def hold(session: Session, names: Sequence[tuple[Key, int]], at: datetime) -> list[bool]:
    """For each name, whether it was settled before; nobody else settles these keys until we commit.

    The rows are locked in one order, so that two workers never wait for each other.
    """
    found = _held(session, names)
    new = sorted({key for (key, _), was in zip(names, found, strict=True) if was is None})
    if new:
        device, stream, boot = _columns(new)
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
        found = _held(session, names)
    return [bool(was) for was in found]


def _held(session: Session, names: Sequence[tuple[Key, int]]) -> list[bool | None]:
    device, stream, boot = _columns([key for key, _ in names])
    rows = session.execute(
        sa.text(
            """
            SELECT k.i, s.seqs @> k.q
            FROM unnest(:device ::bigint[], :stream ::text[], :boot ::bigint[], :seq ::bigint[])
                 WITH ORDINALITY AS k(d, st, b, q, i)
            JOIN settled s ON (s.device_id, s.stream, s.boot) = (k.d, k.st, k.b)
            ORDER BY s.device_id, s.stream, s.boot FOR UPDATE OF s
            """
        ),
        {"device": device, "stream": stream, "boot": boot, "seq": literal(seq for _, seq in names)},
    )
    found: list[bool | None] = [None] * len(names)
    for place, was in rows:
        found[place - 1] = was
    return found


_PROGRESS = f"""device_id, stream, boot, refused, coalesce(upper(seqs), 0) - 1,
    array(SELECT ARRAY[lower(gap), upper(gap) - 1]
          FROM unnest(int8multirange(int8range(0, coalesce(upper(seqs), 0))) - seqs) AS gap
          LIMIT {MISSING_RANGES + 1})"""


def settle(
    session: Session, names: Mapping[Key, Sequence[int]], refused: Collection[Key], at: datetime
) -> dict[Key, Progress]:
    """Settle these `seq`, and say how far each key is then; repeat-safe. Call under `hold`.

    `refused` are those of the keys of which something is refused now.
    """
    device, stream, boot = _columns(list(names))
    ranges = ",".join(
        '"{' + ",".join(f"[{q},{q}]" for q in sorted(set(seqs))) + '}"' for seqs in names.values()
    )
    rows = session.execute(
        sa.text(
            f"""
            UPDATE settled SET seqs = seqs + k.r ::int8multirange, changed_at = :at, refused = refused OR k.f
            FROM unnest(:device ::bigint[], :stream ::text[], :boot ::bigint[], :ranges ::text[],
                        :refused ::boolean[]) AS k(d, s, b, r, f)
            WHERE (device_id, stream, boot) = (d, s, b)
            RETURNING {_PROGRESS}
            """
        ),
        {"device": device, "stream": stream, "boot": boot, "at": at}
        | {"ranges": f"{{{ranges}}}", "refused": literal(["f", "t"][key in refused] for key in names)},
    )
    return _progress(rows)


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
    """How far each of these keys is; one that was never settled is absent."""
    device, stream, boot = _columns(list(keys))
    rows = session.execute(
        sa.text(
            f"""
            SELECT {_PROGRESS} FROM settled
            JOIN unnest(:device ::bigint[], :stream ::text[], :boot ::bigint[]) AS k(d, s, b)
              ON (device_id, stream, boot) = (d, s, b)
            """
        ),
        {"device": device, "stream": stream, "boot": boot},
    )
    return _progress(rows)


def _progress(rows: Iterable[Any]) -> dict[Key, Progress]:
    result: dict[Key, Progress] = {}
    for device, stream, boot, refused, through, gaps in rows:
        missing = [(int(low), int(high)) for low, high in gaps[:MISSING_RANGES]]
        # Past the last range that is listed nothing may be called settled.
        last = missing[-1][1] if len(gaps) > MISSING_RANGES else int(through)
        result[(device, stream, boot)] = Progress(last, missing, refused)
    return result


def _columns(keys: Sequence[Key]) -> tuple[str, str, str]:
    """Streams are words of ours: they need no quotes."""
    return literal(k[0] for k in keys), literal(k[1] for k in keys), literal(k[2] for k in keys)
