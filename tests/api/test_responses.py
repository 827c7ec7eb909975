"""Responses over the API: of one patient with reasons, of the own ward with its patients, of all as aggregates."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
import sqlalchemy as sa

from analytics.response.treated import Measure, responded
from analytics.response.windows import Event, daily
from store import people
from store.access import AuditEntry
from store.database import transaction
from store.responses import Response
from store.treatments import Particulars, add_treatment
from tests.api.house import House
from tests.cast import NOON

COHORT = "/api/v1/cohorts/responses"
DAY0 = NOON.date()


def response_of(after: float, seed: int = 1, today: int = 60):
    """From 7 to `after` on a stable dose, with a little noise in the average."""
    days = [DAY0 + timedelta(days=k) for k in range(-28, today + 1)]
    worst = daily(days, [7 if day <= DAY0 else after for day in days], DAY0)
    noise = np.random.default_rng(seed).normal(size=len(days))
    average = daily(days, [4 + e - (day > DAY0) for day, e in zip(days, noise, strict=True)], DAY0)
    ome = daily(days, [60.0] * len(days), DAY0)
    measures = [Measure("worst", "0-10", worst), Measure("average", "0-10", average)]
    return responded(Event(1, DAY0, "radiotherapy"), [], today, worst, ome, measures)


def treat(
    house: House,
    patient: int,
    technique: str | None = "8 Gy",
    after: float | None = 4,
    seed: int = 1,
    day: int = 0,
) -> int:
    """A treatment and, unless `after` is None, its response."""
    with transaction(house.engine) as session:
        at = NOON + timedelta(days=day)
        kept, _ = add_treatment(
            session, patient, "radiotherapy", at, None, "anna", NOON, Particulars(technique)
        )
        if after is not None:
            values = {"computed_at": NOON, "method": "response 1", "result": response_of(after, seed)}
            session.add(Response(treatment_id=kept.id, patient_id=patient, due_at=None, **values))
        return kept.id


def many(house: House, name: str, count: int, technique: str | None, after: float = 4) -> None:
    for k in range(count):
        with transaction(house.engine) as session:
            patient = people.enrol_patient(session, f"{name}-{k}", "Europe/Rome").id
        treat(house, patient, technique, after, seed=k)


def of(house: House, name: str, **query: str):
    return house.client(name).get(
        COHORT, params={"kind": "radiotherapy", "from": "2026-04-01", "to": "2026-06-30", **query}
    )


def test_a_patients_responses_have_endpoint_reason_times_and_measures(house: House) -> None:
    first = treat(house, house.cast.steady)
    waiting = treat(house, house.cast.steady, "nothing yet", None)
    page = (
        house.client("anna").get("/api/v1/patients/P-steady/responses?from=2026-04-01&to=2026-06-30").json()
    )
    assert [(one["treatment"], one["state"]) for one in page["items"]] == [
        (waiting, "waiting"),
        (first, "computed"),
    ]
    shown = page["items"][1]
    assert (shown["endpoint"], shown["technique"], shown["method"]) == ("partial", "8 Gy", "response 1")
    assert shown["reason"] == "pain 3 points lower, stable analgesia"
    result = shown["result"]
    assert (result["time_to_response_days"], result["censored"], result["rules"]["baseline_days"]) == (
        7,
        True,
        7,
    )
    assert result["measures"][1]["level_change_ci"][0] < -1 < result["measures"][1]["level_change_ci"][1]
    further = (
        house.client("anna")
        .get("/api/v1/patients/P-steady/responses?from=2026-04-01&to=2026-06-30&limit=1")
        .json()
    )
    assert further["next"] is not None


def test_the_ward_sees_its_own_patients_by_technique(house: House) -> None:
    treat(house, house.cast.steady, "8 Gy x 1", 4)
    treat(house, house.cast.rising, "4 Gy x 5", 7)
    treat(house, house.cast.elsewhere, "8 Gy x 1", 4)
    found = of(house, "anna").json()
    assert [(one["technique"], one["n_patients"], one["last"]["partial"]) for one in found["groups"]] == [
        ("4 Gy x 5", 1, 0), ("8 Gy x 1", 1, 1),
    ]  # fmt: skip
    assert [(one["patient"], one["endpoint"], one["pain_change"]) for one in found["patients"]] == [
        ("P-rising", "indeterminate", 0.0), ("P-steady", "partial", -3.0),
    ]  # fmt: skip
    assert "small numbers" in found["groups"][0]["note"]
    assert [one["technique"] for one in of(house, "anna", by="none").json()["groups"]] == ["all"]
    assert [one["patient"] for one in of(house, "hilda").json()["patients"]] == ["P-elsewhere"]


def test_what_is_not_computed_yet_is_counted_as_waiting(house: House) -> None:
    treat(house, house.cast.steady, after=None)
    found = of(house, "anna").json()
    assert (found["n_waiting"], found["groups"], found["patients"]) == (1, [], [])


def test_a_researcher_learns_nothing_of_fewer_than_ten(house: House) -> None:
    many(house, "R", 9, "8 Gy")
    found = of(house, "rita", **{"from": "2026-01-01"}).json()
    assert (found["suppressed"], found["groups"], found["patients"], found["n_waiting"]) == (
        True,
        [],
        None,
        None,
    )
    many(house, "S", 3, "a rare technique", 7)
    found = of(house, "rita").json()
    assert (found["suppressed"], [(one["technique"], one["n_patients"]) for one in found["groups"]]) == (
        False,
        [("other", 12)],
    )
    assert found["groups"][0]["last"]["partial"] == 9
    assert found["groups"][0]["duration"] is None  # nine responded
    assert "rare" not in str(found) and "R-1" not in str(found)


def test_a_researchers_window_is_one_calendar_year(house: House) -> None:
    found = of(house, "rita").json()
    assert (found["first"], found["last"]) == ("2026-01-01", "2026-12-31")
    refused = of(house, "rita", **{"from": "2025-12-31"})
    assert refused.status_code == 422 and "one calendar year" in refused.json()["detail"]


def test_large_groups_have_their_pooled_change(house: House) -> None:
    many(house, "R", 12, "8 Gy")
    (group,) = of(house, "rita").json()["groups"]
    worst, average = group["level_changes"]
    assert average["n"] == 12 and average["ci"][0] < -1 < average["ci"][1]
    assert worst["estimate"] is None and worst["estimate_reason"]  # without any error there is no weight
    assert group["last"]["rate"] == 1.0 and group["last"]["rate_ci"][0] == 0.758


def test_another_sites_patient_does_not_exist_and_looks_are_written_down(house: House) -> None:
    assert house.client("hilda").get("/api/v1/patients/P-steady/responses").status_code == 404
    assert house.client("rita").get("/api/v1/patients/P-steady/responses").status_code == 403
    house.client("anna").get("/api/v1/patients/P-steady/responses")
    of(house, "anna")
    with transaction(house.engine) as session:
        entries = session.scalars(sa.select(AuditEntry).where(AuditEntry.actor == "anna")).all()
    assert [(one.action, one.patient_id, one.detail) for one in entries][-2:] == [
        ("patient.view", house.cast.steady, "responses"),
        ("cohort.responses", None, "kind=radiotherapy by=technique from=2026-04-01 to=2026-06-30"),
    ]


@pytest.mark.parametrize(
    "query", [{"kind": "8 Gy"}, {"by": "site"}, {"from": "2026-07-01"}, {"from": "1990-01-01"}]
)
def test_a_question_that_cannot_be_asked_is_refused(house: House, query: dict[str, str]) -> None:
    assert of(house, "anna", **query).status_code == 422


def test_the_ward_sees_a_waterfall_of_its_own_patients(house: House) -> None:
    treat(house, house.cast.steady, "8 Gy x 1", 4)
    treat(house, house.cast.steady, "a second course", 7, day=20)
    treat(house, house.cast.rising, "<4 Gy> x 5", 7)
    treat(house, house.cast.elsewhere, "8 Gy x 1", 4)
    asked = {"kind": "radiotherapy", "from": "2026-04-01", "to": "2026-06-30"}
    drawn = house.client("anna").get(COHORT + "/waterfall.svg", params=asked)
    assert drawn.status_code == 200 and drawn.headers["content-type"] == "image/svg+xml"
    assert drawn.text.count('<g class="bar"') == 2 and "P-steady" in drawn.text
    assert "P-elsewhere" not in drawn.text and "a second course" not in drawn.text
    assert "&lt;4 Gy&gt; x 5" in drawn.text
    assert house.client("rita").get(COHORT + "/waterfall.svg", params=asked).status_code == 403
    assert (
        house.client("anna").get(COHORT + "/waterfall.svg", params=asked | {"kind": "surgery"}).status_code
        == 404
    )
