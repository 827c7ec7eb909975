"""How many pages each ward chose to bear; the newest choice counts, the earlier ones stay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.access import record
from store.database import Base


class PageBudget(Base):
    """One choice of a site. Decisions name the row by which they were made: the database lets none change."""

    __tablename__ = "page_budget"
    __table_args__ = (
        sa.CheckConstraint(
            "pages_per_patient_week > 0 AND pages_per_patient_week <= 7", name="pages_of_a_week"
        ),
        sa.Index("ix_page_budget_site", "site", "id"),  # the newest of a site
    )

    id: Mapped[int] = mapped_column(sa.Identity(always=True), primary_key=True)
    site: Mapped[str]
    pages_per_patient_week: Mapped[float | None] = mapped_column(
        sa.Double, comment="of stable patients, floor pages not counted; none: as shipped"
    )
    set_by: Mapped[str]
    set_at: Mapped[datetime]


def budget_of(session: Session, site: str) -> PageBudget | None:
    """What the site chose last; None when it never did, and the shipped page score holds."""
    return session.scalar(_newest_first(site).limit(1))


def budgets_of(session: Session, site: str, most: int = 20) -> Sequence[PageBudget]:
    """The last choices of the site, the newest first."""
    return session.scalars(_newest_first(site).limit(most)).all()


def set_budget(
    session: Session, site: str, pages: float | None, by: str, at: datetime, reason: str | None = None
) -> bool:
    """Have the site bear `pages` for each patient and week (None: as shipped); whether that is new.

    The change is written down with what held before, and why where that was said. The same again
    changes nothing. Two people at once take turns, so that each entry tells the value that it really
    replaced.
    """
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(site, _LOCK))))
    last = budget_of(session, site)
    before = None if last is None else last.pages_per_patient_week
    if pages == before:
        return False
    session.add(PageBudget(site=site, pages_per_patient_week=pages, set_by=by, set_at=at))
    session.flush()
    told = f"site {site}: {_told(before)} to {_told(pages)}"
    record(session, at, by, "budget.set", detail=told, reason=reason)
    return True


_LOCK = 23  #: apart from other locks on a text


def _newest_first(site: str) -> sa.Select[PageBudget]:
    return sa.select(PageBudget).where(PageBudget.site == site).order_by(PageBudget.id.desc())


def _told(pages: float | None) -> str:
    return "as shipped" if pages is None else f"{pages:g} pages a patient-week"
