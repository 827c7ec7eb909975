"""The outbox by hand: one message that is due, sent here and now. The process does the same in `dispatch`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from alerting.addresses import Addresses, Place, Ways
from alerting.channels import Channel
from alerting.sending import said_of, send
from alerting.settling import NotTaken, settle
from alerting.time_limit import TimeLimit
from store.alerts import outbox_claims
from store.alerts.outbox import Delivery
from store.database import transaction


def deliver_one(
    engine: sa.Engine, channels: Mapping[str, Channel] | Ways, base_url: str, at: datetime
) -> bool:
    """Send one message that is due, urgent ones first; whether there was one. Nothing is grouped.

    A crash between sending and marking sends it once more with the same idempotency key: twice is
    better than never.
    """
    ways = channels if isinstance(channels, Ways) else Ways(channels)
    claimed = _claim_one(engine, ways, at)
    if claimed is None:
        return False
    delivery, place = claimed
    result = (
        NotTaken((delivery,), place.why_not)
        if place.channel is None
        else send(engine, (delivery,), place.channel, base_url, TimeLimit())
    )
    if result is not None:
        settle(engine, [result], ways, at)
        said_of(result)
    return True


def _claim_one(engine: sa.Engine, ways: Ways, at: datetime) -> tuple[Delivery, Place] | None:
    with transaction(engine) as session:
        found = outbox_claims.urgent_due(session, at, 1)
        if not found:
            for group in outbox_claims.groups_due(session, at):
                found = outbox_claims.due_to(session, at, 1, group.to, group.digest)
                if found:
                    break
        if not found:
            return None
        (delivery,) = outbox_claims.claim(session, [found[0][0]], at)
        return delivery, Addresses(session, ways).place(found[0][1])
