"""Accounts that come and go while mosquitto runs."""

from __future__ import annotations

import signal
import time

import pytest

import broker
from tests.broker.clients import VERSIONS, Client
from tests.broker.running import Running, soon

UP = "actalgia/v1/{}/up/raw"


def lets_in(to: Running, name: str, password: str) -> bool:
    with Client(to, name, password) as client:
        return bool(client.inside)


def test_a_new_device_gets_in_and_nobody_else_is_cut(own_mosquitto: Running) -> None:
    running, password = own_mosquitto, broker.new_password()
    with Client(running, "ingest") as ingest, Client(running, "watch-1") as watch:
        ingest.subscribe("actalgia/v1/+/up/#")
        assert not lets_in(running, "watch-new", password)
        # Every hash is salted anew, those of the old accounts, too.
        running.change_accounts({**running.accounts, "watch-new": password})
        assert soon(lambda: lets_in(running, "watch-new", password))
        with Client(running, "watch-new") as newcomer:
            newcomer.publish(UP.format("watch-new"))
        assert ingest.got_topic(UP.format("watch-new"))
        assert ingest.ended is None
        assert watch.ended is None


@pytest.mark.parametrize("version", VERSIONS, ids=["mqtt5", "mqtt311"])
def test_a_removed_device_is_cut_and_stays_outside(own_mosquitto: Running, version: int) -> None:
    running = own_mosquitto
    secret = running.accounts["watch-1"]
    rest = {name: password for name, password in running.accounts.items() if name != "watch-1"}
    with (
        Client(running, "ingest") as ingest,
        Client(running, "watch-11") as neighbour,
        Client(running, "watch-1", version=version, keep_session=True) as watch,
    ):
        ingest.subscribe("actalgia/v1/+/up/#")
        running.change_accounts(rest)
        assert soon(lambda: watch.ended is not None)
        watch.paho.publish(UP.format("watch-1"), b"after", qos=1)
        assert not lets_in(running, "watch-1", secret)
        neighbour.publish(UP.format("watch-11"))
        assert ingest.got_topic(UP.format("watch-11"))
        assert ingest.topics() == {UP.format("watch-11")}


def test_a_new_password_cuts_who_came_with_the_old_one(own_mosquitto: Running) -> None:
    running = own_mosquitto
    old, new = running.accounts["watch-1"], broker.new_password()
    with Client(running, "watch-1") as watch:
        running.change_accounts({**running.accounts, "watch-1": new})
        assert soon(lambda: watch.ended is not None)
    assert lets_in(running, "watch-1", new)
    assert not lets_in(running, "watch-1", old)


def test_accounts_that_cannot_be_change_nothing(own_mosquitto: Running) -> None:
    running = own_mosquitto
    before = (running.accounts_directory / "passwd").read_text()
    kept = broker.password_hash("secret")
    for wrong in [("a:b", kept), ("a\nb", kept), ("watch", "plain"), ("$SYS", kept), ("+", kept)]:
        with pytest.raises(ValueError):
            broker.write_accounts(running.accounts_directory, [wrong])
    with pytest.raises(ValueError):
        broker.write_accounts(running.accounts_directory, [("watch", kept), ("watch", kept)])
    assert (running.accounts_directory / "passwd").read_text() == before


def test_asking_whether_an_account_is_usable(own_mosquitto: Running) -> None:
    running = own_mosquitto
    if running.ca_file is not None:
        pytest.skip("`accepts` is for the embedded broker, which is plain on loopback")
    assert broker.accepts("127.0.0.1", running.port, "phone-2", running.accounts["phone-2"])
    assert not broker.accepts("127.0.0.1", running.port, "phone-2", "wrong")
    running.stop()
    assert not broker.accepts("127.0.0.1", running.port, "phone-2", running.accounts["phone-2"])


def test_it_ends_when_it_is_told_to(own_mosquitto: Running) -> None:
    asked = time.monotonic()
    own_mosquitto.process.send_signal(signal.SIGTERM)
    assert own_mosquitto.process.wait(5) in (0, 143)
    assert time.monotonic() - asked < 3
    assert not broker.answers(own_mosquitto.port)
