"""What operators decide about quarantined messages, and what became of that.

A decision to try again is a mark on the row: ingest, which alone may store messages, carries it out. What
has left the quarantine stays known by its digest, so that the same bytes do not come back into it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.access import AuditEntry
from store.database import Base, StoreError, one_of
from store.quarantine import Quarantined

CLAIM_LASTS = timedelta(minutes=2)
REASON_LENGTH = 500


class Outcome(StrEnum):
    """How a message left the quarantine."""

    STORED = "stored"
    KNOWN = "known"  #: it was stored under its name already, with the same bytes
    DROPPED = "dropped"


class Decided(Base):
    """A message that has left the quarantine; its payload is stored, or gone for good."""

    __tablename__ = "quarantine_decided"
    __table_args__ = (
        sa.CheckConstraint(one_of("outcome", list(Outcome)), name="outcome"),
        sa.Index("ix_quarantine_decided_digest", "device", "digest"),  # the same bytes again
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="its id in quarantine")
    device: Mapped[str]
    digest: Mapped[bytes] = mapped_column(comment="sha256 of the payload")
    stream: Mapped[str | None]
    boot: Mapped[int | None]
    seq: Mapped[int | None]
    received_at: Mapped[datetime]
    outcome: Mapped[str]
    t0: Mapped[datetime | None] = mapped_column(comment="the corrected time, if it was re-dated")
    reason: Mapped[str] = mapped_column(comment="why it was dropped; else why it had been refused")
    by: Mapped[str]
    at: Mapped[datetime]


class NotThere(StoreError):
    """There is no such message in quarantine, or ingest is just trying it again."""


class CannotBeRedated(StoreError):
    """Only `raw`, `epoch` and `diary` messages can be given another time."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A marked message that one worker has taken; `lapsed`: another took it before and did not come back."""

    id: int
    until: datetime
    lapsed: bool


def mark(session: Session, ids: Sequence[int], by: str, at: datetime, t0: datetime | None = None) -> None:
    """Have ingest try these messages again, as if they said `t0` where that is given; it is written down.

    Raises `NotThere` when one of them is not there or just being tried, and `CannotBeRedated`.
    """
    values = {"retry_at": at, "retry_by": by, "retry_t0": t0, "retry_claimed_until": None}
    rows = session.execute(
        sa.update(Quarantined).where(_free(ids, at)).values(values).returning(*_TOLD, Quarantined.stream)
    ).all()
    _all_there(ids, rows)
    if t0 is not None and any(row.stream not in ("raw", "epoch", "diary") for row in rows):
        raise CannotBeRedated(CannotBeRedated.__doc__)
    as_if = "" if t0 is None else f", re-dated to {t0.isoformat()}"
    _record(session, rows, by, at, "quarantine.retry", as_if)


def drop(session: Session, ids: Sequence[int], by: str, at: datetime, reason: str) -> None:
    """Forget these messages for good; device, digest and `reason` are written down, a payload never.

    Raises `NotThere` when one of them is not there or just being tried.
    """
    rows = session.execute(
        sa.delete(Quarantined)
        .where(_free(ids, at))
        .returning(*_TOLD, *(getattr(Quarantined, name) for name in _KEPT))
    ).all()
    _all_there(ids, rows)
    _decide(session, rows, Outcome.DROPPED, by, at, None, reason)
    _record(session, rows, by, at, "quarantine.drop", f": {reason}")


def ids_where(session: Session, reason: str | None, device: str | None) -> list[int]:
    """The messages whose reason has this text in it and that come from this device, the oldest first."""
    found = sa.select(Quarantined.id).order_by(Quarantined.id)
    if reason is not None:
        found = found.where(Quarantined.reason.icontains(reason, autoescape=True))
    if device is not None:
        found = found.where(Quarantined.device == device)
    return list(session.scalars(found))


def claim(session: Session, at: datetime) -> Claim | None:
    """The oldest marked message that no other worker has; None when there is none. Commit before trying."""
    row = session.execute(_CLAIM, {"at": at, "until": at + CLAIM_LASTS}).first()
    return None if row is None else Claim(row.id, at + CLAIM_LASTS, row.lapsed)


def claimed(session: Session, taken: Claim) -> Quarantined | None:
    """The message, locked until this transaction ends; None when the claim is not ours any more."""
    return session.scalar(
        sa.select(Quarantined)
        .where(Quarantined.id == taken.id, Quarantined.retry_claimed_until == taken.until)
        .with_for_update()
    )


def refused_again(session: Session, row: Quarantined, reason: str, at: datetime) -> None:
    """It stays in quarantine, with the new reason."""
    by = str(row.retry_by)
    row.reason = reason
    row.retry_at = row.retry_by = row.retry_t0 = row.retry_claimed_until = None
    session.flush()
    _record(session, [row], by, at, "quarantine.refused", f": {reason}")


def left(session: Session, row: Quarantined, outcome: Outcome, at: datetime) -> None:
    """It leaves the quarantine: its content is stored."""
    by, t0 = str(row.retry_by), row.retry_t0
    _decide(session, [row], outcome, by, at, t0, row.reason)
    as_if = "" if t0 is None else f", re-dated to {t0.isoformat()}"
    _record(session, [row], by, at, f"quarantine.{outcome}", as_if)
    session.delete(row)
    session.flush()


_TOLD = (Quarantined.id, Quarantined.device, Quarantined.digest)
_KEPT = ("stream", "boot", "seq", "received_at")
_Rows = Sequence[Any]  #: rows of the table, or of a statement that returned these columns

_CLAIM = sa.text(
    """
    WITH next AS (
        SELECT id, retry_claimed_until IS NOT NULL AS lapsed FROM quarantine
        WHERE retry_at IS NOT NULL AND (retry_claimed_until IS NULL OR retry_claimed_until < :at)
        ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    UPDATE quarantine q SET retry_claimed_until = :until, tries = tries + 1
    FROM next WHERE q.id = next.id RETURNING q.id, next.lapsed
    """
)


def _free(ids: Sequence[int], at: datetime) -> sa.ColumnElement[bool]:
    nobody = sa.or_(Quarantined.retry_claimed_until.is_(None), Quarantined.retry_claimed_until < at)
    return sa.and_(Quarantined.id == sa.any_(sa.literal(list(ids), sa.ARRAY(sa.BigInteger))), nobody)


def _all_there(ids: Sequence[int], rows: Sequence[object]) -> None:
    if len(rows) == len(set(ids)):
        return
    if len(ids) == 1:
        raise NotThere(f"There is no message {ids[0]} in quarantine, or ingest is just trying it again.")
    raise NotThere(
        f"{len(set(ids)) - len(rows)} of these messages are not in quarantine, or ingest is just trying them"
        " again. Nothing was changed: look with `actalgia quarantine list`."
    )


def _decide(
    session: Session, rows: _Rows, outcome: Outcome, by: str, at: datetime, t0: datetime | None, reason: str
) -> None:
    same = {"outcome": outcome, "by": by, "at": at, "t0": t0, "reason": reason}
    names = ("id", "device", "digest", *_KEPT)
    if rows:
        session.execute(sa.insert(Decided), [{n: getattr(row, n) for n in names} | same for row in rows])


def _record(session: Session, rows: _Rows, by: str, at: datetime, action: str, more: str) -> None:
    """One audit entry for each message; `store.access.record` for many."""
    entries = [
        {
            "at": at,
            "actor": by,
            "action": action,
            "detail": f"message {row.id} of device {row.device}, digest {bytes(row.digest).hex()}{more}",
        }
        for row in rows
    ]
    if entries:
        session.execute(sa.insert(AuditEntry), entries)
