"""A patient's local days in SQL, and what a journey leaves behind when it is entered."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from days.cut import day_of
from days.itinerary import Itinerary, with_stay
from ingest.batch import write_batch
from ingest.messages import Diary, Epoch
from store import marks, people, zones
from store.coverage import covered_days
from store.database import StoreError, transaction
from store.diary import PainReport, reports_of
from store.worklist import worklist
from tests.cast import NOON, NURSE, enrol_cast, incoming, micro
from tests.journeys import instants_around, itineraries

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ARRIVAL, RETURN = datetime(2026, 4, 20, 12, tzinfo=UTC), datetime(2026, 4, 27, 22, tzinfo=UTC)


@pytest.fixture
def cast(engine):
    return enrol_cast(engine)


def go(engine, patient_id, tz, start, end=None, at=NOON):
    """As `actalgia enrol zone` does."""
    with transaction(engine) as session:
        patient = session.get_one(people.Patient, patient_id)
        marks.mark_days_of_patient(session, patient_id, start, end, at)
        journey = zones.stay(session, patient, tz, start, end)
        marks.mark_days_of_patient(session, patient_id, start, end, at)
    return journey


def stale(engine, patient_id, kind=marks.MOVEMENT):
    query = "SELECT day FROM stale_day WHERE patient_id = :p AND kind = :kind ORDER BY day"
    with engine.connect() as connection:
        return list(connection.scalars(sa.text(query), {"p": patient_id, "kind": kind}))


def forget_marks(engine):
    with engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM stale_day"))


def days(first, last, month=4):
    return [date(2026, month, day) for day in range(first, last + 1)]


def hourly(engine, start, hours):
    """An epoch of one minute every hour."""
    messages = [incoming("watch-1", Epoch(boot=1, seq=i, t0=micro(start + i * HOUR), epoch_s=60.0, counts=[3.0]))
                for i in range(hours)]  # fmt: skip
    write_batch(engine, messages, NOON)
    forget_marks(engine)


@settings(deadline=None)
@given(st.data())
def test_a_local_day_is_the_same_in_sql_and_in_python(session_engine, data):
    journey = data.draw(itineraries())
    instants = data.draw(st.lists(instants_around(journey), min_size=5, max_size=20))
    with Session(session_engine) as session:  # rolled back
        patient = people.enrol_patient(session, uuid.uuid4().hex, journey.zones[0].key)
        for zone, change in zip(journey.zones[1:], journey.changes, strict=True):
            zones.stay(session, patient, zone.key, change, None)
        stored = zones.zone_of_patient(session, patient.id)
        query = f"""
            SELECT k.t, {zones.local_day("k.t")} FROM unnest(:t ::timestamptz[]) AS k(t)
            JOIN patient p ON p.id = :patient {zones.zone_at("k.t")}
        """
        found = session.execute(sa.text(query), {"t": instants, "patient": patient.id}).all()
    assert len(found) == len(instants)
    for at, day in found:
        assert day == day_of(at, journey) == day_of(at, stored)


@given(st.data())
def test_a_stay_changes_the_zone_of_its_own_time_and_of_no_other(data):
    journey = data.draw(itineraries())
    start, end, at = (data.draw(instants_around(journey)) for _ in range(3))
    zone = ZoneInfo("Asia/Tokyo")
    if start < end:
        told = with_stay(journey, zone, start, end)
        assert told.zone_at(at) is (zone if start <= at < end else journey.zone_at(at))
        assert with_stay(told, zone, start, end).changes == told.changes
    told = with_stay(journey, zone, start, None)
    assert told.zone_at(at) is (zone if start <= at else journey.zone_at(at))


def test_who_never_travelled_has_the_zone_of_home_and_no_rows(engine, cast):
    with transaction(engine) as session:
        assert zones.zone_of_patient(session, cast.steady) == ZoneInfo("Europe/Rome")
        assert session.scalar(sa.select(sa.func.count()).select_from(zones.PatientZone)) == 0


def test_a_journey_there_and_back_is_told_at_once(engine, cast):
    go(engine, cast.steady, "America/New_York", ARRIVAL, RETURN)
    with transaction(engine) as session:
        zone = zones.zone_of_patient(session, cast.steady)
        assert isinstance(zone, Itinerary)
        assert [place.key for place in zone.zones] == ["Europe/Rome", "America/New_York", "Europe/Rome"]
        assert zone.changes == (ARRIVAL, RETURN)
        assert zones.zone_of_patient(session, cast.rising) == ZoneInfo("Europe/Rome")


def test_what_is_told_later_gives_way_to_nothing_and_takes_a_mistake_back(engine, cast):
    go(engine, cast.steady, "America/New_York", ARRIVAL)
    moved = go(engine, cast.steady, "Europe/Rome", ARRIVAL, ARRIVAL + DAY)
    assert moved.changes == (ARRIVAL + DAY,)
    assert go(engine, cast.steady, "Europe/Rome", ARRIVAL).changes == ()
    with transaction(engine) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(zones.PatientZone)) == 0


def test_a_zone_that_does_not_exist_changes_nothing(engine, cast):
    with pytest.raises(StoreError, match="There is no time zone 'Mars/Olympus'"):
        go(engine, cast.steady, "Mars/Olympus", ARRIVAL)
    assert stale(engine, cast.steady) == []


def test_exactly_the_days_that_a_journey_touches_are_stale(engine, cast):
    hourly(engine, NOON - 20 * DAY, 19 * 24)
    go(engine, cast.steady, "America/New_York", ARRIVAL, RETURN)
    # The 28th begins at its midnight in Rome, as it would have at home.
    assert stale(engine, cast.steady) == days(20, 27)
    assert stale(engine, cast.rising) == []


def test_a_red_eye_to_the_west_touches_the_evening_that_goes_on(engine, cast):
    hourly(engine, NOON - 20 * DAY, 19 * 24)
    go(engine, cast.steady, "America/New_York", datetime(2026, 4, 20, 22, 30, tzinfo=UTC))
    assert stale(engine, cast.steady) == [*days(20, 30), *days(1, 3, month=5)]


def test_a_journey_that_is_corrected_marks_the_days_of_both_versions(engine, cast):
    hourly(engine, NOON - 20 * DAY, 19 * 24)
    go(engine, cast.steady, "America/New_York", ARRIVAL, RETURN)
    forget_marks(engine)
    go(engine, cast.steady, "Europe/Rome", ARRIVAL, ARRIVAL + 2 * DAY)
    assert stale(engine, cast.steady) == days(20, 22)


def test_days_without_data_are_not_marked(engine, cast):
    go(engine, cast.steady, "America/New_York", ARRIVAL, RETURN)
    assert stale(engine, cast.steady) == []


def test_an_epoch_that_comes_late_marks_the_day_abroad(engine, cast):
    go(engine, cast.steady, "America/New_York", ARRIVAL, RETURN)
    evening = datetime(
        2026, 4, 23, 3, 30, tzinfo=UTC
    )  # 23:30 on the 22nd in New York, 05:30 on the 23rd in Rome
    late = Epoch(boot=1, seq=1, t0=micro(evening), epoch_s=60.0, counts=[3.0])
    write_batch(engine, [incoming("watch-1", late)], NOON)
    assert stale(engine, cast.steady) == [date(2026, 4, 22)]
    with transaction(engine) as session:
        covered = covered_days(session, cast.steady, NOON - 20 * DAY, NOON)
    assert [(day.day, day.minutes) for day in covered] == [(date(2026, 4, 22), 1)]


def test_a_watch_whose_clock_is_wrong_has_its_days_abroad_by_true_time(engine, cast):
    with transaction(engine) as session:
        session.execute(
            sa.text("INSERT INTO device_clock VALUES (:d, '-infinity', 'infinity', 7200000000)"),
            {"d": cast.watch_1},
        )
    go(engine, cast.steady, "America/New_York", ARRIVAL, RETURN)
    said = datetime(2026, 4, 23, 3, 30, tzinfo=UTC)  # truly 05:30: half past one in New York
    slow = Epoch(boot=1, seq=1, t0=micro(said), epoch_s=60.0, counts=[3.0])
    write_batch(engine, [incoming("watch-1", slow)], NOON)
    assert stale(engine, cast.steady) == [date(2026, 4, 23)]


def test_half_past_eleven_on_the_night_of_the_clock_change_marks_that_evening(engine, cast):
    late = datetime(2026, 3, 28, 22, 30, tzinfo=UTC)
    one = Epoch(boot=1, seq=1, t0=micro(late), epoch_s=60.0, counts=[3.0])
    write_batch(engine, [incoming("watch-1", one)], NOON)
    assert stale(engine, cast.steady) == [date(2026, 3, 28)]


def answer(at, seq=1):
    return Diary(boot=1, seq=seq, id=str(uuid.uuid4()), at=at.isoformat(), worst=4)


def test_pain_reports_follow_the_zone_and_are_judged_again(engine, cast):
    evening = datetime(2026, 4, 23, 3, 30, tzinfo=UTC)
    write_batch(engine, [incoming("phone-2", answer(evening))], NOON)
    ward = PainReport(
        entry=uuid.uuid4(), patient_id=cast.steady, seq=0, at=evening, received_at=NOON, worst=3
    )
    with transaction(engine) as session:
        session.add(ward)
    forget_marks(engine)
    for patient_id in (cast.steady, cast.rising):
        go(engine, patient_id, "America/New_York", ARRIVAL, RETURN)
        assert stale(engine, patient_id, marks.DIARY) == days(22, 23)  # as it was, as it is
        with transaction(engine) as session:
            (report,) = reports_of(session, patient_id, NOON - 20 * DAY, NOON)
        assert report.day == date(2026, 4, 22)
    with engine.connect() as connection:
        shown = connection.scalars(sa.text("SELECT day FROM reading.pain"))
        assert set(shown) == {date(2026, 4, 22)}


def test_the_worklist_names_the_zone_where_the_patient_is_now(engine, cast):
    go(engine, cast.steady, "America/New_York", ARRIVAL, RETURN)
    with transaction(engine) as session:
        away = {row.code: row.tz for row in worklist(session, NURSE, ARRIVAL)}
        home = {row.code: row.tz for row in worklist(session, NURSE, RETURN)}
    assert away == {"P-steady": "America/New_York", "P-rising": "Europe/Rome"}
    assert home == {"P-steady": "Europe/Rome", "P-rising": "Europe/Rome"}
