"""`actalgia quarantine`: what an operator types, and what is said."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from ingest.batch import write_batch
from ingest.messages import Raw
from ingest.retry import retry_marked
from store import heartbeat, people
from store.database import now, transaction
from tests.cast import NOON, enrol_cast, incoming, micro

Run = Callable[..., str]


@pytest.fixture
def run(engine: sa.Engine, command: Run) -> Run:
    """What follows `actalgia quarantine`."""
    enrol_cast(engine)
    return partial(command, "quarantine")


@pytest.fixture
def ingest(engine: sa.Engine):
    """A worker of ingest that does nothing but retry."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.05):
            retry_marked(engine, now())

    with transaction(engine) as session:
        heartbeat.beat(session, "ingest", now(), True, {})
    worker = threading.Thread(target=work)
    worker.start()
    yield
    stop.set()
    worker.join()


def refuse(engine: sa.Engine, *devices: str, hours: int = -1) -> None:
    t0 = micro(NOON + timedelta(hours=hours))
    block = Raw(boot=1, seq=0, t0=t0, hz=50.0, scale=1 / 256, xyz=bytes(600))
    assert write_batch(engine, [incoming(name, block) for name in devices], NOON).quarantined == len(devices)


def enrol(engine: sa.Engine, *names: str) -> None:
    with transaction(engine) as session:
        for name in names:
            people.enrol_device(session, name, "hash")


def test_a_late_enrolment_lets_all_its_messages_in(engine, run, ingest):
    refuse(engine, "watch-8", "watch-9", "watch-10")
    enrol(engine, "watch-8", "watch-9")
    said = run("retry", "--all", "--reason", "not ENROLLED", "--yes", "--by", "Olga")
    assert sorted(said.splitlines()) == [
        "1 message: refused again: the device is not enrolled.",
        "2 messages: stored.",
    ]
    (left,) = json.loads(run("list", "--json"))
    assert (left["device"], left["tries"], left["state"]) == ("watch-10", 1, "kept")
    with engine.connect() as connection:
        query = "SELECT DISTINCT actor FROM audit_entry WHERE action <> 'quarantine.list'"
        actors = connection.exec_driver_sql(query).scalars().all()
    assert actors == ["Olga"]


def test_a_wrong_clock_is_corrected_for_one_message(engine, run, ingest):
    refuse(engine, "watch-1", hours=900)
    said = json.loads(run("retry", "1", "--t0", "2026-05-04T13:00:00+02:00", "--json"))
    assert said == [{"id": 1, "outcome": "stored", "reason": None}]
    assert "stored, decided by" in run("show", "1", code=2)


def test_without_ingest_the_decision_waits(engine, run):
    refuse(engine, "watch-9")
    assert run("retry", "1") == "1 message: to be tried when ingest runs; it gives no sign of life now.\n"
    assert "(to be tried again)" in run("list")


def test_messages_are_dropped_by_somebody_and_for_a_reason(engine, run):
    refuse(engine, "watch-8", "watch-9")
    assert run("drop", "1", "--reason", "a test", "--by", "Olga") == "1 message: dropped.\n"
    said = run("drop", "--all", "--device", "watch-9", "--yes", "--reason", "a test", "--by", "Olga")
    assert said == "1 message: dropped.\n"
    assert run("list") == "Nothing is in quarantine.\n"
    assert "dropped, decided by Olga" in run("show", "1", code=2)


def test_nothing_happens_to_many_without_a_yes(engine, run, monkeypatch):
    refuse(engine, "watch-8", "watch-9")
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    run("drop", "--all", "--reason", "a test", "--by", "Olga", code=2)
    run("retry", "--all", code=2)
    assert {row["state"] for row in json.loads(run("list", "--json"))} == {"kept"}
    assert len(json.loads(run("list", "--json"))) == 2


@pytest.mark.parametrize(
    "words",
    [
        ("retry",),
        ("retry", "1", "--all"),
        ("retry", "99"),
        ("retry", "1", "--t0", "2026-05-04T13:00:00"),
        ("retry", "1", "2", "--t0", "2026-05-04T13:00:00Z"),
        ("retry", "1", "--device", "watch-9"),
        ("drop", "1", "--by", "Olga"),
        ("drop", "1", "--by", "Olga", "--reason", " "),
        ("drop", "1", "--reason", "why"),
        ("drop", "99", "--by", "Olga", "--reason", "why"),
        ("show", "99"),
    ],
)
def test_a_mistake_is_one_line_and_changes_nothing(engine, run, words):
    refuse(engine, "watch-8", "watch-9")
    assert len(run(*words, code=2).strip().splitlines()) == 1
    assert {row["state"] for row in json.loads(run("list", "--json"))} == {"kept"}
