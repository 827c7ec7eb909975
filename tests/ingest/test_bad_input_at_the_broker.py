"""The smallest and the largest message at a real broker: kept and receipted, or cut off loudly."""

from __future__ import annotations

import re
import shutil
import socket
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from broker.packets import connect
from ingest.broker import Broker
from ingest.packets import length, text
from ingest.subscriber import Subscriber
from tests.broker.clients import Client
from tests.broker.running import Running, embedded_mosquitto, soon
from tests.cast import enrol_cast

pytestmark = pytest.mark.skipif(
    not (shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")),
    reason="mosquitto is not installed",
)
ACCOUNTS = {name: f"secret of {name}" for name in ("watch-1", "watch-2", "ingest")}
TOPIC = "actalgia/v1/watch-1/up/raw"
LARGEST = 268_435_455  #: the longest packet that MQTT can name
MIB = 1024 * 1024


@pytest.fixture
def broker(tmp_path: Path):
    with embedded_mosquitto(tmp_path, ACCOUNTS) as running:
        yield running


def most_memory(running: Running) -> int:
    """The most memory that the broker ever had, in bytes."""
    status = Path(f"/proc/{running.process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


def test_no_bytes_at_all_are_quarantined_and_receipted(engine, broker):
    enrol_cast(engine)
    stop = threading.Event()
    subscriber = Subscriber(engine, Broker("127.0.0.1", broker.port, "ingest", ACCOUNTS["ingest"]))
    worker = threading.Thread(target=subscriber.run, args=(stop,))
    worker.start()
    try:
        assert soon(lambda: subscriber._subscriptions.settled)
        time.sleep(0.3)  # the broker keeps nothing for us before it has the subscription
        with Client(broker, "watch-1") as watch:
            watch.subscribe("actalgia/v1/watch-1/down/#")
            watch.publish(TOPIC, b"")
            assert soon(lambda: watch.got_topic("actalgia/v1/watch-1/down/receipt/raw/unnamed"))
    finally:
        stop.set()
        worker.join(10)
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT device, length(payload), times FROM quarantine")).all()
    assert [tuple(row) for row in rows] == [("watch-1", 0, 1)]


@pytest.mark.parametrize("version", [4, 5])
def test_the_longest_packet_of_all_is_cut_off_early_and_costs_the_broker_nothing(broker, version):
    with Client(broker, "watch-2") as other, Client(broker, "ingest") as ingest:
        ingest.subscribe("actalgia/v1/+/up/#")
        before = most_memory(broker)
        with socket.create_connection(("127.0.0.1", broker.port), 5) as wire:
            hello = bytearray(connect("watch-1", "watch-1", ACCOUNTS["watch-1"]))
            if version == 5:  # its version, and no properties after the keep-alive
                body = hello[2:]
                body[6] = 5
                body[10:10] = b"\0"
                hello = bytearray(b"\x10" + length(len(body)) + body)
            wire.sendall(hello)
            assert wire.recv(2)[0] == 0x20  # CONNACK
            head = text(TOPIC) + b"\0\1" + (b"\0" if version == 5 else b"")
            wire.sendall(b"\x32" + length(LARGEST) + head)
            sent = 0
            with pytest.raises(OSError):  # reset, or a broken pipe
                while sent < LARGEST:
                    wire.sendall(bytes(MIB))
                    sent += MIB
        assert sent < 16 * MIB
        assert most_memory(broker) - before < 8 * MIB
        other.publish("actalgia/v1/watch-2/up/raw", b"as always")
        assert soon(lambda: ("actalgia/v1/watch-2/up/raw", b"as always") in ingest.got)
        assert not ingest.got_topic(TOPIC, 3)
