"""A message over which the worker ends is set apart after three times; all others pass."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime

import msgspec
import pytest
import sqlalchemy as sa

from ingest.batch import POISON
from ingest.messages import Status, Stream, up_topic
from tests.broker.clients import Client
from tests.broker.running import embedded_mosquitto, soon
from tests.cast import enrol_cast, micro
from tests.ingest.at_a_broker import ACCOUNTS

pytestmark = pytest.mark.skipif(
    not (shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")),
    reason="mosquitto is not installed",
)
#: Ingest as it is, but for a decoder that ends the process, as a fault in a library would.
FRAGILE = """
import os
from ingest import batch
whole = batch.decode
def fragile(incoming):
    if b"poison" in incoming.payload:
        os._exit(139)
    return whole(incoming)
batch.decode = fragile
from actalgia.cli import main
import sys
sys.argv = ["actalgia", "ingest"]
main()
"""


def status(seq, firmware):
    return msgspec.msgpack.encode(Status(boot=1, seq=seq, at=micro(datetime.now(UTC)), firmware=firmware))


def test_the_third_end_is_the_last(engine, broker_and_environment):
    broker, environment = broker_and_environment
    enrol_cast(engine)

    def start():
        return subprocess.Popen([sys.executable, "-c", FRAGILE], env=environment, stdout=subprocess.DEVNULL)

    worker = start()
    try:
        assert soon(lambda: hears(engine), 10)
        time.sleep(0.3)
        with Client(broker, "watch-1") as watch:
            for seq in range(20):
                firmware = "poison" if seq == 7 else "1.0"
                watch.paho.publish(up_topic("watch-1", Stream.STATUS), status(seq, firmware), qos=1)
            ends = 0
            until = time.monotonic() + 40
            while count(engine) < 20 and time.monotonic() < until:
                if worker.poll() is not None:
                    assert worker.returncode == 139
                    ends += 1
                    worker = start()
                time.sleep(0.05)
        assert ends == 3
        assert count(engine) == 20
        with engine.connect() as connection:
            assert connection.scalars(sa.text("SELECT reason FROM quarantine")).all() == [POISON]
            assert soon(lambda: connection.scalar(sa.text("SELECT count(*) FROM suspect")) == 0)
    finally:
        worker.terminate()
        worker.wait(10)


@pytest.fixture
def broker_and_environment(tmp_path, migrated_url):
    with embedded_mosquitto(tmp_path, ACCOUNTS) as running:
        url = f"mqtt://ingest:{ACCOUNTS['ingest'].replace(' ', '%20')}@127.0.0.1:{running.port}"
        yield running, {**os.environ, "ACTALGIA_DATABASE_URL": migrated_url, "ACTALGIA_MQTT_URL": url}


def hears(engine):
    with engine.connect() as connection:
        return connection.scalar(sa.text("SELECT count(*) FROM in_hand WHERE hears IS NOT NULL"))


def count(engine):
    with engine.connect() as connection:
        return connection.scalar(sa.text("SELECT count(*) FROM reading.messages"))
