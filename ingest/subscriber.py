"""Broker to store: take messages, write a batch, commit, say receipts, acknowledge to the broker.

Guarantee: a message is acknowledged to the broker only after it is committed and the broker has taken its
receipt. The network's thread only queues. If anything unexpected happens there, the process ends and is
restarted: a living process with a dead network thread would be silence.
"""

from __future__ import annotations

import os
import queue
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import paho.mqtt.client as mqtt
import sqlalchemy as sa
import structlog
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest.batch import Written
from ingest.broker import Broker
from ingest.client import Arrived, Client
from ingest.decode import Incoming
from ingest.failpoints import reach
from ingest.poison import Care
from ingest.receipts import Pending, Sent, receipts_for
from ingest.retry import retry_marked
from ingest.subscriptions import Subscriptions, end_gone_sessions
from ingest.worker import Worker
from store import heartbeat
from store.database import now, transaction

log = structlog.get_logger()
T = TypeVar("T")

DROPPED = "$SYS/broker/publish/messages/dropped"
BATCH_COUNT = 500  #: a batch is written when it has so many messages,
BATCH_AGE_S = 0.05  #: or when its oldest is so old,
BATCH_BYTES = 12_000_000  #: or when it is so large: devices wait for a receipt, and 10 s is their patience
SESSION_DAYS = 30  #: the broker keeps what we miss for so long
#: What the broker may have in flight to us: bounds our memory (18 kB a block: 72 MB) and is well above
#: what waits for a receipt in a second at 1,667 blocks/s.
RECEIVE_MAXIMUM = 4000
#: Receipts on their way to the broker; less where it says so.
RECEIPTS_IN_FLIGHT = 5000
BEAT_S, TEND_S = 2.0, 1.0
#: Without a turn of the worker's loop for so long, its database is gone without a word: above its limit for
#: one statement, which a server that lives would have kept.
STUCK_S = 70
DROPPING_S = 600.0  #: so long `/readyz` speaks of messages that the broker dropped
TAKEN_OVER = "Session taken over"
TAKEN_OVER_WAIT_S = 10.0


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
        self.client_id = worker.client_id(broker.password)
        self.counts = {"received": 0, "stored": 0, "duplicate": 0, "quarantined": 0, "dropped_by_broker": 0}
        self._broker = broker
        self._taken: queue.SimpleQueue[list[Incoming]] = queue.SimpleQueue()
        self._over: list[Incoming] = []  #: taken, beyond the batch
        self._out = 0  #: messages that ever were in a batch
        self._confirmed: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._pending = Pending()
        self._care = Care(engine, self.client_id)
        self._subscriptions = Subscriptions(engine, worker, self.client_id)
        self._stopping = threading.Event()
        self._turns = 0
        self._dropping_until = 0.0
        self._connection = 0
        self._seen_connection = 0
        self._receipts_in_flight = RECEIPTS_IN_FLIGHT
        self._order: deque[Sent] = deque()  #: stored, not yet acknowledged to the broker
        self._answered: set[Sent] = set()  #: those of them whose receipt the broker has
        self._client = Client(self.client_id, self._on_arrival, self._on_confirmed)
        broker.introduce(self._client)
        self._client.reconnect_delay_set(min_delay=1, max_delay=10)
        self._client.on_connect = self._on_connect
        self._client.on_connect_fail = self._on_connect_fail
        self._client.on_disconnect = self._on_disconnect

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set. What is not acknowledged by then comes again."""
        self._stopping = stop
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()
        if self._insist(self._care.begin, stop) is None:
            return
        self._connect()
        beat_at = tend_at = 0.0
        while not stop.is_set():
            self._turns += 1
            if not self._client.alive:
                log.error("the network thread ended", action="ingest_restart")
                os._exit(1)
            self._follow_connection()
            batch = self._batch()
            if batch:
                reach("after_receive")
                self._store(batch, stop)
            self._say_receipts()
            self._acknowledge_confirmed()
            if time.monotonic() - tend_at > TEND_S:
                tend_at = time.monotonic()
                self._try(self._tend)
            if time.monotonic() - beat_at > BEAT_S:
                beat_at = time.monotonic()
                self._try(self._beat)
        self._client.disconnect()
        self._try(self._care.end)

    def _watch(self) -> None:
        """End a process that waits for a connection which is dead behind something that still answers (a
        proxy, a stopped peer): there neither tcp_user_timeout nor keep-alives help, and libpq waits for
        ever. Looks are counted, not time: a process that was frozen itself is not stuck."""
        turns, looks = -1, 0
        while looks < STUCK_S and not self._stopping.wait(1.0):
            turns, looks = (turns, looks + 1) if turns == self._turns else (self._turns, 0)
        if looks >= STUCK_S:
            log.error("no turn for too long", action="ingest_restart", seconds=STUCK_S)
            os._exit(1)

    def _connect(self) -> None:
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = SESSION_DAYS * 86_400
        properties.ReceiveMaximum = RECEIVE_MAXIMUM
        self._client.connect_async(
            self._broker.host, self._broker.port, keepalive=30, clean_start=False, properties=properties
        )
        self._client.loop_start()

    def _on_connect(
        self, client: mqtt.Client, _data: object, _flags: object, reason: object, properties: object
    ) -> None:
        if getattr(reason, "is_failure", False):
            log.error("the broker refused us", action="broker_refused", reason=str(reason))
            return
        most = getattr(properties, "ReceiveMaximum", RECEIPTS_IN_FLIGHT)
        self._receipts_in_flight = min(most, RECEIPTS_IN_FLIGHT)
        self._connection += 1
        if not self.demonstration_only:  # the pip broker has no such topic and ends the connection
            client.subscribe(DROPPED, qos=0)
        log.info("connected to the broker", action="broker_connected")

    def _on_connect_fail(self, *_: object) -> None:
        log.warning("the broker is not there yet", action="broker_wait")

    def _on_disconnect(
        self, _client: mqtt.Client, _data: object, _flags: object, reason: object, _props: object
    ) -> None:
        if str(reason) == TAKEN_OVER:
            # Two that take the session from each other at once would do nothing else.
            log.error("another worker has this worker's name", action="taken_over", worker=self.worker.name)
            self._stopping.wait(TAKEN_OVER_WAIT_S * (1 + random.random()))  # noqa: S311
        else:
            log.warning("the broker is away", action="broker_away")

    def _on_arrival(self, messages: list[Arrived]) -> None:
        at, taken = now(), []
        for topic, payload, content_type, mid in messages:
            if topic == DROPPED:
                self._heard_of_drops(int(payload) if payload.isdigit() else 0)
            else:
                sent = (self._connection, mid) if mid else (0, 0)
                taken.append(Incoming(topic, payload, content_type, at, sent))
        if taken:
            self.counts["received"] += len(taken)
            self._taken.put(taken)

    def _heard_of_drops(self, total: int) -> None:
        """The broker threw messages away since we last heard of it: an alarm for a while, also of what it
        threw away while no worker was there. Nothing of it was receipted."""
        if total > self.counts["dropped_by_broker"]:
            self._dropping_until = time.monotonic() + DROPPING_S
            log.error("the broker dropped messages", action="dropped", total=total)
        self.counts["dropped_by_broker"] = total

    def _on_confirmed(self, mid: int, taken: bool) -> None:
        if not taken:
            log.error("the broker refused a receipt: may ingest write there?", action="receipt_refused")
        self._confirmed.put(mid)

    def _follow_connection(self) -> None:
        """After a new connection nothing of the old one counts: its packet ids mean something else."""
        if self._connection != self._seen_connection:
            self._seen_connection = self._connection
            self._pending.connection_lost()
            self._order.clear()
            self._answered.clear()
            self._subscriptions.connection_made()

    def _batch(self) -> list[Incoming]:
        """What came within one batch's age, at most one batch's count."""
        batch, self._over = self._over, []
        until = time.monotonic() + BATCH_AGE_S
        size = sum(len(one.payload) for one in batch)
        while len(batch) < BATCH_COUNT and size < BATCH_BYTES:
            try:
                taken = self._taken.get(timeout=max(until - time.monotonic(), 0.0))
            except queue.Empty:
                break
            if not batch:
                until = time.monotonic() + BATCH_AGE_S
            batch += taken
            size += sum(len(one.payload) for one in taken)
        batch, self._over = batch[:BATCH_COUNT], batch[BATCH_COUNT:]
        self._out += len(batch)
        return batch

    def _store(self, batch: list[Incoming], stop: threading.Event) -> None:
        for part in self._care.parts(batch):
            written = self._insist(partial(self._care.write, part, self.demonstration_only), stop)
            if written is None:
                return
            reach("after_commit")
            self._answer(part, written)

    def _answer(self, batch: list[Incoming], written: Written) -> None:
        for name in ("stored", "duplicate", "quarantined"):
            self.counts[name] += getattr(written, name)
        log.debug(
            "batch stored",
            action="batch_stored",
            stored=written.stored,
            duplicate=written.duplicate,
            quarantined=written.quarantined,
        )
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
        room = self._receipts_in_flight - len(self._pending.unconfirmed)
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
        mids = []
        while not self._confirmed.empty():
            mids.append(self._confirmed.get())
        self._answered.update(self._pending.confirmed(mids))
        done = []
        while self._order and self._order[0] in self._answered:
            sent = self._order.popleft()
            self._answered.discard(sent)
            done.append(sent[1])
        if done and self._connection == self._seen_connection:
            self._client.acknowledge(done)
            reach("after_ack")

    def _tend(self) -> None:
        retry_marked(self.engine, now(), self.demonstration_only)
        if self._client.is_connected():
            self._subscriptions.tend(self._client)
            end_gone_sessions(self.engine, self._broker, self.worker)

    def _beat(self) -> None:
        ended = sum(self.counts[name] for name in ("stored", "duplicate", "quarantined"))
        counts = {
            **self.counts,
            "waiting": self.counts["received"] - self._out,
            "in_flight": len(self._order),
            "dropping": int(time.monotonic() < self._dropping_until),
            "unaccounted": self._out - ended,  # a message that has no end: an alarm
        }
        with transaction(self.engine) as session:
            heartbeat.beat(session, self.worker.name, now(), self._client.is_connected(), counts)

    def _try(self, work: Callable[[], T]) -> T | None:
        """Do it if the database is there; else it waits for the next time."""
        try:
            return work()
        except (sa.exc.OperationalError, sa.exc.InterfaceError):
            log.warning("the database is away", action="database_away")
            return None

    def _insist(self, work: Callable[[], T], stop: threading.Event) -> T | None:
        """Do it as soon as the database is there; nothing is acknowledged meanwhile. None when stopped."""
        wait = 0.2
        while not stop.is_set():
            self._turns += 1
            try:
                return work()
            except sa.exc.DBAPIError as error:
                if not isinstance(error, sa.exc.OperationalError) and not error.connection_invalidated:
                    raise
                log.warning("the database is away", action="database_away")
                stop.wait(wait + random.random() * wait)  # noqa: S311
                wait = min(wait * 2, 5.0)
        return None
