"""What a person does on the pages, and what was there before they came."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from html import unescape

import sqlalchemy as sa
from pwdlib import PasswordHash
from starlette.testclient import TestClient

from store.access import AuditEntry
from store.alerts.open_cases import open_or_join
from store.database import now, transaction
from store.decisions import Decision, add_decision
from store.diary import add_ward_report
from tests.pages.minutes import send_minutes

PASSWORD = "correct horse"
HASHED = PasswordHash.recommended().hash(PASSWORD)
HTML = {"Accept": "text/html"}
HOUR = timedelta(hours=1)


def token_in(text: str) -> str:
    return re.search(r'name="csrf_token" value="([0-9a-f]+)"', text)[1]


def log_in(client: TestClient, name: str = "anna", wanted: str = "/", password: str = PASSWORD):
    form = client.get("/login", params={"next": wanted})
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form.text))
    return client.post("/login", data={**fields, "name": name, "password": password})


def words_of(html: str) -> str:
    """What a reader sees, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html.split("<main", 1)[-1])).split())


def post(client: TestClient, path: str, **fields: str):
    return client.post(path, data={"csrf_token": token_in(client.get("/").text), **fields})


def opened(engine: sa.Engine, patient_id: int, severity: str = "high", ago: timedelta = 3 * HOUR) -> int:
    with transaction(engine) as session:
        reason = "Worst pain 8 today, 3 above the usual 5."
        return open_or_join(session, patient_id, severity, reason, {"reason": reason}, ["log"], now() - ago)[
            0
        ]


def decided(engine: sa.Engine, patient_id: int, verdict: str, reason: str) -> None:
    with transaction(engine) as session:
        at = now()
        day = at.date()
        common = {"severity": None, "evidence": {}, "rule": "test 1", "reported_at": None, "decided_at": at}
        add_decision(
            session, Decision(patient_id=patient_id, day=day, verdict=verdict, reason=reason, **common)
        )


def reported(
    engine: sa.Engine, patient_id: int, worst: int | None, ago: timedelta, skipped: str | None = None
):
    at = now() - ago
    values = {
        "entry": uuid.uuid4(),
        "at": at,
        "received_at": at,
        "worst": worst,
        "skipped": skipped,
        "detail": {},
    }
    with transaction(engine) as session:
        add_ward_report(session, patient_id, values)


def moved(engine: sa.Engine, device_id: int, ago: timedelta, minutes: int = 90) -> None:
    start = (now() - ago).replace(second=0, microsecond=0) - (minutes - 1) * timedelta(minutes=1)
    send_minutes(engine, device_id, start, [25.0] * minutes)


def audit(engine: sa.Engine, action: str) -> list[AuditEntry]:
    with transaction(engine) as session:
        return list(session.scalars(sa.select(AuditEntry).where(AuditEntry.action == action)))
