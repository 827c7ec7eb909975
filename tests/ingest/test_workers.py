"""Several workers at a real broker: each has its own devices, and none is lost when their number changes."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from ingest.messages import Status
from ingest.worker import Worker
from simulate.connection import Address
from simulate.device import Device
from store.database import transaction
from store.people import enrol_device
from tests.broker.running import embedded_mosquitto
from tests.cast import enrol_cast, micro
from tests.ingest.at_a_broker import ACCOUNTS, Running

pytestmark = pytest.mark.skipif(
    not (shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")),
    reason="mosquitto is not installed",
)
FIRST, SECOND = Worker(1, 2), Worker(2, 2)
DEVICES = ("watch-1", "watch-2", "phone-2")


@pytest.fixture
def broker(tmp_path):
    with embedded_mosquitto(tmp_path, {**ACCOUNTS, "watch-9": "secret of watch-9"}) as running:
        yield running


def send(broker, name, seq, wait_s=5.0, boot=1):
    """Publish one status as that device; whether it was receipted."""
    to = Address("127.0.0.1", broker.port, name, f"secret of {name}")
    with Device(to, resend_after_s=2.0) as device:
        device.publish(Status(boot=boot, seq=seq, at=micro(datetime.now(UTC))))
        return device.wait(timeout_s=wait_s).receipted == 1


def stored(engine):
    with engine.connect() as connection:
        return connection.scalar(sa.text("SELECT count(*) FROM reading.messages WHERE state = 'stored'"))


def test_each_worker_takes_its_own_devices_and_nothing_twice(engine, broker):
    enrol_cast(engine)
    assert {FIRST.takes(name) for name in DEVICES} == {True, False}, "the cast should need both workers"
    with Running(engine, broker, FIRST) as one, Running(engine, broker, SECOND) as two:
        assert all(send(broker, name, 0) for name in DEVICES)
    expected = [sum(worker.takes(name) for name in DEVICES) for worker in (FIRST, SECOND)]
    assert [one.subscriber.counts["stored"], two.subscriber.counts["stored"]] == expected
    assert stored(engine) == 3


def test_a_device_that_is_enrolled_later_is_heard(engine, broker):
    enrol_cast(engine)
    with Running(engine, broker, FIRST), Running(engine, broker, SECOND):
        with transaction(engine) as session:
            enrol_device(session, "watch-9", "-")
        assert send(broker, "watch-9", 0)


def test_what_a_stopped_worker_would_have_heard_waits_for_it(engine, broker):
    enrol_cast(engine)
    absent = next(name for name in DEVICES if SECOND.takes(name))
    present = next(name for name in DEVICES if FIRST.takes(name))
    with Running(engine, broker, SECOND):
        pass
    with Running(engine, broker, FIRST):
        assert send(broker, present, 0)
        assert not send(broker, absent, 0, wait_s=1.5)
        with Running(engine, broker, SECOND):
            assert send(broker, absent, 1)
    assert stored(engine) == 3


def test_one_worker_becomes_two_and_one_again(engine, broker):
    enrol_cast(engine)
    with Running(engine, broker):
        assert all(send(broker, name, 0) for name in DEVICES)
    with Running(engine, broker, FIRST) as one, Running(engine, broker, SECOND):
        assert all(send(broker, name, 1) for name in DEVICES)
        assert one.subscriber.counts["stored"] == sum(FIRST.takes(name) for name in DEVICES)
    with Running(engine, broker) as alone:
        assert all(send(broker, name, 2) for name in DEVICES)
        assert alone.subscriber.counts["stored"] == 3
    assert stored(engine) == 9
    with engine.connect() as connection:  # the second's session is forgotten: nothing waits in it for ever
        assert connection.scalars(sa.text("SELECT hears FROM in_hand")).all() == ["shard 1/1"]
