"""From a diary and a treatment to a response: what makes it due, how often, and what it says."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa

from analytics.jobs.respond import respond, respond_anew
from analytics.jobs.screen import screen
from store import diary, people, results
from store.database import transaction
from store.marks import DIARY, mark_day
from store.responses import DAYS_AFTER, Response, mark_responses
from store.treatments import Particulars, add_treatment
from tests.cast import NOON

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
KINDS = (
    "SELECT endpoint, best, time_to_response_days, duration_days, censored, technique FROM reading.responses"
)


@pytest.fixture
def patient(engine):
    with transaction(engine) as session:
        return people.enrol_patient(session, "P-1", "Europe/Rome").id


def answered(engine, patient, day, worst, average=None, at=None):
    """A diary entry at noon of that day from NOON's, and the mark that the API leaves."""
    when = NOON + day * DAY
    with transaction(engine) as session:
        values = {"entry": uuid.uuid4(), "at": when, "received_at": when, "worst": worst, "average": average}
        diary.add_ward_report(session, patient, values)
        mark_day(session, patient, when.date(), DIARY, at or when)


def treated(engine, patient, day=0, kind="radiotherapy", technique="8 Gy x 1"):
    when = NOON + day * DAY
    with transaction(engine) as session:
        kept, _ = add_treatment(session, patient, kind, when, None, "anna", when, Particulars(technique))
        mark_day(session, patient, when.date(), DIARY, when)
        return kept.id


def indexed(engine, patient, day, value, name="OME_mg", unit="mg", worn=1440.0):
    with transaction(engine) as session:
        results.save_day_indices(session, [{
            "patient_id": patient, "day": (NOON + day * DAY).date(), "index": name, "method": "test-1", "value": value,
            "unit": unit, "reason": None, "worn_min": worn, "input_digest": b"", "provenance_id": None, "computed_at": NOON,
        }])  # fmt: skip


def everything(engine, at):
    while screen(engine, at):
        pass
    done = 0
    while respond(engine, at):
        done += 1
    return done


def stored(engine, treatment):
    with transaction(engine) as session:
        return session.get_one(Response, treatment)


def four_weeks_each_side(engine, patient, before=7, after=4):
    for day in range(-28, 29):
        answered(engine, patient, day, before if day <= 0 else after, average=2)
        indexed(engine, patient, day, 60.0)


def test_a_treatment_has_its_response_as_soon_as_it_is_entered(engine, patient):
    four_weeks_each_side(engine, patient)
    treatment = treated(engine, patient)
    assert everything(engine, NOON + 29 * DAY) == 1
    found = stored(engine, treatment)
    assert found.method == "response 1"
    assert (found.result["endpoint"], found.result["assessments"][0]["endpoint"]) == ("partial", "partial")
    assert found.result["last"]["ome_change"] == 0.0
    worst, average, ome = found.result["measures"][:3]
    assert (worst["name"], worst["difference"], worst["unit"]) == ("worst", -3.0, "0-10")
    assert (average["name"], average["difference"], ome["name"], ome["unit"]) == (
        "average",
        0.0,
        "OME_mg",
        "mg",
    )
    steps = next(one for one in found.result["measures"] if one["name"] == "steps")
    assert steps["baseline"] is None and "0 of 7 days" in steps["baseline_reason"]
    with engine.connect() as connection:
        assert connection.execute(sa.text(KINDS)).all() == [("partial", "partial", 7, 21, True, "8 Gy x 1")]


def test_without_daily_doses_the_endpoint_is_open_and_pain_still_told(engine, patient):
    for day in range(-10, 29):
        answered(engine, patient, day, 7 if day <= 0 else 4)
    treatment = treated(engine, patient)
    everything(engine, NOON + 29 * DAY)
    found = stored(engine, treatment).result
    assert found["endpoint"] == "not_evaluable" and "opioid dose" in found["reason"]
    assert found["last"]["pain_alone"] == "at least 2 points lower"


def test_the_running_day_waits_until_it_is_over_and_a_past_day_an_hour(engine, patient):
    treatment = treated(engine, patient)
    at = NOON + 10 * DAY
    assert everything(engine, at) == 1
    answered(engine, patient, 10, 5, at=at)
    assert everything(engine, at + 2 * HOUR) == 0
    # The local day in Rome ends at 22:00 UTC.
    assert everything(engine, at + timedelta(hours=9, minutes=59)) == 0
    assert everything(engine, at + 10 * HOUR) == 1
    later = at + 10 * HOUR + timedelta(minutes=5)
    answered(engine, patient, 3, 5, at=later)
    answered(engine, patient, 4, 5, at=later)
    assert everything(engine, later + timedelta(minutes=50)) == 0
    assert everything(engine, later + HOUR) == 1
    assert stored(engine, treatment).computed_at == later + HOUR


def test_a_settled_response_is_left_alone_unless_its_own_days_change(engine, patient):
    treatment = treated(engine, patient)
    at = NOON + 120 * DAY
    everything(engine, at)
    assert stored(engine, treatment).due_at is None
    answered(engine, patient, 119, 5, at=at)
    assert everything(engine, at + DAY) == 0
    answered(engine, patient, 84, 5, at=at + DAY)
    assert everything(engine, at + DAY) == 1
    answered(engine, patient, 85, 5, at=at + 2 * DAY)
    assert everything(engine, at + 3 * DAY) == 0


def test_an_assessment_that_is_reached_without_any_diary_comes_to_say_too_little_data(engine, patient):
    treatment = treated(engine, patient)
    at = NOON + 20 * DAY
    everything(engine, at)
    assert "not reached yet" in stored(engine, treatment).result["assessments"][0]["reason"]
    assert everything(engine, at + 7 * DAY) == 0
    assert everything(engine, at + 9 * DAY) == 1
    assert stored(engine, treatment).result["assessments"][0]["reason"].startswith("too little data")


def test_another_treatment_in_its_windows_is_told(engine, patient):
    four_weeks_each_side(engine, patient)
    first = treated(engine, patient)
    second = treated(engine, patient, 14, "opioid_up", None)
    everything(engine, NOON + 29 * DAY)
    found = stored(engine, first).result
    assert [(one["id"], one["day"]) for one in found["others"]] == [(second, 14)]
    assert found["last"]["intercurrent"] is True
    assert [(one["id"], one["day"]) for one in stored(engine, second).result["earlier"]] == [(first, -14)]


def test_counts_and_milligravities_are_not_compared(engine, patient):
    treatment = treated(engine, patient)
    for day in range(-10, 11):
        indexed(engine, patient, day, 20.0 + day % 3, "mean_activity", "mg" if day < 0 else "counts")
    everything(engine, NOON + 12 * DAY)
    found = {one["name"]: one for one in stored(engine, treatment).result["measures"]}["mean_activity"]
    assert found["level_change"] is None and "different units (counts, mg)" in found["level_change_reason"]


def test_a_corrected_entry_counts_in_its_newest_form(engine, patient):
    entry = uuid.uuid4()
    for worst in (9, 3):
        with transaction(engine) as session:
            when = NOON - DAY
            diary.add_ward_report(
                session, patient, {"entry": entry, "at": when, "received_at": when, "worst": worst}
            )
    for day in (-2, -3):
        answered(engine, patient, day, 3)
    treatment = treated(engine, patient)
    everything(engine, NOON + DAY)
    assert stored(engine, treatment).result["baseline"]["pain"] == 3.0


def test_one_that_cannot_be_computed_waits_an_hour_and_holds_up_no_other(engine, patient, monkeypatch):
    broken, whole = treated(engine, patient), treated(engine, patient, 1, "chemo", None)
    real = "analytics.jobs.respond.responded"
    from analytics.response.treated import responded

    def fails(event, *given):
        if event.id == broken:
            raise ArithmeticError
        return responded(event, *given)

    monkeypatch.setattr(real, fails)
    at = NOON + 10 * DAY
    while screen(engine, at):
        pass
    with pytest.raises(ArithmeticError):
        respond(engine, at)
    assert respond(engine, at) == 1
    assert respond(engine, at) == 0
    assert stored(engine, whole).result is not None and stored(engine, broken).result is None
    monkeypatch.undo()
    assert respond(engine, at + HOUR) == 1


def test_what_changes_while_it_is_computed_is_computed_again(engine, patient, monkeypatch):
    treatment = treated(engine, patient)
    at = NOON + 10 * DAY
    while screen(engine, at):
        pass
    from analytics.response.treated import responded

    def meanwhile(*given):
        with transaction(engine) as other:
            mark_responses(other, patient, [NOON.date()], at)
        return responded(*given)

    monkeypatch.setattr("analytics.jobs.respond.responded", meanwhile)
    assert respond(engine, at) == 1
    monkeypatch.undo()
    assert stored(engine, treatment).due_at == at + HOUR
    assert respond(engine, at + HOUR) == 1


def test_responses_of_an_older_method_are_computed_again(engine, patient):
    treatment = treated(engine, patient)
    at = NOON + (DAYS_AFTER + 10) * DAY
    everything(engine, at)
    assert respond_anew(engine, at) == 0
    with transaction(engine) as session:
        session.get_one(Response, treatment).method = "response 0"
    assert respond_anew(engine, at) == 1
    assert respond(engine, at) == 1
    assert stored(engine, treatment).method == "response 1"


def test_what_no_longer_counts_as_a_treatment_has_no_response(engine, patient, monkeypatch):
    treatment = treated(engine, patient)
    monkeypatch.setattr("analytics.jobs.respond.done_of", lambda session, patient_id: [])
    assert everything(engine, NOON + 10 * DAY) == 1
    with transaction(engine) as session:
        assert session.get(Response, treatment) is None


def test_a_patient_without_treatments_leaves_no_trace(engine, patient):
    answered(engine, patient, 0, 5)
    everything(engine, NOON + DAY)
    with transaction(engine) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Response)) == 0
