"""A gap on a real database: when it is a technical case, whose it is, and when it ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from store.alerts.cases import Case
from store.database import transaction
from store.gaps import GapSeen
from store.people import Device, Wearing
from tests.alerting.devices import HOUR, LATER, judge, long_enrolled, rows, sent, story
from tests.cast import NOON, Cast


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    return long_enrolled(engine)


def test_a_gap_is_a_case_after_its_time_and_not_before(engine, cast):
    sent(engine, cast.watch_1, [*range(120), *range(151, 160)])
    assert judge(engine, NOON) == 0
    assert judge(engine, LATER - timedelta(seconds=1)) == 0
    assert judge(engine) == 1
    (case,) = rows(engine, Case)
    assert (case.patient_id, case.kind, case.severity, case.state) == (
        cast.steady,
        "technical",
        "low",
        "opened",
    )
    assert case.reason == (
        "Data are missing: messages 120 to 150 of the movement stream of watch-1, since Mon 4 May, 14:00"
    )
    assert judge(engine) == 0, "nothing new"
    assert story(engine, case.id) == [("opened", "actalgia")]


def test_a_gap_counts_from_when_it_was_first_seen_however_much_comes_after(engine, cast):
    sent(engine, cast.watch_1, [0, 2])
    judge(engine, NOON)
    for hour in range(1, 7):
        sent(engine, cast.watch_1, [2 + hour], NOON + hour * HOUR)
        judge(engine, NOON + hour * HOUR)
    (case,) = rows(engine, Case)
    assert "message 1 of" in case.reason and case.reason.endswith("14:00")


def test_each_gap_has_its_own_time(engine, cast):
    sent(engine, cast.watch_1, [0, 2])
    judge(engine, NOON)
    sent(engine, cast.watch_1, [5], NOON + 3 * HOUR)
    judge(engine, NOON + 3 * HOUR)
    sent(engine, cast.watch_1, [1], NOON + 4 * HOUR)
    assert judge(engine, LATER) == 0, "the old one came, the young one is young"
    assert judge(engine, LATER + 3 * HOUR) == 1
    assert "messages 3 to 4" in rows(engine, Case)[0].reason


def test_a_gap_that_fills_in_part_keeps_its_time_and_shrinks(engine, cast):
    sent(engine, cast.watch_1, [0, 10])
    judge(engine, NOON)
    sent(engine, cast.watch_1, [5], NOON + HOUR)
    judge(engine)
    (case,) = rows(engine, Case)
    assert "messages 1 to 4, 6 to 9 of" in case.reason
    sent(engine, cast.watch_1, [6, 7, 8, 9], LATER)
    judge(engine, LATER + HOUR)
    (case,) = rows(engine, Case)
    assert "messages 1 to 4 of" in case.reason and case.state == "opened"
    assert story(engine, case.id) == [("opened", "actalgia")]


def test_when_the_messages_have_come_the_system_closes_the_case(engine, cast):
    sent(engine, cast.watch_1, [0, 3])
    judge(engine)
    sent(engine, cast.watch_1, [1, 2], LATER)
    assert judge(engine, LATER) == 1
    (case,) = rows(engine, Case)
    assert (case.state, case.outcome, case.resolved_by, case.resolved_at) == (
        "resolved", "technical", "actalgia", LATER,
    )  # fmt: skip
    assert (case.acknowledged_by, case.acknowledged_at) == (None, None), "nobody had seen it"
    assert story(engine, case.id) == [("opened", "actalgia"), ("resolved", "actalgia")]
    assert rows(engine, GapSeen) == []


def test_a_refused_range_is_no_gap(engine, cast):
    sent(engine, cast.watch_1, [0, 3])
    judge(engine, NOON)
    sent(engine, cast.watch_1, [1, 2], NOON + HOUR, refused=True)
    assert judge(engine) == 0
    assert rows(engine, Case) == []


def test_a_refusal_closes_a_case(engine, cast):
    sent(engine, cast.watch_1, [0, 3])
    judge(engine)
    sent(engine, cast.watch_1, [1, 2], LATER, refused=True)
    judge(engine, LATER)
    assert [case.outcome for case in rows(engine, Case)] == ["technical"]


def test_the_gap_of_a_device_that_nobody_wears_opens_nothing(engine, cast):
    with transaction(engine) as session:
        ended = pg.Range(NOON - timedelta(days=60), NOON + HOUR)
        session.execute(sa.update(Wearing).where(Wearing.device_id == cast.watch_1).values(during=ended))
    sent(engine, cast.watch_1, [0, 2])
    assert judge(engine) == 0
    assert rows(engine, Case) == []


def test_taking_the_device_off_ends_its_trouble(engine, cast):
    sent(engine, cast.watch_1, [0, 2])
    judge(engine)
    with transaction(engine) as session:
        ended = pg.Range(NOON - timedelta(days=60), LATER)
        session.execute(sa.update(Wearing).where(Wearing.device_id == cast.watch_1).values(during=ended))
    judge(engine, LATER + HOUR)
    assert [case.state for case in rows(engine, Case)] == ["resolved"]


def test_the_gaps_of_the_last_wearer_are_not_the_next_ones(engine, cast):
    sent(engine, cast.watch_1, [0, 2])
    judge(engine, NOON)
    with transaction(engine) as session:
        ended = pg.Range(NOON - timedelta(days=60), NOON + HOUR)
        session.execute(sa.update(Wearing).where(Wearing.device_id == cast.watch_1).values(during=ended))
        session.flush()
        now_on = pg.Range(NOON + HOUR, None, bounds="[)")
        session.add(Wearing(device_id=cast.watch_1, patient_id=cast.elsewhere, during=now_on))
    assert judge(engine) == 0


def test_a_revoked_device_owes_nothing(engine, cast):
    sent(engine, cast.watch_1, [0, 2])
    with transaction(engine) as session:
        session.execute(sa.update(Device).where(Device.id == cast.watch_1).values(revoked_at=NOON))
    assert judge(engine) == 0
