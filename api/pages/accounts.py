"""The accounts of a site, for administrators."""

from __future__ import annotations

import secrets
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Form, Request
from pwdlib import PasswordHash
from starlette.responses import RedirectResponse, Response

from api.auth import AsAdministrator, Db
from api.pages.render import any_simulated, page
from api.problems import Problem
from store.access import Account, Role, User, create_account, reason_given, record
from store.database import StoreError, now

router = APIRouter(include_in_schema=False)
PASSWORD_BYTES = 12  #: 96 random bits, 16 characters to type


@router.get("/accounts")
def accounts(request: Request, db: Db, user: AsAdministrator) -> Response:
    """Who can log in."""
    return _page(request, db, user)


@router.post("/accounts")
def create(
    request: Request,
    db: Db,
    user: AsAdministrator,
    name: Annotated[str, Form(min_length=1, max_length=64)],
    role: Annotated[Role, Form()],
    site: Annotated[str, Form(min_length=1, max_length=64)],
    reason: Annotated[str, Form()] = "",
) -> Response:
    """A new account; its generated password is on the answer and nowhere else."""
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    hashed = PasswordHash.recommended().hash(password)
    try:
        why = reason_given(reason)
        account = create_account(db, name.strip(), hashed, role, site.strip())
    except StoreError as error:
        return _page(request, db, user, error=str(error), status=409)
    record(db, now(), user.name, "account.create", detail=account.name, reason=why)
    return _page(request, db, user, created={"name": account.name, "password": password})


@router.post("/accounts/{account_id}/disable")
def disable(db: Db, user: AsAdministrator, account_id: int) -> Response:
    """Nobody gets in with this account any more; its sessions end at once."""
    account = db.get(Account, account_id)
    if account is None:
        raise Problem(404, "There is no such account.")
    if account.name == user.name:
        raise Problem(409, "You cannot disable your own account: another administrator can.")
    account.disabled_at = account.disabled_at or now()
    record(db, now(), user.name, "account.disable", detail=account.name)
    return RedirectResponse("/accounts", 303)


def _page(
    request: Request,
    db: Db,
    user: User,
    error: str | None = None,
    created: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    listed = db.scalars(sa.select(Account).order_by(Account.disabled_at.isnot(None), Account.name)).all()
    return page(
        request,
        "accounts.html",
        user,
        demonstration=any_simulated(db),
        status=status,
        here="accounts",
        accounts=listed,
        error=error,
        created=created,
    )
