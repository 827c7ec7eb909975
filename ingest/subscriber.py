"""Broker to store: take messages, write a batch, commit, say receipts, acknowledge to the broker.

Guarantee: a message is acknowledged to the broker only after it is committed and the broker has taken its
receipt. The network's thread only queues. If anything unexpected happens there, the process ends and is
restarted: a living process with a dead network thread would be silence.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import sqlalchemy as sa
import structlog

from ingest.batch import Written
from ingest.broker import Broker
from ingest.decode import Incoming
from ingest.failpoints import reach
from ingest.intake import Intake
from ingest.poison import Care
from ingest.receipts import Pending, Sent, receipts_for
from ingest.retry import retry_marked
from ingest.subscriptions import Subscriptions, end_gone_sessions
from ingest.watchdog import Watchdog
from ingest.worker import Worker
from store import heartbeat
from store.database import now, transaction

log = structlog.get_logger()
T = TypeVar("T")

BEAT_S, TEND_S = 2.0, 1.0


class Subscriber:
    """One ingest worker."""

    def __init__(
        self,
        engine: sa.Engine,
        broker: Broker,
        demonstration_only: bool = False,
        worker: Worker = Worker(),
    ) -> None:
        self.engine = engine
        self.demonstration_only = demonstration_only
        self.worker = worker
        self.ended = {"stored": 0, "duplicate": 0, "quarantined": 0}
        client_id = worker.client_id(broker.password)
        self._broker = broker
        self._stopping = threading.Event()
        # The pip broker does not count what it drops, and ends the connection of whoever asks.
        self._intake = Intake(broker, client_id, not demonstration_only, self._stopping)
        self._client = self._intake.client
        self._pending = Pending()
        self._care = Care(engine, client_id)
        self._subscriptions = Subscriptions(engine, worker, client_id)
        self._watchdog = Watchdog(self._stopping)
        self._connection = 0  #: the one whose messages may be acknowledged
        self._order: deque[Sent] = deque()  #: stored, not yet acknowledged to the broker
        self._answered: set[Sent] = set()  #: those of them whose receipt the broker has

    @property
    def counts(self) -> dict[str, int]:
        """What a sign of life says. A message that came out of the queue has an end, or is unaccounted."""
        return {
            **self._intake.counts,
            **self.ended,
            "in_flight": len(self._order),
            "unaccounted": self._intake.out - sum(self.ended.values()),
        }

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set. What is not acknowledged by then comes again."""
        self._watchdog.start()
        try:
            self._work(stop)
        finally:
            self._stopping.set()

    def _work(self, stop: threading.Event) -> None:
        if self._insist(self._care.begin, stop) is None:
            return
        self._intake.connect()
        beat_at = tend_at = 0.0
        while not stop.is_set():
            self._watchdog.turn()
            if not self._client.alive:
                log.error("the network thread ended", action="ingest_restart")
                os._exit(1)
            self._follow_connection()
            batch = self._intake.batch()
            if batch:
                reach("after_receive")
                self._store(batch, stop)
            self._say_receipts()
            self._acknowledge_confirmed()
            if time.monotonic() - beat_at > BEAT_S:
                beat_at = time.monotonic()
                self._try(self._beat)
            if time.monotonic() - tend_at > TEND_S:
                tend_at = time.monotonic()
                self._try(self._tend)
        self._client.disconnect()
        self._try(self._care.end)

    def _follow_connection(self) -> None:
        """After a new connection nothing of the old one counts: its packet ids mean something else."""
        if self._connection != self._intake.connection:
            self._connection = self._intake.connection
            self._pending.connection_lost()
            self._order.clear()
            self._answered.clear()
            self._subscriptions.connection_made()

    def _store(self, batch: list[Incoming], stop: threading.Event) -> None:
        for part in self._care.parts(batch):
            written = self._insist(partial(self._care.write, part, self.demonstration_only), stop)
            if written is None:
                return
            reach("after_commit")
            self._answer(part, written)

    def _answer(self, batch: list[Incoming], written: Written) -> None:
        for name in self.ended:
            self.ended[name] += getattr(written, name)
        log.debug(
            "batch stored",
            action="batch_stored",
            stored=written.stored,
            duplicate=written.duplicate,
            quarantined=written.quarantined,
        )
        self._follow_connection()  # the batch may have come over one that was made since the last look
        self._pending.names |= written.names
        self._pending.fresh.update(written.progress)
        for one, answer in zip(batch, written.answers, strict=True):
            if not one.sent[1] or one.sent[0] != self._connection:
                continue  # nobody waits for an acknowledgement, or it comes again
            self._order.append(one.sent)
            if answer is None:  # no device of ours sent it: nobody is there to be told
                self._answered.add(one.sent)
            else:
                self._pending.owe(answer, one.sent)

    def _say_receipts(self) -> None:
        """Fresh progress is said as it is; a receipt that waited for its second is read anew."""
        at = time.monotonic()
        room = self._intake.receipts_in_flight - len(self._pending.unconfirmed)
        due = self._pending.due(at, room) if room > 0 else []
        if due:
            receipts = self._try(
                lambda: receipts_for(self.engine, due, self._pending.fresh, self._pending.names, now())
            )
            if receipts is not None:
                self._pending.said(due, self._client.publish_json(receipts), at)
                reach("after_receipt")
        self._pending.fresh.clear()

    def _acknowledge_confirmed(self) -> None:
        """Acknowledge to the broker, in the order in which the messages came (MQTT-4.6.0-2)."""
        self._answered.update(self._pending.confirmed(self._intake.confirmed()))
        done = []
        while self._order and self._order[0] in self._answered:
            sent = self._order.popleft()
            self._answered.discard(sent)
            done.append(sent[1])
        if done and self._connection == self._intake.connection:
            self._client.acknowledge(done)
            reach("after_ack")

    def _tend(self) -> None:
        retry_marked(self.engine, now(), self.demonstration_only)
        if self._client.is_connected():
            deaf = not self._subscriptions.settled
            self._subscriptions.tend(self._client)
            if deaf:
                self._beat()  # `up` waits for it
            end_gone_sessions(self.engine, self._broker, self.worker, now())

    def _beat(self) -> None:
        hears = self._client.is_connected() and self._subscriptions.settled
        with transaction(self.engine) as session:
            heartbeat.beat(session, self.worker.name, now(), hears, self.counts)

    def _try(self, work: Callable[[], T]) -> T | None:
        """Do it if the database and the broker are there; else it waits for the next time."""
        try:
            return work()
        except (sa.exc.OperationalError, sa.exc.InterfaceError):
            log.warning("the database is away", action="database_away")
            return None
        except OSError:  # `end_gone_sessions` connects on its own
            log.warning("the broker is away", action="broker_away")
            return None

    def _insist(self, work: Callable[[], T], stop: threading.Event) -> T | None:
        """Do it as soon as the database is there; nothing is acknowledged meanwhile. None when stopped."""
        wait = 0.2
        while not stop.is_set():
            self._watchdog.turn()
            try:
                return work()
            except sa.exc.DBAPIError as error:
                if not isinstance(error, sa.exc.OperationalError) and not error.connection_invalidated:
                    raise
                log.warning("the database is away", action="database_away")
                stop.wait(wait + random.random() * wait)  # noqa: S311
                wait = min(wait * 2, 5.0)
        return None
