"""Questions about index and pain: asked, claimed once, answered with what they rest on."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from store import associations as store
from store.access import visible_patients
from store.database import transaction
from store.diary import add_reports, add_ward_report
from store.people import Patient
from store.results import save_day_indices
from tests.cast import NOON, NURSE, OUTSIDER, Cast, enrol_cast

DAY = date(2026, 5, 4)


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    return enrol_cast(engine)


def save_index(session: Session, patient_id: int, day: date, value: float | None, method: str = "1") -> None:
    row = {
        "patient_id": patient_id,
        "day": day,
        "index": "io",
        "method": method,
        "value": value,
        "unit": "%",
        "reason": None if value is not None else "too little data",
        "worn_min": 1400.0,
        "input_digest": b"x",
        "provenance_id": None,
        "computed_at": NOON + timedelta(minutes=int(method)),
    }
    save_day_indices(session, [row])


def ward_report(
    session: Session, patient_id: int, worst: int | None, hours: float, entry: uuid.UUID | None = None
) -> uuid.UUID:
    entry = entry or uuid.uuid4()
    add_ward_report(
        session,
        patient_id,
        {"entry": entry, "at": NOON + timedelta(hours=hours), "received_at": NOON, "worst": worst},
    )
    return entry


def ask(session: Session, *patients: int) -> store.Association:
    return store.request_association(
        session, patients, "io", DAY, DAY + timedelta(days=6), "nurse Anna", NOON
    )


def answer(session: Session, asked: store.Association) -> None:
    store.save_association(
        session, asked, result={"r": -0.5}, reason=None, n_patients=2, n_days=9, method="rmcorr 1", at=NOON
    )


def test_the_day_has_its_newest_answer_and_its_newest_method(engine: sa.Engine, cast: Cast) -> None:
    with transaction(engine) as session:
        save_index(session, cast.steady, DAY, 10.0, "1")
        save_index(session, cast.steady, DAY, 20.0, "2")
        first = ward_report(session, cast.steady, 3, -4)
        ward_report(session, cast.steady, 4, -4, first)  # a correction
        ward_report(session, cast.steady, 6, -2)
        ward_report(session, cast.steady, None, -1)  # not answered: the answer before it stands
        [row] = store.index_and_pain(session, [cast.steady], "io", DAY, DAY)
    assert row == store.PatientDay(cast.steady, DAY, 20.0, 6)


def test_a_day_with_one_of_the_two_says_which_is_missing(engine: sa.Engine, cast: Cast) -> None:
    with transaction(engine) as session:
        save_index(session, cast.steady, DAY, 10.0)
        save_index(session, cast.steady, DAY + timedelta(days=1), None)
        ward_report(session, cast.steady, 5, 24)
        ward_report(session, cast.steady, 5, 48)
        rows = store.index_and_pain(session, [cast.steady], "io", DAY, DAY + timedelta(days=1))
    assert [(r.value, r.worst) for r in rows] == [(10.0, None), (None, 5)]


def test_pain_belongs_to_the_local_day_and_to_whoever_wore_the_device(engine: sa.Engine, cast: Cast) -> None:
    with transaction(engine) as session:
        add_reports(
            session,
            [
                {
                    "entry": uuid.uuid4(),
                    "device_id": cast.phone_2,
                    "boot": 1,
                    "seq": 0,
                    "at": NOON + timedelta(hours=10, minutes=30),
                    "received_at": NOON,
                    "worst": 8,
                }
            ],
        )  # 00:30 in Rome
        rows = store.index_and_pain(session, [cast.steady, cast.rising], "io", DAY, DAY + timedelta(days=3))
    assert [(r.patient_id, r.day, r.worst) for r in rows] == [(cast.rising, DAY + timedelta(days=1), 8)]


def test_two_workers_never_get_the_same_question(engine: sa.Engine, cast: Cast) -> None:
    with transaction(engine) as session:
        asked = ask(session, cast.steady)
    with transaction(engine) as one, transaction(engine) as other:
        mine = store.claim_association(one)
        assert mine is not None and mine.id == asked.id
        assert store.claim_association(other) is None
        answer(one, mine)
    with transaction(engine) as session:
        assert store.claim_association(session) is None
        found = session.get_one(store.Association, asked.id)
        assert (found.result, found.n_days, found.method) == ({"r": -0.5}, 9, "rmcorr 1")


def test_a_question_goes_back_when_its_worker_dies(engine: sa.Engine, cast: Cast) -> None:
    with transaction(engine) as session:
        asked = ask(session, cast.steady)
    with Session(engine) as dying:
        assert store.claim_association(dying) is not None
        dying.rollback()
    with transaction(engine) as session:
        again = store.claim_association(session)
        assert again is not None and again.id == asked.id


def test_an_answer_without_result_or_reason_is_refused(engine: sa.Engine, cast: Cast) -> None:
    with pytest.raises(sa.exc.IntegrityError, match="says_something"), transaction(engine) as session:
        store.save_association(
            session,
            ask(session, cast.steady),
            result=None,
            reason=None,
            n_patients=0,
            n_days=0,
            method="rmcorr 1",
            at=NOON,
        )


def test_a_question_is_shown_to_those_who_see_all_of_its_patients(engine: sa.Engine, cast: Cast) -> None:
    def seen(user: object) -> sa.Select[tuple[int]]:
        return visible_patients(user).with_only_columns(Patient.id)  # type: ignore[arg-type]

    with transaction(engine) as session:
        own, mixed = ask(session, cast.steady, cast.rising), ask(session, cast.steady, cast.elsewhere)
        assert store.association(session, own.id, seen(NURSE)) is own
        assert store.association(session, mixed.id, seen(NURSE)) is None
        assert store.association(session, own.id, seen(OUTSIDER)) is None
        assert store.association(session, own.id, None) is None  # not asked for as an aggregate
        assert store.associations_of(session, cast.steady, seen(NURSE), None, None, 10) == [own]
        assert store.associations_of(session, cast.steady, seen(NURSE), "io", own.id, 10) == []
