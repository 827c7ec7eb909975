"""Days computed, and again: `python -m benchmarks.recompute [--days N] [--once]`, tables in Markdown.

A real database in a temporary folder, patients with 90 days of made-up minutes each, and two processes of
`actalgia analytics`, as production runs them. The days are computed for the first time; then, without
`--once`, they are marked as `actalgia analytics recompute` marks them, and computed again.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
import sqlalchemy as sa

from benchmarks import cpu
from benchmarks.house import House
from benchmarks.options import Options
from benchmarks.table import Table, number
from store.database import engine_for, now, transaction
from store.marks import MOVEMENT
from store.recompute import Again, count_days, days_left, mark_again

DAYS = 20_000
MANY = 100_000
DAYS_EACH = 90  #: of one patient
PROCESSES = 2
MARKS = (0.25, 0.5, 1.0)
LOOK_S = 0.1
PATIENCE_S = 7_200.0
ROW_BYTES = 150  #: of one epoch, with its index
HEADER = ("Done", "patient-days/s", *(f"analytics {n}: most memory [MB]" for n in range(1, PROCESSES + 1)))

# A night of eight hours and a day with a rhythm, each patient's and day's own. By the server: what is
# measured begins afterwards. A part of the patients at a time, so that no transaction grows with the run.
_FILL = """
    INSERT INTO epoch (device_id, t, source, epoch_s, counts, worn)
    SELECT d.id, g.t, 'device', 60,
           CASE WHEN extract(hour FROM g.t) BETWEEN 7 AND 22
                THEN round((random() * 300 * (1 + sin(extract(epoch FROM g.t) / 13751)))::numeric)
                ELSE round((random() * random() * 30)::numeric) END,
           true
    FROM device d
    CROSS JOIN generate_series(%(first)s::timestamptz, %(last)s::timestamptz, interval '1 minute') AS g(t)
    WHERE d.id BETWEEN %(low)s AND %(high)s ORDER BY d.id, g.t
"""
_MARK_FIRST = """
    INSERT INTO stale_day (patient_id, day, kind, marks, since, marked_at)
    SELECT p.id, g.day::date, %(kind)s, 1, %(at)s, %(at)s
    FROM patient p CROSS JOIN generate_series(%(first)s::timestamp, %(last)s, interval '1 day') AS g(day)
"""


@dataclass
class Run:
    """What one computation of all days saw; `peaks` has for each share the most memory until it was done."""

    days: int
    seconds: float = 0.0
    analytics_s: float = 0.0  #: processor time
    postgres_s: float = 0.0
    marking_s: float = 0.0
    reached_s: dict[float, float] = field(default_factory=dict)
    peaks: dict[float, list[float]] = field(default_factory=dict)


def measure(options: Options, days: int, once: bool) -> list[Table]:
    """Compute `days` patient-days, unless `once` compute them again, and look on."""
    patients = max(PROCESSES, round(days / DAYS_EACH))
    options.need_disk(patients * DAYS_EACH * 1440 * ROW_BYTES / 20_000)
    with tempfile.TemporaryDirectory(prefix="actalgia-benchmark-") as folder:
        built = House(Path(folder), 0)
        try:
            built.start_database(patients)
            first = _fill(built, options, patients)
            _start(built)
            engine = engine_for(built.postgres.url)
            options.say(f"{patients} patients: their days are computed for the first time")
            runs = {"computed for the first time": _first_time(built, options, first, patients * DAYS_EACH)}
            if not once:
                runs["computed again"] = _again(built, options, engine, first)
            engine.dispose()
        finally:
            built.stop()
    return [_table(run, patients, what) for what, run in runs.items()]


def _fill(built: House, options: Options, patients: int) -> date:
    """Minutes of whole days until yesterday; the first day."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    span = {"first": today - timedelta(days=DAYS_EACH), "last": today - timedelta(minutes=1)}
    options.say(f"{patients * DAYS_EACH * 1440:,} minutes are written")
    with psycopg.connect(built.postgres.url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        for low in range(1, patients + 1, 20):
            connection.execute(_FILL.encode(), {**span, "low": low, "high": min(low + 19, patients)})
        connection.execute("VACUUM ANALYZE epoch")
    return span["first"].date()


def _start(built: House) -> None:
    environment = {
        "ACTALGIA_DATA_DIR": str(built.root),
        "ACTALGIA_DATABASE_URL": built.postgres.url,
        "OPENBLAS_NUM_THREADS": "1",
    }
    for name in _names():
        built.run(name, [sys.executable, "-m", "actalgia", "analytics"], environment)


def _names() -> list[str]:
    return [f"analytics {number}" for number in range(1, PROCESSES + 1)]


def _first_time(built: House, options: Options, first: date, days: int) -> Run:
    """What is left is counted by the marks: nobody else makes any here."""
    built.forget_peaks()
    run, before, began = Run(days), built.cpu_s(), time.monotonic()
    last = first + timedelta(days=DAYS_EACH - 1)
    with psycopg.connect(built.postgres.url) as connection:
        values = {"kind": MOVEMENT, "at": now(), "first": first, "last": last}
        connection.execute(_MARK_FIRST.encode(), values)
    run.marking_s = time.monotonic() - began
    _look_on(built, options, run, before, lambda: int(built.one("SELECT count(*) FROM stale_day")))
    with psycopg.connect(built.postgres.url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return run


def _again(built: House, options: Options, engine: sa.Engine, first: date) -> Run:
    again, at = Again(first), now()
    built.forget_peaks()
    before, began = built.cpu_s(), time.monotonic()
    with transaction(engine) as session:
        run = Run(count_days(session, again).days)
        mark_again(session, again, at)
    run.marking_s = time.monotonic() - began
    options.say(f"{run.days:,} patient-days are marked to be computed again")
    _look_on(built, options, run, before, lambda: _left(engine, again, at))
    return run


def _look_on(
    built: House, options: Options, run: Run, before: dict[str, float], left: Callable[[], int]
) -> None:
    """Wait until nothing is left, and write down what was seen on the way."""
    began = time.monotonic()
    for share in MARKS:
        most = run.days * (1 - share)

        def reached(most: float = most) -> bool:
            time.sleep(LOOK_S)
            return left() <= most

        built.wait(reached, PATIENCE_S)
        run.reached_s[share] = time.monotonic() - began
        run.peaks[share] = [cpu.peak_mb(built.pids[name]) for name in _names()]
        options.say(f"{share:.0%} after {run.reached_s[share]:.1f} s")
    run.seconds = run.reached_s[MARKS[-1]]
    after = built.cpu_s()
    run.analytics_s = sum(after[name] - before[name] for name in _names())
    run.postgres_s = after["postgres"] - before["postgres"]


def _left(engine: sa.Engine, again: Again, at: datetime) -> int:
    with transaction(engine) as session:
        return days_left(session, again, at)


def _table(run: Run, patients: int, what: str) -> Table:
    title = f"{run.days:,} patient-days of {patients:,} patients {what}, {PROCESSES} processes"
    table = Table(title, HEADER)
    done_before, until = 0.0, 0.0
    for share in MARKS:
        rate = run.days * (share - done_before) / (run.reached_s[share] - until)
        table.rows.append((f"{share:.0%}", number(rate), *(number(peak) for peak in run.peaks[share])))
        done_before, until = share, run.reached_s[share]
    each_ms = 1000 / run.days
    table.notes = [
        f"All of it {run.seconds:.1f} s, {run.days / run.seconds:,.0f} patient-days/s; counting and marking "
        f"{run.marking_s:.2f} s before. Processor time a patient-day: analytics "
        f"{run.analytics_s * each_ms:.1f} ms, PostgreSQL {run.postgres_s * each_ms:.1f} ms.",
    ]
    return table


def main() -> None:
    """Run it and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--days", type=int, default=DAYS, help=f"patient-days (default {DAYS:,})")
    parser.add_argument("--many", action="store_true", help=f"{MANY:,} patient-days")
    parser.add_argument("--once", action="store_true", help="do not compute them again: half of the time")
    given = parser.parse_args()
    # As with Ctrl-C: what was started is stopped, and its folder is removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    options = Options(None, None, PROCESSES)
    options.say(f"{os.cpu_count()} processors")
    for table in measure(options, MANY if given.many else given.days, given.once):
        sys.stdout.write(table.markdown() + "\n")


if __name__ == "__main__":
    main()
