"""What people do with cases, and silences, through the programming interface."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from store.access import AuditEntry, Role, create_account, create_token
from store.alerts.cases import tell
from store.alerts.open_cases import open_or_join
from store.database import now, transaction
from tests.api.house import House

DAY = timedelta(days=1)


@pytest.fixture
def berta(house: House) -> House:
    with transaction(house.engine) as session:
        house.tokens["berta"] = create_token(session, "berta", Role.CLINICIAN, "main")
        create_account(session, "berta", "no password", Role.CLINICIAN, "main")
        house.tokens["a script"] = create_token(session, "a script", Role.CLINICIAN, "main")
    return house


def act(house: House, what: str, name: str = "anna", case: int | None = None, **body: str):
    return house.client(name).post(f"/api/v1/cases/{case or house.case}/{what}", json=body or None)


def in_days(days: float) -> str:
    return (now() + days * DAY).isoformat()


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def medium(house: House) -> int:
    with transaction(house.engine) as session:
        return open_or_join(session, house.cast.rising, "medium", "Worst pain 6.", {}, ["log"], now())[0]


def test_an_acknowledgement_says_until_when(house: House) -> None:
    until = in_days(2)
    case = act(house, "acknowledge", until=until, comment="called").json()["case"]
    assert instant(case["held_until"]) == instant(case["next_at"]) == instant(until)
    detail = house.client("anna").get(f"/api/v1/cases/{house.case}").json()
    assert detail["next"].startswith("anna has it until ") and "CE" in detail["next"], "the patient's clock"


@pytest.mark.parametrize("days", [-1, 31])
@pytest.mark.parametrize("what", ["acknowledge", "assign", "snooze"])
def test_what_holds_too_long_or_not_at_all_is_refused(house: House, what: str, days: int) -> None:
    more = {"assign": {"to": "Berta"}, "snooze": {"reason": "x"}}.get(what, {})
    refused = act(house, what, until=in_days(days), **more)
    assert refused.status_code == 409
    assert refused.json()["detail"].endswith(".")


def test_a_case_is_handed_to_somebody_who_has_it(house: House) -> None:
    case = act(house, "assign", to="doctor Berta").json()["case"]
    assert (case["state"], case["assigned_to"]) == ("in_progress", "doctor Berta")
    assert act(house, "assign", to="doctor Berta").json()["changed"] is False


def test_an_urgent_case_is_snoozed_by_two(berta: House) -> None:
    asked = act(berta, "snooze", until=in_days(1), reason="waits for the scan").json()
    assert asked["case"]["snoozed_until"] is None
    assert asked["waits"] == "anna has asked for it: it is in force when a second person agrees."
    assert (asked["snooze"]["author"], asked["snooze"]["in_force"]) == ("anna", False)
    own = act(berta, "snooze/agree")
    assert (own.status_code, own.json()["detail"]) == (
        409, "anna has asked for it: another person has to agree.",
    )  # fmt: skip
    assert act(berta, "snooze/agree", "hilda").status_code == 404
    program = act(berta, "snooze/agree", "a script")
    assert (program.status_code, "person who logs in" in program.json()["detail"]) == (409, True)
    agreed = act(berta, "snooze/agree", "berta").json()
    assert agreed["waits"] is None and agreed["snooze"]["second"] == "berta"
    assert agreed["case"]["snoozed_until"] == agreed["snooze"]["until"]
    ended = act(berta, "snooze/end", "berta").json()
    assert (ended["snooze"], ended["case"]["snoozed_until"]) == (None, None)


def test_one_person_snoozes_what_is_not_urgent(house: House) -> None:
    case = medium(house)
    done = act(house, "snooze", case=case, until=in_days(1), reason="sleeps").json()
    assert done["waits"] is None and done["case"]["snoozed_until"] is not None
    again = act(house, "snooze", case=case, until=in_days(2), reason="sleeps")
    assert again.status_code == 409 and "anna has made a snooze until" in again.json()["detail"]
    with transaction(house.engine) as session:
        actions = session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["case.snooze"], "what was refused changes nothing"


def test_only_an_expected_level_can_be_ended(house: House) -> None:
    act(house, "resolve", outcome="acted")
    assert act(house, "level/end").status_code == 409


def test_a_program_may_close_as_expected_without_a_word_and_then_no_level_is_expected(house: House) -> None:
    assert act(house, "resolve", outcome="expected_level").status_code == 200
    assert act(house, "level/end").json()["detail"] == f"Case {house.case} holds no expected level now."


def test_a_level_that_covers_urgent_pain_is_agreed_to_by_somebody_else(berta: House) -> None:
    with transaction(berta.engine) as session:
        tell(session, berta.case, now(), "evidence", "actalgia", evidence={"worst": 8})
    act(berta, "resolve", outcome="expected_level", comment="since the operation")
    assert act(berta, "level/agree").status_code == 409
    assert act(berta, "level/agree", "hilda").status_code == 404
    assert act(berta, "level/agree", "berta").status_code == 200
    assert act(berta, "level/agree", "berta").status_code == 409, "it is in force"


def test_the_audit_says_who_when_and_where_the_reason_is_written(berta: House) -> None:
    """The words of a clinician may be clinical: they stay in their row, whose digest is in the chain."""
    act(berta, "snooze", until=in_days(1), reason="waits for the zebra")
    act(berta, "snooze/agree", "berta")
    body = {"patient": "P-rising", "until": in_days(1), "reason": "on zebra holiday"}
    made = berta.client("anna").post("/api/v1/silences", json=body).json()
    berta.client("berta").post(f"/api/v1/silences/{made['id']}/end")
    act(berta, "resolve", outcome="expected_level", comment="zebra")
    with transaction(berta.engine) as session:
        entries = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(one.actor, one.action, one.reason) for one in entries] == [
        ("anna", "case.snooze", "as written in alert_silence 1"),
        ("berta", "case.snooze.agree", "as written in alert_silence 1"),
        ("anna", "silence.add", "as written in alert_silence 2"),
        ("berta", "silence.end", "as written in alert_silence 2"),
        ("anna", "case.resolve", f"as written in case {berta.case}"),
    ]


def test_a_case_is_reopened_by_whoever_has_it_then(house: House) -> None:
    act(house, "resolve", outcome="false", comment="a spilt coffee")
    again = act(house, "reopen", comment="it was pain").json()
    assert (again["changed"], again["case"]["state"]) == (True, "acknowledged")
    assert (again["case"]["outcome"], again["case"]["acknowledged_by"]) == (None, "anna")
    assert act(house, "reopen").json()["changed"] is False


def test_what_was_suppressed_stands_in_the_story_with_its_reason(house: House) -> None:
    client = house.client("anna")
    body = {"patient": "P-rising", "until": in_days(1), "reason": "on holiday"}
    made = client.post("/api/v1/silences", json=body).json()
    assert made["waits"] == "Urgent pages pass through it until a second person agrees."
    case = medium(house)
    detail = client.get(f"/api/v1/cases/{case}").json()
    (message,) = detail["deliveries"]
    assert (message["state"], message["recipient"]) == ("suppressed", "")
    assert message["reason"].startswith("silenced by anna until ")
    assert [e["kind"] for e in detail["events"]] == ["opened", "suppressed"]
    ended = client.post(f"/api/v1/silences/{made['id']}/end").json()
    assert (ended["ended_by"], ended["in_force"]) == ("anna", False)
    assert instant(client.get(f"/api/v1/cases/{case}").json()["next_at"]) <= now()


def test_a_silence_covers_urgent_pages_when_a_second_person_agrees(berta: House) -> None:
    body = {"site": "main", "until": in_days(1), "reason": "a fire drill"}
    made = berta.client("anna").post("/api/v1/silences", json=body).json()
    path = f"/api/v1/silences/{made['id']}/agree"
    assert berta.client("anna").post(path).status_code == 409
    assert berta.client("hilda").post(path).status_code == 404
    agreed = berta.client("berta").post(path).json()
    assert (agreed["second"], agreed["covers_urgent"], agreed["waits"]) == ("berta", True, None)


def test_silences_are_listed_newest_first_and_only_of_the_own_site(house: House) -> None:
    client = house.client("anna")
    bodies = [{"patient": code, "until": in_days(1), "reason": "x"} for code in ("P-rising", "P-steady")]
    made = [client.post("/api/v1/silences", json=body).json()["id"] for body in bodies]
    first = client.get("/api/v1/silences?limit=1").json()
    rest = client.get("/api/v1/silences", params={"cursor": first["next"]}).json()
    assert [one["id"] for one in first["items"] + rest["items"]] == made[::-1]
    assert first["items"][0]["patient"] == "P-steady"
    client.post(f"/api/v1/silences/{made[0]}/end")
    assert [one["id"] for one in client.get("/api/v1/silences").json()["items"]] == made[1:]
    assert len(client.get("/api/v1/silences?ended=true").json()["items"]) == 2
    assert house.client("hilda").get("/api/v1/silences").json()["items"] == []


@pytest.mark.parametrize(
    "body, status",
    [
        ({"reason": "x"}, 422), ({"patient": "P-rising", "site": "main", "reason": "x"}, 422),
        ({"patient": "P-rising"}, 422), ({"patient": "P-rising", "reason": ""}, 422),
        ({"patient": "P-elsewhere", "reason": "x"}, 404), ({"site": "hill", "reason": "x"}, 404),
        ({"patient": "P-rising", "reason": "x", "until": "2026-05-04T12:00:00"}, 422),
        ({"patient": "P-rising", "reason": "x", "until": "2026-05-04T12:00:00Z"}, 409),
    ],
)  # fmt: skip
def test_a_silence_that_makes_no_sense_is_refused(house: House, body: dict[str, str], status: int) -> None:
    assert (
        house.client("anna").post("/api/v1/silences", json={"until": in_days(1)} | body).status_code == status
    )
