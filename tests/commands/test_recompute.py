"""`actalgia analytics recompute`: what an operator types, and what is said."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from actalgia.commands import parts
from actalgia.commands import recompute as command
from analytics.jobs.days import METHOD_NAME, compute_days
from ingest.batch import write_batch
from ingest.messages import Epoch
from store import heartbeat
from store.database import now, transaction
from tests.cast import NOON, enrol_cast, incoming, micro

Run = Callable[..., str]


@pytest.fixture
def run(engine: sa.Engine, command: Run) -> Run:
    """What follows `actalgia analytics`. Steady has three days."""
    enrol_cast(engine, tz="UTC")
    day = [incoming("watch-1", Epoch(boot=1, seq=i, t0=micro(NOON - timedelta(days=i + 1)), epoch_s=60.0,
                                     counts=[7.0] * 300)) for i in range(3)]  # fmt: skip
    write_batch(engine, day, NOON)
    while compute_days(engine, NOON):
        pass
    return partial(command, "analytics")


@pytest.fixture
def analytics(engine: sa.Engine):
    """A process that does nothing but days."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.05):
            compute_days(engine, now())

    with transaction(engine) as session:
        heartbeat.beat(session, "analytics", now(), True, {})
    worker = threading.Thread(target=work)
    worker.start()
    yield
    stop.set()
    worker.join()


def stale(engine: sa.Engine) -> int:
    with engine.connect() as connection:
        return connection.execute(
            sa.text("SELECT count(*) FROM stale_day WHERE kind = 'movement'")
        ).scalar_one()


def audit(engine: sa.Engine) -> list[str]:
    with engine.connect() as connection:
        query = "SELECT detail FROM audit_entry WHERE action = 'recompute' ORDER BY id"
        return list(connection.execute(sa.text(query)).scalars())


def test_it_waits_until_analytics_has_computed_all(engine, run, analytics):
    said = run("recompute", "--since", "2026-01-01", "--yes")
    assert said.splitlines() == [
        "Marked to be computed again: 3 patient-days.",
        "All of them are computed.",
    ]
    assert stale(engine) == 0


def test_the_counts_are_told_before_anything_is_marked(engine, run, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert "stopped" in run("recompute", "--since", "2026-05-02", code=2)
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    said = run("recompute", "--since", "2026-05-02", "--no-wait")
    assert "2 patient-days of 1 patient since 2026-05-02" in said
    assert stale(engine) == 2
    assert audit(engine) == ["since 2026-05-02, everybody, all: 2 days"]


def test_without_analytics_the_days_wait_and_this_is_said(engine, run):
    said = run("recompute", "--since", "2026-01-01", "--patients", "P-steady,P-rising", "--yes")
    assert "no sign of life now; when it runs, it computes the 3 patient-days left" in said
    assert stale(engine) == 3
    assert audit(engine) == ["since 2026-01-01, P-steady,P-rising, all: 3 days"]


def test_ctrl_c_leaves_the_marks(engine, run, monkeypatch):
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    with transaction(engine) as session:
        heartbeat.beat(session, "analytics", now(), True, {})
    monkeypatch.setattr(command.time, "sleep", interrupted)
    assert "analytics goes on" in run("recompute", "--since", "2026-01-01", "--yes", code=130)
    assert stale(engine) == 3


def test_outdated_days_are_those_of_another_method(engine, run):
    assert "nothing to compute" in run("recompute", "--since", "2026-01-01", "--method", "outdated")
    with engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE day_index SET method = 'day-0' WHERE day = '2026-05-02' AND method = :m"),
            {"m": METHOD_NAME},
        )
    said = run("recompute", "--since", "2026-01-01", "--method", "outdated", "--yes", "--no-wait")
    assert said == "Marked to be computed again: 1 patient-day.\n"


@pytest.mark.parametrize(
    "words, sentence",
    [
        (("--since", "yesterday"), "--since is not a day like 2026-05-04"),
        (("--since", "2026-05-01", "--patients", "P-nobody"), "There is no patient P-nobody"),
        (("--since", "2026-05-01", "--patients", ","), "--patients needs identifiers"),
    ],
)
def test_a_mistake_is_one_sentence(run, words, sentence):
    said = run("recompute", *words, code=2)
    assert sentence in said
    assert len(said.splitlines()) == 1


def test_without_a_word_more_it_is_the_part_that_runs(run, monkeypatch, tmp_path):
    started = []
    monkeypatch.setattr(parts, "analytics", started.append)
    run()
    run("--data-dir", str(tmp_path))
    assert started == [None, tmp_path]
