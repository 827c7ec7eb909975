"""Parts that are started with other settings: what the audit has of it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from actalgia import in_force, noting
from actalgia.settings import Settings
from alerting.sealing import Outside
from analytics.escalation import settings as screen
from analytics.escalation import thresholds
from ladder.reading import plan_of
from severity.cut_points import default
from store import schema
from store.access import AuditEntry
from store.alerts.ward_plans import save_plan, variables_in_plans
from store.audit.settings_told import Hidden, changes, changes_in, document_of
from store.database import engine_for, now, transaction
from tests.conftest import new_database
from tests.installation import eventually
from tests.ports import free_port

SECRET = "hunter2"


def entries(engine, part):
    with transaction(engine) as session:
        rows = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()
        return [
            (changes_in(row.detail), row.reason)
            for row in rows
            if row.action == "config.change" and re.fullmatch(rf"{part}:\S+", row.actor)
        ]


@pytest.fixture
def start(engine, migrated_url, tmp_path):
    """Start a part with these settings, wait until its entries are so many or it has begun, stop it."""
    place = tmp_path / "place"
    place.mkdir()

    def run(part, until, **settings):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("ACTALGIA_")}
        given = {f"ACTALGIA_{name}": value for name, value in settings.items()}
        process = subprocess.Popen(
            [sys.executable, "-m", "actalgia", part],
            env={**clean, "ACTALGIA_DATABASE_URL": migrated_url, "ACTALGIA_DATA_DIR": str(place), **given},
            stderr=subprocess.PIPE,
            cwd=place,
        )
        try:
            eventually(until, within_s=60)
        finally:
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=60)
        assert SECRET.encode() not in said
        return said

    return run


def alive(engine, part):
    """Whether a sign of life is there: it is taken away, so that the next start has to leave its own."""
    with engine.begin() as connection:
        return connection.execute(
            sa.text("DELETE FROM heartbeat WHERE part = :part RETURNING 1"), {"part": part}
        ).first()


def test_alerting_that_starts_with_another_setting_leaves_one_entry_and_with_the_same_none(engine, start):
    hook = f"http://127.0.0.1:9/{SECRET}"
    same = {"CHANNELS": f"log,{hook}", "GAP_CASE_AFTER": "6"}

    def begun():
        return alive(engine, "alerting")

    start("alerting", begun, **same)
    [(first, _)] = entries(engine, "alerting")
    assert first["gap_case_after"] == (None, "6") and first["channels"][1].startswith("log, webhook [")
    start("alerting", begun, **same)
    assert len(entries(engine, "alerting")) == 1, "a restart changes nothing"
    start("alerting", begun, **same | {"GAP_CASE_AFTER": "12", "CHANGE_REASON": "the lift has no network"})
    start("alerting", begun, **same | {"GAP_CASE_AFTER": "12", "CHANNELS": f"log,{hook}/other"})
    _, hours, channels = entries(engine, "alerting")
    assert hours == ({"gap_case_after": ("6", "12")}, "the lift has no network")
    assert list(channels[0]) == ["channels"] and channels[1] is None
    with transaction(engine) as session:
        for detail in session.scalars(sa.select(AuditEntry.detail)):
            assert SECRET not in detail and "://" not in detail


def test_the_api_writes_down_its_settings_beside_answering(engine, start):
    port = {"HTTP_PORT": str(free_port())}
    start("api", lambda: len(entries(engine, "api")) == 1, **port)
    start("api", lambda: len(entries(engine, "api")) == 2, **port, USEFUL_SHARE="0.4", SEVERITY="woo-2015")
    changed, _ = entries(engine, "api")[1]
    assert changed["useful_share"] == ("0.5", "0.4") and changed["severity.name"] == ("esas", "woo-2015")
    assert "notice" not in changed and "base_url" not in changed


def test_a_part_does_not_wait_for_a_database_that_is_not_ready_and_tells_it_when_it_is(
    server_url, monkeypatch
):
    monkeypatch.setattr(noting, "AGAIN_S", 0.1)
    url = new_database(server_url)
    engine = engine_for(url)
    noting.note(engine, "watchdog", lambda _: {"watchdog_every": "300"}, "first", wait_s=0)
    schema.upgrade(url)
    eventually(lambda: entries(engine, "watchdog") == [({"watchdog_every": (None, "300")}, "first")])
    engine.dispose()


def test_another_number_in_the_same_file_is_a_change(tmp_path):
    shipped = in_force.of_analytics(thresholds.SHIPPED, screen.SHIPPED)
    own = in_force.of_analytics(
        thresholds.Thresholds("ward 3", 1, severe=6), screen.Settings("ward 3", 1, page_score=0.2)
    )
    told = changes({name: str(value) for name, value in shipped.items()}, own, b"01234567")
    assert told == {
        "escalation.name": ("shipped", "ward 3"),
        "escalation.severe": ("7", "6"),
        "screen.name": ("shipped", "ward 3"),
        "screen.page_score": ("0.1", "0.2"),
        "screen.version": ("2", "1"),
    }


def test_an_address_that_a_plan_leaves_to_the_environment_is_told_by_its_name(engine):
    plan = plan_of(tomllib.loads(Path("docs/plan.example.toml").read_text()))
    with transaction(engine) as session:
        save_plan(session, "main", plan, "anna", "the rota", now())
        names = variables_in_plans(session)
    assert names == ["ACTALGIA_TO_ANNA", "ACTALGIA_TO_BRUNO", "ACTALGIA_TO_CARLA"]
    told = in_force.of_variables(names, {"ACTALGIA_TO_ANNA": "ntfy://topic-of-the-ward"})
    assert told["env:ACTALGIA_TO_ANNA"] == Hidden("ntfy", "ntfy://topic-of-the-ward")
    assert told["env:ACTALGIA_TO_BRUNO"] == "not set"


@pytest.mark.parametrize(
    "text", [SECRET, f"{SECRET}:x", f"+39 02 {SECRET}", f"{SECRET}/x://", f"env:{SECRET}-"]
)
def test_of_what_is_no_address_not_even_the_beginning_is_told(text):
    told = in_force.of_variables(["PHONE"], {"PHONE": text})
    assert SECRET not in document_of(changes({}, told, b"01234567"))


def test_every_setting_that_decides_about_pages_is_told_by_a_part_or_left_out_for_a_reason():
    settings = Settings()
    outside = Outside(Path("heads"), None, timedelta(minutes=10))
    told = {
        *in_force.of_alerting(settings, outside, "http://x"),
        *in_force.of_api(settings, default(), "http://x"),
        *in_force.of_watchdog(settings, "http://x"),
    }
    by_content = {"severity", "escalation", "screen"}
    of_the_machine = {
        "data_dir", "database_url", "mqtt_url", "mqtt_ca_file", "broker_dir", "broker", "http_host", "http_port",
        "watchdog_mqtt_url", "log_level", "change_reason",
    }  # fmt: skip
    assert set(Settings.model_fields) - told == by_content | of_the_machine
