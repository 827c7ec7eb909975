"""The ways to the operators, at real receivers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from patrol.apprise_channel import Service
from patrol.channels import operators_from
from patrol.troubles import Alarm, Trouble
from tests.ports import free_port

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
ALARM = Alarm(Trouble("road", "the road is shut", "it is open"), "begins", NOON, NOON)


@contextmanager
def receiver(status: int = 204) -> Iterator[tuple[str, list[dict[str, object]]]]:
    heard: list[dict[str, object]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append({**json.loads(body), "key": self.headers["Idempotency-Key"]})
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def test_the_file_has_a_line_for_each_alarm_and_is_private(tmp_path):
    file = tmp_path / "operator.jsonl"
    send = operators_from("log", file)["log"]
    send(ALARM)
    send(ALARM)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["text"] for line in lines] == ["the road is shut"] * 2
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_webhook_gets_the_alarm_with_its_key():
    with receiver() as (url, heard):
        operators_from(url, None)["webhook"](ALARM)
    assert heard[0]["trouble"] == "road" and heard[0]["key"] == str(ALARM.idempotency_key)


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_webhook_that_does_not_take_it_is_a_failure_and_its_address_is_not_told(status):
    with receiver(status) as (url, _), pytest.raises(OSError, match=str(status)) as refused:
        operators_from(url, None)["webhook"](ALARM)
    assert "127.0.0.1" not in str(refused.value)


def test_nobody_at_the_other_end_is_a_failure():
    port = free_port()
    found = operators_from(f"http://127.0.0.1:{port}/x,smtp://127.0.0.1:{port}/?from=a@b&to=c@d", None)
    for send in found.values():
        with pytest.raises(OSError):
            send(ALARM)


def test_operators_are_told_by_a_service_of_apprise_and_its_address_is_never_told():
    with receiver() as (url, heard):
        address = url.replace("http://", "json://nurse:secret@")
        operators_from(address, None)["json"](ALARM)
    assert (heard[0]["message"], heard[0]["title"]) == (ALARM.text, ALARM.subject)
    with pytest.raises(OSError, match=r"^the service did not take it$"):
        operators_from(address, None)["json"](ALARM)


def test_a_service_that_never_answers_holds_one_thread_and_nobody_waits_for_it(monkeypatch):
    go = threading.Event()
    monkeypatch.setattr("patrol.apprise_channel.service_at", lambda _: go.wait(20))
    service = Service("json://127.0.0.1/", 0.05)
    with pytest.raises(OSError, match="did not answer within"):
        service(ALARM)
    with pytest.raises(OSError, match="not yet answered"):
        service(ALARM)
    go.set()


@pytest.mark.parametrize(
    "configured", ["sllack://token", "", "carrier pigeon", "smtp://host", "http://", "log"]
)
def test_what_is_no_channel_is_refused_in_one_sentence(configured):
    with pytest.raises(ValueError):
        operators_from(configured, None)
