"""One open case for a patient, its messages, and the people who answer."""

from __future__ import annotations

import http.server
import json
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
import structlog
from aiosmtpd.controller import Controller

from alerting.cases import take_decisions, take_turns
from alerting.channels import channels_from
from alerting.delivery import deliver_one
from alerting.log_file import LogFile
from alerting.passed_over import PassedOver
from ladder.words import Outcome
from store.alerts import case_acts
from store.alerts.case_life import life_of
from store.alerts.cases import Case, CaseEvent
from store.alerts.open_cases import open_or_join
from store.alerts.outbox import Delivery
from store.database import transaction
from store.decisions import Decision, add_decision
from tests.cast import NOON, Cast, enrol_cast
from tests.ports import free_port

REASON = "Worst pain 8 of 10 on 4 May"
LINK = "http://ward.example"


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    return enrol_cast(engine)


def decide(engine, patient, severity="high", verdict="fire", reason=REASON, day=NOON.date()):
    with transaction(engine) as session:
        return add_decision(
            session,
            Decision(patient_id=patient, day=day, verdict=verdict, severity=severity, reason=reason,
                     evidence={"worst": 8}, rule="static 1", reported_at=NOON, decided_at=NOON),
        )  # fmt: skip


def rows(engine, table):
    with transaction(engine) as session:
        return list(session.scalars(sa.select(table).order_by(table.id)))


def test_a_decision_to_fire_opens_a_case_with_its_message(engine, cast):
    decide(engine, cast.rising)
    assert take_decisions(engine, ["log"], NOON) == 1
    (case,) = rows(engine, Case)
    (delivery,) = rows(engine, Delivery)
    assert (case.state, case.severity, case.reason) == ("opened", "high", REASON)
    assert (delivery.case_id, delivery.step, delivery.state) == (case.id, 1, "pending")
    assert take_decisions(engine, ["log"], NOON) == 0


def test_more_evidence_joins_the_open_case_and_never_lowers_it(engine, cast):
    for severity, reason in (("medium", "a rise"), ("high", "severe"), ("medium", "a rise again")):
        decide(engine, cast.rising, severity, reason=reason)
    take_decisions(engine, ["log"], NOON)
    (case,) = rows(engine, Case)
    assert (case.severity, case.reason) == ("high", "severe")
    story = [event.kind for event in rows(engine, CaseEvent)]
    assert story == ["opened", "evidence", "evidence", "suppressed"]
    assert [delivery.step for delivery in rows(engine, Delivery)] == [1, 2], "told again when it got worse"


def test_where_many_decisions_wait_the_urgent_ones_are_taken_first(engine, cast, monkeypatch):
    monkeypatch.setattr("alerting.cases.AT_ONCE", 1)
    decide(engine, cast.steady, "medium", reason="a rise")
    decide(engine, cast.rising, "high")
    take_decisions(engine, ["log"], NOON)
    assert [case.patient_id for case in rows(engine, Case)] == [cast.rising]


def acknowledge(engine, by="nurse Anna", **more):
    with transaction(engine) as session:
        return case_acts.acknowledge(session, rows(engine, Case)[0].id, by, NOON, **more)


def test_more_of_the_same_after_an_acknowledgement_is_evidence_and_no_new_message(engine, cast):
    decide(engine, cast.rising)
    take_decisions(engine, ["log"], NOON)
    acknowledge(engine)
    decide(engine, cast.rising, reason="severe again", day=NOON.date() + timedelta(days=1))
    take_decisions(engine, ["log"], NOON)
    assert [delivery.state for delivery in rows(engine, Delivery)] == ["cancelled"]
    assert rows(engine, CaseEvent)[-1].kind == "suppressed"
    assert rows(engine, CaseEvent)[-1].comment == "nurse Anna has it until 2026-05-04 16:00 UTC"


def test_a_step_up_takes_an_acknowledgement_back_and_is_told(engine, cast):
    decide(engine, cast.rising, "medium", reason="a rise")
    take_decisions(engine, ["log"], NOON)
    acknowledge(engine)
    decide(engine, cast.rising, "high", reason="severe")
    take_decisions(engine, ["log"], NOON)
    (case,) = rows(engine, Case)
    assert (case.severity, case.state, case.acknowledged_by) == ("high", "opened", None)
    assert [(one.step, one.state) for one in rows(engine, Delivery)] == [(1, "cancelled"), (2, "pending")]
    assert [one.kind for one in rows(engine, CaseEvent)][-1] == "acknowledgement_ended"


def test_quiet_and_cannot_judge_open_nothing(engine, cast):
    decide(engine, cast.rising, verdict="quiet")
    decide(engine, cast.steady, verdict="no evidence", reason="cannot judge: 2 answered days")
    assert take_decisions(engine, ["log"], NOON) == 2
    assert rows(engine, Case) == []


def test_the_same_decision_is_kept_once(engine, cast):
    assert decide(engine, cast.rising)
    assert not decide(engine, cast.rising)


def test_workers_at_once_open_one_case(engine, cast):
    def push(i):
        with transaction(engine) as session:
            return open_or_join(session, cast.rising, "high", f"reason {i}", {}, ["log"], NOON)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(push, range(24)))
    assert len({case_id for case_id, _ in answers}) == 1
    assert sum(opened for _, opened in answers) == 1


def test_the_database_refuses_a_second_open_case(engine, cast):
    decide(engine, cast.rising)
    take_decisions(engine, ["log"], NOON)
    with pytest.raises(sa.exc.IntegrityError), transaction(engine) as session:
        session.add(Case(patient_id=cast.rising, kind="clinical", severity="low", reason="x",
                         opened_at=NOON, last_evidence_at=NOON))  # fmt: skip


@pytest.fixture
def refused(engine, cast):
    """The database refuses whatever is written of the case of one patient."""
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION refuse_one() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF NEW.patient_id = {cast.steady} THEN RAISE EXCEPTION 'no' USING ERRCODE = 'check_violation'; "
            "END IF; RETURN NEW; END $$"
        )

    def arm():
        with engine.begin() as connection:
            connection.exec_driver_sql(
                'CREATE TRIGGER refuse_one BEFORE INSERT OR UPDATE ON "case" FOR EACH ROW '
                "EXECUTE FUNCTION refuse_one()"
            )

    yield arm
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP FUNCTION refuse_one CASCADE")


def test_a_decision_that_cannot_be_written_keeps_nobody_else_waiting(engine, cast, refused):
    refused()
    decide(engine, cast.steady)
    decide(engine, cast.rising)
    assert take_decisions(engine, ["log"], NOON) == 1
    assert [case.patient_id for case in rows(engine, Case)] == [cast.rising]
    assert [one.told for one in rows(engine, Decision)] == [False, True], "it is tried again"


def test_what_cannot_be_written_is_tried_again_by_itself_and_less_and_less_often(engine, cast, refused):
    refused()
    decide(engine, cast.steady)
    passed = PassedOver()

    def tried(after_s):
        with structlog.testing.capture_logs() as logs:
            decide(engine, cast.rising, reason=f"worst pain 8, {after_s} s later")
            assert take_decisions(engine, ["log"], NOON + timedelta(seconds=after_s), passed) == 1
        return [(one["action"], one.get("again_s")) for one in logs]

    assert tried(0) == [("decisions_broke", None), ("decision_broke", 1)]
    assert tried(0.5) == [], "the others are taken together meanwhile"
    assert tried(1) == [("decision_broke", 2)]
    assert tried(2.5) == []
    assert [tried(after_s)[0][1] for after_s in (3, 7, 15, 31, 63, 123)] == [4, 8, 16, 32, 60, 60]
    with engine.begin() as connection:
        connection.exec_driver_sql('DROP TRIGGER refuse_one ON "case"')
    assert take_decisions(engine, ["log"], NOON + timedelta(seconds=183), passed) == 1
    assert not passed.numbers
    assert {case.patient_id for case in rows(engine, Case)} == {cast.steady, cast.rising}


def test_decisions_of_one_patient_are_taken_in_their_order(engine, cast):
    for severity in ("medium", "high", "low"):
        decide(engine, cast.rising, severity=severity, reason=f"a {severity} one")
    decide(engine, cast.steady, severity="high")
    assert take_decisions(engine, ["log"], NOON) == 4
    case = next(one for one in rows(engine, Case) if one.patient_id == cast.rising)
    assert (case.severity, case.reason) == ("high", "a high one")
    story = [
        (one.kind, one.evidence["severity"])
        for one in rows(engine, CaseEvent)
        if one.case_id == case.id and one.kind in ("opened", "evidence")
    ]
    assert story == [("opened", "medium"), ("evidence", "high"), ("evidence", "low")]


@pytest.mark.parametrize("seed", range(8))
def test_decisions_taken_together_make_what_they_make_one_by_one(engine, cast, seed):
    chance = random.Random(seed)
    said = [
        {
            "day": NOON.date() - timedelta(days=chance.randrange(2)),
            "verdict": chance.choice(["fire", "fire", "fire", "quiet"]),
            "severity": chance.choice(["low", "medium", "high", None]),
            "reason": f"decision {number}",
            "evidence": chance.choice([{"worst": 8}, {"worst": 8}, {"accepted_level": 8}]),
            "rule": "static 1",
            "reported_at": NOON - timedelta(hours=chance.randrange(3)),
            "decided_at": NOON,
        }
        for number in range(chance.randrange(2, 9))
    ]

    def told(patient):
        with transaction(engine) as session:
            (case,) = session.scalars(sa.select(Case).where(Case.patient_id == patient)).all() or (None,)
            if case is None:
                return None
            of_it = [
                session.scalars(sa.select(table).where(table.case_id == case.id).order_by(table.id)).all()
                for table in (CaseEvent, Delivery)
            ]
        story = [(one.kind, one.comment, one.evidence) for one in of_it[0]]
        messages = [(one.step, one.urgent, one.state, one.reason) for one in of_it[1]]
        return life_of(case), case.reason, story, messages

    with transaction(engine) as session:
        session.add_all(Decision(patient_id=cast.steady, **one) for one in said)
    assert take_decisions(engine, ["log"], NOON) == len(said)
    for one in said:
        with transaction(engine) as session:
            session.add(Decision(patient_id=cast.rising, **one))
        assert take_decisions(engine, ["log"], NOON) == 1
    assert told(cast.steady) == told(cast.rising)


def test_a_turn_that_cannot_be_written_keeps_no_other_waiting(engine, cast, refused):
    decide(engine, cast.steady)
    decide(engine, cast.rising)
    take_decisions(engine, ["log"], NOON)
    refused()
    assert take_turns(engine, ["log"], NOON + timedelta(hours=1)) == 1
    assert [case.step for case in rows(engine, Case)] == [1, 2]


def test_a_message_is_sent_once_and_says_nothing_clinical(engine, cast, tmp_path):
    decide(engine, cast.rising)
    take_decisions(engine, ["log"], NOON)
    channels = {"log": LogFile(tmp_path / "outbox.jsonl")}
    assert deliver_one(engine, channels, LINK, NOON)
    assert not deliver_one(engine, channels, LINK, NOON + timedelta(hours=1))
    (line,) = (tmp_path / "outbox.jsonl").read_text().splitlines()
    sent = json.loads(line)
    assert set(sent) == {"case", "step", "idempotency_key", "time", "link"}
    assert sent["link"] == f"{LINK}/cases/{sent['case']}"
    assert (tmp_path / "outbox.jsonl").stat().st_mode & 0o777 == 0o600
    assert [case.state for case in rows(engine, Case)] == ["notified"]


def test_nothing_is_sent_after_an_acknowledgement(engine, cast, tmp_path):
    decide(engine, cast.rising)
    take_decisions(engine, ["log"], NOON)
    with transaction(engine) as session:
        case_id = rows(engine, Case)[0].id
        assert case_acts.acknowledge(session, case_id, "nurse Anna", NOON, "seen")
        assert not case_acts.acknowledge(session, case_id, "somebody else", NOON)
    assert not deliver_one(engine, {"log": LogFile(tmp_path / "o")}, LINK, NOON + timedelta(hours=1))
    (case,) = rows(engine, Case)
    assert (case.state, case.acknowledged_by) == ("acknowledged", "nurse Anna")
    assert rows(engine, Delivery)[0].state == "cancelled"


def test_a_resolved_case_has_an_outcome_and_makes_room_for_the_next(engine, cast):
    decide(engine, cast.rising)
    take_decisions(engine, ["log"], NOON)
    with transaction(engine) as session:
        case_id = rows(engine, Case)[0].id
        assert case_acts.resolve(session, case_id, "nurse Anna", Outcome.ACTED, NOON, "dose raised")
        assert not case_acts.resolve(session, case_id, "nurse Anna", Outcome.FALSE, NOON)
    decide(engine, cast.rising, reason="the next day", day=NOON.date() + timedelta(days=1))
    take_decisions(engine, ["log"], NOON)
    assert [case.outcome for case in rows(engine, Case)] == ["acted", None]


def test_the_story_of_a_case_cannot_be_changed(engine, cast):
    decide(engine, cast.rising)
    take_decisions(engine, ["log"], NOON)
    for statement in ("UPDATE case_event SET actor = 'x'", "DELETE FROM case_event"):
        with pytest.raises(sa.exc.DBAPIError, match="only added"), engine.begin() as connection:
            connection.exec_driver_sql(statement)


class Sink:
    """A webhook that answers what it is told to and remembers what came."""

    def __init__(self, *answers: int) -> None:
        sink = self
        self.keys: list[str] = []
        left = list(answers)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                sink.keys.append(self.headers["Idempotency-Key"])
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(left.pop(0))
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def test_a_webhook_that_fails_is_tried_again_with_the_same_key(engine, cast):
    sink = Sink(500, 302, 204)
    channels = channels_from(sink.url, None)
    decide(engine, cast.rising)
    take_decisions(engine, list(channels), NOON)
    at = NOON
    for _ in range(3):
        assert deliver_one(engine, channels, LINK, at)
        assert not deliver_one(engine, channels, LINK, at + timedelta(milliseconds=10)), "it waits first"
        at += timedelta(minutes=1)
    sink.server.shutdown()
    sink.server.server_close()
    (delivery,) = rows(engine, Delivery)
    assert (delivery.state, delivery.attempts, len(sink.keys), len(set(sink.keys))) == ("sent", 3, 3, 1)


def test_a_channel_that_never_answers_is_given_up_and_says_so(engine, cast):
    channels = channels_from("http://127.0.0.1:9/", None)
    decide(engine, cast.rising)
    take_decisions(engine, list(channels), NOON)
    for i in range(25):  # a day and a night, as it is urgent
        assert deliver_one(engine, channels, LINK, NOON + timedelta(hours=i))
    (delivery,) = rows(engine, Delivery)
    assert (delivery.state, delivery.last_error) == ("failed", "the webhook did not answer: URLError")


def test_a_mail_has_the_link_and_nothing_clinical(engine, cast):
    mails: list[str] = []

    class Keep:
        async def handle_DATA(self, _server, _session, envelope):
            mails.append(envelope.content.decode())
            return "250 taken"

    server = Controller(Keep(), hostname="127.0.0.1", port=(port := free_port()))
    server.start()
    try:
        channels = channels_from(f"smtp://127.0.0.1:{port}/?from=a@ward.example&to=b@ward.example", None)
        decide(engine, cast.rising)
        take_decisions(engine, list(channels), NOON)
        assert deliver_one(engine, channels, LINK, NOON)
    finally:
        server.stop()
    (mail,) = mails
    assert f"{LINK}/cases/" in mail
    for word in (REASON, "P-rising", "pain", "worst"):
        assert word not in mail


@pytest.mark.parametrize("setting", ["", "ftp://x", "smtp://host/", "log"])
def test_a_channel_that_cannot_work_is_refused_in_one_sentence(setting):
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        channels_from(setting, None)
