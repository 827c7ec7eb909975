"""Personal links: with one a patient opens the own diary page, without a name or a password."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from days.cut import day_of
from store import marks
from store.access import digest_of
from store.asked import ask_daily, asked_periods, stop_asking
from store.database import Base, StoreError
from store.people import Patient
from store.zones import zone_of_patient

TOKEN_BYTES = 24  #: 192 random bits, 32 characters of an address
MOST_LINKS = 10  #: that open the page of one patient at a time
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
    """A new link and its token, not kept anywhere; while the link lasts the patient is asked daily.

    Raises `StoreError` for a patient with `MOST_LINKS`: a form that is sent again and again would leave keys
    that nobody holds.
    """
    # Of two that come at once the second counts the first.
    session.execute(sa.select(Patient.id).where(Patient.id == patient_id).with_for_update(key_share=True))
    if sum(is_valid(link, at) for link in links_of(session, patient_id)) >= MOST_LINKS:
        raise StoreError(f"The patient has {MOST_LINKS} diary links: revoke those that nobody uses.")
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
    zone = zone_of_patient(session, patient_id)
    ask_daily(session, patient_id, day_of(at, zone), by, at, last_day=day_of(link.expires_at, zone))
    _judge_again(session, patient_id, at)
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


def revoke_link(session: Session, number: int, by: str, at: datetime) -> DiaryLink:
    """Nobody gets in with this link any more, from whatever phone. Raises `StoreError` when there is none.

    With the last link of a patient the daily asking ends, unless it was said to go on without an end.
    """
    link = session.get(DiaryLink, number)
    if link is None:
        raise StoreError(f"There is no diary link {number}.")
    link.revoked_at = link.revoked_at or at
    session.flush()
    if not any(is_valid(other, at) for other in links_of(session, link.patient_id)):
        _stop_asking_by_link(session, link.patient_id, by, at)
        _judge_again(session, link.patient_id, at)
    return link


def _judge_again(session: Session, patient_id: int, at: datetime) -> None:
    """Whether a patient can be asked again, or somebody has to look, is another matter now: what the pages
    say of it is not to wait for the night."""
    marks.mark_day(session, patient_id, day_of(at, zone_of_patient(session, patient_id)), marks.ASKED, at)


def _stop_asking_by_link(session: Session, patient_id: int, by: str, at: datetime) -> None:
    """Who has no link cannot answer: the day of the revocation is the last, as it may have been answered."""
    today = day_of(at, zone_of_patient(session, patient_id))
    periods = asked_periods(session, patient_id)
    if all(one.last_day is not None for one in periods):
        stop_asking(session, patient_id, today, by, at)


def links_of(session: Session, patient_id: int) -> list[DiaryLink]:
    """The patient's links, the newest first; those that are over, too."""
    found = sa.select(DiaryLink).where(DiaryLink.patient_id == patient_id)
    return list(session.scalars(found.order_by(DiaryLink.id.desc())))


def is_valid(link: DiaryLink, at: datetime) -> bool:
    """Whether the link opens the page at `at`."""
    return link.revoked_at is None and at < link.expires_at
