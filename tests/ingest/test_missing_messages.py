"""A device leaves messages out: seen at once, a technical case in time, closed when they come."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta

import msgspec
import paho.mqtt.client as mqtt
import pytest
import sqlalchemy as sa
from paho.mqtt.enums import CallbackAPIVersion
from starlette.testclient import TestClient

from alerting.technical import judge_devices
from alerting.trouble import Limits
from api.app import create_app
from api.settings import ApiSettings
from ingest.messages import Status, Stream, up_topic
from store.access import Role, create_account, create_token, start_session
from store.database import now, transaction
from tests.broker.running import embedded_mosquitto, soon
from tests.cast import enrol_cast, micro
from tests.ingest.at_a_broker import ACCOUNTS, Running
from tests.pages.visits import words_of

pytestmark = pytest.mark.skipif(
    not (shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")),
    reason="mosquitto is not installed",
)

COVERAGE = "/api/v1/patients/P-steady/coverage"


@pytest.fixture
def broker(tmp_path):
    with embedded_mosquitto(tmp_path, ACCOUNTS) as running:
        yield running


@pytest.fixture
def watch(broker):
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="test-watch-1", protocol=mqtt.MQTTv5)
    client.username_pw_set("watch-1", ACCOUNTS["watch-1"])
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    yield client
    client.disconnect()
    client.loop_stop()


@pytest.fixture
def nurse(engine, migrated_url):
    """A clinician at the pages; with her token at the API."""
    enrol_cast(engine, since=now() - timedelta(days=40))
    with transaction(engine) as session:
        account = create_account(session, "anna", "no password", Role.CLINICIAN, "main")
        secret = start_session(session, account, now())
        token = create_token(session, "anna's program", Role.CLINICIAN, "main")
    app = create_app(ApiSettings(migrated_url, "http://testserver"))
    with TestClient(app, follow_redirects=False) as client:
        client.cookies.set("actalgia", secret)
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def send(watch, *seqs):
    for seq in seqs:
        payload = msgspec.msgpack.encode(
            Status(boot=4, seq=seq, at=micro(datetime.now(UTC)), battery_pct=80.0)
        )
        watch.publish(up_topic("watch-1", Stream.STATUS), payload, qos=1).wait_for_publish(5)


def stored(engine, count):
    def there():
        with engine.connect() as connection:
            query = "SELECT count(*) FROM reading.messages WHERE state = 'stored'"
            return connection.scalar(sa.text(query)) == count

    return soon(there, 10)


def ranges(nurse):
    return [(gap["first_missing"], gap["last_missing"]) for gap in nurse.get(COVERAGE).json()["gaps"]]


def technical(nurse):
    return nurse.get("/api/v1/cases", params={"kind": "technical"}).json()["items"]


def test_messages_that_a_device_leaves_out_are_seen_at_once_become_a_case_and_end_it_when_they_come(
    engine, broker, watch, nurse
):
    page = {"headers": {"Accept": "text/html"}}
    said = "Data are missing: messages 1 to 4 of the status stream of watch-1, since"
    with Running(engine, broker):
        send(watch, 0)
        assert stored(engine, 1)
        assert ranges(nurse) == [] and "Data are missing" not in nurse.get("/patients/P-steady", **page).text
        send(watch, 5)
        assert stored(engine, 2)
        assert ranges(nurse) == [(1, 4)], "with the next message, not a minute later"
        assert said in words_of(nurse.get("/patients/P-steady", **page).text)

        seen = now()
        hours = timedelta(hours=1)
        assert judge_devices(engine, Limits(), seen) == 0
        assert judge_devices(engine, Limits(), seen + 5.9 * hours) == 0
        assert technical(nurse) == []
        assert judge_devices(engine, Limits(), seen + 6 * hours) == 1
        (case,) = technical(nurse)
        assert (case["patient"], case["severity"], case["state"]) == ("P-steady", "low", "opened")
        assert case["reason"].startswith(said)
        assert nurse.get(f"/api/v1/cases/{case['id']}").json()["deliveries"] == []
        assert nurse.get("/api/v1/cases", params={"kind": "clinical"}).json()["items"] == []

        send(watch, 1, 2, 3, 4)
        assert stored(engine, 6)
        assert ranges(nurse) == []
        assert 'class="missing"' not in nurse.get("/patients/P-steady", **page).text
        assert judge_devices(engine, Limits(), seen + 6 * hours) == 1
    (closed,) = technical(nurse)
    assert (closed["state"], closed["outcome"], closed["resolved_by"]) == (
        "resolved",
        "technical",
        "actalgia",
    )
    whole = nurse.get(f"/api/v1/cases/{case['id']}").json()
    assert [(event["kind"], event["actor"]) for event in whole["events"]] == [
        ("opened", "actalgia"),
        ("resolved", "actalgia"),
    ]
    assert whole["deliveries"] == []
