"""One send: what is still to be sent is asked once more, then the channel is given it."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
import structlog

from alerting.channels import Channel, NotSent
from alerting.settling import Back, NotTaken, Result, Taken
from alerting.time_limit import TIMEOUT_S, TimeLimit
from alerting.wording import Digest, Message, Notice, link_to, link_to_all
from store.alerts.outbox import Delivery
from store.alerts.outbox_claims import still_pending
from store.database import transaction

log = structlog.get_logger()

LONGEST_RECEIPT = 200
TOO_LONG = f"it did not answer within {TIMEOUT_S:.0f} s"


def message_of(deliveries: Sequence[Delivery], base_url: str) -> Message:
    """The words for one delivery, or for those of one digest."""
    first = deliveries[0]
    if first.digest is None:
        link = link_to(base_url, first.case_id)
        return Notice(first.case_id, first.step, first.idempotency_key, first.decided_at, link)
    cases = tuple(dict.fromkeys(one.case_id for one in deliveries))
    newest = max(one.decided_at for one in deliveries)
    return Digest(cases, first.digest, newest, link_to_all(base_url))


def send(
    engine: sa.Engine, deliveries: tuple[Delivery, ...], channel: Channel, base_url: str, limit: TimeLimit
) -> Result | None:
    """Send them; None: somebody has answered meanwhile, nothing is sent and nothing is to be written down."""
    try:
        with transaction(engine) as session:
            wanted = still_pending(session, [one.id for one in deliveries])
    except sa.exc.SQLAlchemyError:
        return Back(deliveries)
    deliveries = tuple(one for one in deliveries if one.id in wanted)
    if not deliveries:
        return None
    try:
        receipt = channel.send(message_of(deliveries, base_url), limit)
    except NotSent as error:
        return NotTaken(deliveries, str(error))
    except Exception as error:  # noqa: BLE001  whatever it is, the message is tried again
        log.error("a channel broke", action="channel_broke", error=type(error).__name__)
        return NotTaken(deliveries, f"the channel broke: {type(error).__name__}")
    finally:
        limit.done()
    return Taken(deliveries, _printable(receipt))


def _printable(receipt: str | None) -> str | None:
    """What others call a message is theirs to choose: without what no table keeps and no page shows."""
    return "".join(one for one in receipt or "" if one.isprintable())[:LONGEST_RECEIPT] or None


def said_of(result: Result) -> None:
    """A line of the log for what went out."""
    if isinstance(result, Taken):
        first = result.deliveries[0]
        together = {} if first.digest is None else {"together": len(result.deliveries)}
        case = first.case_id
        log.info("a message was sent", action="delivery_sent", channel=first.channel, case=case, **together)
