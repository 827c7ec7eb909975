"""What the patient's page says of days without an answer, and of how bad pain is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.pages.words import diary_kept
from api.settings import ApiSettings
from days.cut import day_of
from severity.cut_points import shipped
from store.asked import ask_daily
from store.database import now, transaction
from store.diary_days import STATES, Kept
from store.people import zone_of
from tests.pages.visits import HTML, log_in, reported, words_of

DAY = timedelta(days=1)


@pytest.fixture
def today(cast, engine):
    """Rising was asked for six days: two answers, a skip, two missed, and today is open."""
    today = day_of(now(), zone_of("Europe/Rome"))
    with transaction(engine) as session:
        ask_daily(session, cast.rising, today - 5 * DAY, "anna", now())
    for days, worst in ((5, 8), (3, 5)):
        reported(engine, cast.rising, worst, days * DAY)
    reported(engine, cast.rising, None, 2 * DAY, "asleep")
    return today


def test_the_page_tells_a_day_that_was_missed_from_one_on_which_nobody_asked(client, today):
    log_in(client)
    shown = words_of(client.get("/patients/P-rising").text)
    sentence = "Asked on 5 of 28 days: answered 2, skipped 1, missed 2. Not asked on 22."
    assert shown.count(sentence) == 2
    rows = {
        0: "not yet",
        1: "missed",
        2: "skipped",
        3: "5",
        4: "missed",
        5: "8",
        6: "not asked",
        27: "not asked",
    }
    for back, said in rows.items():
        assert f"{today - back * DAY:%a} {today - back * DAY} {said} – no data" in shown


def test_worst_pain_has_its_word_beside_it_and_the_cut_points_a_name(client, today):
    log_in(client)
    shown = words_of(client.get("/patients/P-rising").text)
    assert "8 severe – – answered" in shown and "5 moderate – – answered" in shown
    assert "– – – skipped" in shown
    assert "worst pain: cut points esas 1." in shown


def test_other_cut_points_have_other_words_and_other_lines_in_the_chart(client, today, migrated_url):
    log_in(client)
    usual = client.get("/patients/P-rising").text
    app = create_app(ApiSettings(migrated_url, "http://testserver", cut_points=shipped()["chow-2016"]))
    with TestClient(app, headers=HTML, follow_redirects=False) as other:
        log_in(other)
        page = other.get("/patients/P-rising").text
    assert "8 moderate" in words_of(page) and "chow-2016 1" in words_of(page)
    for tick in (5, 9):
        assert f'text-anchor="end">{tick}</text>' in page and f'text-anchor="end">{tick}</text>' not in usual


def test_of_a_patient_whom_nobody_asks_the_page_says_so(client, cast):
    log_in(client)
    assert "Not asked on any of these 28 days." in words_of(client.get("/patients/P-steady").text)


def test_what_did_not_happen_is_not_counted_out():
    states = {**dict.fromkeys(STATES, 0), "answered": 26, "missed": 2}
    assert diary_kept(28, Kept(states, 28, 26)) == "Asked on 28 of 28 days: answered 26, missed 2."


def test_who_is_asked_since_today_missed_nothing_yet():
    assert diary_kept(28, Kept({**dict.fromkeys(STATES, 0), "open": 1}, 0, 0)) == "Asked from today on."
