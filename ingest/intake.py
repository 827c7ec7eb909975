"""What comes from the broker: the connection, and the messages of it until a batch is made of them.

The network's thread only queues; everything else here is called by the worker.
"""

from __future__ import annotations

import queue
import random
import threading
import time

import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ingest.broker import Broker
from ingest.client import Arrived, Client
from ingest.decode import Incoming
from store.database import now

log = structlog.get_logger()

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
DROPPING_S = 600.0  #: so long `/readyz` speaks of messages that the broker dropped
TAKEN_OVER = "Session taken over"
TAKEN_OVER_WAIT_S = 10.0


class Intake:
    """The messages that arrive for one worker, over one connection after another."""

    def __init__(self, broker: Broker, client_id: str, hears_drops: bool, stopping: threading.Event) -> None:
        """`hears_drops`: the broker has the topic that counts what it drops."""
        self.connection = 0  #: how many there have been
        self.received = 0  #: messages that ever came
        self.out = 0  #: messages that ever were in a batch
        self.dropped_by_broker = 0
        self.receipts_in_flight = RECEIPTS_IN_FLIGHT  #: the most
        self._broker, self._hears_drops, self._stopping = broker, hears_drops, stopping
        self._taken: queue.SimpleQueue[list[Incoming]] = queue.SimpleQueue()
        self._over: list[Incoming] = []  #: taken, beyond the batch
        self._confirmed: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._dropping_until = 0.0
        self.client = Client(client_id, self._on_arrival, self._on_confirmed)
        broker.introduce(self.client)
        self.client.reconnect_delay_set(min_delay=1, max_delay=10)
        self.client.on_connect = self._on_connect
        self.client.on_connect_fail = self._on_connect_fail
        self.client.on_disconnect = self._on_disconnect
        self.client.on_subscribe = self._on_subscribe

    def connect(self) -> None:
        """Begin to connect, and to connect again whenever that is needed."""
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = SESSION_DAYS * 86_400
        properties.ReceiveMaximum = RECEIVE_MAXIMUM
        self.client.connect_async(
            self._broker.host, self._broker.port, keepalive=30, clean_start=False, properties=properties
        )
        self.client.loop_start()

    def _on_connect(
        self, client: mqtt.Client, _data: object, _flags: object, reason: object, properties: object
    ) -> None:
        if getattr(reason, "is_failure", False):
            log.error("the broker refused us", action="broker_refused", reason=str(reason))
            return
        most = getattr(properties, "ReceiveMaximum", RECEIPTS_IN_FLIGHT)
        self.receipts_in_flight = min(most, RECEIPTS_IN_FLIGHT)
        self.connection += 1
        if self._hears_drops:
            client.subscribe(DROPPED, qos=0)
        log.info("connected to the broker", action="broker_connected")

    def _on_subscribe(
        self, _client: mqtt.Client, _data: object, _mid: int, reasons: list[ReasonCode], _props: object
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            log.error("the broker refused a subscription: may ingest read there?", action="deaf")

    def _on_connect_fail(self, *_: object) -> None:
        log.warning("the broker is not there yet", action="broker_wait")

    def _on_disconnect(
        self, _client: mqtt.Client, _data: object, _flags: object, reason: object, _props: object
    ) -> None:
        if str(reason) == TAKEN_OVER:
            # Two that take the session from each other at once would do nothing else.
            log.error("another worker has this worker's name", action="taken_over")
            self._stopping.wait(TAKEN_OVER_WAIT_S * (1 + random.random()))  # noqa: S311
        else:
            log.warning("the broker is away", action="broker_away")

    def _on_arrival(self, messages: list[Arrived]) -> None:
        at, taken = now(), []
        for topic, payload, content_type, mid in messages:
            if topic == DROPPED:
                self._heard_of_drops(int(payload) if payload.isdigit() else 0)
            else:
                sent = (self.connection, mid) if mid else (0, 0)
                taken.append(Incoming(topic, payload, content_type, at, sent))
        if taken:
            self.received += len(taken)
            self._taken.put(taken)

    def _heard_of_drops(self, total: int) -> None:
        """The broker threw messages away since we last heard of it: an alarm for a while, also of what it
        threw away while no worker was there. Nothing of it was receipted."""
        if total > self.dropped_by_broker:
            self._dropping_until = time.monotonic() + DROPPING_S
            log.error("the broker dropped messages", action="dropped", total=total)
        self.dropped_by_broker = total

    def _on_confirmed(self, mid: int, taken: bool) -> None:
        if not taken:
            log.error("the broker refused a receipt: may ingest write there?", action="receipt_refused")
        self._confirmed.put(mid)

    def batch(self) -> list[Incoming]:
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
        self.out += len(batch)
        return batch

    def confirmed(self) -> list[int]:
        """The ids of receipts that the broker has taken since the last call."""
        mids = []
        while not self._confirmed.empty():
            mids.append(self._confirmed.get())
        return mids

    @property
    def counts(self) -> dict[str, int]:
        """What a sign of life says of what came."""
        return {
            "received": self.received,
            "waiting": self.received - self.out,
            "dropped_by_broker": self.dropped_by_broker,
            "dropping": int(time.monotonic() < self._dropping_until),
        }
