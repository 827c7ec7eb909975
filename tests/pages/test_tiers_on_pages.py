"""Whom a decision reaches, as people see it: to review, asked again, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from api.pages.because import because
from api.pages.standing import Standing, standing
from ladder.words import Outcome
from store.alerts.case_acts import resolve
from store.alerts.open_cases import open_or_join
from store.check_ins import CheckIn, ask_again
from store.database import now, transaction
from store.decisions import Decision, add_decision
from store.diary_links import create_link
from tests.cast import NOON
from tests.pages.test_standing import QUIET
from tests.pages.visits import log_in, reported, words_of

HOUR = timedelta(hours=1)


def decided(engine, patient_id, verdict, tier, reason, ago=HOUR, **evidence):
    with transaction(engine) as session:
        at = now() - ago
        add_decision(
            session,
            Decision(patient_id=patient_id, day=at.date(), verdict=verdict, tier=tier, reason=reason, rule="test 1",
                     evidence=evidence, decided_at=at),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"review_at": NOON}, Standing.REVIEW),
        ({"review_at": NOON, "verdict": "fire"}, Standing.SIGN),
        ({"review_at": NOON, "case_id": 3}, Standing.CASE),
        ({"tier": "check_in", "verdict": "no evidence"}, Standing.ASKED_AGAIN),
        ({"tier": "technical", "verdict": "no evidence"}, Standing.CANNOT_JUDGE),
    ],
)
def test_each_tier_has_its_word(change, said):
    assert standing(replace(QUIET, **change), NOON) is said


def test_what_is_to_be_reviewed_stands_after_the_open_cases_for_three_days(client, cast, engine):
    decided(engine, cast.steady, "review", "review", "moves clearly less than usual", 50 * HOUR)
    decided(engine, cast.steady, "quiet", None, "worst pain 3 as usual")
    with transaction(engine) as session:
        open_or_join(session, cast.rising, "high", "worst pain 8", {}, ["log"], now())
    log_in(client)
    words = words_of(client.get("/").text)
    assert "To review 1 · nobody was called; look within three days ◇ Review P-steady" in words
    assert words.index("Open cases") < words.index("To review")
    assert "Moves clearly less than usual" in words
    assert "worst pain 3 as usual" in words, "and what was judged since then"
    assert "To review: moves clearly less than usual" in words_of(client.get("/patients/P-steady").text)


def test_a_review_ends_with_time_and_when_a_case_was_closed_since(client, cast, engine):
    decided(engine, cast.steady, "review", "review", "long ago", 73 * HOUR)
    decided(engine, cast.rising, "review", "review", "seen since", 2 * HOUR)
    with transaction(engine) as session:
        case_id, _ = open_or_join(session, cast.rising, "high", "worst pain 8", {}, ["log"], now())
        resolve(session, case_id, "anna", Outcome.ACTED, now())
    log_in(client)
    assert "To review" not in words_of(client.get("/").text)


def test_who_is_asked_again_is_shown_until_an_answer_comes(client, cast, engine):
    decided(engine, cast.steady, "no evidence", "check_in", "no answer for 3 days")
    with transaction(engine) as session:
        ask_again(session, cast.steady, now().date(), now().date(), now() - HOUR)
    log_in(client)
    assert "↺ Asked again P-steady No answer for 3 days" in words_of(client.get("/").text)
    page = words_of(client.get("/patients/P-steady").text)
    assert "no answer yet, and the page was not opened since." in page
    reported(engine, cast.steady, 3, timedelta(minutes=1))
    assert "answered" in words_of(client.get("/patients/P-steady").text).split("Asked again on", 1)[1][:60]


def test_the_diary_page_asks_again_until_it_is_answered(client, cast, engine):
    with transaction(engine) as session:
        _, token = create_link(session, cast.steady, "en", "nurse", now(), timedelta(days=9))
    client.get(f"/diary/{token}", follow_redirects=True)
    asks = "Please tell us today how your pain is"
    assert asks not in client.get("/diary").text
    with transaction(engine) as session:
        ask_again(session, cast.steady, now().date(), now().date(), now() - HOUR)
    assert asks in client.get("/diary").text
    with transaction(engine) as session:
        assert session.scalars(sa.select(CheckIn)).one().seen_at is not None


def test_a_decision_says_in_words_what_it_rests_on():
    said = because(
        {"usual_worst": 3.0, "answered_days": 9, "of_days": 14, "last_averages": [2.0, None, 5.0], "steps": 2100.0,
         "usual_steps": 4300, "probability": 0.83, "likeliest": "flare", "accepted_level": 8.0,
         "spoke_for_it_in_7_days": {"pain": 1.2, "sleep_efficiency": 0.5, "steps": 0.1}}
    )  # fmt: skip
    assert said == [
        "Worst pain of the 14 days before: median 3, of 9 answered days",
        "Average pain of the last 3 days: 2, –, 5",
        "Steps 2\u202f100, usually 4\u202f300",
        "Accepted as expected for this patient: up to 8",
        "Getting worse is 83 % likely (flare), by a model that was made with simulated patients",
        "What spoke for it in the last 7 days: pain, sleep efficiency",
    ]
    assert because({}) == []
