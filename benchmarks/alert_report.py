"""What the report on pages costs: `python -m benchmarks.alert_report [--patients N] [--years Y] [--often S]`.

A real database in a temporary folder with made-up cases (for each patient a page in a share of the weeks,
re-pages, suppressed pages, a decision a day, of some of which nobody was told) and a ward's plan with quiet
hours, then the report on the last month and on the last year: the statements, and the sums in this process.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks.asked import database
from benchmarks.table import facts, number
from groups.alert_report import report
from ladder.document import document_of
from ladder.plan import Quiet
from ladder.reading import read_plan
from store import schema
from store.alerts.report import read_period
from store.database import engine_for, now, transaction

PATIENTS = """
    INSERT INTO patient (code, tz, site, pseudonym, demonstration, enrolled_at)
    SELECT 'P-' || p, 'Europe/Rome', 'main', gen_random_uuid(), false, now()
    FROM generate_series(1, :patients) p
"""
DEVICES = """
    INSERT INTO device (name, password_hash, demonstration, enrolled_at)
    SELECT 'D-' || p, '', false, now() FROM generate_series(1, :patients) p
"""
WEARINGS = """
    INSERT INTO wearing (device_id, patient_id, during)
    SELECT p, p, tstzrange(now() - :weeks * interval '1 week', NULL) FROM generate_series(1, :patients) p
"""
# Cases of one patient lie in different weeks and last less than one, so that they never overlap.
CASES = """
    INSERT INTO "case" (patient_id, kind, severity, state, reason, opened_at, last_evidence_at,
                        acknowledged_at, acknowledged_by, resolved_at, resolved_by, outcome, paged, rung,
                        repeats, step, unheard)
    SELECT p, 'clinical', severity, CASE WHEN closed THEN 'resolved' ELSE 'acknowledged' END, 'made up', t, t,
           t + answered, 'anna', CASE WHEN closed THEN t + answered * 3 END,
           CASE WHEN closed THEN 'anna' END,
           CASE WHEN closed THEN (ARRAY['acted', 'acted', 'no_action', 'expected_level', 'false', 'other'])[
               1 + floor(random() * 6)::int] END, true, 1, 0, 1, false
    FROM generate_series(1, :patients) p, generate_series(1, :weeks) w,
         LATERAL (SELECT now() - w * interval '1 week' + random() * interval '4 days' AS t,
                         random() * random() * interval '1 day' AS answered, w > 1 OR p % 2 = 0 AS closed,
                         (ARRAY['high', 'medium', 'low'])[1 + floor(random() * 3)::int] AS severity) x
    WHERE random() < :often
"""
EVENTS = """
    INSERT INTO case_event (case_id, at, kind, actor, evidence)
    SELECT c.id, e.at, e.kind, 'anna', e.evidence
    FROM "case" c,
    LATERAL (SELECT CASE WHEN c.id % 3 = 0 THEN 'severe 1' ELSE 'likelihood 1' END AS rule,
                    CASE WHEN c.id % 3 = 0 THEN 'severe' ELSE 'score' END AS because) r,
    LATERAL (VALUES
        (c.opened_at, 'opened', jsonb_build_object('rule', r.rule, 'because', r.because,
            'severity', c.severity, 'settings', 'shipped 1, budget 3', 'worst', 8)),
        (c.opened_at, 'notified', '{}'),
        (c.acknowledged_at, 'acknowledged', '{}'),
        (c.opened_at + interval '1 minute', 'evidence', '{"rule": "likelihood 1", "because": "score"}'),
        (CASE WHEN c.id % 20 = 0 THEN c.opened_at + interval '1 hour' END, 'suppressed', '{"step": 2}'),
        (CASE WHEN c.id % 4 = 0 THEN c.opened_at + interval '2 minutes' END, 'suppressed', '{}'),
        (c.resolved_at, 'resolved', '{}')) AS e(at, kind, evidence)
    WHERE e.at IS NOT NULL ORDER BY e.at
"""
DELIVERIES = """
    INSERT INTO delivery
        (case_id, step, site, urgent, channel, recipient, rank, idempotency_key, state, attempts, decided_at,
         next_attempt_at)
    SELECT c.id, s, 'main', c.severity = 'high', 'log', '', 1, gen_random_uuid(),
           CASE WHEN c.id % 20 = 0 AND s = 2 THEN 'suppressed' ELSE 'sent' END, 1,
           c.opened_at + (s - 1) * interval '1 hour', c.opened_at
    FROM "case" c, generate_series(1, 1 + (c.id % 3)::int) s
"""
DECISIONS = """
    INSERT INTO decision (patient_id, day, verdict, reason, evidence, rule, decided_at, told, untold)
    SELECT p, now()::date - d, CASE WHEN random() < 0.04 THEN 'review' ELSE 'quiet' END, 'made up',
           '{"answered_days": 12}', 'likelihood 1', now() - d * interval '1 day', true,
           CASE WHEN random() < 0.01 THEN 'the same was told before, and its case is closed' END
    FROM generate_series(7 * :weeks, 1, -1) d, generate_series(1, :patients) p
"""
PLAN = """
    INSERT INTO ward_plan (site, version, document, saved_by, saved_at, reason)
    SELECT 'main', v, CAST(:plan AS jsonb), 'anna', now() - (3 - v) * interval '100 days', 'made up'
    FROM generate_series(1, 2) v
"""
FILL = (PATIENTS, DEVICES, WEARINGS, CASES, EVENTS, DELIVERIES, DECISIONS, PLAN)


def measure(patients: int, weeks: int, often: float) -> list[list[str]]:
    """Fill a database, and read and sum up the last month and the last year."""
    found: list[list[str]] = []
    with database() as url:
        schema.upgrade(url)
        engine = engine_for(url)
        with engine.begin() as connection:
            connection.execute(sa.text("SET statement_timeout = 0"))
            connection.execute(sa.text("SET session_replication_role = replica"))  # past the audit trigger
            given = {"patients": patients, "weeks": weeks, "often": often, "plan": json.dumps(_plan())}
            for statement in FILL:
                connection.execute(sa.text(statement), given)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("VACUUM ANALYZE"))
            cases = connection.scalar(sa.text('SELECT count(*) FROM "case"'))
        found.append(["clinical cases stored", number(cases or 0), ""])
        for name, days in (("last 28 days", 28), ("last 365 days", 365)):
            at = now()
            for _ in range(2):  # the second time: what is read is in memory
                began, used = time.perf_counter(), time.process_time()
                with transaction(engine) as session:
                    backend = session.scalar(sa.text("SELECT pg_backend_pid()"))
                    of_backend = _cpu_of(backend)
                    period = read_period(session, "main", at.date() - timedelta(days=days - 1), at.date(), at)
                    of_backend = _cpu_of(backend) - of_backend
                read, used_to_read = time.perf_counter(), time.process_time() - used
                report(period.paged, period.patient_weeks, at)
                summed, used = time.perf_counter(), time.process_time() - used - used_to_read
            found.append([f"{name}: pages", number(len(period.paged)), ""])
            found.append([f"{name}: read [ms]", f"{1000 * (read - began):.0f}", ""])
            found.append([f"{name}: summed up [ms]", f"{1000 * (summed - read):.0f}", ""])
            cpu = ", ".join(f"{1000 * seconds:.0f}" for seconds in (of_backend, used_to_read, used))
            found.append([f"{name}: processor, database, reading, summing [ms]", cpu, ""])
        engine.dispose()
    return found


def _cpu_of(process: int | None) -> float:
    """Seconds of the processor that a process here has used: on a busy machine the clock says little."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _plan() -> dict[str, Any]:
    """The example of docs/, with quiet hours."""
    example = read_plan(Path(__file__).parents[1] / "docs" / "plan.example.toml")
    return document_of(replace(example, quiet=Quiet(22 * 60, 7 * 60)))


def main() -> None:
    """Print the figures as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--patients", type=int, default=2_000)
    parser.add_argument("--years", type=float, default=1.0)
    parser.add_argument("--often", type=float, default=0.2)
    given = parser.parse_args()
    title = f"The report on pages: {given.patients:,} patients, {given.years:g} years of cases"
    print(facts(title, measure(given.patients, round(given.years * 52.18), given.often)).markdown())


if __name__ == "__main__":
    main()
