"""What operators are told, and how often."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from patrol.legs import LEGS, Round, complete, ended, failed
from patrol.troubles import Known, Trouble, news, of_database, of_road, of_unheard, of_waits, told

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
EVERY = 5 * MINUTE
SHUT = Trouble("road", "the road is shut", "the road is open again")


def looked(known, present, at, taken=True):
    known, alarms = news(known, present, at)
    for alarm in alarms if taken else ():
        known = told(known, alarm)
    return known, [alarm.kind for alarm in alarms]


def test_a_trouble_is_told_once_again_each_hour_and_when_it_is_over():
    known: dict[str, Known] = {}
    heard = []
    for minute in range(0, 150, 5):
        known, kinds = looked(known, [SHUT], NOON + minute * MINUTE)
        heard += [(minute, kind) for kind in kinds]
    assert heard == [(0, "begins"), (60, "lasts"), (120, "lasts")]
    known, kinds = looked(known, [], NOON + 150 * MINUTE)
    assert kinds == ["over"] and known == {}
    assert looked(known, [], NOON + 155 * MINUTE) == ({}, [])


def test_what_no_channel_took_is_told_again_until_one_does():
    known: dict[str, Known] = {}
    for minute in range(3):
        known, kinds = looked(known, [SHUT], NOON + minute * MINUTE, taken=False)
        assert kinds == ["begins"]
    known, _ = looked(known, [SHUT], NOON + 3 * MINUTE)
    known, kinds = looked(known, [], NOON + 4 * MINUTE, taken=False)
    assert kinds == ["over"]
    assert looked(known, [], NOON + 5 * MINUTE)[1] == ["over"]


def test_a_trouble_that_nobody_was_told_of_ends_without_a_word():
    known, _ = looked({}, [SHUT], NOON, taken=False)
    assert looked(known, [], NOON + MINUTE) == ({}, [])


def test_the_same_message_has_the_same_key_and_the_next_hours_another():
    _, (first,) = news({}, [SHUT], NOON)
    known = {"road": Known(SHUT, NOON)}
    _, (again,) = news(known, [SHUT], NOON + MINUTE)
    assert first.idempotency_key == again.idempotency_key
    _, (later,) = news({"road": Known(SHUT, NOON, NOON)}, [SHUT], NOON + HOUR)
    assert later.kind == "lasts" and later.idempotency_key != first.idempotency_key
    assert "2026-05-04 12:00 UTC" in later.text
    assert json.loads(json.dumps(later.as_json()))["trouble"] == "road"


@pytest.mark.parametrize("minutes, shut", [(9, False), (10, False), (10.1, True)])
def test_the_road_is_shut_when_nobody_got_through_for_two_periods(minutes, shut):
    newest = failed(NOON, NOON, {}, "broker")
    found = of_road(NOON, newest, EVERY, NOON + minutes * MINUTE)
    assert [one.key for one in found] == (["road"] if shut else [])
    if shut:
        assert found[0].text.startswith("Nothing is monitored since 2026-05-04 12:00 UTC: the broker")


def test_what_waits_for_two_periods_is_told_though_the_road_is_open():
    late, fresh = NOON - 11 * MINUTE, NOON - 9 * MINUTE
    assert of_waits(None, None, EVERY, NOON) == of_waits(fresh, fresh, EVERY, NOON) == []
    assert [one.key for one in of_waits(late, fresh, EVERY, NOON)] == ["answers"]
    assert [one.key for one in of_waits(NOON + HOUR, late, EVERY, NOON)] == ["messages"]


def test_a_watchdog_that_hangs_says_so_itself():
    (found,) = of_road(NOON, None, EVERY, NOON + HOUR)
    assert "no round comes to an end" in found.text


def test_a_database_that_restarts_is_no_trouble():
    assert of_database(None, MINUTE, NOON) == []
    assert of_database(NOON, MINUTE, NOON + MINUTE / 2) == []
    (found,) = of_database(NOON, MINUTE, NOON + MINUTE)
    assert found.key == "database"


def test_of_a_case_that_nobody_answers_number_and_link_are_told_and_nothing_else():
    found = of_unheard([7], "https://a.example/")
    known, alarms = news({}, found, NOON)
    assert alarms[0].text == (
        "Case 7: the whole ladder was told and nobody has answered.\nhttps://a.example/cases/7"
    )
    assert alarms[0].as_json()["link"] == "https://a.example/cases/7"
    _, alarms = news(told(known, alarms[0]), [], NOON + MINUTE)
    assert [alarm.text.splitlines()[0] for alarm in alarms] == ["Case 7 is answered."]


def test_the_first_leg_that_is_missing_names_the_part_to_look_at():
    legs = dict.fromkeys(LEGS, 1.0)
    assert ended(NOON, NOON, legs, days_move=False).good and complete(legs)
    for leg in LEGS:
        found = ended(NOON, NOON, dict.fromkeys(LEGS[: LEGS.index(leg)], 1.0), days_move=True)
        assert found.missing == leg and found.detail
    assert "ingest" in str(ended(NOON, NOON, {}, days_move=False).detail)


def test_a_day_that_waits_in_a_queue_that_moves_is_no_trouble():
    legs = {leg: 1.0 for leg in LEGS if leg != "day"}
    assert ended(NOON, NOON, legs, days_move=True).good
    assert ended(NOON, NOON, legs, days_move=False).missing == "day"
    without_case = {leg: 1.0 for leg in LEGS if leg not in ("day", "case")}
    assert ended(NOON, NOON, without_case, days_move=True).missing == "day"


def test_a_round_tells_nothing_of_what_was_said():
    assert isinstance(ended(NOON, NOON, {}, days_move=False), Round)
    for leg in ("patient", "broker", "database", *LEGS):
        said = failed(NOON, NOON, {}, leg).detail or ""
        assert "pain" not in said and "9" not in said
