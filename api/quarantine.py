"""What could not be accepted, for whoever runs the system: named, never shown."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from fastapi import APIRouter
from pydantic import BaseModel

from api.auth import AsAdministrator, Db
from api.paging import Cursor, Limit, Page, cut, number_of
from api.problems import documented
from store.access import record
from store.database import now
from store.quarantine import Quarantined

router = APIRouter(prefix="/api/v1/quarantine", tags=["operation"], responses=documented(401, 403, 422))


class QuarantinedOut(BaseModel):
    """One refused message; its bytes stay where they are."""

    id: int
    device: str
    topic: str
    reason: str
    digest: str
    size: int
    received_at: datetime
    times: int


@router.get("")
def quarantine(
    db: Db, user: AsAdministrator, limit: Limit = 100, cursor: Cursor = None
) -> Page[QuarantinedOut]:
    """Refused messages, the newest first."""
    q, before = Quarantined, number_of(cursor)
    size = sa.func.length(q.payload)
    columns = (q.id, q.device, q.topic, q.reason, q.digest, size, q.received_at, q.times)
    query = sa.select(*columns).order_by(q.id.desc()).limit(limit + 1)
    if before is not None:
        query = query.where(q.id < before)
    rows, further = cut(db.execute(query).all(), limit, lambda row: (row[0],))
    items = [
        QuarantinedOut(
            id=row[0],
            device=row[1],
            topic=row[2],
            reason=row[3],
            digest=bytes(row[4]).hex(),
            size=row[5],
            received_at=row[6],
            times=row[7],
        )
        for row in rows
    ]
    record(db, now(), user.name, "quarantine.list", detail=f"{len(rows)} messages")
    return Page(items=items, next=further)
