"""What could not be accepted, kept whole, with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.database import Base, one_of
from store.identity import Key

REFUSALS_IN_A_RECEIPT = 50
#: The sentences of ingest about a clock that cannot be right. What can be late is never among them.
OF_A_CLOCK = (
    "its time is more than one day in the future",
    "`t0` is before 2000-01-01",
    "`at` is before 2000-01-01",
    "`t0` is outside the calendar",
)
REFUSED_FOR_ITS_TIME = one_of("reason", OF_A_CLOCK)


class Quarantined(Base):
    """One refused message; the same bytes from the same device again are counted, not kept again."""

    __tablename__ = "quarantine"
    __table_args__ = (
        sa.UniqueConstraint("device", "digest"),
        sa.Index("ix_quarantine_name", "device", "stream", "boot", "id"),
        sa.Index("ix_quarantine_retry", "id", postgresql_where=sa.text("retry_at IS NOT NULL")),  # for ingest
        sa.Index(  # what a device's clock had refused lately
            "ix_quarantine_of_a_clock",
            "device",
            "received_at",
            postgresql_where=sa.text(REFUSED_FOR_ITS_TIME),
        ),
        sa.CheckConstraint("(retry_at IS NULL) = (retry_by IS NULL)", name="retry_says_who"),
        sa.CheckConstraint(
            "retry_at IS NOT NULL OR num_nonnulls(retry_t0, retry_claimed_until) = 0", name="retry_is_whole"
        ),
    )

    id: Mapped[int] = mapped_column(sa.Identity(always=True), primary_key=True)
    device: Mapped[str] = mapped_column(comment="as the topic says, enrolled or not; '' if it says nothing")
    topic: Mapped[str]
    payload: Mapped[bytes] = mapped_column(comment="the bytes as they came")
    digest: Mapped[bytes] = mapped_column(comment="sha256 of the payload")
    reason: Mapped[str]
    stream: Mapped[str | None]
    boot: Mapped[int | None]
    seq: Mapped[int | None]
    t0: Mapped[datetime | None]
    received_at: Mapped[datetime] = mapped_column(comment="the first time")
    times: Mapped[int] = mapped_column(default=1, comment="how often these bytes came")
    content_type: Mapped[str | None] = mapped_column(comment="as the sender said; null: the first byte tells")
    tries: Mapped[int] = mapped_column(
        default=0, server_default="0", comment="how often it was tried again by decision of an operator"
    )
    retry_at: Mapped[datetime | None] = mapped_column(comment="an operator said: try again; ingest does it")
    retry_by: Mapped[str | None] = mapped_column(comment="who said so")
    retry_t0: Mapped[datetime | None] = mapped_column(comment="the corrected time, if it is to be re-dated")
    retry_claimed_until: Mapped[datetime | None] = mapped_column(comment="a worker of ingest is at it")


_KEEP = sa.text(
    """
    INSERT INTO quarantine (
        device, topic, payload, digest, reason, stream, boot, seq, t0, received_at, times, content_type)
    VALUES (
        :device, :topic, :payload, :digest, :reason, :stream, :boot, :seq, :t0, :received_at, 1,
        :content_type)
    ON CONFLICT (device, digest) DO UPDATE SET times = quarantine.times + 1
    """
)


def keep(session: Session, rows: Sequence[dict[str, object]]) -> None:
    """Keep refused messages whole; repeat-safe by device and digest."""
    if rows:
        session.execute(_KEEP, [{"content_type": None, **row} for row in rows])


def digests_in_quarantine(session: Session, names: Sequence[tuple[str, bytes]]) -> set[tuple[str, bytes]]:
    """Which of these (device, digest) are in quarantine already, or were until an operator decided."""
    if not names:
        return set()
    rows = session.execute(
        sa.text(
            """
            SELECT n, g FROM unnest(:n ::text[], :g ::bytea[]) AS k(n, g)
            WHERE EXISTS (SELECT FROM quarantine q WHERE (q.device, q.digest) = (n, g))
               OR EXISTS (SELECT FROM quarantine_decided d WHERE (d.device, d.digest) = (n, g))
            """
        ),
        {"n": [n for n, _ in names], "g": [g for _, g in names]},
    )
    return {(device, bytes(digest)) for device, digest in rows}


def refusals_of(
    session: Session, device_names: dict[int, str], keys: Sequence[Key]
) -> dict[Key, list[tuple[int, bytes, str]]]:
    """For each key its newest refusals as (seq, digest, reason)."""
    rows = session.execute(
        sa.text(
            """
            SELECT k.d, k.s, k.b, q.seq, q.digest, q.reason
            FROM unnest(:d ::bigint[], :n ::text[], :s ::text[], :b ::bigint[]) AS k(d, n, s, b)
            CROSS JOIN LATERAL (
                SELECT seq, digest, reason, id FROM quarantine
                WHERE device = k.n AND stream = k.s AND boot = k.b AND seq IS NOT NULL
                ORDER BY id DESC LIMIT :most
            ) q ORDER BY q.id
            """
        ),
        {
            "d": [k[0] for k in keys],
            "n": [device_names[k[0]] for k in keys],
            "s": [k[1] for k in keys],
            "b": [k[2] for k in keys],
            "most": REFUSALS_IN_A_RECEIPT,
        },
    )
    found: dict[Key, list[tuple[int, bytes, str]]] = {}
    for device_id, stream, boot, seq, digest, reason in rows:
        found.setdefault((device_id, stream, boot), []).append((seq, bytes(digest), reason))
    return found


def unnamed_refusals_of(session: Session, device: str, stream: str) -> list[tuple[bytes, str]]:
    """The newest refusals of a device whose `boot` and `seq` could not be read, as (digest, reason)."""
    rows = session.execute(
        sa.select(Quarantined.digest, Quarantined.reason)
        .where(Quarantined.device == device, Quarantined.stream == stream, Quarantined.seq.is_(None))
        .order_by(Quarantined.id.desc())
        .limit(REFUSALS_IN_A_RECEIPT)
    )
    return [(bytes(digest), reason) for digest, reason in rows][::-1]
