"""Whom a nurse reads to have been told of a case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from api.pages.told_words import ONLY_A_FILE, told_so_far
from store.alerts.outbox import Delivery
from store.alerts.told import Told
from store.database import now, transaction
from tests.pages.visits import log_in, opened, words_of

SEVEN = datetime(2026, 5, 4, 5, tzinfo=UTC)
ROME = ZoneInfo("Europe/Rome")


def test_persons_are_named_with_way_and_time_on_the_wards_clock():
    told = [Told("Anna Conti", "smtp", SEVEN), Told("Bruno Serra", "webhook", SEVEN + timedelta(hours=1))]
    said = told_so_far(told, ROME, SEVEN + timedelta(hours=2))
    assert said == "Told so far: Anna Conti (mail, 07:00), Bruno Serra (webhook, 08:00)."


def test_where_the_only_channel_is_a_file_the_page_says_that_no_device_rang():
    assert (
        told_so_far([Told("", "log", SEVEN)], ROME, SEVEN) == f"Told so far: log file (07:00). {ONLY_A_FILE}"
    )


def test_of_many_the_newest_are_named_and_the_others_counted():
    told = [Told("Anna Conti", "smtp", SEVEN + timedelta(minutes=one)) for one in range(9)]
    said = told_so_far(told, ROME, SEVEN)
    assert said.startswith("Told so far: 4 before, Anna Conti (mail, 07:04)") and said.count("Anna") == 5


def test_nobody_told_is_no_line():
    assert told_so_far([], ROME, SEVEN) == ""


def test_the_page_of_a_patient_names_who_was_told(client, cast, engine):
    opened(engine, cast.rising)
    log_in(client)
    assert "Told so far" not in words_of(client.get("/patients/P-rising").text), "it waits in the outbox"
    with transaction(engine) as session:
        session.execute(sa.update(Delivery).values(state="sent", sent_at=now()))
    assert "Told so far: log file" in words_of(client.get("/patients/P-rising").text)
