"""The risk of a flare on the page of a patient: a number with what it is not, or why there is none."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from api.pages.risk_words import risk_words
from days.cut import day_of
from store.database import now, transaction
from store.flare_risks import FlareRisk, Foreseen, Maker, tell_risks
from tests.pages.test_why_paged import DAY, ROME, TODAY, judged
from tests.pages.visits import log_in, words_of


def told(ago=1, p=0.123, reason=None):
    return FlareRisk(
        patient_id=1, day=TODAY - timedelta(days=ago), p_flare_7d=p, reason=reason, model="flare",
        model_version=1, model_sha256=64 * "a", rule="likelihood 1", computed_at=datetime(2026, 5, 4, tzinfo=UTC),
    )  # fmt: skip


def test_a_probability_is_told_of_a_hundred_with_its_day_and_what_it_is_not():
    words = risk_words(told(), TODAY)
    assert (words.said, words.more) == ("about 12 in 100", "told at the end of Sun 3 May")
    assert "simulated patients only" in words.note and "does not say that the patient is well" in words.note
    assert words.made_by == "flare 1, aaaaaaaaaaaa"


def test_too_little_data_is_its_own_answer():
    words = risk_words(told(p=None, reason="too little data: 1 answered day so far, the least is 3"), TODAY)
    assert (words.said, words.note) == ("too little data", None)
    assert words.more == "for Sun 3 May: 1 answered day so far, the least is 3"


@pytest.mark.parametrize("ago, known", [(0, True), (2, True), (3, False), (30, False)])
def test_an_old_number_is_not_shown_as_of_now(ago, known):
    words = risk_words(told(ago), TODAY)
    assert (words.said == "about 12 in 100") is known
    assert known or words.more.startswith("it was last told for ")


def test_nothing_is_said_where_nothing_was_told():
    assert risk_words(None, date(2026, 5, 4)) is None


def test_the_page_tells_the_newest_risk_beside_why(client, cast, engine):
    judged(engine, cast.rising, (1, None, -1.2))
    today = day_of(now(), ROME)
    with transaction(engine) as session:
        days = [Foreseen(today - 2 * DAY, 0.5, None), Foreseen(today - DAY, 0.031, None)]
        by = Maker("flare", 1, 64 * "b", "likelihood 1")
        tell_risks(session, cast.rising, days, (today, today), by, now())
    log_in(client)
    words = words_of(client.get("/patients/P-rising").text)
    assert "A flare within 7 days, one in progress included: about 3 in 100 , told at the end of" in words
    assert "made and checked with simulated patients only. Nobody is called because of it" in words
    assert "The risk of a flare: flare 1, bbbbbbbbbbbb." in words
    assert "about 50 in 100" not in words


def test_a_page_without_any_risk_says_nothing_of_one(client, cast, engine):
    judged(engine, cast.rising, (1, None, -1.2))
    log_in(client)
    assert "A flare within 7 days" not in words_of(client.get("/patients/P-rising").text)
