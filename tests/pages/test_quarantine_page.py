"""Administrators see why messages were refused, and decide."""

from __future__ import annotations

from datetime import timedelta

from ingest.batch import write_batch
from ingest.messages import Raw, Stream
from ingest.retry import retry_marked
from store import people
from store.database import transaction
from tests.cast import NOON, incoming, micro
from tests.pages.visits import log_in, post


def block(t0_hours: int = -1) -> Raw:
    t0 = micro(NOON + timedelta(hours=t0_hours))
    return Raw(boot=1, seq=0, t0=t0, hz=50.0, scale=1 / 256, xyz=bytes(600))


def test_an_administrator_has_a_message_of_a_late_device_stored(client, cast, engine):
    log_in(client, "root")
    assert "No message is in quarantine" in client.get("/quarantine").text
    write_batch(engine, [incoming("watch-9", block())], NOON)
    assert "the device is not enrolled" in client.get("/quarantine").text
    with transaction(engine) as session:
        people.enrol_device(session, "watch-9", "hash")
    assert post(client, "/quarantine/1/retry").status_code == 303
    assert "waits for ingest, asked by root" in client.get("/quarantine").text
    assert retry_marked(engine, NOON) == 1
    assert "No message is in quarantine" in client.get("/quarantine").text


def test_a_time_is_given_in_utc(client, cast, engine):
    log_in(client, "root")
    write_batch(engine, [incoming("watch-1", block(900))], NOON)
    assert post(client, "/quarantine/1/retry", t0="yesterday").status_code == 422
    assert post(client, "/quarantine/1/retry", t0="2026-05-04T11:00").status_code == 303
    retry_marked(engine, NOON)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT t0 FROM block").scalar_one() == NOON - timedelta(hours=1)


def test_a_message_is_dropped_for_a_reason_only_and_its_content_is_never_shown(client, cast, engine):
    log_in(client, "root")
    write_batch(engine, [incoming("watch-1", b"<b>pain 7</b>", Stream.DIARY)], NOON)
    assert "pain 7" not in client.get("/quarantine").text
    assert "Say why" in post(client, "/quarantine/1/drop").text
    assert post(client, "/quarantine/1/drop", reason="a vendor's test").status_code == 303
    again = post(client, "/quarantine/1/drop", reason="a vendor's test")
    assert again.status_code == 409
    assert "There is no message 1 in quarantine" in again.text


def test_the_ward_has_no_quarantine(client, cast, engine):
    log_in(client)
    assert client.get("/quarantine").status_code == 403
    assert 'href="/quarantine"' not in client.get("/").text
