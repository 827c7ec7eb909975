"""Who may be the second person, where urgent pages are to be kept from everybody.

Two names are not two persons: each of them has an account, with which a person logs in, so a program (a
token) is neither. Whoever agrees can log in now and sees the patient, or is a clinician of the ward.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.access import Account, Role, User, visible_patients
from store.people import Patient


def same_name(one: str, other: str) -> bool:
    """The same name, however it is written."""
    return one.strip().casefold() == other.strip().casefold()


def why_not_two(session: Session, author: str, by: str, *, of: int | str) -> str | None:
    """Why `by` cannot agree to what `author` wants for a patient (their number) or a ward (its name), in one
    sentence; None: they can."""
    if same_name(by, author):
        return f"{author} has asked for it: another person has to agree."
    if not _accounts(session, author):
        return f"{author} has no account, so nobody can agree to it: end it, and ask for it in your own name."
    if any(_sees(session, one, of) for one in _accounts(session, by) if one.disabled_at is None):
        return None
    return f"{by} has no account that may see this: whoever agrees is a person who logs in at this site."


def _accounts(session: Session, name: str) -> Sequence[Account]:
    named = sa.func.lower(Account.name) == sa.func.lower(name.strip())
    return session.scalars(sa.select(Account).where(named)).all()


def _sees(session: Session, account: Account, of: int | str) -> bool:
    if isinstance(of, str):
        return account.role == Role.CLINICIAN and account.site == of
    own = visible_patients(User(account.name, Role(account.role), account.site))
    return bool(session.scalar(sa.select(own.where(Patient.id == of).exists())))
