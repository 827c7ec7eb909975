"""paho to store: take messages, write a batch, commit, say receipts, acknowledge to the broker.

Guarantee: a message is acknowledged to the broker only after it is committed and its receipt is on its
way. paho's thread only queues. If anything unexpected happens there, the process ends and is restarted:
a living process with a dead network thread would be silence.
"""

from __future__ import annotations

import os
import queue
import random
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable

import paho.mqtt.client as mqtt
import sqlalchemy as sa
import structlog
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from sqlalchemy.orm import Session

from ingest.batch import Written, write_batch
from ingest.broker import Broker
from ingest.decode import Incoming
from ingest.failpoints import reach
from ingest.receipts import Pending, receipts_for
from ingest.worker import Worker
from store import heartbeat
from store.database import now

log = structlog.get_logger()

TOPIC = "actalgia/v1/+/up/#"
DROPPED = "$SYS/broker/publish/messages/dropped"
BATCH_COUNT = 500  #: a batch is written when it has so many messages,
BATCH_AGE_S = 0.05  #: or when its oldest is so old,
BATCH_BYTES = 4_000_000  #: or when it is so large: devices wait for a receipt, and 10 s is their patience
SESSION_DAYS = 30  #: the broker keeps what we miss for so long
#: What the broker may have in flight to us: bounds our memory (18 kB a block: 72 MB) and is well above
#: what waits for a receipt in a second at 1,667 blocks/s.
RECEIVE_MAXIMUM = 4000
HEARTBEAT_S = 2.0


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
        self.counts = {"received": 0, "stored": 0, "duplicate": 0, "quarantined": 0, "dropped_by_broker": 0}
        self._broker = broker
        self._worker = worker
        self._taken: queue.SimpleQueue[Incoming] = queue.SimpleQueue()
        self._pending = Pending()
        self._connection = 0
        self._order: deque[tuple[int, int]] = deque()  #: stored, not yet acknowledged to the broker
        self._answered: set[tuple[int, int]] = set()  #: those of them whose receipt is out
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=worker.client_id(broker.password),
            protocol=mqtt.MQTTv5,
            manual_ack=True,
        )
        self._client.username_pw_set(broker.username, broker.password)
        if broker.tls:
            self._client.tls_set(ca_certs=broker.ca_file, tls_version=ssl.PROTOCOL_TLS_CLIENT)
        # paho keeps QoS 1 messages beyond 20 in flight to itself: a receipt that waits there would be lost
        # by a crash although the broker has its message's acknowledgement.
        self._client.max_inflight_messages_set(0)
        self._client.reconnect_delay_set(min_delay=1, max_delay=10)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        self._client.message_callback_add("$SYS/#", self._on_broker_statistic)

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set. What is not acknowledged by then comes again."""
        network = threading.Thread(target=self._network, name="mqtt", daemon=True)
        network.start()
        beat_at = 0.0
        while not stop.is_set():
            if not network.is_alive():
                log.error("the network thread ended", action="ingest_restart")
                os._exit(1)
            batch = self._batch()
            if batch:
                reach("after_receive")
                self._store(batch, stop)
            self._say_receipts()
            if time.monotonic() - beat_at > HEARTBEAT_S:
                self._beat()
                beat_at = time.monotonic()
        self._client.disconnect()

    def _network(self) -> None:
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = SESSION_DAYS * 86_400
        properties.ReceiveMaximum = RECEIVE_MAXIMUM
        while True:
            try:
                self._client.connect(
                    self._broker.host,
                    self._broker.port,
                    keepalive=30,
                    clean_start=False,
                    properties=properties,
                )
                break
            except OSError:
                log.warning("the broker is not there yet", action="broker_wait")
                time.sleep(0.5 + random.random() / 2)  # noqa: S311
        self._client.loop_forever(retry_first_connection=True)

    def _on_connect(
        self, client: mqtt.Client, _data: object, _flags: object, reason: object, _props: object
    ) -> None:
        if getattr(reason, "is_failure", False):
            log.error("the broker refused us", action="broker_refused", reason=str(reason))
            return
        self._connection += 1
        client.subscribe(TOPIC, qos=1)
        if not self.demonstration_only:  # the pip broker has no such topic and ends the connection
            client.subscribe(DROPPED, qos=0)
        log.info("connected to the broker", action="broker_connected")

    def _on_disconnect(self, *_: object) -> None:
        log.warning("the broker is away", action="broker_away")

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        properties = message.properties
        self._taken.put(
            Incoming(
                message.topic,
                bytes(message.payload),
                getattr(properties, "ContentType", None) if properties is not None else None,
                now(),
                (self._connection, message.mid) if message.qos else (0, 0),
            )
        )

    def _on_broker_statistic(self, client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        text = message.payload.decode("ascii", "replace")
        if text.isdigit():
            self.counts["dropped_by_broker"] = int(text)
        if message.qos:
            client.ack(message.mid, message.qos)

    def _batch(self) -> list[Incoming]:
        """What came within one batch's age, at most one batch's count."""
        try:
            batch = [self._taken.get(timeout=0.1)]
        except queue.Empty:
            return []
        size = len(batch[0].payload)
        until = time.monotonic() + BATCH_AGE_S
        while len(batch) < BATCH_COUNT and size < BATCH_BYTES and (left := until - time.monotonic()) > 0:
            try:
                batch.append(self._taken.get(timeout=left))
            except queue.Empty:
                break
            size += len(batch[-1].payload)
        return batch

    def _store(self, batch: list[Incoming], stop: threading.Event) -> None:
        written = self._insist(lambda: write_batch(self.engine, batch, now(), self.demonstration_only), stop)
        if written is None:
            return
        reach("after_commit")
        self.counts["received"] += len(batch)
        for name in ("stored", "duplicate", "quarantined"):
            self.counts[name] += getattr(written, name)
        log.info(
            "batch stored",
            action="batch_stored",
            stored=written.stored,
            duplicate=written.duplicate,
            quarantined=written.quarantined,
        )
        self._pending.names |= written.names
        self._order.extend(one.sent for one in batch if one.sent[1])
        for one, answer in zip(batch, written.answers, strict=True):
            if answer is not None:
                self._pending.owe(answer, one.sent)
        # What no device of ours sent is acknowledged at once: nobody is there to be told.
        pairs = zip(batch, written.answers, strict=True)
        self._acknowledge([one.sent for one, answer in pairs if answer is None])

    def _say_receipts(self) -> None:
        due = self._pending.due(time.monotonic())
        if not due:
            return
        try:
            receipts_for(self.engine, due, self._pending.names, now(), self._publish)
        except sa.exc.OperationalError:
            log.warning("receipts wait for the database", action="receipts_wait")
            return
        reach("after_receipt")
        self._acknowledge(self._pending.said(due, time.monotonic()))
        reach("after_ack")

    def _publish(self, topic: str, payload: bytes) -> None:
        properties = Properties(PacketTypes.PUBLISH)
        properties.ContentType = "application/json"
        self._client.publish(topic, payload, qos=1, retain=True, properties=properties)

    def _acknowledge(self, sent: list[tuple[int, int]]) -> None:
        """Acknowledge to the broker, in the order in which the messages came (MQTT-4.6.0-2), and only on
        the connection that brought them: on a new one the broker sends them again, and an old packet id
        might by then name something else."""
        self._answered.update(one for one in sent if one[0] == self._connection)
        while self._order:
            connection, mid = first = self._order[0]
            if connection == self._connection and first not in self._answered:
                return
            self._order.popleft()
            self._answered.discard(first)
            if connection == self._connection:
                self._client.ack(mid, 1)

    def _beat(self) -> None:
        try:
            with Session(self.engine) as session, session.begin():
                heartbeat.beat(session, "ingest", now(), self._client.is_connected(), dict(self.counts))
        except sa.exc.OperationalError:
            log.warning("no sign of life: the database is away", action="database_away")

    def _insist(self, work: Callable[[], Written], stop: threading.Event) -> Written | None:
        """Do it as soon as the database is there; nothing is acknowledged meanwhile. None when stopped."""
        wait = 0.2
        while not stop.is_set():
            try:
                return work()
            except sa.exc.DBAPIError as error:
                if not isinstance(error, sa.exc.OperationalError) and not error.connection_invalidated:
                    raise
                log.warning("the database is away", action="database_away")
                stop.wait(wait + random.random() * wait)  # noqa: S311
                wait = min(wait * 2, 5.0)
        return None
