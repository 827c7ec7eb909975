"""Messages that a device numbered and that never came: since when, and the sentence that says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.database import Base

SHOWN = 3  #: at most so many ranges of one stream are told one by one
_STREAM = {"raw": "movement stream", "epoch": "activity stream", "diary": "diary", "status": "status stream"}


class GapSeen(Base):
    """Since when some messages of one device, stream and boot are known to be missing."""

    __tablename__ = "gap_seen"

    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id"), primary_key=True)
    stream: Mapped[str] = mapped_column(primary_key=True)
    boot: Mapped[int] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(primary_key=True)
    missing: Mapped[list[pg.Range[int]]] = mapped_column(
        pg.INT8MULTIRANGE,
        comment="seen to be missing then and not before; what has come since is not taken out",
    )


@dataclass(frozen=True, slots=True)
class Missing:
    """What one device still owes of one stream and boot in the wearing that lasts."""

    patient_id: int
    device: str
    stream: str
    boot: int
    since: datetime  #: when the oldest of it was first seen to be missing
    ranges: tuple[tuple[int, int], ...]  #: the first few, both ends included
    more: int  #: how many ranges there are beside these


def note_gaps(session: Session) -> None:
    """Write down what is missing and was not written down yet, forget what has come or was refused.

    A gap was there when its stream last moved, so it counts from then, however late this is called.
    Repeat-safe; call it under a lock that keeps a second caller out.
    """
    session.execute(
        sa.text(
            """
            DELETE FROM gap_seen g USING settled s
            WHERE (s.device_id, s.stream, s.boot) = (g.device_id, g.stream, g.boot) AND s.seqs @> g.missing
            """
        )
    )
    session.execute(
        sa.text(
            """
            INSERT INTO gap_seen (device_id, stream, boot, seen_at, missing)
            SELECT s.device_id, s.stream, s.boot, s.changed_at, new.missing
            FROM settled s
            CROSS JOIN LATERAL (
                SELECT int8multirange(int8range(0, upper(s.seqs))) - s.seqs - coalesce((
                    SELECT range_agg(g.missing) FROM gap_seen g
                    WHERE (g.device_id, g.stream, g.boot) = (s.device_id, s.stream, s.boot)
                ), '{}') AS missing
            ) new
            WHERE s.gapped AND NOT isempty(new.missing)
            ON CONFLICT (device_id, stream, boot, seen_at)
            DO UPDATE SET missing = gap_seen.missing + EXCLUDED.missing
            """
        )
    )


def missing_since(session: Session, at: datetime, before: datetime) -> list[Missing]:
    """What is missing since `before` or longer from devices that somebody wears at `at`.

    It counts while the wearing lasts in which it was first seen: the next wearer is not told of the last
    one's gaps. A revoked device owes nothing: it cannot send any more.
    """
    rows = session.execute(
        sa.text(
            """
            SELECT due.patient_id, due.name, due.stream, due.boot, due.since,
                   array(SELECT ARRAY[lower(r), upper(r) - 1]
                         FROM unnest(due.missing) r LIMIT :shown) AS ranges,
                   (SELECT count(*) FROM unnest(due.missing)) AS stretches
            FROM (
                SELECT w.patient_id, d.name, g.stream, g.boot, min(g.seen_at) AS since,
                       range_agg(g.missing - s.seqs) AS missing
                FROM gap_seen g
                JOIN settled s ON (s.device_id, s.stream, s.boot) = (g.device_id, g.stream, g.boot)
                JOIN device d ON d.id = g.device_id AND d.revoked_at IS NULL
                JOIN wearing w ON w.device_id = g.device_id AND w.during @> g.seen_at
                                  AND w.during @> CAST(:at AS timestamptz)
                WHERE g.seen_at <= :before AND NOT s.seqs @> g.missing
                  AND w.patient_id NOT IN (SELECT id FROM patient WHERE synthetic)
                GROUP BY w.patient_id, d.name, g.stream, g.boot
            ) due
            ORDER BY due.since, due.name, due.stream, due.boot
            """
        ),
        {"at": at, "before": before, "shown": SHOWN},
    )
    return [
        Missing(
            *(row.patient_id, row.name, row.stream, row.boot, row.since),
            tuple((int(low), int(high)) for low, high in row.ranges),
            row.stretches - len(row.ranges),
        )
        for row in rows
    ]


def said(
    device: str, stream: str, ranges: Sequence[tuple[int, int]], more: int, since: datetime, zone: tzinfo
) -> str:
    """`Data are missing: messages 120 to 150 of the movement stream of watch-7, since Mon 4 May, 14:05`."""
    one = len(ranges) == 1 and not more and ranges[0][0] == ranges[0][1]
    parts = [str(low) if low == high else f"{low} to {high}" for low, high in ranges]
    listed = ", ".join(parts) + (f" and {more} more stretch{'' if more == 1 else 'es'}" if more else "")
    return (
        f"Data are missing: message{'' if one else 's'} {listed} of the {_STREAM.get(stream, stream)} "
        f"of {device}, since {clock(since, zone)}"
    )


def clock(at: datetime, zone: tzinfo) -> str:
    """An instant on the patient's clock: `Mon 4 May, 14:05`."""
    there = at.astimezone(zone)
    return f"{there:%a} {there.day} {there:%b}, {there:%H:%M}"
