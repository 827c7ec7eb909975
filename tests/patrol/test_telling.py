"""Each way to the operators is for itself, and no place outside stops the watchdog."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from patrol.channels import operators_from
from patrol.in_time import InTime
from patrol.service import Watchdog
from patrol.telling import Teller
from patrol.troubles import Alarm, Trouble
from simulate.connection import Address
from store.database import now
from tests.installation import eventually
from tests.ports import free_port

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SHUT = Trouble("road", "the road is shut", "the road is open again")


@contextmanager
def speaker(*said: bytes) -> Iterator[str]:
    """An address that says this, a piece every tenth of a second, for ever, whatever it is asked."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def speak(connection: socket.socket) -> None:
        with connection:
            try:
                for piece in said[:-1]:
                    connection.sendall(piece)
                while not stop.wait(0.1):
                    connection.sendall(said[-1])
            except OSError:
                return

    def serve() -> None:
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=speak, args=(connection,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/of-a-secret"
    finally:
        stop.set()
        listener.close()


def test_an_alarm_that_one_channel_refuses_is_sent_to_it_again_though_another_took_it():
    refusing, taken = [True], []

    def send(alarm: Alarm) -> None:
        if refusing[0]:
            raise OSError("it answered 500")
        taken.append(alarm.kind)

    tellers = [Teller("log", lambda alarm: None), Teller("webhook", send, pause_s=0)]
    for minute in range(3):
        for teller in tellers:
            teller.tell([SHUT], NOON + minute * MINUTE)
    refusing[0] = False
    for minute in range(3, 6):
        for teller in tellers:
            teller.tell([SHUT], NOON + minute * MINUTE)
    assert taken == ["begins"]


def test_a_channel_that_refuses_is_left_alone_for_a_while():
    tried = []

    def send(alarm: Alarm) -> None:
        tried.append(alarm)
        raise OSError("it answered 500")

    teller = Teller("webhook", send)
    for second in range(20):
        teller.tell([SHUT], NOON + timedelta(seconds=second))
    assert len(tried) == 1


def test_a_channel_that_drips_for_ever_is_given_up_and_holds_up_nobody_else():
    with speaker(b"HTTP/1.1 204 ", b"x") as url:
        (send,) = operators_from(url, None).values()
        slow = InTime(longest_s=0.5)
        alarm = Alarm(SHUT, "begins", NOON, NOON)
        began = time.monotonic()
        with pytest.raises(OSError, match="within"):
            slow(lambda: send(alarm))
        with pytest.raises(OSError, match="still hangs"):
            slow(lambda: send(alarm))
        assert time.monotonic() - began < 2


@pytest.mark.parametrize("address", ["what talks no HTTP", "an address with a blank"])
def test_a_channel_that_is_none_is_refused_without_an_end_of_the_watchdog(address):
    with speaker(b"hello\r\n", b"\r\n") as url:
        (send,) = operators_from(url + (" x" if "blank" in address else ""), None).values()
        with pytest.raises(OSError) as refused:
            send(Alarm(SHUT, "begins", NOON, NOON))
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("said", [(b"I am no web server\r\n", b"\r\n"), (b"HTTP/1.1 200 ", b"x"), (b"",)])
def test_whatever_hears_the_heartbeat_the_walk_goes_on_and_its_address_is_in_no_log(engine, said):
    with speaker(*said) as url, capture_logs() as logs:
        guard = Watchdog(engine, nowhere(), {}, url + "/a b", 1.0, "http://a", last_good=now())
        guard._outside = InTime(longest_s=0.3)
        guard._heartbeat()
        guard.heartbeat_url = url
        guard._heartbeat()
    assert [line["action"] for line in logs] == ["heartbeat_failed"] * 2
    assert "secret" not in str(logs)


def nowhere() -> Address:
    return Address("127.0.0.1", free_port(), "actalgia-watchdog", "x")


def test_a_clock_that_was_put_back_by_an_hour_keeps_no_alarm_back(engine):
    heard: list[Alarm] = []
    hour_ahead = now() + timedelta(hours=1)
    guard = Watchdog(engine, nowhere(), {"test": heard.append}, None, 1.0, "http://a", last_good=hour_ahead)
    stop = threading.Event()
    thread = threading.Thread(target=guard.run, args=(stop,), daemon=True)
    thread.start()
    try:
        eventually(lambda: heard, 15)
    finally:
        stop.set()
        thread.join(10)
    assert heard[0].trouble.key == "road"
