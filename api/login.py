"""Passwords: log-in with a back-off, log-out."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from functools import cache

import sqlalchemy as sa
from pwdlib import PasswordHash
from sqlalchemy.orm import Session

from store.access import Account, end_session, record, start_session

FREE_FAILURES = 5
LONGEST_LOCK_MIN = 15


def log_in(
    session: Session, name: str, password: str, at: datetime, replaces: str | None = None
) -> str | datetime | None:
    """The cookie of a new session, or None, or the instant until which this account takes no password.

    Return after a failure, never raise: the failure must be committed. Show one and the same sentence for
    None and an instant, since only an account that exists is ever locked. `replaces` is the cookie that
    the browser came with: that session ends.
    """
    # Locked: guesses made at the same time must count one after the other.
    account = session.scalar(sa.select(Account).where(Account.name == name).with_for_update())
    hasher = _hasher()
    if account is None or account.disabled_at is not None:
        hasher.verify(password, _nobody())  # an unknown name costs the same time
        record(session, at, "unknown", "login.failed")
        return None
    if account.locked_until is not None and at < account.locked_until:
        record(session, at, account.name, "login.locked")
        return account.locked_until
    right, better = hasher.verify_and_update(password, account.password_hash)
    if not right:
        account.failures += 1
        if account.failures >= FREE_FAILURES:
            minutes = min(2 ** min(account.failures - FREE_FAILURES, 10), LONGEST_LOCK_MIN)
            account.locked_until = at + timedelta(minutes=minutes)
        record(session, at, account.name, "login.failed")
        return None
    account.failures, account.locked_until = 0, None
    account.password_hash = better or account.password_hash
    if replaces:
        end_session(session, replaces)
    record(session, at, account.name, "login")
    return start_session(session, account, at)


def log_out(session: Session, secret: str, actor: str, at: datetime) -> None:
    """End a session: its cookie opens nothing any more."""
    end_session(session, secret)
    record(session, at, actor, "logout")


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()  # argon2id


@cache
def _nobody() -> str:
    """The hash of a password that nobody has."""
    return _hasher().hash(secrets.token_urlsafe(32))
