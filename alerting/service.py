"""The alerting process: one thread takes decisions and turns, one judges devices, one seals the audit, one
sends (`dispatch`), so that a slow channel holds up nobody; one hears when something was decided.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa
import structlog

from alerting.addresses import Ways
from alerting.cases import take_decisions, take_turns
from alerting.channels import Channel
from alerting.dispatch import Dispatch
from alerting.listening import listen
from alerting.passed_over import PassedOver
from alerting.sealing import Outside, keep_sealing
from alerting.technical import keep_judging
from alerting.trouble import Limits
from store import heartbeat
from store.database import now, transaction

log = structlog.get_logger()

IDLE_S = 0.5  #: between looks, when nobody has said that there is something
BEAT_EVERY_S = 2.0


def run(
    engine: sa.Engine,
    channels: Mapping[str, Channel],
    base_url: str,
    stop: threading.Event,
    limits: Limits = Limits(),
    outside: Outside = Outside(),
    log_path: Path | None = None,
) -> None:
    """Work until `stop` is set. Losing the database pauses the work; it goes on when it is back.

    `log_path`: where the channel `log` of a ward's plan writes.
    """
    counts = {"decisions": 0, "turns": 0, "deliveries": 0, "technical": 0}
    dispatch = Dispatch(engine, Ways(channels, log_path), base_url, counts=counts)
    decided = threading.Event()
    threads = [
        threading.Thread(target=work, args=given, name=name, daemon=True)
        for name, work, given in (
            ("dispatch", dispatch.run, (stop,)),
            ("technical", keep_judging, (engine, limits, counts, stop)),
            ("audit", keep_sealing, (engine, outside, counts, stop)),
            ("listening", listen, (engine, {"decision": decided}, stop)),
        )
    ]
    for thread in threads:
        thread.start()
    broken, stuck = PassedOver(), PassedOver()  # decisions, turns
    beat_at = time.monotonic()
    while not stop.is_set():
        decided.clear()
        taken = turns = 0
        try:
            taken = take_decisions(engine, list(channels), now(), broken)
            turns = take_turns(engine, list(channels), now(), stuck)
            counts["decisions"] += taken
            counts["turns"] += turns
            counts["passed_over"] = len(broken.numbers) + len(stuck.numbers)
            if time.monotonic() >= beat_at:
                alive = all(thread.is_alive() for thread in threads)
                with transaction(engine) as session:
                    heartbeat.beat(session, "alerting", now(), alive, counts)
                beat_at = time.monotonic() + BEAT_EVERY_S
        except sa.exc.OperationalError:
            log.warning("the database is away", action="database_away")
        if taken or turns:
            dispatch.wake.set()
        elif not stop.is_set():
            decided.wait(IDLE_S)
    for thread in threads:
        thread.join(timeout=3)
