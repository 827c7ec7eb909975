"""A wrong clock on a real database, from the wire to the technical case and its end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from alerting.trouble import CLOCK, KINDS
from ingest.batch import write_batch
from ingest.messages import Raw
from ladder.words import Outcome
from store.alerts import case_acts
from store.alerts.cases import Case
from store.alerts.outbox import Delivery
from store.database import transaction
from store.people import Device, Patient, Wearing
from store.quarantine import OF_A_CLOCK, Quarantined
from tests.alerting.devices import judge, long_enrolled, rows, story
from tests.cast import NOON, Cast, incoming
from tests.ingest.wrong_clocks import DAY, HOUR, MINUTE, SECOND, answer, minutes, offset, status


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    return long_enrolled(engine)


def looked(engine, at=NOON, kinds=(CLOCK,)):
    """What the newest case is, after a look."""
    judge(engine, at, kinds)
    return next(iter(rows(engine, Case)[-1:]), None)


def future(engine, seqs, at=NOON):
    """Minutes of a clock that is two days ahead, which nothing has shown yet."""
    for seq in seqs:
        write_batch(engine, [minutes(seq, at + 2 * DAY, at=at)], at)


def test_messages_refused_for_their_time_are_a_case_that_nobody_is_called_for(engine, cast):
    future(engine, [0, 1], NOON - HOUR)
    assert looked(engine) is None
    future(engine, [2], NOON - HOUR)
    case = looked(engine)
    assert (case.patient_id, case.kind, case.severity, case.state) == (
        cast.steady, "technical", "low", "opened",
    )  # fmt: skip
    assert case.reason.startswith(
        "Sync the clock of watch-1: 3 messages were refused for their time since Mon 4 May, 13:00, "
        "the last one dated 2 d ahead"
    )
    assert rows(engine, Delivery) == []
    assert looked(engine, NOON + 22 * HOUR).state == "opened"
    assert looked(engine, NOON + 24 * HOUR).state == "resolved", "a day without another one"
    assert story(engine, case.id) == [("opened", "actalgia"), ("resolved", "actalgia")]


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(minutes(0, NOON + 2 * DAY), id="future"),
        pytest.param(minutes(0, datetime(1970, 1, 2, tzinfo=UTC)), id="before 2000"),
        pytest.param(
            incoming("watch-1", Raw(boot=1, seq=0, t0=2**52, hz=50.0, scale=1.0, xyz=b"123456")),
            id="outside the calendar",
        ),
        pytest.param(answer(0, datetime(1999, 1, 2, tzinfo=UTC)), id="an answer of before 2000"),
    ],
)
def test_each_sentence_that_refuses_a_time_is_known_to_the_rule(engine, cast, message):
    write_batch(engine, [message], NOON)
    (refused,) = rows(engine, Quarantined)
    assert refused.reason in OF_A_CLOCK


def test_a_clock_that_is_days_ahead_and_says_so_is_corrected_and_no_case(engine, cast):
    write_batch(engine, [status(0, NOON - HOUR, -2 * DAY), minutes(0, NOON + 2 * DAY - HOUR, at=NOON)], NOON)
    assert offset(engine, cast.watch_1) == -2 * DAY + SECOND
    assert looked(engine) is None


def test_old_data_is_late_and_not_a_clock(engine, cast):
    for seq in range(5):
        write_batch(engine, [minutes(seq, NOON - 40 * DAY + seq * HOUR)], NOON)
    assert looked(engine) is None


def test_data_that_go_on_while_no_status_comes_are_a_case_until_one_does(engine, cast):
    write_batch(engine, [status(0, NOON - 71 * HOUR), minutes(0, NOON - HOUR)], NOON - 71 * HOUR)
    write_batch(engine, [minutes(1, NOON - HOUR)], NOON)
    assert looked(engine) is None
    case = looked(engine, NOON + 2 * HOUR)
    assert case.reason.endswith("its last status came on Fri 1 May, 15:00")
    write_batch(engine, [status(1, NOON + 3 * HOUR)], NOON + 3 * HOUR)
    assert looked(engine, NOON + 4 * HOUR).state == "resolved"


def test_a_device_that_never_sends_a_status_is_not_asked_for_one(engine, cast):
    write_batch(engine, [minutes(0, NOON - HOUR)], NOON)
    assert looked(engine) is None


def test_a_clock_that_loses_a_minute_in_an_hour_is_never_proven_and_becomes_a_case(engine, cast):
    """No three of its statuses agree, so nothing corrects it: it would be believed for ever."""
    for hour in range(170):
        at = NOON - (170 - hour) * HOUR
        write_batch(engine, [status(hour, at, hour * MINUTE), minutes(hour, at - hour * MINUTE, 1, at)], at)
    assert offset(engine, cast.watch_1) == timedelta()
    assert looked(engine, NOON - 50 * HOUR) is None
    assert looked(engine).reason.startswith("Check the clock of watch-1, and that it sends its status")


@pytest.mark.parametrize(
    ("every", "hours", "begins"),
    [
        pytest.param(1, 104, "Have watch-1 checked or exchanged", id="hourly: from one offset to the next"),
        pytest.param(4, 60, "Check the clock of watch-1", id="seldom: the offset follows and is never firm"),
    ],
)
def test_a_clock_that_gains_a_minute_in_an_hour_becomes_a_case(engine, cast, every, hours, begins):
    for hour in range(0, hours, every):
        at = NOON - (hours - hour) * HOUR
        write_batch(engine, [status(hour, at, -hour * MINUTE), minutes(hour, at, 1, at)], at)
        assert hour > 40 or looked(engine, at) is None
    assert looked(engine).reason.startswith(begins)


def test_a_quartz_that_gains_nine_seconds_a_day_is_no_trouble_however_seldom_it_says_its_time(engine, cast):
    for day in range(10):
        at = NOON - (10 - day) * DAY
        write_batch(engine, [status(day, at, -day * 9 * SECOND), minutes(day, at, 1, at)], at)
    assert looked(engine) is None


def test_a_clock_that_jumps_each_day_is_a_case_until_it_is_steady_for_two_days(engine, cast):
    seq = 0
    for day, wrong in enumerate([timedelta(), -2 * HOUR, timedelta(), -5 * HOUR]):
        for n in range(4):  # a clock that is set back is believed when some statuses agree
            at = NOON - (4 - day) * DAY + n * HOUR
            write_batch(engine, [status(seq, at, wrong, boot=day + 1, delay=timedelta())], at)
            seq += 1
    case = looked(engine)
    assert case.reason.startswith(
        "Have watch-1 checked or exchanged: its clock changed 3 times in 7 days, by 9 h in all, "
        "and is 5 h ahead now"
    )
    write_batch(engine, [status(seq, NOON + HOUR, boot=9)], NOON + HOUR)
    for n in range(2, 30):
        at = NOON + n * HOUR
        write_batch(engine, [status(seq + n, at, boot=9, delay=timedelta())], at)
    assert looked(engine, NOON + 30 * HOUR).state == "opened"
    assert looked(engine, NOON + 52 * HOUR).state == "resolved"


def test_all_that_is_wrong_with_a_patients_devices_is_one_case(engine, cast):
    future(engine, range(3))
    case = looked(engine, NOON + 2 * HOUR, KINDS)
    assert "Sync the clock" in case.reason
    case = looked(engine, NOON + 23 * HOUR, KINDS)
    assert "Sync the clock" in case.reason
    assert looked(engine, NOON + 23 * HOUR + 59 * MINUTE, KINDS).id == case.id
    assert len([case for case in rows(engine, Case) if case.patient_id == cast.steady]) == 1


def test_refusals_of_before_the_device_was_put_on_are_not_the_next_wearers(engine, cast):
    future(engine, range(3), NOON - 2 * HOUR)
    with transaction(engine) as session:
        session.execute(
            sa.update(Wearing)
            .where(Wearing.device_id == cast.watch_1)
            .values(patient_id=cast.elsewhere, during=pg.Range(NOON - HOUR, None, bounds="[)"))
        )
    assert looked(engine) is None


@pytest.mark.parametrize("why", ["taken off", "revoked"])
def test_a_device_that_is_taken_off_or_revoked_ends_its_case(engine, cast, why):
    future(engine, range(3))
    assert looked(engine).state == "opened"
    with transaction(engine) as session:
        if why == "revoked":
            session.execute(sa.update(Device).where(Device.id == cast.watch_1).values(revoked_at=NOON))
        else:
            ended = pg.Range(NOON - 60 * DAY, NOON + MINUTE)
            session.execute(sa.update(Wearing).where(Wearing.device_id == cast.watch_1).values(during=ended))
    assert looked(engine, NOON + HOUR).state == "resolved"


def test_what_a_person_closed_is_hushed_until_the_patients_next_day(engine, cast):
    future(engine, range(3))
    with transaction(engine) as session:
        case_acts.resolve(session, looked(engine).id, "nurse Anna", Outcome.NO_ACTION, NOON)
    assert looked(engine, NOON + 9 * HOUR).state == "resolved"
    assert looked(engine, NOON + 10 * HOUR + SECOND).state == "opened", "midnight in Rome"


def test_the_watchdogs_patient_has_no_case(engine, cast):
    future(engine, range(3))
    with transaction(engine) as session:
        name = {"code": "actalgia-watchdog", "site": "actalgia-watchdog", "synthetic": True}
        session.execute(sa.text("ALTER TABLE patient DISABLE TRIGGER USER"))
        session.execute(sa.update(Patient).where(Patient.id == cast.steady).values(**name))
        session.execute(sa.text("ALTER TABLE patient ENABLE TRIGGER USER"))
    assert looked(engine) is None


def test_a_look_reads_no_more_statuses_the_longer_the_history_is(engine, cast):
    """Through indexes: of a healthy clock one status proves it, however many there are."""
    with engine.begin() as connection:
        connection.exec_driver_sql(
            f"""
            INSERT INTO device_status (device_id, boot, seq, at, received_at)
            SELECT d, 1, n, t, t FROM unnest(ARRAY[{cast.watch_1}, {cast.watch_2}]) d, generate_series(0, 20000) n,
                   LATERAL (SELECT '{NOON:%Y-%m-%d %H:%M:%S}+00'::timestamptz - (20000 - n) * interval '10 min') x(t)
            """
        )
        connection.exec_driver_sql("ANALYZE device_status")
    statements = []

    def keep(conn, cursor, text, parameters, context, executemany):
        statements.append((text, parameters))

    sa.event.listen(engine, "before_cursor_execute", keep)
    try:
        assert looked(engine) is None
    finally:
        sa.event.remove(engine, "before_cursor_execute", keep)
    text, parameters = next(one for one in statements if "clock_run" in one[0])
    with engine.connect() as connection:
        plan = connection.exec_driver_sql("EXPLAIN (ANALYZE, FORMAT JSON) " + text, parameters).scalar_one()

    def read(node) -> float:
        own = (
            node["Actual Rows"] * node["Actual Loops"] if node.get("Relation Name") == "device_status" else 0
        )
        return own + node.get("Rows Removed by Filter", 0) + sum(read(one) for one in node.get("Plans", []))

    assert 0 < read(plan[0]["Plan"]) < 6
