"""How fast somebody is told: `python -m benchmarks.alerting [--devices N] [--only road|storm]`.

road: severe diaries enter over the broker of an installation with so many enrolled patients, until a webhook
has the message. storm: 10,000 cases open within a minute, at four wards whose nurses have four webhooks of
which one hangs. Both run the parts as the product does, on this machine. About ten minutes; bounded.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psycopg

from benchmarks import wire
from benchmarks.alerting_sinks import Hanging, Sink
from benchmarks.diaries import severe_diary
from benchmarks.house import House
from benchmarks.options import Options
from benchmarks.plan import device_name
from benchmarks.table import Table, facts
from ladder.reading import plan_of
from store.database import engine_for, transaction
from store.ward_plans import save_plan

DIARIES, APART_S = 300, 0.2
CASES, OPEN_WITHIN_S, URGENT_EACH = 10_000, 60.0, 5
TARGET_S, PATIENCE_S = 300.0, 600.0
WARDS = 4


def road(options: Options, devices: int) -> Table:
    """From the diary on the broker to the webhook."""
    sink = Sink()
    with tempfile.TemporaryDirectory(prefix="actalgia-benchmark-") as folder:
        house = House(Path(folder), 1, channels=sink.url)
        try:
            options.say(f"enrolling {devices:,} patients")
            house.start(devices)
            house.start_parts("analytics", "alerting")
            house.wait(lambda: house.one("SELECT count(*) FROM heartbeat WHERE healthy") == 3)
            options.say(f"{DIARIES} severe diaries, {1 / APART_S:.0f} a second")
            before = house.cpu_s()
            sent_at = _publish(house, devices)
            house.wait(lambda: len(sink.came) >= DIARIES)
            used = {name: after - before[name] for name, after in house.cpu_s().items()}
            with psycopg.connect(house.postgres.url) as connection:
                whose = dict(
                    connection.execute(
                        "SELECT c.case_id, c.patient FROM reading.cases c WHERE kind = 'clinical'"
                    ).fetchall()
                )
        finally:
            house.stop()
            sink.close()
    first: dict[str, float] = {}
    for came in sink.came:
        first.setdefault(whose[came.cases[0]], came.at)
    waits = [first[patient] - at for patient, at in sent_at.items() if patient in first]
    p50, p99, longest = np.percentile(waits, [50, 99, 100])
    busiest = ", ".join(f"{name} {seconds:.0f}" for name, seconds in sorted(used.items()))
    return facts(
        f"From the diary on the broker to the webhook, {devices:,} patients enrolled",
        [
            ("severe diaries, five a second", f"{DIARIES}", ""),
            ("of them told", f"{len(waits)}", "all"),
            ("publish to webhook", f"p50 {p50:.2f} s, p99 {p99:.2f} s, max {longest:.2f} s", "p99 under 2 s"),
            ("processor seconds in that minute", busiest, ""),
        ],
    )


def _publish(house: House, devices: int) -> dict[str, float]:
    link = wire.Link(house.mqtt_port, "gateway-diaries", "gateway", house.gateway)
    sent_at: dict[str, float] = {}
    began = time.monotonic()
    step = devices // DIARIES
    for number in range(DIARIES):
        time.sleep(max(0.0, began + number * APART_S - time.monotonic()))
        sent_at[f"P-{number * step:06d}"] = time.time()
        link.out.append(severe_diary(device_name(number * step), link.next_id()))
        link.flush()
        list(link.packets())
    link.socket.close()
    return sent_at


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
            _plans(house, urls)
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
        ("cases", f"{CASES:,}, one in {urgent_each} urgent", ""),
        ("decided within", f"{OPEN_WITHIN_S:.0f} s", "a minute"),
        ("open after", f"{done.opened_s:.0f} s", ""),
        ("told of, by a webhook that took it", f"{len(told):,}", "all"),
        ("all of them after", finished, "300 s"),
        ("messages; digests among them", f"{len(keys):,}; {digests}", ""),
        ("keys that came twice", f"{len(keys) - len(set(keys))}", "0"),
        ("messages left at the end", f"{left}", "0"),
        *((what, spread, "") for what, spread in waits),
        ("processor seconds", ", ".join(f"{n} {s:.0f}" for n, s in sorted(used.items())), ""),
        ("most memory of alerting", f"{peak:.0f} MB", ""),
        ("connections to the webhook that hangs", f"{len(hanging.connections)}", ""),
    ]
    return facts("A storm: four webhooks, of which one hangs", rows)


def _plans(house: House, urls: list[str]) -> None:
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
        FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM patient) p
        WHERE n >= %(first)s AND n < %(last)s
    )
    SELECT pg_notify('decision', '')
"""


def _storm(house: House, urgent_each: int, options: Options) -> Storm:
    done = Storm(time.monotonic())
    decided = 0
    said = 0.0
    with psycopg.connect(house.postgres.url, autocommit=True) as connection:
        while True:
            since = time.monotonic() - done.began
            due = min(CASES, int(CASES * since / OPEN_WITHIN_S))
            if due > decided:
                connection.execute(_DECIDE, {"each": urgent_each, "first": decided, "last": due})
                decided = due
            if since - said > 5:
                said = since
                row = connection.execute(
                    "SELECT count(*), count(*) FILTER (WHERE state <> 'opened') FROM \"case\""
                ).fetchone()
                opened, told = row or (0, 0)
                options.say(f"  {since:.0f} s: {decided:,} decided, {opened:,} open, {told:,} told of")
                if opened == CASES and not done.opened_s:
                    done.opened_s = since
            elif decided == CASES:
                row = connection.execute("SELECT count(*) FROM \"case\" WHERE state <> 'opened'").fetchone()
                if row and row[0] == CASES:
                    done.all_told_s = since
                    done.opened_s = done.opened_s or since
                    return done
            if since > PATIENCE_S:
                return done
            time.sleep(0.1)


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


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--devices", type=int, default=100_000, help="enrolled patients of the road")
    parser.add_argument("--urgent-each", type=int, default=URGENT_EACH, help="one case in so many is urgent")
    parser.add_argument("--only", choices=("road", "storm"))
    given = parser.parse_args()
    options = Options(None, None, 1)
    if given.only != "road":
        print(storm(options, given.urgent_each).markdown(), flush=True)
    if given.only != "storm":
        print(road(options, given.devices).markdown(), flush=True)


if __name__ == "__main__":
    main()
