"""One patient's night: `python -m benchmarks.night [--patients N] [--nights N]`, a table in Markdown.

A real database in a temporary folder and made-up patients with 400 days of answers and of 115 indices
each. Every night all of them are judged twice in turn: read anew, and from what was read before. The
decisions must be the same. Processor time of PostgreSQL is that of the connection's own process.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from analytics.escalation.settings import SHIPPED as SETTINGS
from analytics.escalation.thresholds import SHIPPED
from analytics.jobs.checkpoints import Checkpoints
from analytics.jobs.days_read import DaysRead
from analytics.jobs.patient_days import first_of
from analytics.jobs.screen import decision_on
from benchmarks.house import House
from benchmarks.table import Table, number
from store.daily_rows import daily_rows
from store.database import engine_for, transaction
from store.patient_rows import PatientRows

PATIENTS, NIGHTS, HISTORY = 12, 15, 400
LAST = datetime(2026, 5, 4, 19, tzinfo=UTC)
DAY = timedelta(days=1)
NAMES = ["mean_activity", "worn_min", "hours", "io", "RA_day", "sleep_efficiency", "steps"]
NAMES += [f"other_{k}" for k in range(108)]

_ANSWERS = """
    INSERT INTO pain_report (entry, patient_id, boot, seq, at, received_at, worst, average, detail)
    SELECT gen_random_uuid(), p.id, 0, 0, t, t, 3 + mod((17 * p.id + extract(doy FROM t)::int) , 3), 2, '{}'
    FROM patient p, generate_series(:last - :days * interval '1 day', CAST(:last AS timestamptz), '1 day') t
"""
_INDICES = """
    INSERT INTO day_index (patient_id, day, index, method, value, unit, worn_min, input_digest, computed_at)
    SELECT p.id, t::date, name, 'day-2', 20 + mod((7 * p.id + extract(doy FROM t)::int), 11), 'mg', 0, '', t
    FROM patient p, generate_series(:last - :days * interval '1 day', CAST(:last AS timestamptz), '1 day') t,
         unnest(CAST(:names AS text[])) name
"""
_RUNS = """
    INSERT INTO wear_run (patient_id, day, device_id, starts, ends, state)
    SELECT w.patient_id, t::date, w.device_id, t + k * interval '4 hours', t + (k + 1) * interval '4 hours',
           CASE WHEN k = 3 THEN 'not_worn' ELSE 'worn' END
    FROM wearing w, generate_series(:last - :days * interval '1 day', CAST(:last AS timestamptz), '1 day') t,
         generate_series(0, 4) k
"""


@dataclass
class Taken:
    """Of each measurement [ms]: by the clock, of this process, of PostgreSQL."""

    wall: list[float] = field(default_factory=list)
    own: list[float] = field(default_factory=list)
    postgres: list[float] = field(default_factory=list)

    def row(self, what: str) -> tuple[str, ...]:
        """What the table says of it."""
        both = [a + b for a, b in zip(self.own, self.postgres, strict=True)]
        figures = (min(self.wall), median(self.wall), median(self.own), median(self.postgres), median(both))
        return (what, *map(number, figures))


class Turn:
    """One transaction; what is done in it is measured."""

    def __init__(self, session: Session) -> None:
        pid = session.scalar(sa.text("SELECT pg_backend_pid()"))
        self._schedule = Path(f"/proc/{pid}/schedstat")  # nanoseconds on a processor come first

    def measured(self, taken: Taken, call: Callable[[], Any]) -> Any:
        """The answer of `call`."""
        before, own, wall = self._postgres_ms(), time.process_time(), time.perf_counter()
        answer = call()
        taken.wall.append(1000 * (time.perf_counter() - wall))
        taken.own.append(1000 * (time.process_time() - own))
        taken.postgres.append(self._postgres_ms() - before)
        return answer

    def _postgres_ms(self) -> float:
        return int(self._schedule.read_text().split()[0]) / 1e6


def measure(patients: int, nights: int) -> Table:
    """The table, on a database of its own."""
    with tempfile.TemporaryDirectory(prefix="actalgia-benchmark-") as folder:
        built = House(Path(folder), 0)
        try:
            built.start_database(patients)
            engine = engine_for(built.postgres.url)
            ids = _fill(engine)
            table = _nights(engine, ids, nights)
            engine.dispose()
        finally:
            built.stop()
    return table


def _fill(engine: sa.Engine) -> list[int]:
    span = {"last": LAST, "days": HISTORY, "names": NAMES}
    with engine.begin() as connection:
        connection.execute(sa.text("SET session_replication_role = replica"))  # quicker: no look at each key
        for each in (_ANSWERS, _INDICES, _RUNS):
            connection.execute(sa.text(each), span)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE"))
        return list(connection.scalars(sa.text("SELECT id FROM patient ORDER BY id")))


def _nights(engine: sa.Engine, ids: list[int], nights: int) -> Table:
    taken = {name: Taken() for name in ("read anew", "read on", "night, read anew", "night, read on")}
    anew, on, reading = Checkpoints(), Checkpoints(), DaysRead(len(ids))
    for back in range(nights, -1, -1):
        at = LAST - back * DAY
        if back == nights - 1:
            taken = {name: Taken() for name in taken}  # the first night reads and walks everything
        for patient in ids:
            with transaction(engine) as session:
                turn = Turn(session)
                first, today = first_of(at.date()), at.date()
                span = session, patient, first, today, at
                anew.days = DaysRead(1)
                whole = turn.measured(taken["read anew"], partial(_read_anew, *span))
                kept = turn.measured(taken["read on"], partial(reading.of, *span))
                decide = partial(decision_on, session, patient, today, at, SHIPPED, SETTINGS)
                before = turn.measured(taken["night, read anew"], partial(decide, anew))
                after = turn.measured(taken["night, read on"], partial(decide, on))
                if before != after or whole.answers != kept.answers:
                    sys.exit("What was read on differs from what was read anew.")
    header = ("What", "least", "median", "this process", "PostgreSQL", "both")
    return Table(
        f"One patient's night [ms], {len(ids)} patients, {nights} nights, {HISTORY:,} days stored",
        header,
        [one.row(name) for name, one in taken.items()],
        [
            "Least and median by the clock; then medians of processor time. A night is the decision with its "
            "reading, without claiming and writing. Everything is made up."
        ],
    )


def _read_anew(session: Session, patient: int, first: date, today: date, at: datetime) -> PatientRows:
    (own,) = daily_rows(session, [patient], first, today, at)
    return own


def main() -> None:
    """Run it and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--patients", type=int, default=PATIENTS)
    parser.add_argument("--nights", type=int, default=NIGHTS)
    given = parser.parse_args()
    print(measure(given.patients, given.nights).markdown())


if __name__ == "__main__":
    main()
