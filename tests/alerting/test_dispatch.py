"""Messages on their way: real webhooks, a ward's plan, and whoever answers meanwhile."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller

from alerting.addresses import Ways
from alerting.channels import channels_from
from alerting.dispatch import Dispatch
from alerting.lanes import AT_ONCE, SHUT_FOR, SHUTS_AFTER, WINDOW
from ladder.reading import plan_of
from store.alerts.case_acts import acknowledge
from store.alerts.cases import Case, CaseEvent
from store.alerts.open_cases import open_or_join
from store.alerts.outbox import Delivery
from store.alerts.ward_plans import save_plan
from store.database import now, transaction
from store.people import Patient
from tests.alerting.sinks import eventually, sink
from tests.ladder.wards import document
from tests.ports import free_port

LINK = "http://ward.example"
AT = datetime.fromisoformat("2026-05-04T10:00:00+00:00")
PATIENCE_S = 0.6  #: of these tests, for a send


def patients(engine, count: int, site: str = "main") -> list[int]:
    with transaction(engine) as session:
        made = [Patient(code=f"P-{site}-{i}", tz="Europe/Rome", site=site) for i in range(count)]
        session.add_all(made)
        session.flush()
        return [one.id for one in made]


def page(engine, patient: int, severity: str = "high", channels=(), at: datetime = AT) -> int:
    with transaction(engine) as session:
        return open_or_join(session, patient, severity, "severe pain", {}, list(channels), at)[0]


def plan_with(engine, *channels: str, backup: str = "log", site: str = "main") -> None:
    """Anna is told first, then Bruno."""
    rungs = [{"after_min": 0, "persons": ["anna"]}, {"after_min": 60, "persons": ["bruno"]}]
    ladders = {
        severity: {"hold_h": 4, "repeats": 2, "repeat_after_min": 60, "rungs": rungs}
        for severity in ("high", "medium", "low")
    }
    persons = [
        {"id": "anna", "name": "Anna", "channels": list(channels)},
        {"id": "bruno", "name": "Bruno", "channels": [backup]},
    ]
    whole = document(persons=persons, ladders=ladders)
    whole["roles"] = []
    whole.pop("swaps", None)
    whole.pop("holidays", None)
    with transaction(engine) as session:
        save_plan(session, site, plan_of(whole), "root", "a test", AT)


def dispatch(engine, channels=None, log_path=None) -> Dispatch:
    return Dispatch(engine, Ways(channels or {}, log_path), LINK, PATIENCE_S)


def work(one: Dispatch, at: datetime, seconds: float = 60.0) -> None:
    """Rounds at that instant until nothing is due and nothing is being sent."""
    until = time.monotonic() + seconds
    idle = 0
    while idle < 2:
        assert time.monotonic() < until
        looks_later = time.monotonic() < one._look_again
        idle = 0 if one.round(at) or one._running or looks_later else idle + 1
        one.wake.wait(0.01)
        one.wake.clear()


def rows(engine, table=Delivery):
    with transaction(engine) as session:
        return list(session.scalars(sa.select(table).order_by(table.id)))


def told(engine) -> list[tuple[str, int, str]]:
    return [(one.recipient, one.rank, one.state) for one in rows(engine)]


def test_a_channel_that_is_not_one_of_ours_is_a_service_of_apprise(engine):
    (patient,) = patients(engine, 1)
    with sink() as chat:
        address = chat.url.replace("http://", "json://")
        channels = channels_from(address, None)
        page(engine, patient, channels=channels)
        work(dispatch(engine, channels), AT)
        (came,) = chat.came
    assert f"{LINK}/cases/1" in came["message"]
    assert "pain" not in str(came)
    assert [(one.channel, one.state, one.receipt) for one in rows(engine)] == [("json", "sent", None)]


def test_a_service_that_refuses_says_why_without_its_address(engine):
    (patient,) = patients(engine, 1)
    channels = channels_from("json://nurse:secret@127.0.0.1:9/", None)
    page(engine, patient, channels=channels)
    work(dispatch(engine, channels), AT)
    assert rows(engine)[0].last_error == "the service did not take it"


def test_the_first_channel_of_a_person_is_the_one_of_the_newest_plan(engine):
    (patient,) = patients(engine, 1)
    with sink() as old, sink() as new:
        plan_with(engine, old.url)
        page(engine, patient)
        plan_with(engine, new.url)
        work(dispatch(engine), AT)
        assert (len(old.came), len(new.came)) == (0, 1)
    assert told(engine) == [("anna", 1, "sent")]
    assert rows(engine)[0].receipt == "R-1"


@pytest.mark.parametrize("how", ["hangs", "trickles", "refuses"])
def test_an_urgent_page_goes_by_the_next_channel_after_one_failure_whatever_the_first_does(engine, how):
    (patient,) = patients(engine, 1)
    with sink(how) as first, sink() as second:
        plan_with(engine, first.url, second.url)
        page(engine, patient)
        began = time.monotonic()
        work(dispatch(engine), AT)
        assert time.monotonic() - began < 8
        (came,) = second.came
        assert first.asked == 1
    assert told(engine) == [("anna", 1, "cancelled"), ("anna", 2, "sent")]
    assert rows(engine)[0].reason == "told by another channel"
    assert came["case"] == 1
    assert len({one.idempotency_key for one in rows(engine)}) == 2


def test_another_page_tries_the_same_channel_three_times_first(engine):
    (patient,) = patients(engine, 1)
    with sink("refuses") as first, sink() as second:
        plan_with(engine, first.url, second.url)
        page(engine, patient, "medium")
        one = dispatch(engine)
        for minute in range(3):
            assert second.came == []
            work(one, AT + timedelta(minutes=minute))
        assert (first.asked, len(second.came)) == (3, 1)


def test_when_no_channel_of_a_person_takes_it_the_story_says_so_and_the_next_rung_is_told(engine):
    (patient,) = patients(engine, 1)
    with sink("refuses") as first, sink("refuses") as second:
        plan_with(engine, first.url, second.url)
        page(engine, patient)
        one = dispatch(engine)
        for seconds in (0, 5, 15):
            assert rows(engine, Case)[0].next_at == AT + timedelta(hours=1)
            work(one, AT + timedelta(seconds=seconds))
    (case,) = rows(engine, Case)
    assert case.next_at == AT + timedelta(seconds=15)
    story = [(one.kind, one.comment) for one in rows(engine, CaseEvent)]
    assert ("unreachable", "no channel of anna takes the message of step 1; they are tried on") in story
    assert story[-1][0] == "nobody_reached"
    assert told(engine) == [("anna", 1, "pending"), ("anna", 2, "pending")], "they are tried on"


def test_nobody_is_hurried_where_somebody_has_answered(engine):
    (patient,) = patients(engine, 1)
    with sink("slow") as only:
        only.how = "hangs"
        plan_with(engine, only.url)
        case = page(engine, patient)
        one = dispatch(engine)
        one.round(AT)
        eventually(only.asked_now.is_set)
        with transaction(engine) as session:
            acknowledge(session, case, "anna", AT)
        held = rows(engine, Case)[0].next_at
        work(one, AT)
    assert rows(engine, Case)[0].next_at == held
    assert told(engine) == [("anna", 1, "cancelled")]
    assert "unreachable" not in [one.kind for one in rows(engine, CaseEvent)]


def test_what_is_acknowledged_between_claim_and_send_is_not_sent(engine, monkeypatch):
    (patient,) = patients(engine, 1)
    with sink() as only:
        plan_with(engine, only.url)
        case = page(engine, patient)
        one = dispatch(engine)
        begin = one._start

        def answered_first(turns):
            if turns:
                with transaction(engine) as session:
                    acknowledge(session, case, "anna", AT)
            begin(turns)

        monkeypatch.setattr(Dispatch, "_start", lambda _self, turns: answered_first(turns))
        work(one, AT)
        assert only.asked == 0
    assert told(engine) == [("anna", 1, "cancelled")]


def test_a_slow_sink_delays_no_other_patient_and_messages_behind_it_are_not_sent_once_answered(engine):
    many = patients(engine, AT_ONCE + 3) + patients(engine, 1, "hill")
    with sink("slow") as slow, sink() as quick:
        plan_with(engine, slow.url)
        plan_with(engine, quick.url, site="hill")
        cases = [page(engine, one) for one in many]
        one = Dispatch(engine, Ways({}), LINK, 20.0)
        one.round(AT)
        eventually(lambda: slow.asked == AT_ONCE and len(quick.came) == 1)
        with transaction(engine) as session:
            acknowledge(session, cases[AT_ONCE + 2], "anna", AT)
        slow.let_go.set()
        work(one, AT)
        assert slow.most_at_once == AT_ONCE
        assert len(slow.came) == AT_ONCE + 2
    assert cases[AT_ONCE + 2] not in [one["case"] for one in slow.came]


def test_an_address_that_does_not_answer_is_left_alone_and_the_others_go_by_the_next_channel(engine):
    many = patients(engine, 12)
    with sink("hangs") as dead, sink() as second:
        plan_with(engine, dead.url, second.url)
        cases = {page(engine, one) for one in many}
        one = dispatch(engine)
        work(one, AT)
        assert {came["case"] for came in second.came} == cases
        assert SHUTS_AFTER <= dead.asked <= AT_ONCE
        page(engine, patients(engine, 1, "other")[0], channels=[])
        before = dead.asked
        work(one, AT + SHUT_FOR / 2)
        assert dead.asked == before


def test_many_messages_for_one_recipient_are_one_digest_and_urgent_ones_go_singly(engine):
    many = patients(engine, 9)
    with sink() as only:
        plan_with(engine, only.url)
        cases = [page(engine, one, "medium") for one in many[:7]]
        urgent = [page(engine, one) for one in many[7:]]
        work(dispatch(engine), AT)
        singles = [came for came in only.came if "case" in came]
        (digest,) = [came for came in only.came if "cases" in came]
    assert sorted(came["case"] for came in singles) == urgent
    assert (sorted(digest["cases"]), digest["link"]) == (cases, f"{LINK}/")
    grouped = [one for one in rows(engine) if not one.urgent]
    assert {str(one.digest) for one in grouped} == {digest["idempotency_key"]}
    assert {one.state for one in rows(engine)} == {"sent"}
    assert {one.state for one in rows(engine, Case)} == {"notified"}


def test_a_digest_that_was_not_taken_is_sent_again_as_the_same_one(engine):
    many = patients(engine, 7)
    with sink("refuses") as only:
        plan_with(engine, only.url)
        cases = [page(engine, one, "medium") for one in many]
        one = dispatch(engine)
        work(one, AT)
        with transaction(engine) as session:
            acknowledge(session, cases[0], "anna", AT)
        only.how = "takes"
        work(one, AT + timedelta(minutes=1))
        (came,) = only.came
    assert sorted(came["cases"]) == cases[1:]
    assert len({one.digest for one in rows(engine)}) == 1
    assert [one.state for one in rows(engine)] == ["cancelled"] + ["sent"] * 6


def test_after_a_digest_what_is_not_urgent_waits_a_minute(engine):
    many = patients(engine, 9)
    with sink() as only:
        plan_with(engine, only.url)
        one = dispatch(engine)
        for patient in many[:7]:
            page(engine, patient, "medium")
        work(one, AT)
        page(engine, many[7], "medium", at=AT + WINDOW / 2)
        page(engine, many[8], "high", at=AT + WINDOW / 2)
        work(one, AT + WINDOW / 2)
        assert len(only.came) == 2, "the digest, and the urgent one"
        work(one, AT + WINDOW)
        assert len(only.came) == 3


def test_the_file_has_a_line_for_each_message_and_one_for_a_digest(engine, tmp_path):
    many = patients(engine, 7)
    path = tmp_path / "outbox.jsonl"
    channels = channels_from("log", path)
    for patient in many:
        page(engine, patient, "medium", channels)
    work(dispatch(engine, channels), AT)
    (line,) = path.read_text().splitlines()
    assert '"cases": [1, 2, 3, 4, 5, 6, 7]' in line


def test_the_name_that_a_mail_server_gives_to_a_mail_is_its_receipt(engine):
    class Queue:
        async def handle_DATA(self, _server, _session, _envelope):
            return "250 2.0.0 Ok: queued as 4XyZ"

    (patient,) = patients(engine, 1)
    server = Controller(Queue(), hostname="127.0.0.1", port=(port := free_port()))
    server.start()
    try:
        channels = channels_from(f"smtp://127.0.0.1:{port}/?from=a@ward.example&to=b@ward.example", None)
        page(engine, patient, channels=channels)
        work(dispatch(engine, channels), AT)
    finally:
        server.stop()
    assert rows(engine)[0].receipt == "2.0.0 Ok: queued as 4XyZ"


def test_two_processes_send_each_message_once(engine):
    many = patients(engine, 20)
    with sink() as only:
        plan_with(engine, only.url)
        for patient in many:
            page(engine, patient, at=now())
        stop = threading.Event()
        both = [threading.Thread(target=dispatch(engine).run, args=(stop,)) for _ in range(2)]
        for one in both:
            one.start()
        eventually(lambda: all(one.state == "sent" for one in rows(engine)))
        stop.set()
        for one in both:
            one.join()
        assert len(only.keys) == len(set(only.keys)) == 20


def test_ten_thousand_waiting_messages_are_claimed_by_an_index(engine):
    (patient,) = patients(engine, 1)
    case = page(engine, patient)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO delivery (case_id, step, site, urgent, channel, recipient, rank, idempotency_key, state,"
            f" attempts, decided_at, next_attempt_at) SELECT {case}, n + 1, 'main', mod(n, 5) = 0, 'log', '', 1,"
            " gen_random_uuid(), CASE WHEN mod(n, 2) = 0 THEN 'pending' ELSE 'sent' END, 0, now(), now()"
            " FROM generate_series(1, 20000) n"
        )
        connection.exec_driver_sql("ANALYZE delivery")
        plan = connection.exec_driver_sql(
            "EXPLAIN SELECT id FROM delivery WHERE state = 'pending' AND next_attempt_at <= now() AND urgent IS true"
            " ORDER BY next_attempt_at, id LIMIT 200 FOR UPDATE SKIP LOCKED"
        )
        assert "ix_delivery_due" in "\n".join(row[0] for row in plan)
