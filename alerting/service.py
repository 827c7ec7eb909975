"""The alerting process: one thread takes decisions, one judges devices, one seals the audit, a few send, so
that a slow channel holds up nobody.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

import sqlalchemy as sa
import structlog

from alerting.cases import take_decisions, take_turns
from alerting.channels import Channel
from alerting.delivery import deliver_one
from alerting.sealing import Outside, keep_sealing
from alerting.technical import keep_judging
from alerting.trouble import Limits
from store import heartbeat
from store.database import now, transaction

log = structlog.get_logger()

SENDERS = 4
IDLE_S = 0.3


def run(
    engine: sa.Engine,
    channels: Mapping[str, Channel],
    base_url: str,
    stop: threading.Event,
    limits: Limits = Limits(),
    outside: Outside = Outside(),
) -> None:
    """Work until `stop` is set. Losing the database pauses the work; it goes on when it is back."""
    counts = {"decisions": 0, "turns": 0, "deliveries": 0, "technical": 0}

    def senders() -> None:
        while not stop.is_set():
            try:
                if deliver_one(engine, channels, base_url, now()):
                    counts["deliveries"] += 1
                    continue
            except sa.exc.OperationalError:
                log.warning("the database is away", action="database_away")
            stop.wait(IDLE_S)

    threads = [threading.Thread(target=senders, name=f"sender-{i}", daemon=True) for i in range(SENDERS)]
    judging = (engine, limits, counts, stop)
    threads.append(threading.Thread(target=keep_judging, args=judging, name="technical", daemon=True))
    sealing = (engine, outside, counts, stop)
    threads.append(threading.Thread(target=keep_sealing, args=sealing, name="audit", daemon=True))
    for thread in threads:
        thread.start()
    rounds = 0
    while not stop.is_set():
        try:
            counts["decisions"] += take_decisions(engine, list(channels), now())
            counts["turns"] += take_turns(engine, list(channels), now())
            if rounds % 6 == 0:
                alive = all(thread.is_alive() for thread in threads)
                with transaction(engine) as session:
                    heartbeat.beat(session, "alerting", now(), alive, counts)
            rounds += 1
        except sa.exc.OperationalError:
            log.warning("the database is away", action="database_away")
        stop.wait(IDLE_S)
    for thread in threads:
        thread.join(timeout=2)
