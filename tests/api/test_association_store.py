"""Questions about index and pain: asked, claimed once, answered with what they rest on."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from store import associations as store
from store.access import visible_patients
from store.database import transaction
from store.days_together import DaysTogether, days_together
from store.diary import add_reports, add_ward_report
from store.people import Patient
from store.results import save_day_indices
from store.treatments import add_treatment
from tests.cast import NOON, NURSE, OUTSIDER, Cast, enrol_cast

DAY = date(2026, 5, 4)


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    return enrol_cast(engine)


def save_index(
    session: Session,
    patient_id: int,
    day: date,
    value: float | None,
    method: str = "1",
    index: str = "io",
    unit: str = "%",
) -> None:
    row = {
        "patient_id": patient_id,
        "day": day,
        "index": index,
        "method": method,
        "value": value,
        "unit": unit,
        "reason": None if value is not None else "too little data",
        "worn_min": 1400.0,
        "input_digest": b"x",
        "provenance_id": None,
        "computed_at": NOON + timedelta(minutes=int(method)),
    }
    save_day_indices(session, [row])


def ward_report(
    session: Session,
    patient_id: int,
    worst: int | None,
    hours: float,
    entry: uuid.UUID | None = None,
    **more: int,
) -> uuid.UUID:
    entry = entry or uuid.uuid4()
    add_ward_report(
        session,
        patient_id,
        {"entry": entry, "at": NOON + timedelta(hours=hours), "received_at": NOON, "worst": worst, **more},
    )
    return entry


def ask(session: Session, *patients: int) -> store.Association:
    return store.request_association(
        session, patients, ["io"], DAY, DAY + timedelta(days=6), "nurse Anna", NOON
    )


ANSWER = store.Answer(
    [{"index": "io", "rmcorr": {"r": -0.5}}], None, 2, 9, "links 1", {("io", "lags"): "<svg/>"}
)


def days(
    session: Session,
    *patients: int,
    last: date = DAY,
    pain: str = "worst",
    indices: tuple[str, ...] = ("io",),
):
    return days_together(session, patients, indices, pain, DAY, last)


def rows_of(found: DaysTogether, index: str = "io") -> list[tuple[int, date, float | None, float | None]]:
    values = zip(found.patient, found.day.astype(object), found.indices[index], found.pain, strict=True)
    return [
        (int(p), d, None if np.isnan(x) else float(x), None if np.isnan(y) else float(y))
        for p, d, x, y in values
    ]


def test_the_day_has_its_newest_answer_and_its_newest_method(engine: sa.Engine, cast: Cast) -> None:
    with transaction(engine) as session:
        save_index(session, cast.steady, DAY, 10.0, "1")
        save_index(session, cast.steady, DAY, 20.0, "2")
        first = ward_report(session, cast.steady, 3, -4)
        ward_report(session, cast.steady, 4, -4, first)  # a correction
        ward_report(session, cast.steady, 6, -2)
        ward_report(session, cast.steady, None, -1)  # not answered: the answer before it stands
        found = days(session, cast.steady)
    assert rows_of(found) == [(cast.steady, DAY, 20.0, 6.0)]
    assert (found.worn_min.tolist(), found.units) == ([1400.0], {"io": ["%"]})


def test_a_day_with_one_of_the_two_says_which_is_missing(engine: sa.Engine, cast: Cast) -> None:
    with transaction(engine) as session:
        save_index(session, cast.steady, DAY, 10.0)
        save_index(session, cast.steady, DAY + timedelta(days=1), None)
        ward_report(session, cast.steady, 5, 24)
        ward_report(session, cast.steady, 5, 48)
        found = days(session, cast.steady, last=DAY + timedelta(days=1))
    assert [row[2:] for row in rows_of(found)] == [(10.0, None), (None, 5.0)]
    assert found.worn_min.tolist() == [1400.0, 1400.0]


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
        found = days(session, cast.steady, cast.rising, last=DAY + timedelta(days=3))
    assert rows_of(found) == [(cast.rising, DAY + timedelta(days=1), None, 8.0)]
    assert np.isnan(found.worn_min).all()


def test_many_indices_come_beside_the_measure_of_pain_that_was_asked_for(
    engine: sa.Engine, cast: Cast
) -> None:
    with transaction(engine) as session:
        save_index(session, cast.steady, DAY, 10.0)
        save_index(session, cast.rising, DAY, 0.8, index="RA", unit="1")
        save_index(session, cast.rising, DAY, 30.0, index="IS")  # nobody asked for it
        ward_report(session, cast.steady, 7, -3, average=2)
        ward_report(session, cast.rising, 7, -3)
        found = days(session, cast.steady, cast.rising, pain="average", indices=("io", "RA", "IV"))
    assert rows_of(found) == [(cast.steady, DAY, 10.0, 2.0), (cast.rising, DAY, None, None)]
    assert [row[2] for row in rows_of(found, "RA")] == [None, 0.8]
    assert [row[2] for row in rows_of(found, "IV")] == [None, None]
    assert found.units == {"io": ["%"], "RA": ["1"], "IV": []}


def test_a_unit_of_an_older_method_is_none_of_the_index_now(engine: sa.Engine, cast: Cast) -> None:
    with transaction(engine) as session:
        save_index(session, cast.steady, DAY, 10.0, "1", unit="counts")
        save_index(session, cast.steady, DAY, 20.0, "2", unit="mg")
        save_index(session, cast.rising, DAY, 30.0, "1", unit="mg")
        found = days(session, cast.steady, cast.rising)
    assert (found.indices["io"].tolist(), found.units) == ([20.0, 30.0], {"io": ["mg"]})


def test_what_the_newest_method_cannot_give_is_not_taken_from_an_older_one(
    engine: sa.Engine, cast: Cast
) -> None:
    with transaction(engine) as session:
        save_index(session, cast.steady, DAY, 10.0, "1")
        save_index(session, cast.steady, DAY, None, "2")
        ward_report(session, cast.steady, 5, -3)
        found = days(session, cast.steady)
    assert rows_of(found) == [(cast.steady, DAY, None, 5.0)] and found.units == {"io": []}


def test_a_measure_that_reports_do_not_have_is_refused(engine: sa.Engine, cast: Cast) -> None:
    with transaction(engine) as session, pytest.raises(ValueError, match="no entry"):
        days(session, cast.steady, pain="entry")


def test_who_has_nothing_has_no_days(engine: sa.Engine, cast: Cast) -> None:
    with transaction(engine) as session:
        found = days(session, cast.steady)
        assert rows_of(found) == [] and found.treatments == []
        assert rows_of(days(session)) == []


def test_treatments_stand_on_the_local_day_from_sixty_days_before_the_window_on(
    engine: sa.Engine, cast: Cast
) -> None:
    with transaction(engine) as session:
        for kind, hours in (
            ("chemo", 10.5),
            ("opioid_up", -60 * 24),
            ("nerve_block", -61 * 24),
            ("opioid_down", 48),
        ):
            add_treatment(session, cast.steady, kind, NOON + timedelta(hours=hours), None, "anna", NOON)
        wrong, _ = add_treatment(session, cast.steady, "radiotherapy", NOON, None, "anna", NOON)
        wrong.withdrawn_at, wrong.withdrawn_by = NOON, "anna"
        found = days(session, cast.steady, last=DAY + timedelta(days=1))
    assert found.treatments == [
        (cast.steady, DAY - timedelta(days=60), "opioid_up"),
        (cast.steady, DAY + timedelta(days=1), "chemo"),  # 00:30 in Rome
    ]


def test_two_workers_never_get_the_same_question(engine: sa.Engine, cast: Cast) -> None:
    with transaction(engine) as session:
        asked = ask(session, cast.steady)
    with transaction(engine) as one, transaction(engine) as other:
        mine = store.claim_association(one, NOON)
        assert mine is not None and mine.id == asked.id
        assert store.claim_association(other, NOON) is None
    with transaction(engine) as session:
        assert store.claim_association(session, NOON + timedelta(minutes=1)) is None  # nor after the commit
        assert store.save_association(session, mine, ANSWER, NOON)
    with transaction(engine) as session:
        assert store.claim_association(session, NOON) is None
        found = session.get_one(store.Association, asked.id)
        assert (found.documents, found.n_days, found.method) == (ANSWER.documents, 9, "links 1")
        assert store.figure_of(session, asked.id, "io", "lags") == "<svg/>"
        assert store.figure_of(session, asked.id, "io", "within") is None


def test_a_question_goes_back_when_its_worker_dies_and_the_late_answer_is_not_kept(
    engine: sa.Engine, cast: Cast
) -> None:
    with transaction(engine) as session:
        asked = ask(session, cast.steady)
    with transaction(engine) as session:
        dead = store.claim_association(session, NOON)
    later = NOON + store.CLAIM_LASTS + timedelta(seconds=1)
    with transaction(engine) as session:
        again = store.claim_association(session, later)
        assert dead is not None and again is not None and again.id == asked.id
    with transaction(engine) as session:
        assert not store.save_association(session, dead, ANSWER, later)
        assert store.save_association(session, again, ANSWER, later)


def test_a_question_that_is_given_back_can_be_had_at_once(engine: sa.Engine, cast: Cast) -> None:
    with transaction(engine) as session:
        ask(session, cast.steady)
    with transaction(engine) as session:
        claimed = store.claim_association(session, NOON)
        assert claimed is not None
        store.give_back(session, claimed)
    with transaction(engine) as session:
        assert store.claim_association(session, NOON) is not None


def test_nobody_waits_for_a_worker_that_computes(engine: sa.Engine, cast: Cast) -> None:
    with transaction(engine) as session:
        asked = ask(session, cast.steady)
    with transaction(engine) as session:
        store.claim_association(session, NOON)
    with transaction(engine) as session:
        session.execute(sa.text("SET LOCAL lock_timeout = '100ms'"))
        session.execute(sa.delete(store.Association).where(store.Association.id == asked.id))


def test_an_answer_without_documents_or_reason_is_refused(engine: sa.Engine, cast: Cast) -> None:
    with pytest.raises(sa.exc.IntegrityError, match="says_something"), transaction(engine) as session:
        asked = ask(session, cast.steady)
        store.save_association(session, asked, store.Answer(None, None, 0, 0, "links 1", {}), NOON)


def test_a_figure_without_bound_is_refused(engine: sa.Engine, cast: Cast) -> None:
    huge = store.Answer(None, "a test", 0, 0, "links 1", {("io", "lags"): "x" * (store.MOST_SVG_BYTES + 1)})
    with pytest.raises(sa.exc.IntegrityError, match="bounded"), transaction(engine) as session:
        store.save_association(session, ask(session, cast.steady), huge, NOON)


def test_the_newest_word_on_one_patient_alone(engine: sa.Engine, cast: Cast) -> None:
    with transaction(engine) as session:
        assert store.newest_alone(session, cast.steady) == (None, None)
        first, cohort = ask(session, cast.steady), ask(session, cast.steady, cast.rising)
        for _ in (first, cohort):
            claimed = store.claim_association(session, NOON)
            assert claimed is not None
            store.save_association(session, claimed, ANSWER, NOON)
        waits = ask(session, cast.steady)
        assert store.newest_alone(session, cast.steady) == (first, waits)
        assert store.newest_alone(session, cast.steady, "RA") == (None, None)
        assert store.newest_alone(session, cast.steady, "io", "average") == (None, None)
        assert store.newest_alone(session, cast.rising) == (None, None)


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
