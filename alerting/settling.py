"""What became of sends, written down: many at once, each case with its messages in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from alerting.addresses import Addresses, Ways
from alerting.retries import after_failure
from store.alerts import outbox_outcomes
from store.alerts.case_life import notified_together, unreachable
from store.alerts.outbox import Delivery
from store.alerts.outbox_claims import to_of
from store.database import transaction

log = structlog.get_logger()

FAILURES_AT_ONCE = 200  #: a case whose failure is written is locked until all of them are


@dataclass(frozen=True, slots=True)
class Taken:
    """A channel took the message of these deliveries."""

    deliveries: tuple[Delivery, ...]
    receipt: str | None = None


@dataclass(frozen=True, slots=True)
class NotTaken:
    """It did not. `shut_until`: it was not asked, as its address does not answer till then."""

    deliveries: tuple[Delivery, ...]
    error: str
    shut_until: datetime | None = None
    again_at: datetime | None = None  #: of a digest, whose messages stay together


@dataclass(frozen=True, slots=True)
class Back:
    """Nobody could ask whether they are still to be sent: they were not."""

    deliveries: tuple[Delivery, ...]


Result = Taken | NotTaken | Back


def settle_past_what_breaks(
    engine: sa.Engine, results: Sequence[Result], ways: Ways, at: datetime
) -> list[Result]:
    """`settle`; where it breaks, one after the other. One that cannot be written is named in the log, and its
    messages are due again when their claim has run out. A database that is away is the caller's to wait for.
    """
    try:
        return settle(engine, results, ways, at)
    except sa.exc.OperationalError:
        raise
    except Exception as error:  # noqa: BLE001  whatever it is, it is of one of them
        log.error("one by one now", action="results_broke", error=type(error).__name__)
    left: list[Result] = []
    for result in results:
        try:
            left += settle(engine, [result], ways, at)
        except sa.exc.OperationalError:
            left.append(result)
        except Exception as error:  # noqa: BLE001
            number = result.deliveries[0].id
            log.error("passed over", action="result_broke", delivery=number, error=type(error).__name__)
    return left


def settle(engine: sa.Engine, results: Sequence[Result], ways: Ways, at: datetime) -> list[Result]:
    """Write down what became of them; what is left for the next time, as somebody else has the case just now
    (who waits for one case while holding another may wait for ever) or as there are so many."""
    left: list[Result] = []
    with transaction(engine) as session:
        opened = outbox_outcomes.lock_cases(session, {d.case_id for r in results for d in r.deliveries})
        addresses = Addresses(session, ways)
        receipts: dict[int, str | None] = {}
        told: set[int] = set()
        failures = 0
        for result in results:
            here = tuple(d for d in result.deliveries if d.case_id in opened)
            if isinstance(result, NotTaken):
                here = here[: max(0, FAILURES_AT_ONCE - failures)]
                failures += len(here)
                result = _with_its_time(result, at)
            those = {d.id for d in here}
            if len(those) < len(result.deliveries):
                rest = tuple(d for d in result.deliveries if d.id not in those)
                left.append(replace(result, deliveries=rest))
            if not here:
                continue
            match result:
                case Taken():
                    receipts |= dict.fromkeys(those, result.receipt)
                    told |= {d.case_id for d in here}
                case NotTaken():
                    _not_taken(session, replace(result, deliveries=here), addresses, ways, opened, at)
                case Back():
                    outbox_outcomes.back(session, those, at)
        if receipts:
            notified_together(session, told, at)
            outbox_outcomes.sent(session, receipts, at)
    return left


def _with_its_time(result: NotTaken, at: datetime) -> NotTaken:
    first = result.deliveries[0]
    if first.digest is None or result.again_at is not None:
        return result
    newest = max(one.decided_at for one in result.deliveries)
    plan = after_failure(first.attempts, False, newest, at, result.shut_until)
    return replace(result, again_at=plan.again_at)


def _not_taken(
    session: Session,
    result: NotTaken,
    addresses: Addresses,
    ways: Ways,
    opened: dict[int, datetime],
    at: datetime,
) -> None:
    """Again later, or never; the next channel of the person now, or the story says that there is none."""
    moves: list[tuple[Delivery, str, datetime]] = []
    nobody: list[Delivery] = []
    for delivery in outbox_outcomes.pending(session, [one.id for one in result.deliveries]):
        plan = after_failure(delivery.attempts, delivery.urgent, delivery.decided_at, at, result.shut_until)
        again_at = result.again_at or plan.again_at
        outbox_outcomes.not_taken(delivery, result.error, again_at)
        kind = addresses.next_kind(to_of(delivery))
        if plan.moves_on and kind is not None:
            moves.append((delivery, kind, opened[delivery.case_id]))
        elif plan.gone and kind is None and delivery.recipient:
            nobody.append(delivery)
        if result.shut_until is None:
            log.warning(
                "a message was not taken",
                action="delivery_failed",
                channel=delivery.channel,
                case=delivery.case_id,
                attempt=delivery.attempts,
                error=result.error,
                final=again_at is None,
            )
    session.flush()
    outbox_outcomes.put_next(session, moves, at)
    for delivery in nobody:
        unreachable(session, delivery.case_id, delivery.step, delivery.recipient, at, list(ways.own))
