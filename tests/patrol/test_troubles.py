"""What operators are told, and how often."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from patrol.legs import LEGS, Round, complete, ended, failed
from patrol.troubles import (
    NAMED_CASES,
    Held,
    Known,
    Trouble,
    longest_ago,
    news,
    of_answers,
    of_audit,
    of_channel,
    of_database,
    of_messages,
    of_parts,
    of_road,
    of_unheard,
    still_first,
    told,
)
from store.watch.waits import Refused

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
    for of, key in ((of_answers, "answers"), (of_messages, "messages")):
        for since in (None, fresh, NOON + HOUR):
            assert of(since, NOON - HOUR, EVERY, NOON) == []
        assert [(one.key, one.since) for one in of(late, NOON - HOUR, EVERY, NOON)] == [(key, late)]


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


def test_what_waited_before_anybody_could_work_it_off_is_given_two_periods():
    friday = NOON - timedelta(days=3)
    for of in (of_answers, of_messages):
        assert of(friday, NOON, EVERY, NOON + 10 * MINUTE) == []
        assert len(of(friday, NOON, EVERY, NOON + 11 * MINUTE)) == 1


def test_only_what_stays_the_first_of_its_queue_is_held_up():
    held = still_first({}, {"seal": "entry 1", "message": None}, NOON)
    assert set(held) == {"seal"}
    held = still_first(held, {"seal": "entry 1"}, NOON + 9 * MINUTE)
    assert of_audit(held["seal"], 0 * MINUTE, EVERY, NOON + 9 * MINUTE) == []
    (found,) = of_audit(held["seal"], 0 * MINUTE, EVERY, NOON + 11 * MINUTE)
    assert found.key == "audit" and "entry 1 waits" in found.text
    assert still_first(held, {"seal": "entry 2"}, NOON + 11 * MINUTE)["seal"].since == NOON + 11 * MINUTE
    assert still_first(held, {}, NOON) == {}
    assert still_first(held, {"seal": "entry 1"}, NOON - HOUR)["seal"].since == NOON - HOUR, "put back"


def test_a_head_that_no_place_takes_a_channel_that_refuses_and_a_part_that_ended_are_told():
    long, short = Held("x", NOON - 11 * MINUTE), Held("x", NOON - 9 * MINUTE)
    assert of_audit(None, 9 * MINUTE, EVERY, NOON) == []
    (head,) = of_audit(None, 11 * MINUTE, EVERY, NOON)
    assert head.key == "head" and "2026-05-04 11:49 UTC" in head.text
    first = Refused(1, "main", "smtp", True)
    assert of_channel(short, first, EVERY, NOON) == of_channel(None, None, EVERY, NOON) == []
    (channel,) = of_channel(long, first, EVERY, NOON)
    assert "site main" in channel.text and "the channel smtp" in channel.text
    assert channel.nobody_told and "nobody is told of its case" in channel.text
    (spare,) = of_channel(long, replace(first, nobody_told=False), EVERY, NOON)
    assert not spare.nobody_told and "nobody is told" not in spare.text
    assert [one.key for one in of_parts({"alerting": long, "analytics": short}, EVERY, NOON)] == [
        "part alerting"
    ]


def test_of_many_cases_that_nobody_answers_few_are_told_one_by_one():
    """A night without anybody is one message more, not five hundred."""
    found = of_unheard(range(1, 501), "https://a.example")
    assert [one.key for one in found] == [f"case {n}" for n in range(1, NAMED_CASES + 1)] + ["cases"]
    assert found[-1].text.startswith("495 further cases")
    known, alarms = news({}, found, NOON)
    for alarm in alarms:
        known = told(known, alarm)
    assert news(known, of_unheard(range(1, 502), "https://a.example"), NOON + MINUTE)[1] == []


def test_a_clock_that_is_put_back_makes_no_road_good_and_no_alarm_wait():
    assert longest_ago(NOON + HOUR, 11 * MINUTE, NOON) == NOON - 11 * MINUTE
    assert longest_ago(NOON - HOUR, MINUTE, NOON) == NOON - HOUR
    _, alarms = news({"road": Known(SHUT, NOON, told_at=NOON)}, [SHUT], NOON - HOUR)
    assert [alarm.kind for alarm in alarms] == ["lasts"]
