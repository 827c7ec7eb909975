"""Cases through the programming interface."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from store.access import AuditEntry
from store.alerts.case_acts import resolve
from store.alerts.open_cases import open_or_join
from store.alerts.outbox import Delivery
from store.database import transaction
from tests.api.house import House
from tests.cast import NOON


def act(house: House, what: str, body: dict[str, str] | None = None):
    return house.client("anna").post(f"/api/v1/cases/{house.case}/{what}", json=body)


def test_acknowledging_twice_changes_nothing_and_nobody_else_is_told(house: House) -> None:
    first, second = act(house, "acknowledge", {"comment": "on my way"}), act(house, "acknowledge")
    assert [a.json()["changed"] for a in (first, second)] == [True, False]
    assert first.json()["case"] == second.json()["case"]
    case = first.json()["case"]
    assert (case["state"], case["acknowledged_by"], case["patient"]) == ("acknowledged", "anna", "P-steady")
    with transaction(house.engine) as session:
        states = session.scalars(sa.select(Delivery.state).where(Delivery.case_id == house.case)).all()
    assert states == ["cancelled"]


def test_a_resolved_case_has_an_outcome_and_keeps_its_first(house: House) -> None:
    first, second = act(house, "resolve", {"outcome": "acted"}), act(house, "resolve", {"outcome": "false"})
    assert [(a.json()["changed"], a.json()["case"]["outcome"]) for a in (first, second)] == [
        (True, "acted"),
        (False, "acted"),
    ]
    assert first.json()["case"]["acknowledged_by"] == "anna"


def test_a_comment_that_comes_with_an_answer_too_late_is_kept_once(house: House) -> None:
    act(house, "acknowledge")
    for _ in range(2):
        late = act(house, "acknowledge", {"comment": "I call him"})
    assert (late.status_code, late.json()["changed"]) == (200, False)
    assert late.json()["case"]["acknowledged_by"] == "anna" and late.json()["case"]["held_until"]
    act(house, "reopen", {"comment": "not over"})
    act(house, "assign", {"to": "anna"})
    act(house, "assign", {"to": "anna", "comment": "mine"})
    act(house, "resolve", {"outcome": "acted"})
    closed = act(house, "resolve", {"outcome": "false", "comment": "he slept on it"}).json()["case"]
    assert (closed["resolved_by"], closed["outcome"]) == ("anna", "acted")
    act(house, "acknowledge", {"comment": "seen, too"})
    events = house.client("anna").get(f"/api/v1/cases/{house.case}").json()["events"]
    kept = [one["comment"] for one in events if one["kind"] == "comment"]
    assert kept == ["I call him", "not over", "mine", "he slept on it", "seen, too"]
    with transaction(house.engine) as session:
        actions = sa.select(AuditEntry.actor).where(AuditEntry.action == "case.comment")
        assert list(session.scalars(actions)) == ["anna"] * 5


@pytest.mark.parametrize(
    "what, body",
    [
        ("resolve", {}), ("resolve", {"outcome": "cured"}), ("resolve", {"outcome": "acted", "by": "somebody else"}),
        ("comment", {"comment": ""}), ("comment", {"comment": "a\0b"}), ("comment", {"comment": "x" * 2001}), ("comment", {}),
        ("comment", {"comment": " \n"}), ("assign", {"to": "  "}), ("snooze", {"until": "2099-01-01T00:00:00Z", "reason": " "}),
    ],
)  # fmt: skip
def test_an_action_that_makes_no_sense_is_refused(house: House, what: str, body: dict[str, str]) -> None:
    assert act(house, what, body).status_code == 422


def test_a_case_is_shown_with_its_story_and_its_messages(house: House) -> None:
    act(house, "comment", {"comment": "called"})
    act(house, "acknowledge", {"comment": "seen"})
    found = house.client("anna").get(f"/api/v1/cases/{house.case}").json()
    assert [(e["kind"], e["actor"], e["comment"]) for e in found["events"]] == [
        ("opened", "actalgia", None), ("comment", "anna", "called"), ("acknowledged", "anna", "seen"),
    ]  # fmt: skip
    assert [(d["channel"], d["step"], d["state"], d["sent_at"]) for d in found["deliveries"]] == [
        ("log", 1, "cancelled", None)
    ]


def test_cases_come_newest_first_by_state_and_kind_in_pages(house: House) -> None:
    opened = []
    with transaction(house.engine) as session:
        for _ in range(3):
            case_id, new = open_or_join(session, house.cast.rising, "low", "Worst pain 7.", {}, [], NOON)
            assert new
            resolve(session, case_id, "anna", "acted", NOON)
            opened.append(case_id)
    client = house.client("anna")

    def listed(**query: str) -> list[int]:
        found: list[int] = []
        while True:
            page = client.get("/api/v1/cases", params={"limit": "2", **query}).json()
            found += [item["id"] for item in page["items"]]
            if page["next"] is None:
                return found
            query["cursor"] = page["next"]

    assert listed() == [*reversed(opened), house.demo_case, house.case]
    assert listed(state="resolved") == list(reversed(opened))
    assert listed(state="opened", kind="clinical") == [house.demo_case, house.case]
    assert listed(kind="technical") == []
    assert house.client("hilda").get("/api/v1/cases").json()["items"] == []
    assert client.get("/api/v1/cases?state=closed").status_code == 422


def test_quarantine_names_what_was_refused_and_shows_nothing_of_it(house: House) -> None:
    with transaction(house.engine) as session:
        for i in range(3):
            session.execute(
                sa.text(
                    "INSERT INTO quarantine (device, topic, payload, digest, reason, received_at, times) "
                    "VALUES ('watch-1', 'actalgia/v1/watch-1/up/diary', :payload, :digest, 'not JSON', :at, 1)"
                ),
                {"payload": b"worst: nine" * (i + 1), "digest": bytes([i]) * 32, "at": NOON},
            )
    client = house.client("admin")
    first = client.get("/api/v1/quarantine?limit=2").json()
    rest = client.get("/api/v1/quarantine", params={"limit": 2, "cursor": first["next"]}).json()
    items = first["items"] + rest["items"]
    assert [(i["size"], i["digest"][:4], i["reason"]) for i in items] == [
        (33, "0202", "not JSON"),
        (22, "0101", "not JSON"),
        (11, "0000", "not JSON"),
    ]
    assert rest["next"] is None and "payload" not in items[0] and "nine" not in str(items)
