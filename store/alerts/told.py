"""Who was told of a case, by which kind of channel, and when: the messages that a channel took."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.alerts.outbox import Delivery, DeliveryState
from store.alerts.ward_plans import UnreadablePlan, plan_of_site


@dataclass(frozen=True, slots=True)
class Told:
    """One message that is out. `who` is empty where it went to the channels of the installation."""

    who: str
    channel: str
    at: datetime


def told_of(session: Session, case_ids: Collection[int], site: str) -> dict[int, list[Told]]:
    """For each case of a site with any, in order of time; persons by the names of the plan as it is now."""
    try:
        plan = plan_of_site(session, site)
    except UnreadablePlan:
        plan = None
    names = {} if plan is None else {one.id: one.name for one in plan.persons}
    rows = session.execute(
        sa.select(Delivery.case_id, Delivery.recipient, Delivery.channel, Delivery.sent_at)
        .where(Delivery.case_id.in_(list(case_ids)), Delivery.state == DeliveryState.SENT)
        .order_by(Delivery.sent_at, Delivery.id)
    )
    found: dict[int, list[Told]] = {}
    for case_id, recipient, channel, at in rows:
        if at is not None:  # what is sent has a time
            found.setdefault(case_id, []).append(Told(names.get(recipient, recipient), channel, at))
    return found
