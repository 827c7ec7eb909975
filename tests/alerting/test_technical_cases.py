"""Technical cases on a real database: opened, joined, closed, and never told to anybody."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from alerting.delivery import deliver_one
from alerting.technical import judge_devices
from alerting.trouble import GAP, Limits
from store import cases
from store.cases import Case, CaseEvent, Outcome
from store.database import transaction
from store.gaps import GapSeen
from store.identity import hold, settle
from store.outbox import Delivery
from store.people import Device, Wearing
from store.status import DeviceStatus
from tests.cast import NOON, Cast, enrol_cast

HOUR = timedelta(hours=1)
LIMITS = Limits()
LATER = NOON + 6 * HOUR  #: when a gap that was seen at noon is a case


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    cast = enrol_cast(engine)
    with transaction(engine) as session:
        session.execute(sa.update(Device).values(enrolled_at=NOON - timedelta(days=60)))
    return cast


def sent(engine, device_id, seqs, at=NOON, stream="raw", boot=1, refused=False):
    """Messages are settled at that time: stored or refused makes no difference here."""
    key = (device_id, stream, boot)
    with transaction(engine) as session:
        hold(session, [(key, seq) for seq in seqs], at)
        settle(session, {key: list(seqs)}, {key} if refused else (), at)


def judge(engine, at=LATER, kinds=(GAP,)):
    return judge_devices(engine, LIMITS, at, kinds)


def rows(engine, table):
    with transaction(engine) as session:
        return list(session.scalars(sa.select(table).order_by(*sa.inspect(table).primary_key)))


def story(engine, case_id):
    return [(event.kind, event.actor) for event in rows(engine, CaseEvent) if event.case_id == case_id]


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


def test_nobody_is_told_of_a_technical_case(engine, cast):
    sent(engine, cast.watch_1, [0, 2])
    judge(engine)
    sent(engine, cast.watch_1, [1], LATER)
    sent(engine, cast.watch_1, [4], LATER, stream="epoch")
    judge(engine, LATER + 7 * HOUR)
    assert len(rows(engine, CaseEvent)) > 1
    assert rows(engine, Delivery) == []
    assert not deliver_one(engine, {}, "http://ward.example", LATER + timedelta(days=1))


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
        clinical, _ = cases.open_or_join(session, cast.steady, "high", "Worst pain 8", {}, ["log"], NOON)
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
        _, opened = cases.open_or_join(session, cast.steady, "high", "Worst pain 8", {}, ["log"], LATER)
    assert opened
    assert sorted(case.kind for case in rows(engine, Case)) == ["clinical", "technical"]


def test_an_acknowledged_technical_case_stays_acknowledged_and_still_closes_by_itself(engine, cast):
    sent(engine, cast.watch_1, [0, 2])
    judge(engine)
    with transaction(engine) as session:
        cases.acknowledge(session, rows(engine, Case)[0].id, "nurse Anna", LATER)
    assert judge(engine, LATER + HOUR) == 0
    sent(engine, cast.watch_1, [1], LATER + HOUR)
    judge(engine, LATER + HOUR)
    (case,) = rows(engine, Case)
    assert (case.state, case.acknowledged_by, case.resolved_by) == ("resolved", "nurse Anna", "actalgia")


def test_what_a_person_closed_comes_back_on_the_next_local_day_and_not_before(engine, cast):
    sent(engine, cast.watch_1, [0, 2])
    judge(engine)  # 20:00 in Rome
    with transaction(engine) as session:
        cases.resolve(session, rows(engine, Case)[0].id, "nurse Anna", Outcome.NO_ACTION, LATER)
    assert judge(engine, LATER + HOUR) == 0
    assert judge(engine, LATER + 4 * HOUR - timedelta(seconds=1)) == 0
    assert judge(engine, LATER + 4 * HOUR) == 1, "midnight in Rome"
    assert [case.state for case in rows(engine, Case)] == ["resolved", "opened"]


def test_other_trouble_on_the_same_day_opens_a_case_of_its_own(engine, cast):
    sent(engine, cast.watch_2, [0, 2])
    sent(engine, cast.phone_2, [0, 2], NOON + HOUR, stream="diary")
    judge(engine)
    with transaction(engine) as session:
        cases.resolve(session, rows(engine, Case)[0].id, "nurse Anna", Outcome.NO_ACTION, LATER)
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
