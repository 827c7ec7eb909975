"""The plans of wards: each saved whole as the next version; the newest counts, the earlier ones stay."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, Session, mapped_column

from ladder.document import document_of
from ladder.plan import Plan
from ladder.reading import BadPlan, plan_of
from store.access import Account, record
from store.database import Base, StoreError
from store.people import Patient

LONGEST_REASON = 500


class WardPlan(Base):
    """One version of a site's plan. By it somebody was told, or was not: no version is ever changed."""

    __tablename__ = "ward_plan"
    __table_args__ = (
        sa.CheckConstraint("version >= 1", name="version_from_1"),
        sa.CheckConstraint("length(btrim(reason)) BETWEEN 1 AND 500", name="reason_is_told"),
        sa.CheckConstraint("length(btrim(saved_by)) BETWEEN 1 AND 200", name="named_person"),
    )

    site: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, comment="1, 2, ... of the site")
    document: Mapped[dict[str, Any]] = mapped_column(pg.JSONB, comment="as ladder.reading reads it")
    saved_by: Mapped[str]
    saved_at: Mapped[datetime]
    reason: Mapped[str]


class SavedMeanwhile(StoreError):
    """Somebody saved another version since the one that was to be replaced was read."""


class UnreadablePlan(StoreError):
    """A version that this version of the software does not read; the message says why."""


def saved_plan(session: Session, site: str) -> WardPlan | None:
    """The newest version of the site's plan; None where it never saved one."""
    return session.scalar(_newest_first(site).limit(1))


def saved_plans(session: Session, site: str, most: int = 20) -> Sequence[WardPlan]:
    """The last versions of the site's plan, the newest first."""
    return session.scalars(_newest_first(site).limit(most)).all()


def plan_in(saved: WardPlan) -> Plan:
    """The plan that was saved. Raises `UnreadablePlan`: what was refused then was not saved, so only a rule
    of a later version, or a zone that is gone, can be the cause."""
    try:
        return _read(json.dumps(saved.document, sort_keys=True))
    except BadPlan as error:
        raise UnreadablePlan(f"Version {saved.version} of the plan of {saved.site}: {error}") from error


def plan_of_site(session: Session, site: str) -> Plan | None:
    """The plan that holds at a site; None where it never saved one. Raises `UnreadablePlan`."""
    saved = saved_plan(session, site)
    return None if saved is None else plan_in(saved)


def variables_in_plans(session: Session) -> list[str]:
    """Names of the variables of the environment that the newest plans of all sites take addresses from."""
    found: set[str] = set()
    for site in session.scalars(sa.select(WardPlan.site).distinct()):
        try:
            plan = plan_of_site(session, site)
        except UnreadablePlan:
            continue
        addresses = [address for one in plan.persons for address in one.channels] if plan else []
        found |= {address.removeprefix("env:") for address in addresses if address.startswith("env:")}
    return sorted(found)


def save_plan(
    session: Session, site: str, plan: Plan, by: str, reason: str, at: datetime, after: int | None = None
) -> bool:
    """Have this plan hold at the site from now on; whether it is new. The same again changes nothing.

    `after` is the version that it replaces, 0 for none; None: whichever. Two people at once take turns.
    Raises `SavedMeanwhile`, and `StoreError` without a name or a reason.
    """
    reason, by = reason.strip(), by.strip()
    if not 1 <= len(reason) <= LONGEST_REASON or not reason.isprintable():
        raise StoreError(f"Give the reason in one line of 1 to {LONGEST_REASON} characters.")
    if not 1 <= len(by) <= 200 or not by.isprintable():
        raise StoreError("Give the name of who saves the plan.")
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(site, _LOCK))))
    last = saved_plan(session, site)
    version = 0 if last is None else last.version
    if after is not None and after != version:
        raise SavedMeanwhile(
            f"Version {version} of the plan was saved meanwhile: look at it, then save again."
        )
    document = document_of(plan)
    if last is not None and last.document == document:
        return False
    session.add(
        WardPlan(site=site, version=version + 1, document=document, saved_by=by, saved_at=at, reason=reason)
    )
    session.flush()
    record(session, at, by, "plan.save", detail=f"site {site}: version {version + 1}")
    return True


def site_is_known(session: Session, site: str) -> bool:
    """Whether anybody belongs to a site: otherwise its name may be a typing error."""
    someone = [sa.exists().where(Patient.site == site), sa.exists().where(Account.site == site)]
    return bool(session.scalar(sa.select(sa.or_(*someone))))


_LOCK = 28  #: apart from other locks on a text


@lru_cache(64)  # every page and every rung reads it
def _read(document: str) -> Plan:
    return plan_of(json.loads(document))


def _newest_first(site: str) -> sa.Select[WardPlan]:
    return sa.select(WardPlan).where(WardPlan.site == site).order_by(WardPlan.version.desc())
