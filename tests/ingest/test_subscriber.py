"""Ingest at a real broker: nothing is acknowledged before it is committed, everything is receipted."""

from __future__ import annotations

import dataclasses
import shutil
import threading
import time
from datetime import UTC, datetime
from itertools import pairwise

import msgspec
import paho.mqtt.client as mqtt
import pytest
import sqlalchemy as sa
from paho.mqtt.enums import CallbackAPIVersion

from ingest.broker import Broker
from ingest.messages import Receipt, Status, Stream, up_topic
from ingest.subscriber import Subscriber
from simulate.connection import Address
from simulate.device import Device
from tests.broker.running import embedded_mosquitto, soon
from tests.cast import NOON, enrol_cast, incoming, micro
from tests.ingest.at_a_broker import ACCOUNTS, Running

pytestmark = pytest.mark.skipif(
    not (shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")),
    reason="mosquitto is not installed",
)


@pytest.fixture
def broker(tmp_path):
    with embedded_mosquitto(tmp_path, ACCOUNTS) as running:
        yield running


class Listener:
    """A device's own client that hears its receipts and publishes what it likes."""

    def __init__(self, broker, name="watch-1") -> None:
        self.name, self.receipts, self.came = name, [], []
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"test-{name}", protocol=mqtt.MQTTv5)
        self.client.username_pw_set(name, ACCOUNTS[name])
        self.client.on_message = self._on_message
        self.client.connect("127.0.0.1", broker.port)
        self.client.subscribe(f"actalgia/v1/{name}/down/#", qos=1)
        self.client.loop_start()

    def _on_message(self, _c, _d, message):
        self.came.append((time.monotonic(), message.topic))
        self.receipts.append(msgspec.json.decode(message.payload, type=Receipt))

    def send(self, seq, stream=Stream.STATUS, payload=None):
        payload = payload or msgspec.msgpack.encode(Status(boot=4, seq=seq, at=micro(datetime.now(UTC))))
        self.client.publish(up_topic(self.name, stream), payload, qos=1).wait_for_publish(5)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


def rows(engine, query):
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(query))]


def test_a_receipt_says_what_is_committed_what_is_missing_and_what_was_refused(engine, broker):
    enrol_cast(engine)
    watch = Listener(broker)
    with Running(engine, broker):
        watch.send(0)
        watch.send(3)
        watch.send(4, payload=msgspec.msgpack.encode({"boot": 4, "seq": 4, "at": "noon"}))
        watch.send(0, payload=b"\xc1 not a message")

        def answered():
            last = {receipt.boot: receipt for receipt in watch.receipts}
            return last if 4 in last and None in last and last[4].through == 4 else None

        assert soon(answered)
        named, unnamed = answered()[4], answered()[None]
    watch.close()
    assert (named.stream, named.through, named.missing) == ("status", 4, [(1, 2)])
    assert [(one.seq, len(one.digest)) for one in named.refused] == [(4, 64)]
    assert (unnamed.through, [one.seq for one in unnamed.refused]) == (-1, [None])
    assert rows(engine, "SELECT seq FROM reading.messages WHERE state = 'stored' ORDER BY seq") == [
        (0,),
        (3,),
    ]


def test_receipts_come_at_most_once_a_second_and_within_two(engine, broker):
    enrol_cast(engine)
    watch = Listener(broker)
    with Running(engine, broker):
        began = time.monotonic()
        for seq in range(40):
            watch.send(seq)
            time.sleep(0.05)
        assert soon(lambda: watch.receipts and watch.receipts[-1].through == 39, 3)
        took = time.monotonic() - began
    watch.close()
    times = [at for at, _ in watch.came]
    assert min(b - a for a, b in pairwise(times)) > 0.9
    assert len(times) <= took + 2


def test_what_came_while_ingest_was_away_is_stored_when_it_is_back(engine, broker):
    enrol_cast(engine)
    with Running(engine, broker):
        pass
    watch = Listener(broker)
    for seq in range(30):
        watch.send(seq)
    with Running(engine, broker):
        assert soon(lambda: watch.receipts and watch.receipts[-1].through == 29)
    watch.close()
    assert rows(engine, "SELECT count(*) FROM reading.messages WHERE state = 'stored'") == [(30,)]


def test_while_the_database_refuses_nothing_is_acknowledged_and_nothing_lost(engine, broker):
    """A lock on the table stands for a database that is away: the statement fails, the batch waits."""
    enrol_cast(engine)
    watch = Listener(broker)
    with Running(engine, broker):
        with engine.connect() as holder:
            holder.execute(sa.text("LOCK TABLE named IN ACCESS EXCLUSIVE MODE"))
            watch.send(0)
            time.sleep(1.5)
            assert watch.receipts == []
            holder.rollback()
        assert soon(lambda: watch.receipts and watch.receipts[-1].through == 0)
    watch.close()


def test_a_message_with_a_name_of_another_device_in_it_stays_its_senders(engine, broker):
    enrol_cast(engine)
    with (
        Running(engine, broker),
        Device(Address("127.0.0.1", broker.port, "watch-2", ACCOUNTS["watch-2"])) as watch,
    ):
        watch.publish(Status(boot=1, seq=0, at=micro(datetime.now(UTC))))
        assert watch.wait(timeout_s=20).receipted == 1
    assert rows(engine, "SELECT device FROM reading.messages") == [("watch-2",)]


def test_acknowledgements_go_out_in_the_order_in_which_messages_came(engine, broker):
    """The protocol asks for it (MQTT-4.6.0-2), and rumqttd ends the connection of a client that does not."""
    enrol_cast(engine)
    acknowledged: list[int] = []
    one, two = Listener(broker), Listener(broker, "watch-2")
    ingest = Running(engine, broker)
    send = ingest.subscriber._client.acknowledge
    ingest.subscriber._client.acknowledge = lambda mids: (acknowledged.extend(mids), send(mids))[1]
    with ingest:
        for seq in range(12):  # the first of each device is receipted at once, the others wait a second
            one.send(seq)
            two.send(seq) if seq % 3 == 0 else None
        assert soon(lambda: len(acknowledged) == 16, 5)
    one.close()
    two.close()
    assert acknowledged == sorted(acknowledged)


def test_a_message_of_a_connection_that_is_new_keeps_its_acknowledgement(engine):
    """Or its place among those that the broker has in flight to us would be lost until the next one."""
    enrol_cast(engine)
    subscriber = Subscriber(engine, Broker("127.0.0.1", 1, "ingest", "never connected"))
    subscriber._care.begin()
    subscriber._connection, subscriber._intake.connection = 1, 2
    message = Status(boot=1, seq=0, at=micro(NOON))
    one = dataclasses.replace(incoming("watch-1", message), sent=(2, 7))
    subscriber._store([one], threading.Event())
    subscriber._follow_connection()
    assert subscriber.counts["in_flight"] == 1
    assert list(subscriber._pending.owed.values()) == [[(2, 7)]]
