"""A storm of cases: 10,000 within a minute, four wards whose nurses have four webhooks of which one hangs."""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psycopg

from benchmarks.alerting_sinks import Hanging, Sink
from benchmarks.house import House
from benchmarks.options import Options
from benchmarks.table import Table, facts
from ladder.reading import plan_of
from store.alerts.ward_plans import save_plan
from store.database import engine_for, transaction

CASES, OPEN_WITHIN_S = 10_000, 60.0
TARGET_S, PATIENCE_S = 300.0, 600.0
WARDS = 4


@dataclass(slots=True)
class Storm:
    """What came of it."""

    began: float
    opened_s: float = 0.0
    all_told_s: float | None = None


def storm(options: Options, urgent_each: int) -> Table:
    """Four wards; the nurse of ward n has the webhooks n and n + 1, and the one of ward 1 hangs."""
    hanging, sinks = Hanging(), [Sink() for _ in range(WARDS - 1)]
    urls = [hanging.url, *(one.url for one in sinks)]
    with tempfile.TemporaryDirectory(prefix="actalgia-benchmark-") as folder:
        house = House(Path(folder), 1)
        try:
            house.start_database(CASES)
            plans(house, urls)
            house.run("alerting", [sys.executable, "-m", "actalgia", "alerting"], house.environment())
            house.wait(lambda: house.one("SELECT count(*) FROM heartbeat WHERE part = 'alerting'"))
            options.say(f"{CASES:,} decisions within {OPEN_WITHIN_S:.0f} s")
            before = house.cpu_s()
            done = _storm(house, urgent_each, options)
            used = {name: after - before[name] for name, after in house.cpu_s().items()}
            peak = house.peaks_mb()["alerting"]
            waits = _waits(house, sinks)
            left = house.one("SELECT count(*) FROM delivery WHERE state = 'pending'")
        finally:
            house.stop()
            for one in (hanging, *sinks):
                one.close()
    keys = [came.key for one in sinks for came in one.came]
    told = {case for one in sinks for came in one.came for case in came.cases}
    digests = sum(len(came.cases) > 1 for one in sinks for came in one.came)
    finished = "not within ten minutes" if done.all_told_s is None else f"{done.all_told_s:.0f} s"
    rows = [
        ("cases", f"{CASES:,}, {'all' if urgent_each == 1 else f'one in {urgent_each}'} urgent", ""),
        ("decided within", f"{OPEN_WITHIN_S:.0f} s", "a minute"),
        ("open after", f"{done.opened_s:.0f} s" if done.opened_s else "not in time", "a minute"),
        ("told of, by a webhook that took it", f"{len(told):,}", "all"),
        ("all of them after", finished, f"{TARGET_S:.0f} s"),
        ("messages; digests among them", f"{len(keys):,}; {digests}", ""),
        ("keys that came twice", f"{len(keys) - len(set(keys))}", "0"),
        ("messages left at the end", f"{left}", "0"),
        *((what, spread, "") for what, spread in waits),
        ("processor seconds", ", ".join(f"{n} {s:.0f}" for n, s in sorted(used.items())), ""),
        ("most memory of alerting", f"{peak:.0f} MB", ""),
        ("connections to the webhook that hangs", f"{len(hanging.connections)}", ""),
    ]
    return facts("A storm: four webhooks, of which one hangs", rows)


def plans(house: House, urls: list[str]) -> None:
    engine = engine_for(house.postgres.url)
    with transaction(engine) as session:
        for ward in range(WARDS):
            persons = [
                {"id": "nurse", "name": "Nurse", "channels": [urls[ward], urls[(ward + 1) % WARDS]]},
                {"id": "doctor", "name": "Doctor", "channels": [urls[(ward + 2) % WARDS]]},
            ]
            rungs = [{"after_min": 0, "persons": ["nurse"]}, {"after_min": 60, "persons": ["doctor"]}]
            ladders = {severity: {"rungs": rungs} for severity in ("high", "medium", "low")}
            plan = plan_of({"zone": "UTC", "persons": persons, "roles": [], "ladders": ladders})
            save_plan(session, f"ward {ward + 1}", plan, "benchmark", "benchmark", datetime.now(UTC))
    engine.dispose()
    with psycopg.connect(house.postgres.url, autocommit=True) as connection:
        connection.execute(f"UPDATE patient SET site = 'ward ' || (mod(id, {WARDS}) + 1)".encode())
        connection.execute("VACUUM ANALYZE patient")


_DECIDE = """
    WITH d AS (
        INSERT INTO decision (patient_id, day, verdict, severity, tier, reason, evidence, rule, reported_at,
                              decided_at, told)
        SELECT id, current_date, 'fire', CASE WHEN mod(n, %(each)s) = 0 THEN 'high' ELSE 'medium' END, 'page',
               'a benchmark', '{}', 'benchmark 1', now(), clock_timestamp(), false
        FROM (SELECT id, %(first)s + row_number() OVER (ORDER BY id) AS n
              FROM (SELECT id FROM patient ORDER BY id OFFSET %(first)s LIMIT %(more)s) p) numbered
    )
    SELECT pg_notify('decision', '')
"""


@dataclass(slots=True)
class Deciding:
    """Decisions that fire, of one patient after the other, within a minute; one in `each` is urgent."""

    connection: psycopg.Connection
    each: int
    decided: int = 0

    def until(self, since_s: float) -> None:
        """Those that are due so long after the begin."""
        due = min(CASES, int(CASES * since_s / OPEN_WITHIN_S))
        if due > self.decided:
            given = {"each": self.each, "first": self.decided, "more": due - self.decided}
            self.connection.execute(_DECIDE, given)
            self.decided = due


_HOW_FAR = "SELECT count(*), count(*) FILTER (WHERE state <> 'opened') FROM \"case\" WHERE kind = 'clinical'"


def _storm(house: House, urgent_each: int, options: Options) -> Storm:
    done = Storm(time.monotonic())
    looked = said = 0.0
    with psycopg.connect(house.postgres.url, autocommit=True) as connection:
        deciding = Deciding(connection, urgent_each)
        while (since := time.monotonic() - done.began) < PATIENCE_S:
            deciding.until(since)
            if since - looked > 0.5:
                looked = since
                opened, told = connection.execute(_HOW_FAR).fetchone() or (0, 0)
                if opened == CASES and not done.opened_s:
                    done.opened_s = since
                if since - said > 5:
                    said = since
                    how_far = f"{deciding.decided:,} decided, {opened:,} open, {told:,} told of"
                    options.say(f"  {since:.0f} s: {how_far}")
                if told == CASES:
                    done.all_told_s = since
                    return done
            time.sleep(0.1)
    return done


def _waits(house: House, sinks: list[Sink]) -> list[tuple[str, str]]:
    """Decision to webhook, urgent ones and others, of the ward whose webhook hangs and of the other wards."""
    first: dict[int, float] = {}
    for came in sorted((c for one in sinks for c in one.came), key=lambda c: c.at):
        for case in came.cases:
            first.setdefault(case, came.at)
    waits: dict[tuple[bool, bool], list[float]] = {}
    with psycopg.connect(house.postgres.url) as connection:
        for case, severity, site, decided in connection.execute(
            'SELECT c.id, c.severity, p.site, d.decided_at FROM "case" c'
            " JOIN patient p ON p.id = c.patient_id JOIN decision d ON d.patient_id = p.id"
        ):
            if case in first:
                kind = (severity == "high", site == "ward 1")
                waits.setdefault(kind, []).append(first[case] - decided.timestamp())
    said = []
    for (urgent, hangs), of in sorted(waits.items(), reverse=True):
        p50, p99, longest = np.percentile(of, [50, 99, 100])
        whose = "of the ward whose webhook hangs" if hangs else "of the other wards"
        what = "urgent cases" if urgent else "other cases"
        said.append(
            (f"{what} {whose}, decided to told", f"p50 {p50:.1f} s, p99 {p99:.1f} s, max {longest:.1f} s")
        )
    return said
