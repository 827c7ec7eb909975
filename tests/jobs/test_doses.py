"""A diary's doses to the stored indices of its days, however and in whatever order the entries come."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
import sqlalchemy as sa

from analytics.jobs.days import compute_days
from analytics.jobs.doses import compute_doses
from analytics.jobs.screen import screen
from ingest.batch import write_batch
from ingest.messages import Diary, Dose, Epoch
from opioids.daily import NOT_LISTED
from store import people
from store.database import transaction
from store.decisions import Decision
from store.diary import add_ward_report
from store.marks import DIARY, mark_day, mark_days_of_device
from store.people import Patient
from store.results import DayIndex
from store.zones import stay
from tests.cast import NOON, Cast, enrol_cast, incoming, micro

HOUR = timedelta(hours=1)
MONDAY = datetime(2026, 5, 4, tzinfo=UTC)  # a Monday; the zone of the tests is UTC
LATER = MONDAY + timedelta(days=9)


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    return enrol_cast(engine, tz="UTC")


def oral(hour: float, mg: float, drug: str = "morphine", rescue: bool = False, route: str = "oral") -> Dose:
    return Dose(
        drug=drug, dose=mg, unit="mg", route=route, at=(MONDAY + hour * HOUR).isoformat(), rescue=rescue
    )


def patch(hour: float, rate: float = 25) -> Dose:
    return Dose(
        drug="fentanyl", dose=rate, unit="mcg/h", route="patch", at=(MONDAY + hour * HOUR).isoformat()
    )


def diary(seq: int, hour: float, doses: Sequence[Dose] | None, entry: int | None = None, **more) -> Diary:
    at = (MONDAY + hour * HOUR).isoformat()
    named = str(uuid.UUID(int=1000 + (seq if entry is None else entry)))
    return Diary(
        boot=1, seq=seq, id=named, at=at, worst=3, doses=None if doses is None else list(doses), **more
    )


def computed(engine: sa.Engine, at: datetime = LATER) -> None:
    while screen(engine, at) or compute_doses(engine, at):
        pass


def send(engine: sa.Engine, *entries: Diary, device: str = "phone-2") -> None:
    write_batch(engine, [incoming(device, one, at=LATER) for one in entries], LATER)


def stored(engine: sa.Engine, patient_id: int) -> dict[tuple[str, str], tuple[float | None, str | None]]:
    with transaction(engine) as session:
        rows = session.scalars(sa.select(DayIndex).where(DayIndex.patient_id == patient_id))
        return {
            (f"{row.day:%a}", row.index): (row.value, row.reason)
            for row in rows
            if row.index.startswith("OME")
        }


def test_the_doses_of_a_day_are_stored_with_rescue_apart_and_the_version_of_the_table(engine, cast):
    send(engine, diary(0, 20, [oral(8, 30), oral(12, 10, rescue=True), oral(19, 20, "ossicodone")]))
    computed(engine)
    with transaction(engine) as session:
        rows = session.scalars(sa.select(DayIndex).order_by(DayIndex.index)).all()
        assert [(r.patient_id, r.day, r.index, r.value, r.unit, r.method, r.reason) for r in rows] == [
            (cast.rising, date(2026, 5, 4), "OME_mg", 70.0, "mg", "OME 2 cdc-2022", None),
            (cast.rising, date(2026, 5, 4), "OME_rescue_mg", 10.0, "mg", "OME 2 cdc-2022", None),
        ]
        told = session.execute(sa.text("SELECT method, parameters FROM reading.results")).first()
        assert told.parameters == {"table": "cdc-2022", "tz": "UTC", "patch_h": 72, "unknown_patch_h": 168}
        assert session.scalar(sa.text("SELECT count(*) FROM stale_day")) == 0


def test_a_day_without_a_list_of_doses_has_a_reason_and_an_empty_list_is_0(engine, cast):
    send(engine, diary(0, 20, None), diary(1, 44, []))
    computed(engine)
    found = stored(engine, cast.rising)
    assert found["Mon", "OME_mg"] == found["Mon", "OME_rescue_mg"] == (None, NOT_LISTED)
    assert found["Tue", "OME_mg"] == (0.0, None)


def test_paracetamol_leaves_the_number_to_its_day(engine, cast):
    send(engine, diary(0, 20, [oral(8, 30), oral(9, 1000, "paracetamolo"), oral(15, 1000, "Paracetamol")]))
    computed(engine)
    assert stored(engine, cast.rising)["Mon", "OME_mg"] == (30.0, None)


def test_a_dose_that_cannot_be_converted_is_named_in_the_reason(engine, cast):
    send(engine, diary(0, 20, [oral(8, 30), oral(9, 1, "buprenorphine", route="sublingual")]))
    computed(engine)
    reason = 'cannot be summed: "buprenorphine" is no drug of the table cdc-2022'
    assert stored(engine, cast.rising)["Mon", "OME_mg"] == (None, reason)


def test_a_patch_reaches_four_days_and_none_after_the_last_entry(engine, cast):
    send(engine, diary(0, 18, [patch(18)]))
    computed(engine)
    assert set(stored(engine, cast.rising)) == {("Mon", "OME_mg"), ("Mon", "OME_rescue_mg")}
    send(engine, *(diary(day, 20 + 24 * day, []) for day in (1, 3, 4)))
    computed(engine)
    found = {day: value for (day, name), value in stored(engine, cast.rising).items() if name == "OME_mg"}
    assert found == {
        "Mon": (15, None),
        "Tue": (60, None),
        "Wed": (None, NOT_LISTED),
        "Thu": (45, None),
        "Fri": (0, None),
    }


WEEK = [
    diary(0, 20, [oral(8, 30), patch(12)]),
    diary(1, 44, [oral(8, 30), oral(32, 30), patch(30, 50)]),  # Monday's dose once more
    diary(2, 68, [oral(50, 5, rescue=True), oral(23, 7)]),
    diary(3, 70, [patch(36, 100)], entry=1),  # Tuesday's entry said too much, and on the wrong day
    diary(4, 92, []),
    diary(5, 93, None, entry=2),
    diary(6, 94, [oral(51, 5, rescue=True)], entry=2),
]


@pytest.mark.parametrize("seed", range(6))
def test_the_order_of_arrival_changes_nothing_whenever_the_days_are_computed(engine, cast, seed):
    mixed = list(WEEK)
    Random(seed).shuffle(mixed)
    for one in mixed:
        send(engine, one)
        if Random(seed + one.seq).random() < 0.7:
            computed(engine)
    computed(engine)
    found = {day: value for (day, name), value in stored(engine, cast.rising).items() if name == "OME_mg"}
    # The patch of Tuesday 12:00 takes the place of Monday's; Tuesday has no entry any more.
    assert found == {
        "Mon": (30 + 30, None),
        "Tue": (None, NOT_LISTED),
        "Wed": (245, None),
        "Thu": (240, None),
    }


def test_a_correction_that_takes_the_last_entry_back_leaves_nothing(engine, cast):
    send(engine, diary(0, 20, [oral(8, 30)]), diary(1, 68, [patch(60)]))
    computed(engine)
    assert len(stored(engine, cast.rising)) == 4
    send(engine, diary(2, 21, [oral(8, 10)], entry=1))
    computed(engine)
    # Two entries of one day, each with a morning dose of its own.
    assert stored(engine, cast.rising)["Mon", "OME_mg"] == (40, None)
    assert len(stored(engine, cast.rising)) == 2


def test_what_the_ward_wrote_down_counts_like_what_the_phone_sent(engine, cast):
    said = {"drug": "morphine", "dose": 10.0, "unit": "mg", "route": "oral", "at": "2026-05-04T08:00:00Z"}
    values = {
        "entry": uuid.uuid4(),
        "at": MONDAY + 9 * HOUR,
        "received_at": LATER,
        "detail": {"doses": [said]},
    }
    with transaction(engine) as session:
        add_ward_report(session, cast.rising, values)
        mark_day(session, cast.rising, MONDAY.date(), DIARY, LATER)
    send(engine, diary(0, 20, [oral(8, 10), oral(18, 5)]))
    computed(engine)
    assert stored(engine, cast.rising)["Mon", "OME_mg"] == (15, None), "one dose, told twice"


def test_a_phone_that_was_somebody_else_s_takes_its_doses_along(engine, cast):
    send(engine, diary(0, 20, [oral(8, 30), oral(-400, 1)]), diary(1, 44, []))
    computed(engine)
    assert len(stored(engine, cast.rising)) == 6
    with transaction(engine) as session:
        device, patient = session.get_one(people.Device, cast.phone_2), session.get_one(Patient, cast.steady)
        people.wear(session, device, patient, MONDAY - timedelta(days=40))
        mark_days_of_device(session, device.id, MONDAY - timedelta(days=40), None, LATER)
    # The command marks before and after; the old owner has lost the entries, so the mark is made here.
    with transaction(engine) as session:
        mark_day(session, cast.rising, MONDAY.date(), DIARY, LATER)
    computed(engine)
    assert stored(engine, cast.rising) == {}
    assert stored(engine, cast.steady)["Mon", "OME_mg"] == (30, None)


def test_a_journey_moves_the_doses_to_the_days_of_the_zone(engine, cast):
    send(engine, diary(0, 20, [oral(8, 30), oral(23, 5)]), diary(1, 44, []))
    computed(engine)
    with transaction(engine) as session:
        stay(session, session.get_one(Patient, cast.rising), "Asia/Tokyo", MONDAY - timedelta(days=10), None)
        mark_day(session, cast.rising, MONDAY.date(), DIARY, LATER)
    computed(engine)
    found = stored(engine, cast.rising)
    # 08:00 UTC is 17:00 in Tokyo, 23:00 UTC is 08:00 of the next day; the entries are of Tuesday and Wednesday.
    assert found["Mon", "OME_mg"] == (None, NOT_LISTED)
    assert found["Tue", "OME_mg"] == (5, None)
    assert found["Wed", "OME_mg"] == (0, None)


def test_doses_do_not_keep_the_running_day_s_movement_waiting(engine, cast):
    send(
        engine,
        Diary(boot=1, seq=0, id=str(uuid.UUID(int=1)), at=(NOON - HOUR).isoformat(), worst=3, doses=[]),
    )
    computed(engine, NOON)
    assert len(stored(engine, cast.rising)) == 2
    minute = Epoch(boot=1, seq=0, t0=micro(NOON - HOUR), epoch_s=60.0, counts=[5.0])
    write_batch(engine, [incoming("watch-2", minute)], NOON)
    assert compute_days(engine, NOON + timedelta(seconds=10)) == 1


def test_a_day_without_movement_keeps_its_doses_and_shows_them(engine, cast):
    send(engine, diary(0, 20, [oral(8, 30)]), diary(1, 44, None))
    computed(engine)
    with transaction(engine) as session:
        mark_day(session, cast.rising, MONDAY.date(), "movement", LATER)
    assert compute_days(engine, LATER) == 1, "there is nothing of a device"
    with engine.connect() as connection:
        query = (
            "SELECT day::text, index, value, worn_min FROM reading.days WHERE index LIKE 'OME%' ORDER BY 1, 2"
        )
        assert [tuple(row) for row in connection.execute(sa.text(query))] == [
            ("2026-05-04", "OME_mg", 30, 0),
            ("2026-05-04", "OME_rescue_mg", 0, 0),
        ], "a day without a number and without a device is no day with data"


def test_beside_a_sum_stands_how_long_the_watch_was_worn_whatever_came_first(engine, cast):
    t0 = micro(MONDAY + 8 * HOUR)
    epoch = Epoch(boot=1, seq=0, t0=t0, epoch_s=60.0, counts=[5.0] * 90)
    send(engine, diary(0, 20, [oral(8, 30)]))
    computed(engine)
    write_batch(engine, [incoming("watch-2", epoch, at=LATER)], LATER)
    while compute_days(engine, LATER):
        pass
    query = "SELECT value, worn_min FROM reading.days WHERE index = 'OME_mg'"
    with engine.connect() as connection:
        assert [tuple(row) for row in connection.execute(sa.text(query))] == [(30, 90)]


def test_days_that_did_not_change_are_not_written_again(engine, cast):
    send(engine, diary(0, 20, [oral(8, 30)]))
    computed(engine, LATER)
    send(engine, diary(1, 44, [oral(30, 10)]))
    computed(engine, LATER + HOUR)
    with transaction(engine) as session:
        rows = session.execute(sa.select(DayIndex.day, DayIndex.computed_at).distinct())
        assert dict(rows.all()) == {date(2026, 5, 4): LATER, date(2026, 5, 5): LATER + HOUR}


def test_pain_is_judged_even_if_the_doses_make_no_sense(engine, cast):
    odd = Dose(drug="x" * 5000, dose=1e308, unit="g", route="?", at="9999-12-31T23:00:00+00:00")
    old = Dose(drug="morphine", dose=1, unit="mg", route="oral", at="2000-01-01T00:00:00+00:00")
    send(engine, diary(0, 20, [odd, old, oral(8, 1e308, "methadone"), oral(9, 1e308, "methadone")]))
    assert screen(engine, LATER) == 1
    with transaction(engine) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Decision)) == 1
    computed(engine)
    value, reason = stored(engine, cast.rising)["Mon", "OME_mg"]
    assert (value, reason) == (
        None,
        "cannot be summed: the dose of methadone is no number that can be converted",
    )
