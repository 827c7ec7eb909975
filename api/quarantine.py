"""What could not be accepted, and what an administrator decides about it: named, never shown."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter
from fastapi import Path as InPath
from pydantic import AwareDatetime, BaseModel, Field

from api.auth import AsAdministrator, Db
from api.paging import Cursor, Limit, Page, cut, number_of
from api.problems import Problem, documented
from store import decided
from store.access import record
from store.database import now
from store.decided import Decided
from store.quarantine import Quarantined

router = APIRouter(
    prefix="/api/v1/quarantine", tags=["operation"], responses=documented(401, 403, 404, 409, 422)
)

Number = Annotated[int, InPath(ge=1, lt=2**63)]


class QuarantinedOut(BaseModel):
    """One refused message; its bytes stay where they are."""

    id: int
    device: str
    topic: str
    stream: str | None
    boot: int | None
    seq: int | None
    t0: datetime | None = Field(description="as the device said")
    reason: str
    digest: str
    size: int
    received_at: datetime
    times: int = Field(description="how often these bytes came")
    tries: int = Field(description="how often it was tried again")
    state: str = Field(description="`kept`, or `retry`: ingest is to try it again")
    retry_by: str | None
    retry_t0: datetime | None = Field(description="the corrected time with which it will be tried")


class DecidedOut(BaseModel):
    """A message that has left the quarantine."""

    id: int
    device: str
    stream: str | None
    boot: int | None
    seq: int | None
    digest: str
    received_at: datetime
    state: str = Field(description="`stored`, `known`: it had been stored before, or `dropped`")
    t0: datetime | None = Field(description="the corrected time, if it was re-dated")
    reason: str = Field(description="why it was dropped, or had been refused")
    decided_by: str
    decided_at: datetime


class RetryIn(BaseModel):
    """What to change before it is tried again."""

    t0: AwareDatetime | None = Field(None, description="the true time of its first sample, or of the answer")


class DropIn(BaseModel):
    """Why it is forgotten."""

    reason: str = Field(min_length=1, max_length=decided.REASON_LENGTH)


@router.get("")
def quarantine(
    db: Db, user: AsAdministrator, limit: Limit = 100, cursor: Cursor = None
) -> Page[QuarantinedOut]:
    """Refused messages, the newest first."""
    before = number_of(cursor)
    query = shown().order_by(Quarantined.id.desc()).limit(limit + 1)
    if before is not None:
        query = query.where(Quarantined.id < before)
    rows, further = cut(db.execute(query).all(), limit, lambda row: (row.id,))
    record(db, now(), user.name, "quarantine.list", detail=f"{len(rows)} messages")
    return Page(items=[_out(row) for row in rows], next=further)


@router.get("/{number}")
def one(db: Db, user: AsAdministrator, number: Number) -> QuarantinedOut | DecidedOut:
    """One refused message, or what became of it."""
    record(db, now(), user.name, "quarantine.view", detail=f"message {number}")
    row = db.execute(shown().where(Quarantined.id == number)).first()
    if row is not None:
        return _out(row)
    gone = db.get(Decided, number)
    if gone is None:
        raise Problem(404, "There is no such message in quarantine.")
    return DecidedOut(
        id=gone.id,
        device=gone.device,
        stream=gone.stream,
        boot=gone.boot,
        seq=gone.seq,
        digest=gone.digest.hex(),
        received_at=gone.received_at,
        state=gone.outcome,
        t0=gone.t0,
        reason=gone.reason,
        decided_by=gone.by,
        decided_at=gone.at,
    )


@router.post("/{number}/retry", status_code=202)
def retry(db: Db, user: AsAdministrator, number: Number, body: RetryIn | None = None) -> QuarantinedOut:
    """Have it tried again, at a corrected time if that was its fault. Ingest does it: ask for it again."""
    try:
        decided.mark(db, [number], user.name, now(), body.t0 if body else None)
    except decided.NotThere as error:
        raise _absent(db, number) from error
    return _out(db.execute(shown().where(Quarantined.id == number)).one())


@router.post("/{number}/drop", status_code=204)
def drop(db: Db, user: AsAdministrator, number: Number, body: DropIn) -> None:
    """Forget it for good. Its device, digest and your reason are written down, its content is not."""
    reason = body.reason.strip()
    if not reason:
        raise Problem(422, "Say why: the content cannot be had back.")
    try:
        decided.drop(db, [number], user.name, now(), reason)
    except decided.NotThere as error:
        raise _absent(db, number) from error


def shown() -> sa.Select[Any]:
    """What may be seen of refused messages: everything but their bytes."""
    q = Quarantined
    return sa.select(
        *(q.id, q.device, q.topic, q.stream, q.boot, q.seq, q.t0, q.reason, q.digest),
        sa.func.length(q.payload).label("size"),
        *(q.received_at, q.times, q.tries, q.retry_at, q.retry_by, q.retry_t0),
    )


def _absent(db: Db, number: int) -> Problem:
    there = db.scalar(sa.select(Quarantined.id).where(Quarantined.id == number))
    if there is None:
        return Problem(404, "There is no such message in quarantine.")
    return Problem(409, "Ingest is just trying it again: look again in a moment.")


def _out(row: Any) -> QuarantinedOut:
    values = {
        name: getattr(row, name) for name in QuarantinedOut.model_fields if name not in ("digest", "state")
    }
    state = "kept" if row.retry_at is None else "retry"
    return QuarantinedOut(**values, digest=bytes(row.digest).hex(), state=state)
