"""What waits for an absent ingest is all there when it comes back."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import broker
from broker.configuration import configuration
from ingest.messages import MAX_IN_FLIGHT
from tests.broker.clients import Client
from tests.broker.conftest import cast
from tests.broker.running import Running, embedded_mosquitto, hashed, soon, start
from tests.ports import free_port

DEVICES = [f"watch-{number}" for number in range(20)]
BLOCK = 18_000  #: bytes: a minute at 50 Hz
DROPPED = "$SYS/broker/publish/messages/dropped"


def absent_ingest(to: Running) -> None:
    """Ingest has been there once, and has gone."""
    with Client(to, "ingest", keep_session=True) as ingest:
        ingest.subscribe("actalgia/v1/+/up/#")


def burst(to: Running) -> set[tuple[str, bytes]]:
    """All devices publish as much as they may without a receipt; what they sent."""
    sent = {
        (f"actalgia/v1/{device}/up/raw", number.to_bytes(4) + os.urandom(BLOCK - 4))
        for device in DEVICES
        for number in range(MAX_IN_FLIGHT)
    }

    def publish(device: str) -> None:
        mine = [one for one in sent if one[0].split("/")[2] == device]
        with Client(to, device) as client:
            marks = [client.paho.publish(topic, payload, qos=1) for topic, payload in mine]
            for mark in marks:
                mark.wait_for_publish(20)

    threads = [threading.Thread(target=publish, args=(device,)) for device in DEVICES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sent


def test_a_burst_of_all_devices_is_delivered_when_ingest_comes_back(tmp_path: Path) -> None:
    accounts = {name: broker.new_password() for name in ["ingest", *DEVICES]}
    with embedded_mosquitto(tmp_path, accounts) as running:
        absent_ingest(running)
        sent = burst(running)
        assert len(sent) == 1280  # more than mosquitto keeps by default
        with Client(running, "ingest", keep_session=True) as ingest:
            assert ingest.session_present
            ingest.subscribe(DROPPED)
            assert soon(lambda: len(sent & set(ingest.got)) == len(sent), 20)
            assert ingest.got_topic(DROPPED)
            assert dropped(ingest) == 0


def test_what_memory_has_no_room_for_is_counted(tmp_path: Path) -> None:
    """The alarm's premise: mosquitto acknowledges what it drops, but it says how much."""
    accounts = {name: broker.new_password() for name in ["ingest", *DEVICES]}
    found = broker.choose(tmp_path, allow_unpack=False, prefer="mosquitto")
    port, directory = free_port(), tmp_path / "with a blank"
    command = found.command(directory, port, hashed(accounts))
    text = configuration(directory, port, queue_bytes=100 * BLOCK, user="root")
    (directory / "mosquitto.conf").write_text(text.replace("sys_interval 10", "sys_interval 1"))
    running = start(command.argv, command.environment, port, directory, accounts)
    try:
        absent_ingest(running)
        sent = burst(running)
        with Client(running, "ingest", keep_session=True) as ingest:
            ingest.subscribe(DROPPED)
            assert soon(lambda: dropped(ingest) > 0)
            assert soon(lambda: dropped(ingest) + len(sent & set(ingest.got)) == len(sent))
    finally:
        running.stop()


def dropped(ingest: Client) -> int:
    """What the broker says it has dropped, at last."""
    return ([0] + [int(payload) for topic, payload in ingest.got if topic == DROPPED])[-1]


def test_sessions_messages_and_receipts_survive_a_clean_restart(tmp_path: Path) -> None:
    receipt = "actalgia/v1/watch-1/down/receipt/raw/1"
    accounts = cast()
    with embedded_mosquitto(tmp_path, accounts) as running:
        absent_ingest(running)
        with Client(running, "watch-1") as watch:
            watch.publish("actalgia/v1/watch-1/up/raw", b"waits")
    with (
        embedded_mosquitto(tmp_path, accounts) as again,
        Client(again, "ingest", keep_session=True) as ingest,
    ):
        assert ingest.session_present
        assert ingest.got_topic("actalgia/v1/watch-1/up/raw")
        ingest.publish(receipt, b"settled", retain=True)
    with embedded_mosquitto(tmp_path, accounts) as third, Client(third, "watch-1") as watch:
        watch.subscribe("actalgia/v1/watch-1/down/#")
        assert watch.got_topic(receipt)
