"""The watchdog of a real installation: it gets through, and when a part stands still everybody is told."""

from __future__ import annotations

import json
import os
import signal
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg
import pytest

from patrol.legs import LEGS
from store.audit.seals import SEALER
from tests.installation import Installation, eventually

EVERY_S = 6


@dataclass
class Outside:
    """An address outside that hears the heartbeat."""

    url: str = ""
    beats: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def outside() -> Iterator[Outside]:
    found = Outside()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.beats.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_port}/beat/of/this/ward"
    yield found
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, outside: Outside) -> Iterator[Installation]:
    environment = {"ACTALGIA_WATCHDOG_EVERY": str(EVERY_S), "ACTALGIA_HEARTBEAT_URL": outside.url}
    one = Installation(tmp_path_factory.mktemp("watched") / "data", environment)
    one.start()
    yield one
    if one.process is not None and one.process.poll() is None:
        one.stop()


def rounds(house: Installation) -> list[tuple[dict[str, float], str | None]]:
    return house.rows("SELECT legs, missing FROM watch_round ORDER BY id")


def good(house: Installation) -> int:
    return sum(missing is None for _, missing in rounds(house))


def alarms(house: Installation, trouble: str) -> list[str]:
    file = Path(house.root / "operator.jsonl")
    lines = file.read_text().splitlines() if file.exists() else []
    return [one["kind"] for one in map(json.loads, lines) if one["trouble"] == trouble]


def road(house: Installation, check: str = "road") -> tuple[bool, str]:
    try:
        with urllib.request.urlopen(f"{house.up['http']}/readyz", timeout=5) as answer:
            found = json.load(answer)
    except urllib.error.HTTPError as error:
        found = json.load(error)
    return next((one["ok"], one["detail"]) for one in found["checks"] if one["name"] == check)


def login_page(house: Installation) -> str:
    with urllib.request.urlopen(f"{house.up['http']}/login", timeout=5) as answer:
        return answer.read().decode()


def test_the_synthetic_patient_gets_through_within_seconds_and_an_address_outside_hears_of_it(house, outside):
    eventually(lambda: good(house), 40)
    legs = next(legs for legs, missing in rounds(house) if missing is None)
    assert set(legs) >= set(LEGS) - {"day"} and max(legs.values()) <= EVERY_S + 1
    assert eventually(lambda: outside.beats, 5)[0] == "/beat/of/this/ward"
    assert road(house)[0]
    assert "Not monitored" not in login_page(house)


def test_round_after_round_nothing_is_left_that_anybody_reads(house):
    before = good(house)
    eventually(lambda: good(house) >= before + 3, 60)
    for table in ("pain_report", "decision", "block", "epoch", "named"):
        assert house.rows(f"SELECT count(*) <= 1 FROM {table}") == [(True,)], table
    for view in ("cases", "deliveries", "messages", "pain", "days", "epochs", "gaps"):
        assert house.rows(f"SELECT count(*) FROM reading.{view}") == [(0,)], view
    assert json.loads(house.run("case", "list", "--json")) in ([], {"cases": []}, {"items": []})
    assert not (house.root / "outbox.jsonl").exists()  # the ward's channel has heard nothing
    assert {c for (c,) in house.rows("SELECT DISTINCT channel FROM delivery")} == {"watchdog"}


@pytest.mark.parametrize(
    "part, says",
    [
        ("analytics", "look at analytics"),
        ("alerting", "look at alerting"),
    ],
)
def test_a_part_that_stands_still_is_told_by_another_channel_and_so_is_its_end(house, outside, part, says):
    eventually(lambda: road(house)[0], 40)
    told = len(alarms(house, "road"))
    pid = house.pids()[part]
    os.kill(pid, signal.SIGSTOP)
    try:
        eventually(lambda: len(alarms(house, "road")) > told, 8 * EVERY_S)
        _, detail = eventually(lambda: (found := road(house)) and not found[0] and found, 4 * EVERY_S)
        assert says in detail and "Nobody got through" in detail
        page = eventually(lambda: (text := login_page(house)) and "Not monitored since" in text and text, 10)
        assert says in page
        heard = len(outside.beats)
    finally:
        os.kill(pid, signal.SIGCONT)
    eventually(lambda: alarms(house, "road")[told:] == ["begins", "over"], 10 * EVERY_S)
    eventually(lambda: road(house)[0] and "Not monitored" not in login_page(house), 2 * EVERY_S)
    eventually(lambda: len(outside.beats) > heard, 2 * EVERY_S)


def test_an_audit_that_nobody_seals_is_told_though_the_road_is_open(house):
    """Somebody else holds the sealer's lock, as a sealer that hangs would."""
    with psycopg.connect(house.up["database"]) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (SEALER,))
        house.run("enrol", "patient", "P-sealed", "--tz", "UTC")
        eventually(lambda: alarms(house, "audit") == ["begins"], 8 * EVERY_S)
        waiting = eventually(lambda: (found := road(house, "waiting")) and not found[0] and found, 10)
        assert "The audit is not sealed since" in waiting[1]
        connection.rollback()
    eventually(
        lambda: alarms(house, "audit") == ["begins", "over"] and road(house, "waiting")[0], 4 * EVERY_S
    )


def test_a_case_that_nobody_answers_is_told_to_the_operators(house):
    with psycopg.connect(house.up["database"]) as connection:
        patient = connection.execute(
            "INSERT INTO patient (code, tz, site, pseudonym, demonstration, enrolled_at)"
            " VALUES ('P-1', 'UTC', 'main', gen_random_uuid(), false, now()) RETURNING id"
        ).fetchone()
        case = connection.execute(
            'INSERT INTO "case" (patient_id, kind, severity, state, reason, opened_at, last_evidence_at, paged,'
            " rung, repeats, step, unheard) VALUES (%s, 'clinical', 'high', 'notified', 'worst pain 9', now(),"
            " now(), true, 3, 2, 5, true) RETURNING id",
            patient,
        ).fetchone()
    key = f"case {case[0]}"
    eventually(lambda: alarms(house, key) == ["begins"], 20)
    line = next(
        text for text in (house.root / "operator.jsonl").read_text().splitlines() if f'"{key}"' in text
    )
    assert f"/cases/{case[0]}" in line and "pain" not in line and "P-1" not in line
    with psycopg.connect(house.up["database"]) as connection:
        connection.execute('UPDATE "case" SET unheard = false WHERE id = %s', case)
    eventually(lambda: alarms(house, key) == ["begins", "over"], 20)


def test_without_a_watchdog_nothing_waits_for_one(house):
    house.stop()
    house.environment = {"ACTALGIA_WATCHDOG_EVERY": "0"}
    house.start()
    assert "watchdog" not in house.pids()
    assert eventually(lambda: road(house), 10)[0]
    assert "Not monitored" not in login_page(house)
