"""Technical cases on a real database: one a patient, answered by people or by the system, told to nobody."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from alerting.delivery import deliver_one
from ladder.words import Outcome
from store.alerts import case_acts
from store.alerts.cases import Case, CaseEvent
from store.alerts.open_cases import open_or_join
from store.alerts.outbox import Delivery
from store.database import transaction
from store.status import DeviceStatus
from tests.alerting.devices import HOUR, LATER, judge, long_enrolled, rows, sent, story
from tests.cast import NOON, Cast


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    return long_enrolled(engine)


def test_nobody_is_told_of_a_technical_case(engine, cast):
    sent(engine, cast.watch_1, [0, 2])
    judge(engine)
    sent(engine, cast.watch_1, [1], LATER)
    sent(engine, cast.watch_1, [4], LATER, stream="epoch")
    judge(engine, LATER + 7 * HOUR)
    assert len(rows(engine, CaseEvent)) > 1
    assert rows(engine, Delivery) == []
    assert not deliver_one(engine, {}, "http://ward.example", LATER + timedelta(days=1))


def test_all_trouble_of_a_patient_is_one_case_and_it_closes_with_the_last_of_it(engine, cast):
    sent(engine, cast.watch_2, [0, 2])
    judge(engine)
    sent(engine, cast.phone_2, [0, 2], LATER, stream="diary")
    assert judge(engine, LATER + 6 * HOUR) == 1
    (case,) = rows(engine, Case)
    assert "the movement stream of watch-2" in case.reason and "the diary of phone-2" in case.reason
    assert story(engine, case.id) == [("opened", "actalgia"), ("evidence", "actalgia")]
    sent(engine, cast.watch_2, [1], LATER + 6 * HOUR)
    judge(engine, LATER + 7 * HOUR)
    (case,) = rows(engine, Case)
    assert case.state == "opened" and "watch-2" not in case.reason
    assert "no longer: Data are missing" in rows(engine, CaseEvent)[-1].evidence["reason"]
    sent(engine, cast.phone_2, [1], LATER + 7 * HOUR, stream="diary")
    judge(engine, LATER + 8 * HOUR)
    assert [case.state for case in rows(engine, Case)] == ["resolved"]


def test_two_runs_at_once_open_one_case(engine, cast):
    for device in (cast.watch_1, cast.watch_2):
        sent(engine, device, [0, 2])
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: judge(engine), range(16)))
    assert sum(done) == 2
    assert sorted(case.patient_id for case in rows(engine, Case)) == sorted([cast.steady, cast.rising])
    assert [event.kind for event in rows(engine, CaseEvent)] == ["opened", "opened"]


def test_a_clinical_case_of_the_same_patient_is_untouched(engine, cast):
    with transaction(engine) as session:
        clinical, _ = open_or_join(session, cast.steady, "high", "Worst pain 8", {}, ["log"], NOON)
    before = [(d.case_id, d.state) for d in rows(engine, Delivery)]
    sent(engine, cast.watch_1, [0, 2])
    judge(engine)
    sent(engine, cast.watch_1, [1], LATER)
    judge(engine, LATER + HOUR)
    first, second = rows(engine, Case)
    assert (first.id, first.kind, first.state, first.reason) == (
        clinical,
        "clinical",
        "opened",
        "Worst pain 8",
    )
    assert (second.kind, second.state) == ("technical", "resolved")
    assert story(engine, clinical) == [("opened", "actalgia")]
    assert [(d.case_id, d.state) for d in rows(engine, Delivery)] == before == [(clinical, "pending")]


def test_evidence_of_pain_never_joins_a_technical_case(engine, cast):
    sent(engine, cast.watch_1, [0, 2])
    judge(engine)
    with transaction(engine) as session:
        _, opened = open_or_join(session, cast.steady, "high", "Worst pain 8", {}, ["log"], LATER)
    assert opened
    assert sorted(case.kind for case in rows(engine, Case)) == ["clinical", "technical"]


def test_an_acknowledged_technical_case_stays_acknowledged_and_still_closes_by_itself(engine, cast):
    sent(engine, cast.watch_1, [0, 2])
    judge(engine)
    with transaction(engine) as session:
        case_acts.acknowledge(session, rows(engine, Case)[0].id, "nurse Anna", LATER)
    assert judge(engine, LATER + HOUR) == 0
    sent(engine, cast.watch_1, [1], LATER + HOUR)
    judge(engine, LATER + HOUR)
    (case,) = rows(engine, Case)
    assert (case.state, case.acknowledged_by, case.resolved_by) == ("resolved", "nurse Anna", "actalgia")


def test_what_a_person_closed_comes_back_on_the_next_local_day_and_not_before(engine, cast):
    sent(engine, cast.watch_1, [0, 2])
    judge(engine)  # 20:00 in Rome
    with transaction(engine) as session:
        case_acts.resolve(session, rows(engine, Case)[0].id, "nurse Anna", Outcome.NO_ACTION, LATER)
    assert judge(engine, LATER + HOUR) == 0
    assert judge(engine, LATER + 4 * HOUR - timedelta(seconds=1)) == 0
    assert judge(engine, LATER + 4 * HOUR) == 1, "midnight in Rome"
    assert [case.state for case in rows(engine, Case)] == ["resolved", "opened"]


def test_other_trouble_on_the_same_day_opens_a_case_of_its_own(engine, cast):
    sent(engine, cast.watch_2, [0, 2])
    sent(engine, cast.phone_2, [0, 2], NOON + HOUR, stream="diary")
    judge(engine)
    with transaction(engine) as session:
        case_acts.resolve(session, rows(engine, Case)[0].id, "nurse Anna", Outcome.NO_ACTION, LATER)
    assert judge(engine, LATER + HOUR) == 1
    assert "watch-2" not in rows(engine, Case)[-1].reason


def test_a_silent_device_and_an_empty_battery_are_reasons(engine, cast):
    sent(engine, cast.watch_2, [0], NOON, stream="status")
    sent(engine, cast.phone_2, [0], NOON + 23 * HOUR, stream="status")
    sent(engine, cast.watch_1, [0], NOON + 23 * HOUR)
    with transaction(engine) as session:
        session.add(
            DeviceStatus(device_id=cast.phone_2, boot=1, seq=0, at=NOON, received_at=NOON, battery_pct=4)
        )
    day = NOON + 24 * HOUR
    assert judge(engine, day) == 0, "a look at gaps alone"
    assert judge(engine, day, ("gap", "silence", "battery")) == 1
    (case,) = rows(engine, Case)
    assert case.reason == (
        "Nothing was heard of watch-2 since Mon 4 May, 14:00. The battery of phone-2 ran low: below 10 %"
    )
    assert judge(engine, day) == 0, "a look at gaps alone leaves them"
    sent(engine, cast.watch_2, [1], day, stream="status")
    with transaction(engine) as session:
        session.add(
            DeviceStatus(device_id=cast.phone_2, boot=1, seq=1, at=day, received_at=day, battery_pct=90)
        )
    assert judge(engine, day, ("gap", "silence", "battery")) == 1
    assert [case.state for case in rows(engine, Case)] == ["resolved"]
    assert rows(engine, Delivery) == []
