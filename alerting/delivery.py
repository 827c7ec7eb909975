"""The outbox: one message at a time, sent outside any transaction, tried again until it is taken."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from alerting.channels import Channel, NotSent
from alerting.wording import Notice, link_to
from store import outbox
from store.case_life import notified
from store.database import transaction

log = structlog.get_logger()

HOLDING = timedelta(seconds=60)  #: how long a worker may hold a message; longer than any time-out
ATTEMPTS = 20  #: with the pauses below this is about three hours


def pause_after(attempt: int) -> timedelta:
    """How long to wait after the n-th failure: 2, 4, 8 ... seconds, at most 15 minutes, a little uneven."""
    seconds = min(2.0**attempt, 900.0)
    return timedelta(seconds=seconds * (0.75 + random.random() / 2))  # noqa: S311


def deliver_one(engine: sa.Engine, channels: Mapping[str, Channel], base_url: str, at: datetime) -> bool:
    """Send one message that is due; whether there was one.

    A crash between sending and marking sends it once more with the same idempotency key: twice is
    better than never.
    """
    with transaction(engine) as session:
        delivery = outbox.due(session, at, HOLDING)
        if delivery is None:
            return False
        case = delivery.case_id
        notice = Notice(
            case, delivery.step, delivery.idempotency_key, delivery.decided_at, link_to(base_url, case)
        )
        number, name, attempt = delivery.id, delivery.channel, delivery.attempts
    try:
        if name not in channels:
            raise NotSent("this channel is not configured any more")
        channels[name].send(notice)
    except NotSent as error:
        again = at + pause_after(attempt) if attempt < ATTEMPTS else None
        with transaction(engine) as session:
            outbox.failed(session, number, str(error), again)
        log.warning(
            "a message was not taken",
            action="delivery_failed",
            channel=name,
            case=case,
            attempt=attempt,
            error=str(error),
            final=again is None,
        )
        return True
    with transaction(engine) as session:
        # The case first, as whoever answers it does: else two could wait for each other.
        notified(session, case, at)
        outbox.sent(session, number, at)
    log.info("a message was sent", action="delivery_sent", channel=name, case=case)
    return True
