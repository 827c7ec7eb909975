"""What a question over the API costs from its row to its answer: `python -m benchmarks.asked`.

A real database in a temporary folder, with made-up indices and pain of a cohort; then one question of the
whole family of indices, answered by the job that analytics runs.
"""

from __future__ import annotations

import argparse
import resource
import secrets
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import sqlalchemy as sa

from analytics.jobs import associate
from benchmarks.house import free_port
from benchmarks.table import facts, number
from store import schema
from store.associations import Association, request_association, save_association
from store.database import engine_for, now, transaction
from store.days_together import days_together
from store.embedded import EmbeddedPostgres
from store.people import codes_of

FIRST = date(2026, 1, 1)
PATIENTS = """
    INSERT INTO patient (code, tz, site, pseudonym, demonstration, enrolled_at)
    SELECT 'P-' || p, 'Europe/Rome', 'main', gen_random_uuid(), true, now()
    FROM generate_series(1, :patients) p
"""
INDICES = """
    INSERT INTO day_index (patient_id, day, "index", method, value, unit, worn_min, input_digest, computed_at)
    SELECT p, :first ::date + d, 'index_' || k, 'day-4', random_normal(20, 4), 'mg', random_normal(1300, 60),
           '', now()
    FROM generate_series(1, :patients) p, generate_series(0, :days - 1) d, generate_series(1, :indices) k
    WHERE random() < 0.87
"""
REPORTS = """
    INSERT INTO pain_report (entry, patient_id, boot, seq, at, received_at, worst, detail)
    SELECT gen_random_uuid(), p, 0, 0, t, t, floor(random() * 11), '{}'
    FROM generate_series(1, :patients) p, generate_series(0, :days - 1) d,
         LATERAL (SELECT :first ::timestamptz + d * interval '1 day' + interval '18 h') AS x(t)
    WHERE random() < 0.87
"""


@contextmanager
def database() -> Iterator[str]:
    """The address of a server that ends with the block."""
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres", free_port(), secrets.token_hex(16))
        server.initialise()
        child = subprocess.Popen(server.command(), stderr=subprocess.DEVNULL)
        try:
            while not server.answers():
                time.sleep(0.05)
            schema.upgrade(server.url)
            yield server.url
        finally:
            child.send_signal(signal.SIGINT)
            child.wait(90)


def fill(url: str, patients: int, days: int, indices: int) -> None:
    """A cohort in which nothing is linked; an eighth of the indices and of the answers is missing."""
    engine = schema.migration_engine(url)
    sizes = {"patients": patients, "days": days, "indices": indices, "first": FIRST}
    with engine.begin() as connection:
        for statement in (PATIENTS, INDICES, REPORTS):
            connection.execute(sa.text(statement), sizes)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE"))
    engine.dispose()


def measure(url: str, patients: int, days: int, indices: int) -> list[tuple[str, float, float]]:
    """(step, wall s, CPU s) of one question."""
    engine = engine_for(url)
    names = [f"index_{k}" for k in range(1, indices + 1)]
    taken = []
    with transaction(engine) as session:
        asked = request_association(
            session,
            range(1, patients + 1),
            names,
            FIRST,
            FIRST + timedelta(days=days - 1),
            "benchmark",
            now(),
        )
    started = time.perf_counter(), time.process_time()

    def step(name: str) -> None:
        nonlocal started
        at = time.perf_counter(), time.process_time()
        taken.append((name, at[0] - started[0], at[1] - started[1]))
        started = at

    with transaction(engine) as session:
        found = days_together(session, asked.patient_ids, names, asked.pain, asked.first, asked.last)
        codes = codes_of(session, asked.patient_ids)
    step(f"read {len(found.pain):,} days of {indices} indices, pain, wear and treatments")
    answer = associate.answered(asked, found, codes)
    step("statistics and figures of all indices")
    with transaction(engine) as session:
        assert save_association(session, asked, answer, now())
    step("keep the answer")
    with transaction(engine) as session:
        kept = session.get_one(Association, asked.id)
        assert kept.documents is not None and len(kept.documents) == indices
    engine.dispose()
    return taken


def main() -> None:
    """Fill a database, ask, and print what it took."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, usual in (("patients", 1000), ("days", 180), ("indices", 20)):
        words.add_argument(f"--{name}", type=int, default=usual)
    given = words.parse_args()
    sizes = (given.patients, given.days, given.indices)
    with database() as url:
        fill(url, *sizes)
        taken = measure(url, *sizes)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    rows = [[name, f"{number(wall)} s, {number(cpu)} s of CPU", ""] for name, wall, cpu in taken]
    title = f"One question: {sizes[0]:,} patients x {sizes[1]} days x {sizes[2]} indices x 11 lags"
    print(facts(title, rows, f"Most memory of the process {peak:,.0f} MB; target 1,000 MB.").markdown())


if __name__ == "__main__":
    main()
