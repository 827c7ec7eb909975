"""The audit is sealed while the alerting process runs, and its head goes to a place outside."""

from __future__ import annotations

import http.server
import json
import socket
import threading
import time
from datetime import timedelta

import pytest
import sqlalchemy as sa

from alerting.sealing import NotPublished, Outside, keep_sealing
from store.access import record
from store.audit.chain import GENESIS, Head, heads_in
from store.database import transaction
from tests.cast import NOON
from tests.installation import eventually

HEAD = Head(NOON, 3, GENESIS)


@pytest.fixture
def sink():
    """An address that takes a POST; `answers` chooses its status, `taken` has what came."""

    class Takes(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(answers[0])
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_):
            pass

    answers, taken = [204], []
    server = http.server.HTTPServer(("127.0.0.1", 0), Takes)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/heads", answers, taken
    server.shutdown()
    thread.join()
    server.server_close()


def test_heads_are_appended_to_a_file_that_only_its_owner_reads(tmp_path):
    file = tmp_path / "heads.jsonl"
    for _ in range(2):
        Outside(file).publish(HEAD)
    with file.open() as lines:
        assert heads_in(lines) == [HEAD, HEAD]
    assert file.stat().st_mode & 0o777 == 0o600


def test_heads_are_posted_and_only_2xx_counts(sink, tmp_path):
    url, answers, taken = sink
    Outside(None, url).publish(HEAD)
    assert taken == [{"actalgia": "audit head", "at": NOON.isoformat(), "n": 3, "digest": GENESIS.hex()}]
    for status in (500, 302):
        answers[0] = status
        with pytest.raises(NotPublished, match=f"the address answered {status}"):
            Outside(tmp_path / "heads", url).publish(HEAD)
    assert len((tmp_path / "heads").read_text().splitlines()) == 2, "the file is written all the same"


def test_an_address_that_is_none_is_refused_without_being_quoted():
    with pytest.raises(ValueError, match="http") as refused:
        Outside(None, "ftp://user:secret@host/")
    assert "secret" not in str(refused.value)


def test_what_is_written_down_is_sealed_within_seconds_and_published_once_a_period(engine, sink, tmp_path):
    url, _, taken = sink
    stop, counts = threading.Event(), {}
    outside = Outside(tmp_path / "heads", url, timedelta(seconds=0.1))
    thread = threading.Thread(target=keep_sealing, args=(engine, outside, counts, stop))
    thread.start()
    try:
        for n in (1, 2):
            with transaction(engine) as session:
                record(session, NOON, "anna", "patient.view")
            deadline = time.monotonic() + 15
            while len(taken) < n:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        time.sleep(1.3)
        assert [said["n"] for said in taken] == [1, 2], "without news nothing is published"
    finally:
        stop.set()
        thread.join()
    assert (counts["sealed"], counts["heads"], counts["heads_failed"]) == (2, 2, 0)
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM audit_seal")) == 2


def test_a_place_outside_that_hangs_and_then_talks_nonsense_holds_up_no_seal(engine):
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/heads"
    stop, counts = threading.Event(), {}
    outside = Outside(None, url, timedelta(seconds=0.1))
    thread = threading.Thread(target=keep_sealing, args=(engine, outside, counts, stop))
    with transaction(engine) as session:
        record(session, NOON, "anna", "patient.view")
    thread.start()
    try:
        with listener.accept()[0] as taken:
            with transaction(engine) as session:
                record(session, NOON, "anna", "patient.view")
            eventually(lambda: counts["sealed"] == 2 and counts["head_waits_s"] >= 1, 8)
            taken.sendall(b"I am no web server\r\n\r\n")
        eventually(lambda: counts["heads_failed"] == 1, 8)
        assert thread.is_alive(), "the thread that seals has ended"
    finally:
        stop.set()
        thread.join()
        listener.close()


def test_an_address_with_a_blank_is_not_quoted_when_it_fails():
    with pytest.raises(NotPublished) as refused:
        Outside(None, "http://127.0.0.1:1/secret of ours").publish(HEAD)
    assert "secret" not in str(refused.value)
