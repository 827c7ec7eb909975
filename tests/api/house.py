"""The API in the tests: every route with a request that is right, and who may make it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from fastapi import FastAPI
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from ladder.words import Outcome
from store import people
from store.access import Account, Role, create_account, create_token, start_session
from store.alerts.case_acts import resolve
from store.alerts.case_life import NotNow
from store.alerts.cases import tell
from store.alerts.holds import silence_patient, snooze
from store.alerts.open_cases import open_or_join
from store.alerts.silences import AlertSilence, NotSilenced
from store.associations import Answer, claim_association, request_association, save_association
from store.database import now, transaction
from store.quarantine import Quarantined, keep
from store.results import save_day_indices
from store.treatments import add_treatment
from tests.cast import NOON, Cast, enrol_cast
from tests.ladder.wards import DOCUMENT

BASE = "http://testserver"
WARD = frozenset({"anna", "admin"})  # who sees the patients of the path
EVERYBODY = frozenset({"anna", "rita", "admin"})
SIGNED = ("anna", "hilda", "rita", "admin")
TOMORROW = (now() + timedelta(days=1)).isoformat()
ENTRY = "0190a5f0-0000-7000-8000-000000000001"


@dataclass(frozen=True)
class Call:
    """A request that is right, and the people for whom it succeeds; {patient} and {case} are filled in."""

    allowed: frozenset[str]
    status: int = 200
    query: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] | None = None


WINDOW = {"metric": "counts", "from": "2026-05-01T00:00:00Z", "to": "2026-05-03T00:00:00Z"}
PATIENT = "/api/v1/patients/{patient}"
CALLS = {
    ("GET", "/api/v1/patients"): Call(WARD | {"hilda"}),
    ("GET", PATIENT): Call(WARD),
    ("GET", PATIENT + "/days"): Call(WARD),
    ("GET", PATIENT + "/epochs"): Call(WARD, query=WINDOW),
    ("GET", PATIENT + "/coverage"): Call(WARD),
    ("GET", PATIENT + "/pain"): Call(WARD),
    ("POST", PATIENT + "/pain"): Call(
        WARD, 201, body={"id": ENTRY, "at": "2026-05-04T10:00:00+02:00", "worst": 4}
    ),
    ("GET", PATIENT + "/diary"): Call(WARD),
    ("GET", PATIENT + "/notes"): Call(WARD),
    ("GET", PATIENT + "/treatments"): Call(WARD),
    ("POST", PATIENT + "/treatments"): Call(WARD, 201, body={"kind": "chemo", "at": "2026-05-04T10:00:00Z"}),
    ("DELETE", PATIENT + "/treatments/{treatment}"): Call(WARD, 204),
    ("GET", PATIENT + "/doses"): Call(WARD),
    ("GET", PATIENT + "/risk"): Call(WARD),
    ("GET", PATIENT + "/associations"): Call(WARD),
    ("GET", PATIENT + "/responses"): Call(WARD),
    ("GET", "/api/v1/cohorts/responses/waterfall.svg"): Call(
        WARD | {"hilda"}, 404, query={"kind": "radiotherapy"}
    ),
    ("GET", "/api/v1/cohorts/responses"): Call(EVERYBODY | {"hilda"}, query={"kind": "radiotherapy"}),
    ("POST", "/api/v1/cohorts/associations"): Call(frozenset({"rita"}), 202, body={"index": "io"}),
    ("POST", PATIENT + "/associations"): Call(WARD, 202, body={"index": "io"}),
    ("GET", "/api/v1/cohorts/associations/{association}"): Call(WARD),
    ("GET", "/api/v1/cohorts/associations/{association}/lags.svg"): Call(WARD),
    ("GET", "/api/v1/cohorts/associations/{association}/within.svg"): Call(WARD),
    ("GET", "/api/v1/cases"): Call(WARD | {"hilda"}),
    ("GET", "/api/v1/cases/{case}"): Call(WARD),
    # In this order each can be done after the one before.
    ("POST", "/api/v1/cases/{case}/acknowledge"): Call(WARD, body={"comment": "seen"}),
    ("POST", "/api/v1/cases/{case}/assign"): Call(WARD, body={"to": "Berta"}),
    ("POST", "/api/v1/cases/{case}/snooze/agree"): Call(WARD),
    ("POST", "/api/v1/cases/{case}/snooze/end"): Call(WARD),
    ("POST", "/api/v1/cases/{case}/snooze"): Call(WARD, body={"until": TOMORROW, "reason": "a scan"}),
    ("POST", "/api/v1/cases/{case}/level/agree"): Call(WARD),
    ("POST", "/api/v1/cases/{case}/level/end"): Call(WARD),
    ("POST", "/api/v1/cases/{case}/reopen"): Call(WARD),
    ("POST", "/api/v1/cases/{case}/resolve"): Call(WARD, body={"outcome": "acted"}),
    ("POST", "/api/v1/cases/{case}/comment"): Call(WARD, body={"comment": "called the ward"}),
    ("GET", "/api/v1/silences"): Call(WARD | {"hilda"}),
    ("POST", "/api/v1/silences"): Call(
        frozenset({"anna"}), 201, body={"site": "main", "until": TOMORROW, "reason": "a fire drill"}
    ),
    ("POST", "/api/v1/silences/{silence}/agree"): Call(WARD),
    ("POST", "/api/v1/silences/{silence}/end"): Call(WARD),
    ("GET", "/api/v1/cohorts/trends"): Call(frozenset({"rita"}), query={"index": "io"}),
    ("GET", "/api/v1/sites/{site}/budget"): Call(WARD),
    ("PUT", "/api/v1/sites/{site}/budget"): Call(WARD, body={"pages_per_patient_week": 0.05}),
    ("GET", "/api/v1/sites/{site}/alerts"): Call(WARD),
    ("GET", "/api/v1/sites/{site}/plan"): Call(WARD),
    ("PUT", "/api/v1/sites/{site}/plan"): Call(
        frozenset({"admin"}), body={"plan": DOCUMENT, "reason": "the new rota"}
    ),
    ("GET", "/api/v1/quarantine"): Call(frozenset({"admin"})),
    ("GET", "/api/v1/quarantine/{number}"): Call(frozenset({"admin"})),
    ("POST", "/api/v1/quarantine/{number}/retry"): Call(frozenset({"admin"}), 202, body={}),
    ("POST", "/api/v1/quarantine/{number}/drop"): Call(frozenset({"admin"}), 204, body={"reason": "a test"}),
}
OPEN = {("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/metrics"), ("GET", "/openapi.json")}


@dataclass(frozen=True)
class House:
    """Two wards, a simulated patient, one case each, and everybody's token."""

    app: FastAPI
    engine: sa.Engine
    cast: Cast
    demo: int
    case: int
    demo_case: int
    association: int
    demo_association: int
    tokens: dict[str, str]

    def client(self, name: str | None = None, **more: Any) -> TestClient:
        """A program with that person's token, or without any."""
        headers = {"Accept": "application/json"} | (
            {"Authorization": f"Bearer {self.tokens[name]}"} if name else {}
        )
        return TestClient(
            self.app, BASE, headers=headers, follow_redirects=False, raise_server_exceptions=False, **more
        )

    def browser(self, name: str) -> TestClient:
        """A browser in which that person is logged in."""
        with transaction(self.engine) as session:
            account = session.scalars(sa.select(Account).where(Account.name == name)).one()
            secret = start_session(session, account, now())
        client = self.client()
        client.cookies.set("actalgia", secret)
        return client

    def refused(self) -> int:
        """The number of a message in quarantine."""
        with transaction(self.engine) as session:
            return refuse(session)

    def path(self, template: str, name: str = "anna") -> str:
        """The address; the administrator's patient is the simulated one."""
        simulated = name == "admin"
        if "{number}" in template:
            template = template.replace("{number}", str(self.refused()))
        case = self.demo_case if simulated else self.case
        if template.endswith(("/snooze/agree", "/snooze/end")):
            with suppress(NotNow), transaction(self.engine) as session:
                snooze(session, case, "Berta", now() + timedelta(days=1), "a scan", now())
        if template.endswith(("/level/end", "/level/agree")):
            with transaction(self.engine) as session:
                tell(session, case, now(), "evidence", "actalgia", evidence={"worst": 8})
                resolve(session, case, "Berta", Outcome.EXPECTED_LEVEL, now(), "as agreed")
        if "{silence" in template:
            patient = self.demo if simulated else self.cast.steady
            with suppress(NotSilenced), transaction(self.engine) as session:
                silence_patient(session, patient, "Berta", now() + timedelta(days=1), "on holiday", now())
            with transaction(self.engine) as session:
                newest = sa.select(sa.func.max(AlertSilence.id)).where(AlertSilence.patient_id == patient)
                number = str(session.scalar(newest))
            template = template.replace("{silence}", number).replace("{silence_id}", number)
        if "{treatment}" in template:
            patient = self.demo if simulated else self.cast.steady
            with transaction(self.engine) as session:
                kept, _ = add_treatment(session, patient, "surgery", NOON, None, "anna", NOON)
            template = template.replace("{treatment}", str(kept.id))
        return (
            template.replace("{patient}", "P-demo" if simulated else "P-steady")
            .replace("{site}", "main")
            .replace("{case}", str(self.demo_case if simulated else self.case))
            .replace("{case_id}", str(self.demo_case if simulated else self.case))
            .replace("{association}", str(self.demo_association if simulated else self.association))
        )


def furnish(app: FastAPI, engine: sa.Engine) -> House:
    cast = enrol_cast(engine)
    tokens = {}
    with transaction(engine) as session:
        people_here = (
            ("anna", Role.CLINICIAN, "main"), ("hilda", Role.CLINICIAN, "hill"),
            ("rita", Role.RESEARCHER, "main"), ("admin", Role.ADMINISTRATOR, "main"),
        )  # fmt: skip
        for name, role, site in people_here:
            tokens[name] = create_token(session, name, role, site)
            create_account(session, name, "no password", role, site)
        create_account(session, "Berta", "no password", Role.CLINICIAN, "main")
        demo = people.enrol_patient(session, "P-demo", "Europe/Rome", demonstration=True)
        case, demo_case = (
            open_or_join(session, patient, "high", "Worst pain 8.", {}, ["log"], NOON)[0]
            for patient in (cast.steady, demo.id)
        )
        asked = [
            request_association(session, [patient], ["io"], NOON.date(), NOON.date(), "anna", NOON).id
            for patient in (cast.steady, demo.id)
        ]
        for _ in asked:
            answer_oldest(session, {"io": -0.4}, 1)
    return House(app, engine, cast, demo.id, case, demo_case, *asked, tokens)


def answer_oldest(
    session: Session, found: dict[str, float | None], n_patients: int, p: float | None = 0.01
) -> None:
    """What analytics does with the oldest question: r of each index, or too little data."""
    asked = claim_association(session, NOON)
    assert asked is not None
    why = "too little data: 1 complete day"
    documents = [
        {
            "index": index, "unit": "%", "n_patients": n_patients, "n_days": 50, "missing_share": 0.25, "method": "links 1", "lags": [], "mixed": {"converged": False},
            "rmcorr": {"r": None, "r_reason": why, "p": None} if r is None else {"r": r, "p": p, "p_reason": "a p value needs 30", "ci": [r - 0.1, r + 0.1], "n_eff": 40.2},
        }
        for index, r in found.items()
    ]  # fmt: skip
    drawn = {
        (index, kind): f"<svg>{kind} of {index}</svg>"
        for index, r in found.items()
        if r
        for kind in ("lags", "within")
    }
    none = all(r is None for r in found.values())
    answer = Answer(documents, why if none else None, n_patients, 50, "links 1", drawn)
    assert save_association(session, asked, answer, NOON)


def refuse(session: Session, device: str = "watch-9", payload: bytes = b"pain 7") -> int:
    """A message in quarantine."""
    row = {
        "device": device, "topic": f"actalgia/v1/{device}/up/raw", "payload": payload, "digest": sha256(payload).digest(),
        "reason": "the device is not enrolled", "stream": "raw", "boot": 1, "seq": 0, "t0": NOON, "received_at": NOON,
    }  # fmt: skip
    keep(session, [row])
    return session.scalars(sa.select(Quarantined.id).order_by(Quarantined.id.desc()).limit(1)).one()


def routes_of(app: FastAPI) -> Iterator[tuple[str, str]]:
    """(method, path) of every route, included routers too; HEAD goes with GET."""

    def walk(routes: Any) -> Iterator[tuple[str, str]]:
        for route in routes:
            inner = getattr(route, "original_router", None)
            if inner is not None:
                yield from walk(inner.routes)
            else:
                yield from ((method, route.path) for method in sorted(route.methods - {"HEAD"}))

    yield from walk(app.routes)


def save_index(
    engine: sa.Engine,
    patient_id: int,
    day: date,
    value: float | None,
    index: str = "io",
    method: str = "1",
    unit: str = "%",
) -> None:
    row = {
        "patient_id": patient_id, "day": day, "index": index, "method": method, "value": value, "unit": unit,
        "reason": "too little data: 3 valid hours" if value is None else None, "worn_min": 1400.0, "input_digest": b"x", "provenance_id": None,
        "computed_at": datetime(2026, 6, 1, tzinfo=UTC) + timedelta(minutes=int(method)),
    }  # fmt: skip
    with transaction(engine) as session:
        save_day_indices(session, [row])
