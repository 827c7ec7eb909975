"""What the audit costs: `python -m benchmarks.audit [ENTRIES]` (1,000,000 unless given).

Two databases on one server, by turns: one before traces and seals (the revision before 0026), one with them.
The figures are in docs/audit.md.
"""

from __future__ import annotations

import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy.orm import Session

from alerting.sealing import Outside, keep_sealing
from benchmarks.house import free_port
from benchmarks.table import Table, number
from store import schema
from store.audit.check import check
from store.audit.seals import seal_all
from store.database import engine_for
from store.embedded import EmbeddedPostgres

ENTRIES = 1_000_000
TURNS, EACH = 20, 250  #: turns of one database, and rows in each
PEOPLE = 1000

ENTRY = """
    INSERT INTO audit_entry (at, actor, action, patient_id, detail)
    VALUES (now(), 'anna', 'patient.view', :k % 1000 + 1, 'pain') RETURNING id
"""
DECISION = """
    INSERT INTO decision (patient_id, day, verdict, tier, score, reason, evidence, rule, decided_at, told)
    VALUES (:k % 1000 + 1, date '2026-05-04', 'quiet', NULL, -2.5, 'As on the days before.',
            '{"average": 4, "worst": 5, "days": 28, "settings": "shipped 1", "score": -2.5}', 'screen 1',
            now(), true)
    RETURNING id
"""
PATIENTS = """
    INSERT INTO patient (code, tz, site, pseudonym, demonstration, enrolled_at)
    SELECT 'P-' || i, 'UTC', 'main', gen_random_uuid(), false, now() FROM generate_series(1, :n) i
"""
DECISIONS = """
    INSERT INTO decision (patient_id, day, verdict, reason, evidence, rule, decided_at, told)
    SELECT i % 1000 + 1, date '2026-05-04', 'quiet', 'As on the days before.', '{"average": 4, "worst": 5}',
           'screen 1', now(), true
    FROM generate_series(1, :n) i
"""
MANY = """
    INSERT INTO audit_entry (at, actor, action, patient_id, detail)
    SELECT now() - (:n - i) * interval '1 ms', 'anna', 'patient.view', i % 1000 + 1, 'pain'
    FROM generate_series(1, :n) i
"""


@contextmanager
def server() -> Iterator[str]:
    """A PostgreSQL of its own, as the product runs it."""
    with tempfile.TemporaryDirectory() as folder:
        postgres = EmbeddedPostgres(Path(folder) / "postgres", free_port(), secrets.token_urlsafe(18))
        postgres.initialise()
        child = subprocess.Popen(postgres.command(), stderr=subprocess.DEVNULL)
        try:
            while not postgres.answers():
                time.sleep(0.05)
            yield postgres.url
        finally:
            child.send_signal(signal.SIGINT)
            child.wait(60)


def database(url: str, name: str, revision: str) -> sa.Engine:
    """A new database at that revision, with people in it."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    own = url.rsplit("/", 1)[0] + "/" + name
    command.upgrade(schema.config(own), revision)
    engine = engine_for(own)
    with engine.begin() as connection:
        connection.execute(sa.text(PATIENTS), {"n": PEOPLE})
    return engine


def one_by_one(engine: sa.Engine, query: str, turn: int) -> list[float]:
    """Seconds of each row, as its sender sees it; one commit a turn, so that no disk is measured."""
    took = []
    with engine.connect() as connection:
        for k in range(EACH):
            start = time.perf_counter()
            connection.execute(sa.text(query), {"k": turn * EACH + k})
            took.append(time.perf_counter() - start)
        connection.commit()
    return took


def within(engines: list[sa.Engine], query: str) -> list[float]:
    """The least of five turns of 10,000 rows in one statement, for each row of each database [us]."""
    least = [float("inf")] * len(engines)
    for _ in range(5):
        for k, engine in enumerate(engines):
            with engine.begin() as connection:
                start = time.perf_counter()
                connection.execute(sa.text(query), {"n": 10_000})
                least[k] = min(least[k], (time.perf_counter() - start) * 100)
    return least


def by_turns(engines: list[sa.Engine], query: str) -> list[float]:
    """The median of each database [us]."""
    took: list[list[float]] = [[] for _ in engines]
    for turn in range(TURNS):
        for k, engine in enumerate(engines):
            took[k] += one_by_one(engine, query, turn)
    return [1e6 * statistics.median(one[EACH:]) for one in took]  # the first turn warms up


def size(engine: sa.Engine, table: str) -> tuple[int, int]:
    """(bytes with indices, rows)."""
    with engine.connect() as connection:
        held = connection.scalar(sa.text(f"SELECT pg_total_relation_size('{table}')"))
        return held or 0, connection.scalar(sa.text(f"SELECT count(*) FROM {table}")) or 0


def each(engine: sa.Engine, table: str) -> str:
    """Bytes of a row."""
    held, rows = size(engine, table)
    return number(held / rows) if rows else "-"


def timed(what: Callable[[], object]) -> tuple[float, object]:
    """(seconds, what came of it)."""
    start = time.perf_counter()
    found = what()
    return time.perf_counter() - start, found


def delays(engine: sa.Engine, times: int = 30) -> list[float]:
    """From the commit of an entry to its seal, with the sealer running beside [s]."""
    stop, found = threading.Event(), []
    thread = threading.Thread(target=keep_sealing, args=(engine, Outside(), {}, stop))
    thread.start()
    sealed = sa.text("SELECT 1 FROM audit_seal WHERE source = 'entry' AND entry = :id")
    for k in range(times):
        with engine.begin() as connection:
            entry = connection.scalar(sa.text(ENTRY), {"k": k})
        start = time.perf_counter()
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while connection.scalar(sealed, {"id": entry}) is None:
                time.sleep(0.005)
        found.append(time.perf_counter() - start)
        time.sleep(0.137)  # not in step with the sealer
    stop.set()
    thread.join()
    return sorted(found)


def main() -> None:
    """Measure and print."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else ENTRIES
    with server() as url:
        script = ScriptDirectory.from_config(schema.config(url)).get_revision("0026")
        assert script is not None
        before, after = database(url, "before", str(script.down_revision)), database(url, "after", "0026")
        entry, decision = (by_turns([before, after], query) for query in (ENTRY, DECISION))
        table = Table("Cost of the audit", ("What", "Before", "With traces and seals"))
        table.rows.append(["an entry, one statement each [us]", *map(number, entry)])
        table.rows.append(["a decision, one statement each [us]", *map(number, decision)])
        for what, query in (("an entry", MANY), ("a decision", DECISIONS)):
            row = map(number, within([before, after], query))
            table.rows.append([f"{what} of 10,000 in one statement [us]", *row])
        seal_all(after)
        waited = delays(after)
        table.rows.append(
            [
                "commit to seal, median and longest of 30 [s]",
                "",
                f"{number(waited[15])}, {number(waited[-1])}",
            ]
        )
        for engine in (before, after):
            with engine.begin() as connection:
                connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
                connection.execute(sa.text(MANY), {"n": n})
        took, sealed = timed(lambda: seal_all(after))
        table.rows.append([f"sealing {sealed:,} [s]", "", number(took)])
        with Session(after.execution_options(isolation_level="REPEATABLE READ")) as session:
            took, found = timed(lambda: check(session))
        assert not found.faults, found.faults[:3]
        table.rows.append([f"`audit verify` of {found.seals:,} seals [s]", "", number(took)])
        table.rows.append(
            ["bytes an entry, with indices", each(before, "audit_entry"), each(after, "audit_entry")]
        )
        table.rows.append(["bytes a seal, with indices", "", each(after, "audit_seal")])
        table.rows.append(["bytes a trace, with indices", "", each(after, "audit_trace")])
        before.dispose()
        after.dispose()
    print(table.markdown())


if __name__ == "__main__":
    main()
