"""Who may look: accounts, sessions, tokens, the one gate, and the record of every look."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.database import Base, StoreError, now
from store.people import Patient

SYSTEM = "actalgia"  #: the actor of what no person did; nobody else acts under this name
SESSION_IDLE = timedelta(minutes=15)
SESSION_LASTS = timedelta(hours=12)
LONGEST_REASON = 500  #: characters
THIS_TRANSACTION = sa.text("((pg_current_xact_id())::text)::bigint")


class Role(StrEnum):
    """What a person or program is here for."""

    CLINICIAN = "clinician"  #: the patients of the own site
    RESEARCHER = "researcher"  #: pseudonyms and aggregates only
    ADMINISTRATOR = "administrator"  #: accounts and configuration; of patients only the simulated ones


class Account(Base):
    """A person who logs in."""

    __tablename__ = "account"
    __table_args__ = (
        sa.CheckConstraint("role IN ('clinician', 'researcher', 'administrator')", name="role"),
    )

    id: Mapped[int] = mapped_column(sa.Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str] = mapped_column(comment="argon2id")
    role: Mapped[str]
    site: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    disabled_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(sa.Integer, default=0, comment="wrong passwords in a row")
    locked_until: Mapped[datetime | None] = mapped_column(comment="back-off after wrong passwords")


class LoginSession(Base):
    """A browser that is logged in. Only digests of its secrets are stored."""

    __tablename__ = "login_session"

    digest: Mapped[bytes] = mapped_column(primary_key=True, comment="sha256 of the cookie")
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class Token(Base):
    """A secret with which a program calls the API; shown once, stored as a digest."""

    __tablename__ = "token"
    __table_args__ = (
        sa.CheckConstraint("role IN ('clinician', 'researcher', 'administrator')", name="role"),
    )

    id: Mapped[int] = mapped_column(sa.Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    site: Mapped[str]
    digest: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    revoked_at: Mapped[datetime | None]


class AuditEntry(Base):
    """Who did or saw what, when. Rows are only added; the database refuses to change them."""

    __tablename__ = "audit_entry"
    __table_args__ = (sa.Index("ix_audit_entry_at", "at", postgresql_using="brin"),)

    id: Mapped[int] = mapped_column(sa.Identity(always=True), primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    patient_id: Mapped[int | None] = mapped_column(sa.ForeignKey("patient.id"), index=True)
    detail: Mapped[str | None] = mapped_column(comment="identifiers only, nothing clinical")
    reason: Mapped[str | None] = mapped_column(comment="why, where it had to be said; nothing clinical")
    tx: Mapped[int] = mapped_column(
        server_default=THIS_TRANSACTION, index=True, comment="the transaction that wrote it"
    )


@dataclass(frozen=True, slots=True)
class User:
    """Whoever makes a request: a person or a program, with a role at a site."""

    name: str
    role: Role
    site: str


def visible_patients(user: User) -> sa.Select[Patient]:
    """The one gate: the patients that this user may see. Whatever reads patients starts from it.

    A clinician sees the own site. An administrator sees no patient, except the simulated ones: those
    are nobody's data. A researcher sees nobody here (pseudonyms and aggregates go through `cohorts`).
    """
    patients = sa.select(Patient).where(~Patient.synthetic)  # the watchdog's is nobody's to see
    match user.role:
        case Role.CLINICIAN:
            return patients.where(Patient.site == user.site)
        case Role.ADMINISTRATOR:
            return patients.where(Patient.demonstration)
        case Role.RESEARCHER:
            return patients.where(sa.false())


def create_account(session: Session, name: str, password_hash: str, role: Role, site: str) -> Account:
    """A new account. Raises `StoreError` when the name is taken, or is that of the system."""
    _not_the_system(name)
    if session.scalar(sa.select(Account.id).where(Account.name == name)):
        raise StoreError(f"There is an account {name} already.")
    account = Account(name=name, password_hash=password_hash, role=role, site=site)
    session.add(account)
    session.flush()
    return account


def colleagues(session: Session, site: str) -> list[str]:
    """Names of the clinicians of a site who can log in, by name."""
    staff = sa.select(Account.name).where(Account.site == site, Account.role == Role.CLINICIAN)
    return list(session.scalars(staff.where(Account.disabled_at.is_(None)).order_by(Account.name)))


def create_token(session: Session, name: str, role: Role, site: str) -> str:
    """A new token; what is returned is not kept anywhere. Raises `StoreError` when the name is taken, or is
    that of the system."""
    _not_the_system(name)
    if session.scalar(sa.select(Token.id).where(Token.name == name)):
        raise StoreError(f"There is a token {name} already: revoke it, or choose another name.")
    secret = "act_" + secrets.token_urlsafe(32)
    session.add(Token(name=name, role=role, site=site, digest=digest_of(secret)))
    session.flush()
    return secret


def _not_the_system(name: str) -> None:
    if name.strip().casefold() == SYSTEM:
        raise StoreError(
            f"The name {SYSTEM} is that of the system: what it did itself could not be told apart. "
            "Choose another."
        )


def revoke_token(session: Session, name: str, at: datetime) -> None:
    """Nobody gets in with this token any more. Raises `StoreError` when there is none."""
    revoked = session.scalar(
        sa.update(Token).where(Token.name == name).values(revoked_at=at).returning(Token.id)
    )
    if revoked is None:
        raise StoreError(f"There is no token {name}.")


def user_of_token(session: Session, secret: str) -> User | None:
    """Whose token this is; None when it is unknown or revoked."""
    token = session.scalar(
        sa.select(Token).where(Token.digest == digest_of(secret), Token.revoked_at.is_(None))
    )
    return User(token.name, Role(token.role), token.site) if token else None


def start_session(session: Session, account: Account, at: datetime) -> str:
    """Log a browser in; the cookie's value. Sessions that are over are swept."""
    session.execute(sa.delete(LoginSession).where(LoginSession.created_at < at - SESSION_LASTS))
    secret = secrets.token_urlsafe(32)
    session.add(LoginSession(digest=digest_of(secret), account_id=account.id, created_at=at, seen_at=at))
    session.flush()
    return secret


def user_of_session(session: Session, secret: str, at: datetime) -> User | None:
    """Who is logged in with this cookie; None when idle for 15 minutes, 12 hours old, or disabled."""
    row = session.execute(
        sa.select(LoginSession, Account)
        .join(Account, Account.id == LoginSession.account_id)
        .where(
            LoginSession.digest == digest_of(secret),
            LoginSession.seen_at > at - SESSION_IDLE,
            LoginSession.created_at > at - SESSION_LASTS,
            Account.disabled_at.is_(None),
        )
    ).first()
    if row is None:
        return None
    login, account = row
    if at - login.seen_at > timedelta(minutes=1):  # not a write for every request
        login.seen_at = at
    return User(account.name, Role(account.role), account.site)


def end_session(session: Session, secret: str) -> None:
    """Log a browser out."""
    session.execute(sa.delete(LoginSession).where(LoginSession.digest == digest_of(secret)))


def record(
    session: Session,
    at: datetime,
    actor: str,
    action: str,
    patient_id: int | None = None,
    detail: str | None = None,
    reason: str | None = None,
) -> None:
    """Write down who did or saw what, and why where somebody had to say so: never in clinical words."""
    session.add(
        AuditEntry(at=at, actor=actor, action=action, patient_id=patient_id, detail=detail, reason=reason)
    )
    session.flush()


def reason_given(text: str | None) -> str | None:
    """A reason that somebody may give, for `record`; None for none. Raises `StoreError` for several lines."""
    reason = (text or "").strip()
    if len(reason) > LONGEST_REASON or not reason.isprintable():
        raise StoreError(f"Give the reason in one line of at most {LONGEST_REASON} characters.")
    return reason or None


def digest_of(secret: str) -> bytes:
    """What is stored of a secret. It has 256 random bits, so a plain sha256 cannot be searched."""
    return hashlib.sha256(secret.encode()).digest()
