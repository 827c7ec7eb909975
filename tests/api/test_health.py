"""Alive, ready, and in figures."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from datetime import timedelta

import httpx2
import pytest
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import ApiSettings
from store.associations import request_association
from store.database import now, transaction
from store.heartbeat import beat
from store.marks import DIARY, mark_day
from tests.api.house import BASE, House
from tests.cast import NOON
from tests.conftest import new_database
from tests.ports import free_port

STAGES = ("ingest", "analytics", "alerting")


def live(engine: sa.Engine, ago: float = 1.0, **unhealthy: bool) -> None:
    with transaction(engine) as session:
        for stage in STAGES:
            at = now() - timedelta(seconds=ago)
            beat(session, stage, at, unhealthy.get(stage, True), {"received": 7, "failures": 1})


def failed(house: House) -> set[str]:
    answer = house.client().get("/readyz")
    found = answer.json()
    wrong = {check["name"] for check in found["checks"] if not check["ok"]}
    assert found["ready"] is (not wrong) and answer.status_code == (503 if wrong else 200)
    assert all(check["detail"].endswith((".", "?")) or "`" in check["detail"] for check in found["checks"])
    return wrong


def test_ready_means_every_stage_at_work_on_the_newest_schema(house: House) -> None:
    live(house.engine)
    assert failed(house) == set()
    names = [check["name"] for check in house.client().get("/readyz").json()["checks"]]
    assert names == [
        "database",
        "migrations",
        "durability",
        "broker",
        *STAGES,
        "road",
        "waiting",
        "ledger",
        "broker queue",
    ]


def test_every_worker_of_ingest_has_to_be_there(house: House) -> None:
    live(house.engine, ago=3)
    with transaction(house.engine) as session:
        beat(session, "ingest 1/2", now(), True, {})
    assert failed(house) == {"broker", "ingest 2/2"}  # the one that was alone before is not missed
    with transaction(house.engine) as session:
        beat(session, "ingest 2/2", now(), True, {"unaccounted": 0})
    assert failed(house) == set()


def test_a_message_that_ended_nowhere_is_an_alarm(house: House) -> None:
    live(house.engine)
    with transaction(house.engine) as session:
        beat(session, "ingest", now(), True, {"received": 5, "stored": 4, "unaccounted": 1})
    assert failed(house) == {"ledger"}


def test_a_stage_that_never_ran_or_stalled_is_named(house: House) -> None:
    assert failed(house) == {"broker", *STAGES}
    live(house.engine, ago=31)
    assert failed(house) == {"broker", *STAGES}
    live(house.engine, ago=20)
    assert failed(house) == set()
    with transaction(house.engine) as session:
        beat(session, "analytics", now() - timedelta(seconds=40), True, {})
    assert failed(house) == {"analytics"}


def test_messages_that_the_broker_threw_away_are_an_alarm(house: House) -> None:
    live(house.engine)
    with transaction(house.engine) as session:
        beat(session, "ingest", now(), True, {"dropped_by_broker": 12, "dropping": 1})
    assert failed(house) == {"broker queue"}


def test_an_ingest_without_a_broker_is_named(house: House) -> None:
    live(house.engine, ingest=False)
    assert failed(house) == {"broker"}


def test_an_alerting_of_which_a_part_has_ended_is_named(house: House) -> None:
    live(house.engine, alerting=False)
    assert failed(house) == {"alerting"}


def test_a_database_without_our_schema_is_named(server_url: str, house: House) -> None:
    empty = create_app(ApiSettings(new_database(server_url), BASE))
    answer = TestClient(empty).get("/readyz")
    assert answer.status_code == 503
    assert "act_" not in answer.text and "password" not in answer.text
    empty.state.engine.dispose()


def test_a_server_that_may_forget_commits_is_named(house: House, migrated_url: str) -> None:
    forgetful = create_app(ApiSettings(migrated_url + "?options=-c%20synchronous_commit%3Doff", BASE))
    live(house.engine)
    with forgetful.state.engine.connect() as connection:
        setting = connection.execute(sa.text("SHOW synchronous_commit")).scalar_one()
    if setting != "off":  # our own options replace those of the address
        sa.event.listen(
            forgetful.state.engine, "connect", lambda raw, _: raw.execute("SET synchronous_commit = off")
        )
        forgetful.state.engine.dispose()
    checks = {check["name"]: check for check in TestClient(forgetful).get("/readyz").json()["checks"]}
    assert not checks["durability"]["ok"] and "synchronous_commit" in checks["durability"]["detail"]
    forgetful.state.engine.dispose()


def test_no_database_is_said_and_the_process_is_alive() -> None:
    client = TestClient(create_app(ApiSettings("postgresql://nobody:hidden@127.0.0.1:1/none", BASE)))
    answer = client.get("/readyz")
    assert (answer.status_code, [c["name"] for c in answer.json()["checks"]]) == (503, ["database"])
    assert "hidden" not in answer.text
    assert (client.get("/healthz").status_code, client.get("/healthz").json()) == (200, {"status": "ok"})


def scrape(house: House) -> dict[tuple[str, str], float]:
    text = house.client(client=("127.0.0.1", 40000)).get("/metrics").text
    families = text_string_to_metric_families(text)
    return {
        (s.name, ",".join(f"{k}={v}" for k, v in sorted(s.labels.items()))): s.value
        for f in families
        for s in f.samples
    }


def test_figures_say_what_waits_and_what_is_open(house: House) -> None:
    live(house.engine)
    with transaction(house.engine) as session:
        mark_day(session, house.cast.steady, NOON.date(), DIARY, now() - timedelta(minutes=10))
        request_association(session, [house.cast.steady], ["io"], NOON.date(), NOON.date(), "anna", NOON)
    found = scrape(house)
    assert found["actalgia_database_up", ""] == 1
    assert found["actalgia_stale_days", ""] == 1
    assert found["actalgia_oldest_stale_day_seconds", ""] == pytest.approx(600, abs=30)
    assert found["actalgia_outbox_due", ""] == 2
    assert found["actalgia_questions_waiting", ""] == 1
    assert found["actalgia_quarantined", ""] == 0
    assert (
        found["actalgia_open_cases", "severity=high"] == 2
        and found["actalgia_open_cases", "severity=low"] == 0
    )
    assert (
        found["actalgia_ingest_received_total", "worker=ingest"] == 7
        and found["actalgia_analytics_failures_total", ""] == 1
    )
    assert found["actalgia_stage_healthy", "stage=ingest"] == 1
    assert 0 < found["actalgia_stage_heartbeat_age_seconds", "stage=alerting"] < 30


def test_requests_are_counted_by_route_and_never_by_patient(house: House) -> None:
    key = ("actalgia_http_requests_total", "method=GET,route=/api/v1/patients/{patient},status=200")
    before = scrape(house).get(key, 0)
    for _ in range(3):
        house.client("anna").get("/api/v1/patients/P-steady")
    found = scrape(house)
    assert found[key] - before == 3
    assert found["actalgia_http_request_seconds_count", "route=/api/v1/patients/{patient}"] >= 3
    assert not [key for key in found if "P-steady" in str(key)]


@pytest.mark.parametrize(
    "address, headers, status",
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, 401),  # a reverse proxy on this machine
        ("127.0.0.1", {"Forwarded": "for=203.0.113.9"}, 401),
        ("203.0.113.9", {}, 401),
        ("203.0.113.9", {"X-Forwarded-For": "127.0.0.1"}, 401),
    ],
)
def test_figures_are_for_this_machine(
    house: House, address: str, headers: dict[str, str], status: int
) -> None:
    assert house.client(client=(address, 40000)).get("/metrics", headers=headers).status_code == status


def test_elsewhere_figures_are_for_an_administrators_token(house: House) -> None:
    found = {
        name: house.client(name, client=("203.0.113.9", 40000)).get("/metrics").status_code
        for name in ("anna", "rita", "admin")
    }
    assert found == {"anna": 401, "rita": 401, "admin": 200}


def test_the_server_names_no_version_logs_no_patient_and_stops_in_time(
    house: House, migrated_url: str
) -> None:
    port = free_port()
    code = f"from api.serve import serve; from api.settings import ApiSettings; serve(ApiSettings({migrated_url!r}, 'http://127.0.0.1:{port}'), '127.0.0.1', {port})"
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        until = time.monotonic() + 30
        while True:
            assert time.monotonic() < until and child.poll() is None
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        headers = {"Authorization": f"Bearer {house.tokens['anna']}"}
        answer = httpx2.get(f"http://127.0.0.1:{port}/api/v1/patients/P-steady", headers=headers)
        assert answer.status_code == 200 and "server" not in answer.headers
    finally:
        child.send_signal(signal.SIGTERM)
        began = time.monotonic()
        said, _ = child.communicate(timeout=20)
    assert time.monotonic() - began < 5
    assert "/api/v1/patients/{patient}" in said and "P-steady" not in said
