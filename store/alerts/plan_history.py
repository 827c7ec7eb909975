"""Which version of a ward's plan held when, for whoever looks back: its times, its clock, what it states."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ladder.plan import Plan
from ladder.plan_timing import timings_of
from ladder.timing import SHIPPED, Timings
from store.alerts.ward_plans import UnreadablePlan, WardPlan, plan_in


@dataclass(frozen=True, slots=True)
class Held:
    """By which times a message was to be answered. `version` None: the installation's own, without a plan.

    `instead_of` is the version that held, where this version of the software cannot read it: then these are
    the times that hold now.
    """

    version: int | None
    instead_of: int | None
    timings: Timings


NO_PLAN = Held(None, None, SHIPPED)


@dataclass(frozen=True, slots=True)
class PlanHistory:
    """The versions of the plan of one site, in order; none where it never saved one."""

    site: str
    version: int | None  #: the one that holds now
    plan: Plan | None  #: the same; None where there is none, or none that can be read
    since: Sequence[datetime]  #: from when on each version held
    times: Sequence[Held]  #: of each

    @property
    def now(self) -> Held:
        """By which times somebody is told now."""
        return self.times[-1] if self.times else NO_PLAN

    def held(self, at: datetime) -> Held:
        """By which times somebody was told at `at`."""
        place = bisect_right(self.since, at)
        return self.times[place - 1] if place else NO_PLAN


def plan_histories(
    session: Session, site: str | None = None, since: datetime | None = None
) -> dict[str, PlanHistory]:
    """Of one site, or of each that ever saved a plan; only the versions that held at `since` or later, where
    that is given: a ward that saves each swap has hundreds, and reading one takes a while."""
    query = sa.select(WardPlan).order_by(WardPlan.site, WardPlan.version)
    rows: dict[str, list[WardPlan]] = {} if site is None else {site: []}
    for row in session.scalars(query if site is None else query.where(WardPlan.site == site)):
        rows.setdefault(row.site, []).append(row)
    return {name: _history(name, _held_since(own, since)) for name, own in rows.items()}


def _held_since(rows: Sequence[WardPlan], since: datetime | None) -> Sequence[WardPlan]:
    gone = 0 if since is None else bisect_right(rows, since, key=lambda row: row.saved_at) - 1
    return rows[max(gone, 0) :]


def _history(site: str, rows: Sequence[WardPlan]) -> PlanHistory:
    plans = [_readable(row) for row in rows]
    version, plan = (rows[-1].version, plans[-1]) if rows else (None, None)
    now = NO_PLAN if plan is None else Held(version, None, timings_of(plan))
    times = [
        replace(now, instead_of=row.version) if own is None else Held(row.version, None, timings_of(own))
        for row, own in zip(rows, plans, strict=True)
    ]
    return PlanHistory(site, version, plan, [row.saved_at for row in rows], times)


def _readable(row: WardPlan) -> Plan | None:
    try:
        return plan_in(row)
    except UnreadablePlan:
        return None
