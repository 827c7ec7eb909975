"""Nothing that one address, one message or the clock does keeps anybody else's page waiting, or sends it twice."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
import structlog

from alerting import settling
from alerting.addresses import Ways
from alerting.dispatch import CLOCK_LOOK_S, Dispatch
from alerting.lanes import AT_ONCE, FOR_URGENT, MOST_GIVEN_UP, SHUT_FOR
from ladder.reading import plan_of
from store.alerts.cases import Case
from store.alerts.outbox import Delivery
from store.alerts.outbox_claims import HOLDING
from store.alerts.ward_plans import save_plan, saved_plan
from store.database import transaction
from tests.alerting.sinks import eventually, sink
from tests.alerting.test_dispatch import AT, LINK, dispatch, page, patients, plan_with, rows, told, work


class Slow:
    """Takes longer than anybody waits, then takes the message: an Apprise service cannot be interrupted."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.let_go = threading.Event()

    def send(self, message, _limit) -> str:
        self.keys.append(str(message.idempotency_key))
        self.let_go.wait(20)
        return "taken late"


def test_a_message_that_is_taken_after_its_time_is_not_sent_again(engine):
    (patient,) = patients(engine, 1)
    slow = Slow()
    page(engine, patient, channels=["chat"])
    one = dispatch(engine, {"chat": slow})
    one.round(AT)
    eventually(lambda: one.round(AT) and not one._running)
    assert rows(engine)[0].last_error == "it did not answer within 10 s"
    slow.let_go.set()
    eventually(lambda: not one._ended.empty())
    for minute in range(3):
        work(one, AT + timedelta(minutes=minute))
    (row,) = rows(engine)
    assert (row.state, row.receipt, len(slow.keys)) == ("sent", "taken late", 1)
    assert rows(engine, Case)[0].state == "notified"


class Odd:
    """What it calls the message no table can keep."""

    def send(self, _message, _limit) -> str:
        return "queued as \x00\ud800\x1b[31m 4XyZ" + "x" * 500


def test_whatever_a_channel_calls_a_message_is_kept_as_one_short_line(engine):
    (patient,) = patients(engine, 1)
    page(engine, patient, channels=["odd"])
    work(dispatch(engine, {"odd": Odd()}), AT)
    (row,) = rows(engine)
    assert (row.state, row.receipt[:19], len(row.receipt)) == ("sent", "queued as [31m 4XyZ", 200)


@pytest.fixture
def refused(engine):
    """The database refuses to have the message of a case marked as sent."""
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION refuse_one() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF NEW.case_id = 1 AND NEW.state = 'sent' THEN RAISE EXCEPTION 'no' USING ERRCODE = 'check_violation'; "
            "END IF; RETURN NEW; END $$"
        )
        connection.exec_driver_sql(
            "CREATE TRIGGER refuse_one BEFORE UPDATE ON delivery FOR EACH ROW EXECUTE FUNCTION refuse_one()"
        )
    yield
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP FUNCTION refuse_one CASCADE")


def test_a_result_that_cannot_be_written_keeps_no_other_waiting(engine, refused):
    many = patients(engine, 3)
    with sink() as only:
        plan_with(engine, only.url)
        for patient in many:
            page(engine, patient)
        work(dispatch(engine), AT)
        assert len(only.came) == 3
    assert [state for _, _, state in told(engine)] == ["pending", "sent", "sent"]


def test_an_address_that_breaks_its_reader_keeps_no_other_waiting(engine):
    (mine,), (other,) = patients(engine, 1), patients(engine, 1, "hill")
    with sink() as well:
        plan_with(engine, "env:BROKEN")
        plan_with(engine, well.url, site="hill")
        page(engine, mine), page(engine, other)
        one = Dispatch(engine, Ways({}, None, {"BROKEN": "spugpush://I/e\ud800FD"}), LINK)
        one.round(AT)
        eventually(lambda: well.asked == 1)
        work(one, AT)
    assert rows(engine)[0].last_error.startswith("its address is none")


def test_a_new_plan_ends_the_wait_for_an_address_that_is_left_alone(engine):
    (patient,) = patients(engine, 1)
    with sink() as new:
        plan_with(engine, "json://127.0.0.1:9/")
        page(engine, patient)
        one = dispatch(engine)
        work(one, AT)
        (lane,) = one.turns.lanes.values()
        lane.given_up = MOST_GIVEN_UP  # they never end
        work(one, AT + timedelta(minutes=2))
        plan_with(engine, new.url)
        work(one, AT + timedelta(minutes=4))
        assert len(new.came) == 1


def test_a_clock_that_is_set_back_keeps_neither_an_address_shut_nor_a_message_waiting(engine):
    (patient,) = patients(engine, 1)
    with sink("refuses") as only:
        plan_with(engine, only.url)
        page(engine, patient)
        one = dispatch(engine)
        for minute in range(3):
            work(one, AT + timedelta(minutes=minute))
        only.how = "takes"
        back = AT - timedelta(hours=3)
        one._look_at_clock -= CLOCK_LOOK_S
        work(one, back)
        work(one, back + HOLDING)
    assert told(engine) == [("anna", 1, "sent")]


def test_what_is_being_sent_is_not_claimed_again_when_the_clock_jumps_ahead(engine):
    (patient,) = patients(engine, 1)
    with sink("slow") as only:
        plan_with(engine, only.url)
        page(engine, patient)
        one = Dispatch(engine, Ways({}), LINK, 20.0)
        one.round(AT)
        eventually(lambda: only.asked == 1)
        for _ in range(3):
            one.round(AT + timedelta(hours=1))
        only.let_go.set()
        work(one, AT + timedelta(hours=1))
        assert only.asked == 1


def test_what_was_sent_while_the_database_was_away_is_written_down_and_not_sent_again(engine, monkeypatch):
    many = patients(engine, 6)
    with sink() as only:
        plan_with(engine, only.url)
        for patient in many:
            page(engine, patient)
        one = dispatch(engine)
        monkeypatch.setattr("alerting.dispatch.SETTLED_AT_ONCE", 2)
        real = settling.settle
        monkeypatch.setattr(
            settling, "settle", lambda *_: (_ for _ in ()).throw(sa.exc.OperationalError("", {}, Exception()))
        )
        one.round(AT)
        eventually(lambda: len(only.came) == AT_ONCE)
        one.wait(5)
        with pytest.raises(sa.exc.OperationalError):
            one.round(AT)
        monkeypatch.setattr(settling, "settle", real)
        work(one, AT + 2 * HOLDING)
        assert len(only.keys) == len(set(only.keys)) == 6


def test_a_machine_without_a_thread_to_spare_sends_later_and_forgets_nothing(engine, monkeypatch):
    (patient,) = patients(engine, 1)
    with sink() as only:
        plan_with(engine, only.url)
        page(engine, patient)
        one = dispatch(engine)
        start = threading.Thread.start

        def none_left(_self):
            raise RuntimeError("can't start new thread")

        monkeypatch.setattr(threading.Thread, "start", none_left)
        one.round(AT)
        one.round(AT)
        monkeypatch.setattr(threading.Thread, "start", start)
        work(one, AT)
        assert len(only.came) == 1
    assert {lane.given_up for lane in one.turns.lanes.values()} == {0}
    assert rows(engine)[0].attempts == 1


def test_an_urgent_page_finds_a_free_sender_though_others_wait_for_a_slow_address(engine):
    many = patients(engine, AT_ONCE + 2)
    with sink("slow") as slow:
        plan_with(engine, slow.url)
        for patient in many[:-1]:
            page(engine, patient, "medium")
        one = Dispatch(engine, Ways({}), LINK, 20.0)
        one.round(AT)
        eventually(lambda: slow.asked == AT_ONCE - FOR_URGENT)
        page(engine, many[-1])
        one.round(AT + SHUT_FOR)
        eventually(lambda: slow.asked == AT_ONCE)
        slow.let_go.set()
        work(one, AT + SHUT_FOR)
        urgent = rows(engine, Case)[-1].id
        assert urgent in [came.get("case") for came in slow.came][:AT_ONCE]


def test_a_person_who_is_no_longer_in_the_plan_is_passed_and_the_next_rung_is_told(engine):
    (patient,) = patients(engine, 1)
    with sink() as hers:
        plan_with(engine, hers.url)
        page(engine, patient)
        without_anna(engine)
        one = dispatch(engine)
        for seconds in (0, 5, 15):
            work(one, AT + timedelta(seconds=seconds))
        assert hers.asked == 0
    (case,) = rows(engine, Case)
    assert case.next_at == AT + timedelta(seconds=15)
    assert rows(engine)[0].last_error == "the ward's plan has no such channel any more"


def without_anna(engine) -> None:
    with transaction(engine) as session:
        whole = saved_plan(session, "main").document
        whole = {**whole, "persons": [one for one in whole["persons"] if one["id"] != "anna"]}
        rungs = [{"after_min": 0, "persons": ["bruno"]}]
        whole["ladders"] = {name: {**one, "rungs": rungs} for name, one in whole["ladders"].items()}
        save_plan(session, "main", plan_of(whole), "root", "anna has left", AT)


def test_every_line_of_the_log_about_a_message_is_without_names_and_addresses(engine):
    said: list[dict[str, object]] = []

    def keep(_logger, _name, event):
        said.append(event)
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[keep])
    try:
        many = patients(engine, 8)
        with sink("refuses") as first, sink() as second:
            plan_with(engine, first.url + "T0/secret", second.url + "T1/secret")
            for patient in many:
                page(engine, patient)
            work(dispatch(engine), AT)
    finally:
        structlog.configure(**before)
    assert {one["action"] for one in said} >= {"delivery_failed", "delivery_sent"}
    for word in ("secret", "127.0.0.1", "P-main", "pain", "anna"):
        assert word not in str(said), word
    assert "secret" not in "".join(str(v) for row in rows(engine, Delivery) for v in vars(row).values())
