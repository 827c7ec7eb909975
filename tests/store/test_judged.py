"""Decisions of a patient, read day by day."""

from __future__ import annotations

from datetime import date, timedelta

from store.database import transaction
from store.decisions import Decision, add_decision, newest_decision
from store.judged import JudgedDay, judged_days
from tests.cast import NOON, enrol_cast

MONDAY = date(2026, 5, 4)
DAY = timedelta(days=1)


def decide(engine, patient, day, tier=None, score=None, verdict="quiet"):
    with transaction(engine) as session:
        one = Decision(
            patient_id=patient, day=day, verdict=verdict, severity=None, tier=tier, score=score, reason="r",
            evidence={}, rule="test 1", reported_at=None, decided_at=NOON,
        )  # fmt: skip
        add_decision(session, one)


def test_a_day_has_its_newest_score_and_the_most_urgent_tier_that_it_reached(engine):
    cast = enrol_cast(engine)
    decide(engine, cast.rising, MONDAY, "check_in", -0.2)
    decide(engine, cast.rising, MONDAY, "page", 1.0, "fire")
    decide(engine, cast.rising, MONDAY, "review", 0.4, "fire")
    decide(engine, cast.rising, MONDAY + DAY, None, -1.0)
    decide(engine, cast.steady, MONDAY, "page", 2.0, "fire")
    with transaction(engine) as session:
        assert judged_days(session, cast.rising, MONDAY - DAY, MONDAY + DAY) == [
            JudgedDay(MONDAY, 0.4, "page"),
            JudgedDay(MONDAY + DAY, -1.0, None),
        ]
        assert judged_days(session, cast.rising, MONDAY + DAY, MONDAY + DAY) == [
            JudgedDay(MONDAY + DAY, -1.0, None)
        ]
        assert newest_decision(session, cast.rising).day == MONDAY + DAY


def test_a_day_that_could_not_be_judged_until_its_data_came_is_what_it_is_by_them(engine):
    cast = enrol_cast(engine)
    decide(engine, cast.steady, MONDAY, "technical", None, "no evidence")
    decide(engine, cast.steady, MONDAY, None, -1.6)
    decide(engine, cast.steady, MONDAY + DAY, None, -1.6)
    decide(engine, cast.steady, MONDAY + DAY, "technical", None, "no evidence")
    with transaction(engine) as session:
        assert judged_days(session, cast.steady, MONDAY, MONDAY + DAY) == [
            JudgedDay(MONDAY, -1.6, None),
            JudgedDay(MONDAY + DAY, None, "technical"),
        ]


def test_a_decision_from_before_there_were_tiers_paged_where_it_fired(engine):
    cast = enrol_cast(engine)
    decide(engine, cast.rising, MONDAY, verdict="fire")
    with transaction(engine) as session:
        assert judged_days(session, cast.rising, MONDAY, MONDAY) == [JudgedDay(MONDAY, None, "page")]


def test_nobody_has_decided_anything_yet(engine):
    cast = enrol_cast(engine)
    with transaction(engine) as session:
        assert newest_decision(session, cast.rising) is None
        assert judged_days(session, cast.rising, MONDAY, MONDAY) == []
