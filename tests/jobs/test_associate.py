"""The association of an index and daily worst pain, asked of the database and answered by analytics."""

from __future__ import annotations

import csv
import uuid
from datetime import timedelta

import numpy as np
import pytest
import sqlalchemy as sa

from analytics.jobs.associate import associate
from store import diary, people, results, schema
from store.associations import Association, request_association
from store.database import engine_for, transaction
from tests.cast import NOON
from tests.conftest import SHARED, new_database

BLAND = SHARED / "data/actigraphy/repeated/rmcorr_bland1995.csv"


def ask(engine, patients):
    with transaction(engine) as session:
        asked = request_association(
            session, patients, "mean_activity", NOON.date(), NOON.date() + timedelta(days=40), "test", NOON
        )
    assert associate(engine, NOON) == 1
    assert associate(engine, NOON) == 0
    with transaction(engine) as session:
        return session.get_one(Association, asked.id)


def store_day(session, patient, number, value, worst, unit="mg"):
    at = NOON + timedelta(days=number)
    results.save_day_indices(session, [{
        "patient_id": patient, "day": at.date(), "index": "mean_activity", "method": "day-1", "value": value,
        "unit": unit, "reason": None, "worn_min": 1440.0, "input_digest": b"", "provenance_id": None, "computed_at": NOON,
    }])  # fmt: skip
    diary.add_ward_report(
        session, patient, {"entry": uuid.uuid4(), "at": at, "received_at": at, "worst": worst}
    )


@pytest.fixture
def own_engine(server_url):
    """A database of its own, whose schema a test may bend."""
    url = new_database(server_url)
    schema.upgrade(url)
    engine = engine_for(url)
    yield engine
    engine.dispose()


@pytest.mark.recordings
def test_the_published_example_comes_out_of_the_database(own_engine):
    """Bland and Altman 1995, with pH in hundredths as the pain score's stand-in: r is blind to scale."""
    if not BLAND.exists():
        pytest.skip("the shared data are not here")
    with BLAND.open() as handle:
        rows = list(csv.DictReader(handle))
    patients: dict[str, int] = {}
    with transaction(own_engine) as session:
        # As whole hundredths pH leaves the 0 to 10 of a pain score.
        session.execute(sa.text("ALTER TABLE pain_report DROP CONSTRAINT ck_pain_report_scores_on_nrs"))
        for number, row in enumerate(rows):
            who = row["Subject"]
            if who not in patients:
                patients[who] = people.enrol_patient(session, f"P-{who}", "UTC").id
            store_day(session, patients[who], number % 40, float(row["PaCO2"]), round(float(row["pH"]) * 100))
    asked = ask(own_engine, list(patients.values()))
    assert asked.result["r"] == pytest.approx(-0.5067697422, abs=1e-9)
    assert asked.result["dof"] == 38
    assert asked.result["p_iid"] == pytest.approx(0.0008471081, abs=1e-9)
    assert asked.result["ci_iid"] == pytest.approx([-0.7067146, -0.2318631], abs=1e-6)
    assert (asked.n_patients, asked.n_days) == (8, 47)


def test_the_finding_allows_for_days_that_are_alike_and_has_lags(engine):
    """Ten patients in whom pain follows the activity of two days before."""
    chance = np.random.default_rng(5)
    with transaction(engine) as session:
        patients = [people.enrol_patient(session, f"P-{k}", "UTC").id for k in range(10)]
        for patient in patients:
            x = chance.normal(size=30)
            for day in range(30):
                worst = 5 if day < 2 else int(np.clip(round(5 - 2 * x[day - 2]), 0, 10))
                store_day(session, patient, day, float(20 + x[day]), worst)
    result = ask(engine, patients).result
    lags = {lag["lag"]: lag for lag in result["lags"]}
    assert sorted(lags) == list(range(-3, 8))
    assert lags[2]["r"] < -0.9 and lags[2]["p_adjusted"] < 0.02 and lags[2]["ci"][1] < -0.8
    assert lags[0]["p"] > 0.05 and result["p"] == lags[0]["p"]
    assert result["p_method"].startswith("circular shifts") and result["ci"] != result["ci_iid"]


def test_too_little_data_is_said_and_no_number_given(engine):
    with transaction(engine) as session:
        patient = people.enrol_patient(session, "P-1", "UTC").id
        store_day(session, patient, 1, 20.0, 5)
        store_day(session, patient, 2, 25.0, 4)
    asked = ask(engine, [patient])
    assert asked.result is None
    assert "too little data" in asked.reason


def test_counts_and_milligravities_are_not_pooled(engine):
    with transaction(engine) as session:
        patients = [people.enrol_patient(session, code, "UTC").id for code in ("P-1", "P-2")]
        for patient, unit in zip(patients, ("mg", "counts"), strict=True):
            for day in range(10):
                store_day(session, patient, day, 20.0 + day % 3, day % 5, unit)
    asked = ask(engine, patients)
    assert asked.result is None
    assert "counts, mg" in asked.reason
