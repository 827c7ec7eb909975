"""Personal links: with one a patient opens the own diary page, without a name or a password."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.access import digest_of
from store.database import Base, StoreError
from store.people import Patient

TOKEN_BYTES = 24  #: 192 random bits, 32 characters of an address
USED_AGAIN_AFTER = timedelta(minutes=1)  #: not a write for every request


class DiaryLink(Base):
    """A link of one patient. Of its token only the digest is stored."""

    __tablename__ = "diary_link"
    __table_args__ = (sa.CheckConstraint("created_at < expires_at", name="lasts"),)

    id: Mapped[int] = mapped_column(sa.Identity(always=True), primary_key=True)
    patient_id: Mapped[int] = mapped_column(sa.ForeignKey("patient.id"), index=True)
    digest: Mapped[bytes] = mapped_column(unique=True, comment="sha256 of the token")
    language: Mapped[str] = mapped_column(comment="in which the page greets: en, it, ...")
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


def create_link(
    session: Session, patient_id: int, language: str, by: str, at: datetime, lasts: timedelta
) -> tuple[DiaryLink, str]:
    """A new link and its token; the token is not kept anywhere."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    link = DiaryLink(
        patient_id=patient_id,
        digest=digest_of(token),
        language=language,
        created_by=by,
        created_at=at,
        expires_at=at + lasts,
    )
    session.add(link)
    session.flush()
    return link, token


def find_link(session: Session, token: str, at: datetime) -> DiaryLink | None:
    """The link with this token; None when there is none, or it has expired or was revoked."""
    return session.scalar(
        sa.select(DiaryLink)
        .join(Patient, Patient.id == DiaryLink.patient_id)
        .where(
            DiaryLink.digest == digest_of(token),
            DiaryLink.expires_at > at,
            DiaryLink.revoked_at.is_(None),
        )
    )


def use_link(link: DiaryLink, at: datetime) -> None:
    """Remember that it was used; once a minute is enough."""
    if link.last_used_at is None or at - link.last_used_at >= USED_AGAIN_AFTER:
        link.last_used_at = at


def revoke_link(session: Session, number: int, at: datetime) -> DiaryLink:
    """Nobody gets in with this link any more, from whatever phone. Raises `StoreError` when there is none."""
    link = session.get(DiaryLink, number)
    if link is None:
        raise StoreError(f"There is no diary link {number}.")
    link.revoked_at = link.revoked_at or at
    session.flush()
    return link


def links_of(session: Session, patient_id: int) -> list[DiaryLink]:
    """The patient's links, the newest first; those that are over, too."""
    found = sa.select(DiaryLink).where(DiaryLink.patient_id == patient_id)
    return list(session.scalars(found.order_by(DiaryLink.id.desc())))


def is_valid(link: DiaryLink, at: datetime) -> bool:
    """Whether the link opens the page at `at`."""
    return link.revoked_at is None and at < link.expires_at
