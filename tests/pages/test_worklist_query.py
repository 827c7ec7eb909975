"""The worklist as one query over real tables."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa

from ladder.words import Outcome
from store import people, worklist
from store.alerts.case_acts import acknowledge, resolve
from store.alerts.open_cases import open_or_join
from store.database import transaction
from store.decisions import Decision, add_decision
from store.diary import PainReport, add_ward_report
from store.status import DeviceStatus
from store.worklist import Row
from tests.cast import ADMINISTRATOR, NOON, NURSE, OUTSIDER, RESEARCHER, Cast, enrol_cast
from tests.pages.minutes import send_minutes

HOUR = timedelta(hours=1)


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    return enrol_cast(engine)


def listed(engine: sa.Engine, user=NURSE) -> list[Row]:
    with transaction(engine) as session:
        return worklist.worklist(session, user, NOON)


def one(engine: sa.Engine, code: str) -> Row:
    return next(row for row in listed(engine) if row.code == code)


def report(device_id: int | None, at, worst: int | None, seq: int, entry=None, **more) -> PainReport:
    return PainReport(
        entry=entry or uuid.uuid4(),
        device_id=device_id,
        seq=seq,
        at=at,
        received_at=at,
        worst=worst,
        detail={},
        **more,
    )


def decide(patient_id: int, verdict: str, reason: str) -> Decision:
    return Decision(
        patient_id=patient_id,
        day=NOON.date(),
        verdict=verdict,
        severity=None,
        reason=reason,
        evidence={},
        rule="test 1",
        reported_at=None,
        decided_at=NOON,
    )


def test_a_nurse_sees_her_own_site_and_nobody_else_does(engine, cast):
    assert [row.code for row in listed(engine)] == ["P-rising", "P-steady"]
    assert [row.code for row in listed(engine, OUTSIDER)] == ["P-elsewhere"]
    assert listed(engine, RESEARCHER) == []


def test_an_administrator_sees_only_simulated_patients(engine, cast):
    with transaction(engine) as session:
        people.enrol_patient(session, "P-simulated", "UTC", "hill", demonstration=True)
    assert [row.code for row in listed(engine, ADMINISTRATOR)] == ["P-simulated"]


def test_severe_before_old_before_cannot_judge_before_the_rest(engine, cast):
    with transaction(engine) as session:
        ids = {
            code: people.enrol_patient(session, code, "UTC").id for code in ("A-rest", "B", "C", "D", "E-low")
        }
        for code, severity, hours in (
            ("B", "medium", 1),
            ("C", "medium", 30),
            ("D", "high", 0),
            ("E-low", "low", 50),
        ):
            open_or_join(session, ids[code], severity, f"reason of {code}", {}, ["log"], NOON - hours * HOUR)
        add_decision(session, decide(cast.steady, "no evidence", "cannot judge: 2 of 7 days answered"))
    assert [row.code for row in listed(engine)] == ["D", "C", "B", "E-low", "P-steady", "A-rest", "P-rising"]


def test_a_row_carries_the_case_until_it_is_resolved(engine, cast):
    with transaction(engine) as session:
        case_id, _ = open_or_join(session, cast.rising, "high", "worst pain 8", {}, ["log"], NOON - HOUR)
        acknowledge(session, case_id, "nurse Anna", NOON)
    row = one(engine, "P-rising")
    assert (row.case_id, row.severity, row.state) == (case_id, "high", "acknowledged")
    assert (row.case_reason, row.acknowledged_by) == ("worst pain 8", "nurse Anna")
    with transaction(engine) as session:
        resolve(session, case_id, "nurse Anna", Outcome.ACTED, NOON)
    assert one(engine, "P-rising").case_id is None


def test_only_the_newest_decision_counts(engine, cast):
    with transaction(engine) as session:
        add_decision(session, decide(cast.rising, "no evidence", "cannot judge: no reports"))
        add_decision(session, decide(cast.rising, "quiet", "worst pain 3 within the usual range"))
    row = one(engine, "P-rising")
    assert (row.verdict, row.verdict_reason) == ("quiet", "worst pain 3 within the usual range")


def test_the_newest_report_is_the_one_with_the_latest_time_not_the_latest_arrival(engine, cast):
    with transaction(engine) as session:
        session.add(report(cast.phone_2, NOON - HOUR, 6, 5))
        session.add(report(cast.phone_2, NOON - 30 * HOUR, 2, 6))
    row = one(engine, "P-rising")
    assert (row.worst, row.reported_at) == (6, NOON - HOUR)


def test_a_correction_takes_the_place_of_what_it_corrects(engine, cast):
    entry = uuid.uuid4()
    with transaction(engine) as session:
        session.add(report(cast.phone_2, NOON - HOUR, 9, 1, entry))
        session.add(report(cast.phone_2, NOON - 2 * HOUR, 4, 2, entry))
    row = one(engine, "P-rising")
    assert (row.worst, row.reported_at) == (4, NOON - 2 * HOUR)


def test_an_entry_made_on_the_ward_counts_like_one_from_a_phone(engine, cast):
    values = {"entry": uuid.uuid4(), "at": NOON - HOUR, "received_at": NOON, "worst": 7, "detail": {}}
    with transaction(engine) as session:
        session.add(report(cast.phone_2, NOON - 5 * HOUR, 2, 1))
        add_ward_report(session, cast.rising, values)
    assert one(engine, "P-rising").worst == 7


def test_the_newest_movement_is_the_last_minute_that_the_patient_could_have_worn(engine, cast):
    send_minutes(engine, cast.watch_1, NOON - 3 * HOUR, range(120), [False] * 120)
    with transaction(engine) as session:
        watch = session.get(people.Device, cast.watch_1)
        people.end_wearing(session, watch, NOON - 2 * HOUR)
    row = one(engine, "P-steady")
    assert (row.moved_at, row.worn) == (NOON - 2 * HOUR - timedelta(minutes=1), False)
    assert one(engine, "P-rising").moved_at is None


def test_the_battery_is_the_lowest_of_the_devices_worn_now(engine, cast):
    with transaction(engine) as session:
        for device, boot, seq, battery in (
            (cast.watch_2, 1, 9, 99.0),
            (cast.watch_2, 2, 0, 41.0),
            (cast.phone_2, 1, 3, 80.0),
        ):
            session.add(
                DeviceStatus(
                    device_id=device, boot=boot, seq=seq, at=NOON, received_at=NOON, battery_pct=battery
                )
            )
    row = one(engine, "P-rising")
    assert (row.battery_pct, row.heard_at) == (41.0, NOON)


def test_the_newest_epoch_is_found_without_reading_the_history(engine, cast):
    send_minutes(engine, cast.watch_1, NOON - 200 * HOUR, range(12_000))
    with engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE epoch")
        statements = []

        def keep(conn, cursor, text, parameters, context, executemany):
            statements.append((text, parameters))

        sa.event.listen(engine, "before_cursor_execute", keep)
        try:
            listed(engine)
        finally:
            sa.event.remove(engine, "before_cursor_execute", keep)
        text, parameters = next(s for s in statements if "epoch" in s[0])
        plan = connection.exec_driver_sql("EXPLAIN (ANALYZE, FORMAT JSON) " + text, parameters).scalar_one()

    def rows_read(node) -> float:
        name = node.get("Relation Name", "")  # a chunk of a hypertable has a name of its own
        own = node["Actual Rows"] * node["Actual Loops"] if name == "epoch" or "_hyper" in name else 0
        return own + node.get("Rows Removed by Filter", 0) + sum(rows_read(n) for n in node.get("Plans", []))

    assert 0.5 < rows_read(plan[0]["Plan"]) < 20  # the plan rounds rows for each loop


def test_a_case_of_another_site_does_not_exist_for_the_outsider(engine, cast):
    with transaction(engine) as session:
        case_id, _ = open_or_join(session, cast.rising, "high", "worst pain 8", {}, ["log"], NOON)
        case, patient = worklist.case_of(session, NURSE, case_id)
        assert (case.id, patient.code) == (case_id, "P-rising")
        assert worklist.case_of(session, OUTSIDER, case_id) is None
        assert worklist.patient_of(session, OUTSIDER, "P-rising") is None
