"""Refused messages, for administrators: why, and what to do with each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from api.auth import AsAdministrator, Db
from api.pages.render import any_simulated, page
from api.quarantine import Number, shown
from store import decided
from store.access import User, record
from store.database import StoreError, now
from store.quarantine import Quarantined

router = APIRouter(include_in_schema=False)
MOST = 100  #: the page shows the newest; the API and the command have all


@router.get("/quarantine")
def refused_messages(request: Request, db: Db, user: AsAdministrator) -> Response:
    """The newest refused messages."""
    return _page(request, db, user)


@router.post("/quarantine/{number}/retry")
def retry(
    request: Request,
    db: Db,
    user: AsAdministrator,
    number: Number,
    t0: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Have ingest try it again, at another time if one is given (UTC, as browsers send it)."""
    try:
        at = datetime.fromisoformat(t0.strip()) if t0.strip() else None
    except ValueError:
        return _page(request, db, user, "That is no time: give it like 2026-05-04T08:00, in UTC.", 422)
    if at is not None and at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    try:
        with db.begin_nested():
            decided.mark(db, [number], user.name, now(), at)
    except StoreError as error:
        return _page(request, db, user, str(error), 409)
    return RedirectResponse("/quarantine", 303)


@router.post("/quarantine/{number}/drop")
def drop(
    request: Request,
    db: Db,
    user: AsAdministrator,
    number: Number,
    reason: Annotated[str, Form(max_length=decided.REASON_LENGTH)] = "",
) -> Response:
    """Forget it for good."""
    if not reason.strip():
        return _page(request, db, user, "Say why it is dropped: its content cannot be had back.", 422)
    try:
        with db.begin_nested():
            decided.drop(db, [number], user.name, now(), reason.strip())
    except StoreError as error:
        return _page(request, db, user, str(error), 409)
    return RedirectResponse("/quarantine", 303)


def _page(request: Request, db: Db, user: User, error: str | None = None, status: int = 200) -> Response:
    record(db, now(), user.name, "quarantine.list")
    messages = db.execute(shown().order_by(Quarantined.id.desc()).limit(MOST)).all()
    return page(
        request,
        "quarantine.html",
        user,
        demonstration=any_simulated(db),
        status=status,
        here="quarantine",
        messages=messages,
        count=db.scalar(sa.select(sa.func.count()).select_from(Quarantined)),
        error=error,
    )
