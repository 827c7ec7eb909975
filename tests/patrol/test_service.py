"""The watchdog without the rest: what it says when the database, the broker or its patient is not there."""

from __future__ import annotations

import threading
from datetime import timedelta

from patrol.service import Watchdog
from patrol.troubles import Alarm
from simulate.connection import Address
from store.database import engine_for, now, transaction
from store.heartbeat import heartbeats
from store.watch.rounds import road
from store.watch.synthetic import enrol_synthetic
from store.watch.waits import Refused, Waits
from tests.installation import eventually
from tests.ports import free_port


def guarding(engine, heard: list[Alarm], every_s: float = 1.0) -> tuple[threading.Event, threading.Thread]:
    nowhere = Address("127.0.0.1", free_port(), "actalgia-watchdog", "x")
    guard = Watchdog(engine, nowhere, {"test": heard.append}, None, every_s, "http://a", last_good=now())
    stop = threading.Event()
    thread = threading.Thread(target=guard.run, args=(stop,), daemon=True)
    thread.start()
    return stop, thread


def test_a_database_that_is_away_is_told_although_nothing_can_be_read():
    engine = engine_for(f"postgresql://nobody@127.0.0.1:{free_port()}/none")
    heard: list[Alarm] = []
    stop, thread = guarding(engine, heard)
    eventually(lambda: heard, 15)
    stop.set()
    thread.join(10)
    assert [(one.trouble.key, one.kind) for one in heard] == [("database", "begins")]
    engine.dispose()


def test_a_broker_that_is_away_shuts_the_road(engine):
    with transaction(engine) as session:
        enrol_synthetic(session, "hash", now())
    heard: list[Alarm] = []
    stop, thread = guarding(engine, heard)
    eventually(lambda: heard, 15)
    stop.set()
    thread.join(10)
    assert heard[0].trouble.key == "road" and "the broker does not take" in heard[0].text
    with transaction(engine) as session:
        found = road(session)
        assert found is not None and (found.missing, found.good_at) == ("broker", None)
        assert found.every == timedelta(seconds=1)
        assert [beat.part for beat in heartbeats(session)] == ["watchdog"]


def test_a_patient_who_is_not_enrolled_is_what_is_missing(engine):
    heard: list[Alarm] = []
    stop, thread = guarding(engine, heard)
    eventually(lambda: heard, 15)
    stop.set()
    thread.join(10)
    assert "actalgia enrol watchdog" in heard[0].text


def test_the_heartbeat_stays_away_where_a_page_is_refused_and_nobody_else_was_told(engine, monkeypatch):
    asked: list[str] = []
    monkeypatch.setattr("patrol.service.open_and_close", lambda request: asked.append(request.full_url))
    guard = Watchdog(engine, None, {}, "http://outside.example/", 300.0, "http://a", last_good=now())
    at = now()
    for nobody_told, beats in ((True, 0), (False, 1)):
        found = Waits(refused=Refused(1, "main", "smtp", nobody_told))
        guard._troubles(found, at, at)
        guard._present = guard._troubles(found, at, at + timedelta(minutes=11))
        assert [one.key for one in guard._present if one.key == "channel"] == ["channel"]
        guard._heartbeat()
        assert len(asked) == beats
