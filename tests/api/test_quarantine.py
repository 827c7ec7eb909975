"""What an administrator decides about refused messages, over HTTP."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from ingest.batch import write_batch
from ingest.messages import Raw
from ingest.retry import retry_marked
from store import people
from store.access import AuditEntry
from store.database import transaction
from tests.api.house import House
from tests.cast import NOON, incoming, micro

QUARANTINE = "/api/v1/quarantine"


def refused(house: House, device: str, seq: int = 0, hours_ahead: int = -1) -> int:
    """A block that went to quarantine on its way in."""
    t0 = micro(NOON + timedelta(hours=hours_ahead))
    block = Raw(boot=1, seq=seq, t0=t0, hz=50.0, scale=1 / 256, xyz=bytes(600))
    assert write_batch(house.engine, [incoming(device, block)], NOON).quarantined == 1
    return int(house.client("admin").get(QUARANTINE).json()["items"][0]["id"])


def test_a_message_is_retried_and_says_what_became_of_it(house: House) -> None:
    number = refused(house, "watch-9")
    with transaction(house.engine) as session:
        people.enrol_device(session, "watch-9", "hash")
    client = house.client("admin")
    asked = client.post(f"{QUARANTINE}/{number}/retry")
    assert (asked.status_code, asked.json()["state"], asked.json()["retry_by"]) == (202, "retry", "admin")
    assert retry_marked(house.engine, NOON) == 1
    became = client.get(f"{QUARANTINE}/{number}").json()
    assert (became["state"], became["decided_by"], became["t0"]) == ("stored", "admin", None)
    assert client.get(QUARANTINE).json()["items"] == []


def test_a_message_with_a_wrong_clock_is_retried_at_its_true_time(house: House) -> None:
    number = refused(house, "watch-1", hours_ahead=900)
    client = house.client("admin")
    asked = client.post(f"{QUARANTINE}/{number}/retry", json={"t0": "2026-05-04T13:00:00+02:00"})
    assert asked.json()["retry_t0"] == "2026-05-04T11:00:00Z"
    assert retry_marked(house.engine, NOON) == 1
    assert client.get(f"{QUARANTINE}/{number}").json()["t0"] == "2026-05-04T11:00:00Z"
    with house.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT t0 FROM block")).scalar_one() == NOON - timedelta(hours=1)


def test_a_time_without_offset_is_refused(house: House) -> None:
    number = refused(house, "watch-1", hours_ahead=900)
    answer = house.client("admin").post(f"{QUARANTINE}/{number}/retry", json={"t0": "2026-05-04T13:00:00"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "t0"


def test_a_message_is_dropped_with_a_reason_that_stays(house: House) -> None:
    number = refused(house, "watch-9")
    client = house.client("admin")
    for reason in ("", "   "):
        assert client.post(f"{QUARANTINE}/{number}/drop", json={"reason": reason}).status_code == 422
    assert client.post(f"{QUARANTINE}/{number}/drop", json={"reason": "not ours"}).status_code == 204
    became = client.get(f"{QUARANTINE}/{number}").json()
    assert (became["state"], became["reason"]) == ("dropped", "not ours")
    assert client.post(f"{QUARANTINE}/{number}/drop", json={"reason": "not ours"}).status_code == 404
    with transaction(house.engine) as session:
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "quarantine.drop")).one()
    assert entry.actor == "admin"
    assert entry.detail == f"message {number} of device watch-9, digest {became['digest']}: not ours"


def test_what_ingest_is_trying_is_left_to_it(house: House) -> None:
    number = refused(house, "watch-9")
    client = house.client("admin")
    client.post(f"{QUARANTINE}/{number}/retry")
    with house.engine.begin() as connection:
        connection.execute(sa.text("UPDATE quarantine SET retry_claimed_until = now() + interval '1 minute'"))
    for path, body in (("retry", {}), ("drop", {"reason": "why"})):
        answer = client.post(f"{QUARANTINE}/{number}/{path}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_a_message_that_never_was_is_not_found(house: House) -> None:
    client = house.client("admin")
    assert client.get(f"{QUARANTINE}/999").status_code == 404
    assert client.post(f"{QUARANTINE}/999/retry").status_code == 404
    assert client.get(f"{QUARANTINE}/{2**63}").status_code == 422


def test_no_answer_has_a_byte_of_a_payload(house: House) -> None:
    number = house.refused()
    client = house.client("admin")
    texts = [client.get(path).text for path in (QUARANTINE, f"{QUARANTINE}/{number}")]
    texts.append(client.post(f"{QUARANTINE}/{number}/retry").text)
    assert all("pain 7" not in text and "payload" not in text for text in texts)
