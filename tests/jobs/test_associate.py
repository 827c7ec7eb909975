"""The association of an index and daily worst pain, asked of the database and answered by analytics."""

from __future__ import annotations

import csv
import uuid
import xml.etree.ElementTree as ET
from datetime import timedelta

import numpy as np
import pytest
import sqlalchemy as sa

from analytics.association.families import benjamini_hochberg
from analytics.jobs.associate import answered, associate
from store import diary, people, results, schema
from store.associations import Association, figure_of, request_association
from store.database import engine_for, transaction
from store.treatments import add_treatment
from tests.cast import NOON
from tests.conftest import SHARED, new_database

BLAND = SHARED / "data/actigraphy/repeated/rmcorr_bland1995.csv"


def ask(engine, patients, indices=("mean_activity",), **more):
    with transaction(engine) as session:
        last = NOON.date() + timedelta(days=more.pop("days", 40))
        asked = request_association(session, patients, indices, NOON.date(), last, "test", NOON, **more)
    assert associate(engine, NOON) == 1
    assert associate(engine, NOON) == 0
    with transaction(engine) as session:
        return session.get_one(Association, asked.id)


def document_of(asked, index="mean_activity"):
    return next(one for one in asked.documents if one["index"] == index)


def store_day(session, patient, number, value, worst, unit="mg", **others):
    at = NOON + timedelta(days=number)
    results.save_day_indices(session, [{
        "patient_id": patient, "day": at.date(), "index": index, "method": "day-1", "value": x,
        "unit": unit, "reason": None, "worn_min": 1440.0, "input_digest": b"", "provenance_id": None, "computed_at": NOON,
    } for index, x in {"mean_activity": value, **others}.items()])  # fmt: skip
    if worst is not None:
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
    link = document_of(asked)["rmcorr"]
    assert link["r"] == pytest.approx(-0.5067697422, abs=1e-9)
    assert link["dof"] == 38
    assert link["p_iid"] == pytest.approx(0.0008471081, abs=1e-9)
    assert link["ci_iid"] == pytest.approx([-0.7067146, -0.2318631], abs=1e-6)
    assert (asked.n_patients, asked.n_days) == (8, 47)


def test_the_finding_allows_for_days_that_are_alike_and_has_lags(engine):
    """Ten patients in whom pain follows the activity of two days before."""
    chance = np.random.default_rng(5)
    with transaction(engine) as session:
        patients = [people.enrol_patient(session, f"P-{k}", "UTC").id for k in range(10)]
        for k, patient in enumerate(patients):
            x, usual = chance.normal(size=30), 4 + k % 3
            for day in range(30):
                worst = usual if day < 2 else int(np.clip(round(usual - 2 * x[day - 2]), 0, 10))
                store_day(session, patient, day, float(20 + x[day]), worst)
    document = document_of(ask(engine, patients))
    result = document["rmcorr"]
    lags = {lag["lag"]: lag for lag in document["lags"]}
    assert sorted(lags) == list(range(-3, 8))
    assert lags[2]["r"] < -0.9 and lags[2]["p_adjusted"] < 0.02 and lags[2]["ci"][1] < -0.8
    assert lags[0]["p"] > 0.05 and result["p"] == lags[0]["p"]
    assert result["p_method"].startswith("circular shifts") and result["ci"] != result["ci_iid"]
    assert document["mixed"]["within"]["p"] == result["p"] and "converged" in document["mixed"]
    assert (document["n_patients"], document["n_days"], document["unit"]) == (10, 300, "mg")
    # Of one index alone the family is its lags.
    assert all(lag["p_adjusted_family"] == lag["p_adjusted"] for lag in document["lags"])


def test_too_little_data_is_said_and_no_number_given(engine):
    with transaction(engine) as session:
        patient = people.enrol_patient(session, "P-1", "UTC").id
        store_day(session, patient, 1, 20.0, 5)
        store_day(session, patient, 2, 25.0, 4)
    asked = ask(engine, [patient])
    assert document_of(asked)["rmcorr"]["r"] is None
    assert "too little data" in asked.reason
    assert figure(engine, asked, "lags") is None


def test_counts_and_milligravities_are_not_pooled(engine):
    with transaction(engine) as session:
        patients = [people.enrol_patient(session, code, "UTC").id for code in ("P-1", "P-2")]
        for patient, unit in zip(patients, ("mg", "counts"), strict=True):
            for day in range(10):
                store_day(session, patient, day, 20.0 + day % 3, day % 5, unit)
    asked = ask(engine, patients)
    document = document_of(asked)
    assert (document["rmcorr"]["r"], document["lags"], document["mixed"]) == (None, [], None)
    assert "counts, mg" in asked.reason


def alike(chance, days=60, phi=0.5):
    noise = chance.normal(size=days)
    for day in range(1, days):
        noise[day] = phi * noise[day - 1] + np.sqrt(1 - phi**2) * noise[day]
    return noise


def sixty_days(engine, patients, slope, seed=3):
    """Pain follows mean_activity and not io, with a quarter of the answers missing; the ids."""
    chance = np.random.default_rng(seed)
    with transaction(engine) as session:
        found = [people.enrol_patient(session, f"P-{k}", "UTC").id for k in range(patients)]
        for patient in found:
            x, other, noise = (alike(chance) for _ in range(3))
            for day in range(60):
                worst = int(np.clip(round(5 + slope * x[day] + noise[day]), 0, 10))
                asked_and_answered = worst if chance.random() < 0.75 else None
                store_day(session, patient, day, 20 + float(x[day]), asked_and_answered, io=float(other[day]))
    return found


def figure(engine, asked, kind, index="mean_activity"):
    with transaction(engine) as session:
        return figure_of(session, asked.id, index, kind)


def test_a_family_is_adjusted_over_all_indices_and_lags_and_each_index_is_as_if_asked_alone(engine):
    patients = sixty_days(engine, 8, -1.0)
    asked = ask(engine, patients, ["mean_activity", "io"], days=59)
    assert [one["index"] for one in asked.documents] == ["mean_activity", "io"]
    together = [lag for one in asked.documents for lag in one["lags"]]
    assert len(together) == 22
    expected = benjamini_hochberg(np.array([lag["p"] for lag in together]))
    assert [lag["p_adjusted_family"] for lag in together] == pytest.approx(expected.tolist())
    link = document_of(asked)
    assert (
        link["rmcorr"]["p_adjusted_family"] < 0.05 < document_of(asked, "io")["rmcorr"]["p_adjusted_family"]
    )
    assert 0.15 < link["missing_share"] < 0.35
    alone = document_of(ask(engine, patients, days=59))
    assert alone["rmcorr"]["r"] == link["rmcorr"]["r"] and alone["lags"][3]["p"] == link["lags"][3]["p"]


def test_one_patient_alone_has_effective_days_and_an_interval_by_them_and_no_slope_between(engine):
    patient, *_ = sixty_days(engine, 1, -1.5)
    document = document_of(ask(engine, [patient], days=59))
    link = document["rmcorr"]
    assert document["n_patients"] == 1 and 30 <= document["n_days"] < 60
    assert link["r"] < -0.4 and link["p"] < 0.05 and link["n_eff"] <= document["n_days"]
    assert link["ci_method"] == "Fisher's z with the effective number of days"
    mixed = document["mixed"]
    assert (mixed["converged"], mixed["between"]["estimate"]) == (False, None)
    assert (
        "needs 8" in mixed["between"]["estimate_reason"] and "two are needed" in mixed["within"]["se_reason"]
    )


def test_one_patient_with_twenty_days_has_r_and_no_p(engine):
    patient, *_ = sixty_days(engine, 1, -1.5)
    link = document_of(ask(engine, [patient], days=19))["rmcorr"]
    assert link["r"] is not None and link["p"] is None and "needs 30" in link["p_reason"]


def test_weekday_wear_and_treatment_are_taken_away_and_what_unanswered_days_could_do_is_said(engine):
    patients = sixty_days(engine, 9, -1.0)
    with transaction(engine) as session:
        add_treatment(session, patients[0], "opioid_up", NOON + timedelta(days=20), None, "anna", NOON)
        add_treatment(session, patients[1], "chemo", NOON - timedelta(days=30), None, "anna", NOON)
    document = document_of(ask(engine, patients, days=59))
    assert document["partial"]["adjusted_for"] == ["worn_min", "weekday", "phase of treatment"]
    assert document["partial"]["r"] == pytest.approx(document["rmcorr"]["r"], abs=0.1)
    assert document["partial"]["r"] != document["rmcorr"]["r"] and len(document["partial"]["lags"]) == 11
    assert 0.15 < document["unanswered"]["share"] < 0.35


def test_another_measure_of_pain_is_held_against_the_index(engine):
    patients = sixty_days(engine, 1, -1.0)
    asked = ask(engine, patients, pain="rescue_doses")
    assert asked.documents[0]["rmcorr"]["r"] is None and "0 complete days" in asked.reason


def test_figures_are_kept_with_the_answer_and_show_people_by_the_wards_own_names(engine):
    asked = ask(engine, sixty_days(engine, 3, -1.0), ["mean_activity", "io"], days=59)
    for index in ("mean_activity", "io"):
        lags, within = (ET.fromstring(figure(engine, asked, kind, index)) for kind in ("lags", "within"))
        assert index in lags[0].text and "3 patients" in within[1].text
    assert "P-2" in figure(engine, asked, "within") and "mean_activity [mg]" in figure(
        engine, asked, "within"
    )
    assert "P-2" not in figure(engine, asked, "lags") and "over indices and lags" in figure(
        engine, asked, "lags"
    )


def test_of_an_aggregate_no_figure_of_single_people_is_made(engine):
    asked = ask(engine, sixty_days(engine, 10, -1.0), aggregate=True, days=59)
    assert figure(engine, asked, "lags") is not None and figure(engine, asked, "within") is None


def forget(engine, where, **values):
    with transaction(engine) as session:
        session.execute(sa.text(f"DELETE FROM day_index WHERE {where}"), values)


def test_in_an_aggregate_an_index_of_nine_people_moves_no_number_of_another(engine):
    patients = sixty_days(engine, 10, -1.0)
    forget(engine, "index = 'io' AND patient_id = :p", p=patients[0])
    alone = document_of(ask(engine, patients, aggregate=True, days=59))
    together = ask(engine, patients, ["mean_activity", "io"], aggregate=True, days=59)
    assert document_of(together) == alone
    few = document_of(together, "io")
    assert (few["n_patients"], few["rmcorr"]["r"], few["mixed"], few["lags"]) == (9, None, None, [])
    assert "partial" not in few and "unanswered" not in few
    assert figure(engine, together, "lags", "io") is None
    assert "over indices and lags" in figure(engine, together, "lags")


def test_in_an_aggregate_the_unanswered_days_of_few_people_are_not_supposed(engine):
    patients = sixty_days(engine, 10, -1.0)
    everybody = document_of(ask(engine, patients, aggregate=True, days=59))
    assert everybody["unanswered"]["n_patients"] == 10
    its_pain = "SELECT FROM pain_report r WHERE r.patient_id = day_index.patient_id AND r.at::date = day"
    forget(engine, f"patient_id <> :p AND NOT EXISTS ({its_pain})", p=patients[0])
    told = document_of(ask(engine, patients, aggregate=True, days=59))
    assert (told["n_patients"], told["unanswered"]) == (10, None) and told["unanswered_reason"]
    assert document_of(ask(engine, patients, days=59))["unanswered"]["n_patients"] == 1


def test_an_aggregate_has_no_lag_that_rests_on_fewer_than_ten_people(engine):
    patients = sixty_days(engine, 10, -1.0)
    values = {"p": patients[0], "day": NOON.date() + timedelta(days=6)}
    forget(engine, "day > :day AND patient_id <> :p", **values)
    with transaction(engine) as session:
        session.execute(sa.text("DELETE FROM pain_report WHERE at::date > :day AND patient_id <> :p"), values)
    ward = document_of(ask(engine, patients, days=59))
    assert (ward["lags"][-1]["lag"], ward["lags"][-1]["n_patients"]) == (7, 1)
    told = document_of(ask(engine, patients, aggregate=True, days=59))
    assert told["lags"] == [] or min(lag["n_patients"] for lag in told["lags"]) >= 10
    assert 0 in [lag["lag"] for lag in told["lags"]] and told["lags_reason"].endswith(
        "people have enough days"
    )
    assert told["partial"]["lags"] == [] or min(one["n_patients"] for one in told["partial"]["lags"]) >= 10


def test_no_transaction_is_open_while_the_answer_is_computed(engine, monkeypatch):
    patients = sixty_days(engine, 1, -1.0)
    seen = []

    def looked(*given):
        with engine.connect() as connection:
            seen.append(connection.scalar(sa.text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND state <> 'idle'"
            )))  # fmt: skip
        return answered(*given)

    monkeypatch.setattr("analytics.jobs.associate.answered", looked)
    ask(engine, patients)
    assert seen == [0]


def test_a_question_that_cannot_be_computed_is_tried_three_times_and_holds_nobody_up(engine, monkeypatch):
    patients = sixty_days(engine, 1, -1.0)
    with transaction(engine) as session:
        first, second = (
            request_association(session, patients, [index], NOON.date(), NOON.date(), "test", NOON)
            for index in ("io", "mean_activity")
        )
    with monkeypatch.context() as broken:
        broken.setattr("analytics.jobs.associate.answered", lambda *_: 1 / 0)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                associate(engine, NOON)
    assert [associate(engine, NOON) for _ in range(3)] == [1, 1, 0]
    with transaction(engine) as session:
        first, second = (session.get_one(Association, one.id) for one in (first, second))
        assert "3 tries" in first.reason and first.documents is None
        assert "too little data" in second.reason
