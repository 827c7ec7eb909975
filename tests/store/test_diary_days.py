"""What becomes of each local day of a diary: the query, the view, and the same rule once more in Python."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from days.cut import day_of, day_start
from days.itinerary import Itinerary
from store import people, zones
from store.asked import ask_daily
from store.database import transaction
from store.diary import PainReport, add_ward_report
from store.diary_days import STATES, diary_days, kept
from tests.cast import NOON, enrol_cast
from tests.journeys import instants_around, itineraries

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@dataclass(frozen=True)
class Said:
    """A row of `pain_report` as the rule in Python sees it; times are true."""

    at: datetime
    entered_at: datetime | None
    received_at: datetime
    entry: int
    order: int
    by_phone: bool
    worst: int | None
    skipped: str | None


@dataclass(frozen=True)
class Diary:
    """All that the state of a patient's days depends on."""

    zone: Itinerary
    at: datetime
    said: list[Said]
    asked: list[tuple[date, date | None]]
    worn: list[tuple[datetime, datetime | None, bool]]  #: of the phone, and whether by this patient
    revoked_at: datetime | None


def state_of_entry(one: Said, revision: int) -> str:
    if one.skipped is not None:
        return "skipped"
    if revision > 1:
        return "corrected"
    if one.entered_at is not None and one.entered_at - one.at > 6 * HOUR:
        return "backfilled"
    return "late" if one.received_at - (one.entered_at or one.at) > DAY else "answered"


def rule(diary: Diary) -> list[tuple[date, str, bool, int, int | None]]:
    """(day, state, asked, entries, worst) of each local day, in order."""
    zone, ours = diary.zone, [w for w in diary.worn if w[2]]
    forms: dict[tuple[int, bool], list[Said]] = {}
    for one in sorted(diary.said, key=lambda s: s.order):
        forms.setdefault((one.entry, one.by_phone), []).append(one)
    entries: dict[date, list[tuple[Said, int]]] = {}
    for all_forms in forms.values():
        one = all_forms[-1]
        at_hand = any(start <= one.at and (end is None or one.at < end) for start, end, _ in ours)
        if at_hand or not one.by_phone:
            entries.setdefault(day_of(one.at, zone), []).append((one, len(all_forms)))

    periods = list(diary.asked)
    by_phone = [s.at for s in diary.said if s.by_phone]
    for start, end, _ in ours if by_phone else []:
        begins = max(start, min(by_phone))
        ends = min((t for t in (end, diary.revoked_at) if t is not None), default=None)
        if ends is None:
            periods.append((day_of(begins, zone), None))
        elif begins < ends and day_of(begins, zone) < day_of(ends, zone):
            periods.append((day_of(begins, zone), day_of(ends, zone) - DAY))
    begin = min([*entries, *(first for first, _ in periods)], default=None)
    today, found = day_of(diary.at, zone), []
    day = begin or today + DAY
    while day <= today:
        asked = any(first <= day and (last is None or day <= last) for first, last in periods)
        own = sorted(
            entries.get(day, []),
            key=lambda e: (e[0].skipped is None, e[0].worst is not None, e[0].at, e[0].order),
        )
        if own:
            state = state_of_entry(*own[-1])
        else:
            state = "not_asked" if not asked else "missed" if day < today else "open"
        if day_start(day, zone) < day_start(day + DAY, zone):  # else no clock ever showed it
            found.append((day, state, asked, len(own), own[-1][0].worst if own else None))
        day += DAY
    return found


@st.composite
def diaries(draw: st.DrawFn) -> Diary:
    zone = draw(itineraries())
    anywhen = instants_around(zone)
    spans = [timedelta(), MINUTE, 6 * HOUR, 6 * HOUR + MINUTE, 23 * HOUR, 40 * HOUR]
    said = []
    for order in range(draw(st.integers(0, 8))):
        at = draw(anywhen)
        entered = draw(st.none() | st.sampled_from(spans).map(lambda s, at=at: at + s))
        said.append(
            Said(
                at,
                entered,
                max(at, entered or at) + draw(st.sampled_from(spans)),
                draw(st.integers(0, 5)),
                order,
                draw(st.booleans()),
                draw(st.none() | st.integers(0, 10)),
                draw(st.sampled_from([None, None, "asleep"])),
            )
        )
    cuts = sorted(draw(st.sets(anywhen, max_size=4)))
    whose = [draw(st.sampled_from([None, True, False])) for _ in cuts]
    ends = [*cuts, None][1:] if cuts else []
    worn = [(a, b, own) for a, b, own in zip(cuts, ends, whose, strict=True) if own is not None]
    asked = []
    if draw(st.booleans()):
        first = day_of(draw(anywhen), zone)
        asked = [(first, draw(st.none() | st.integers(0, 4).map(lambda n: first + n * DAY)))]
    return Diary(zone, draw(anywhen), said, asked, worn, draw(st.none() | anywhen))


def store(session: Session, diary: Diary, shift: timedelta) -> people.Patient:
    patient = people.enrol_patient(session, uuid.uuid4().hex, diary.zone.zones[0].key)
    other = people.enrol_patient(session, uuid.uuid4().hex, "UTC")
    for zone, change in zip(diary.zone.zones[1:], diary.zone.changes, strict=True):
        zones.stay(session, patient, zone.key, change, None)
    phone = people.enrol_device(session, uuid.uuid4().hex, "hash")
    phone.revoked_at = diary.revoked_at
    for start, end, own in diary.worn:
        people.wear(session, phone, patient if own else other, start, end)
    if shift:
        session.execute(
            sa.text("INSERT INTO device_clock VALUES (:d, '-infinity', 'infinity', :us)"),
            {"d": phone.id, "us": shift // timedelta(microseconds=1)},
        )
    for one in diary.said:
        back = shift if one.by_phone else timedelta()
        session.add(
            PainReport(
                device_id=phone.id if one.by_phone else None, patient_id=None if one.by_phone else patient.id,
                entry=uuid.uuid5(uuid.NAMESPACE_OID, f"{patient.id} {one.entry}"), seq=one.order, at=one.at - back,
                entered_at=one.entered_at and one.entered_at - back, received_at=one.received_at,
                worst=one.worst, skipped=one.skipped,
            )
        )  # fmt: skip
        session.flush()
    for first, last in diary.asked:
        ask_daily(session, patient.id, first, "anna", NOON, last)
    return patient


@settings(deadline=None)
@given(diaries(), st.sampled_from([timedelta(), -3 * HOUR]))
def test_sql_and_python_say_the_same_of_any_diary_on_any_journey(session_engine, diary, shift):
    with Session(session_engine) as session:  # rolled back
        patient = store(session, diary, shift)
        expected = rule(diary)
        lasts = (date(2026, 1, 1), date(2026, 12, 31))
        found = diary_days(session, patient.id, *lasts, diary.at)
        assert [(d.day, d.state, d.asked, d.entries, d.worst) for d in found] == expected
        if expected:
            day = expected[len(expected) // 2][0]
            assert diary_days(session, patient.id, day, day, diary.at) == [d for d in found if d.day == day]
        first = day_of(diary.zone.changes[0], diary.zone) - 5 * DAY
        here = session.scalar(sa.text("SELECT now()"))
        shown = session.execute(
            sa.text(
                """
                SELECT day, state, asked, entries, worst, average, least, now, interference, breakthrough,
                       rescue_doses FROM reading.diary_days
                WHERE patient = :code AND day BETWEEN :first AND :last ORDER BY day
                """
            ),
            {"code": patient.code, "first": first, "last": first + 15 * DAY},
        ).all()
        queried = diary_days(session, patient.id, first, first + 15 * DAY, here)
        fields = ("day", "state", "asked", "entries", "worst", "average", "least", "now")
        fields += ("interference", "breakthrough", "rescue_doses")
        assert [tuple(row) for row in shown] == [tuple(getattr(d, f) for f in fields) for d in queried]


@pytest.fixture
def cast(engine):
    return enrol_cast(engine)


def asks(engine, patient_id, first, last=None):
    with transaction(engine) as session:
        ask_daily(session, patient_id, first, "anna", NOON, last)


def says(engine, patient_id, at, worst=4, **more):
    values = {"entry": uuid.uuid4(), "at": at, "received_at": at, "worst": worst, "detail": {}, **more}
    with transaction(engine) as session:
        add_ward_report(session, patient_id, values)
    return values["entry"]


def phone_says(engine, device_id, at, seq):
    with transaction(engine) as session:
        session.add(
            PainReport(device_id=device_id, entry=uuid.uuid4(), boot=1, seq=seq, at=at, received_at=at, worst=4)
        )  # fmt: skip


def states(engine, patient_id, first=date(2026, 1, 1), last=date(2026, 12, 31), at=NOON):
    with transaction(engine) as session:
        return {d.day.isoformat()[5:]: d.state for d in diary_days(session, patient_id, first, last, at)}


def test_of_a_patient_whom_nobody_ever_asked_there_is_nothing_to_say(engine, cast):
    assert states(engine, cast.steady) == {}


def test_a_day_without_an_answer_is_missed_once_it_is_over_and_who_was_not_asked_missed_nothing(engine, cast):
    asks(engine, cast.steady, date(2026, 4, 29), date(2026, 4, 30))
    asks(engine, cast.steady, date(2026, 5, 3))
    says(engine, cast.steady, NOON - 4 * DAY)
    assert states(engine, cast.steady) == {
        "04-29": "missed", "04-30": "answered", "05-01": "not_asked", "05-02": "not_asked", "05-03": "missed",
        "05-04": "open",
    }  # fmt: skip
    over = datetime(2026, 5, 4, 22, tzinfo=UTC)  # midnight in Rome
    assert states(engine, cast.steady, at=over - MINUTE)["05-04"] == "open"
    assert states(engine, cast.steady, at=over)["05-04"] == "missed"


def test_what_comes_later_turns_a_missed_day_into_what_came(engine, cast):
    asks(engine, cast.steady, date(2026, 5, 2))
    assert states(engine, cast.steady)["05-02"] == "missed"
    entry = says(engine, cast.steady, NOON - 2 * DAY, entered_at=NOON, received_at=NOON)
    assert states(engine, cast.steady)["05-02"] == "backfilled"
    says(engine, cast.steady, NOON - 2 * DAY, worst=5, entry=entry)
    assert states(engine, cast.steady)["05-02"] == "corrected"
    says(engine, cast.steady, NOON - DAY, worst=5, entry=entry)  # it was about the day after
    assert [states(engine, cast.steady)[day] for day in ("05-02", "05-03")] == ["missed", "corrected"]


def test_an_answer_beats_a_skip_and_the_newest_answer_the_others(engine, cast):
    says(engine, cast.steady, NOON - 3 * HOUR, worst=3)
    says(engine, cast.steady, NOON - 2 * HOUR, worst=6, average=2)
    says(engine, cast.steady, NOON - 1 * HOUR, worst=None)  # a note
    says(engine, cast.steady, NOON, worst=None, skipped="asleep")
    with transaction(engine) as session:
        (day,) = diary_days(session, cast.steady, NOON.date(), NOON.date(), NOON)
    assert (day.state, day.worst, day.average, day.entries, day.asked) == ("answered", 6, 2, 4, False)
    says(engine, cast.steady, NOON - DAY, worst=None, skipped="in surgery")
    assert states(engine, cast.steady)["05-03"] == "skipped"


def test_a_phone_asks_from_its_first_entry_on_whoever_wears_it_until_it_is_taken_away(engine, cast):
    phone_says(engine, cast.phone_2, NOON - 6 * DAY, 1)
    assert states(engine, cast.rising) == {
        "04-28": "answered", "04-29": "missed", "04-30": "missed", "05-01": "missed", "05-02": "missed",
        "05-03": "missed", "05-04": "open",
    }  # fmt: skip
    with transaction(engine) as session:
        phone = session.get_one(people.Device, cast.phone_2)
        people.wear(
            session, phone, session.get_one(people.Patient, cast.steady), NOON - 4 * DAY, NOON - 2 * DAY
        )
        people.end_wearing(session, phone, NOON - 2 * DAY)
    # Of the day on which it changes hands nobody knows whether it asked.
    assert states(engine, cast.rising) == {
        "04-28": "answered", "04-29": "missed", "04-30": "not_asked", "05-01": "not_asked", "05-02": "not_asked",
        "05-03": "not_asked", "05-04": "not_asked",
    }  # fmt: skip
    expected = {"04-30": "missed", "05-01": "missed"}
    assert {k: v for k, v in states(engine, cast.steady).items() if v != "not_asked"} == expected


def test_a_revoked_phone_asks_nobody(engine, cast):
    phone_says(engine, cast.phone_2, NOON - 3 * DAY, 1)
    with transaction(engine) as session:
        people.revoke_device(session, "phone-2", NOON - DAY)
    found = {"05-01": "answered", "05-02": "missed", "05-03": "not_asked", "05-04": "not_asked"}
    assert states(engine, cast.rising) == found


def test_a_watch_that_sends_no_diary_asks_nothing(engine, cast):
    phone_says(engine, cast.phone_2, NOON, 1)
    assert states(engine, cast.steady) == {}


def test_a_date_that_a_journey_leaves_out_is_no_day_that_could_be_missed(engine, cast):
    with transaction(engine) as session:
        patient = session.get_one(people.Patient, cast.steady)
        zones.stay(session, patient, "Pacific/Pago_Pago", NOON - 10 * DAY, None)
        late = datetime(2026, 5, 1, 10, 30, tzinfo=UTC)  # 23:30 on 30 April; a minute later 2 May, 00:31
        zones.stay(session, patient, "Pacific/Kiritimati", late, None)
    asks(engine, cast.steady, date(2026, 4, 29))
    assert list(states(engine, cast.steady)) == ["04-29", "04-30", "05-02", "05-03", "05-04", "05-05"]


@pytest.mark.parametrize(
    ("tz", "evening", "morning", "days"),
    [
        pytest.param("Europe/Rome", "2026-03-28T23:59:00+01:00", "2026-03-29T00:01:00+01:00", ("03-28", "03-29"), id="before 23 hours"),
        pytest.param("Europe/Rome", "2026-10-25T23:30:00+01:00", "2026-10-26T00:30:00+01:00", ("10-25", "10-26"), id="the 25th hour"),
        pytest.param("Atlantic/Azores", "2026-10-24T23:59:00+00:00", "2026-10-25T00:30:00+00:00", ("10-24", "10-25"), id="the first of two midnights"),
        pytest.param("Atlantic/Azores", "2026-10-25T00:30:00+00:00", "2026-10-25T00:30:00-01:00", ("10-25", "10-25"), id="the hour that comes twice"),
    ],
)  # fmt: skip
def test_an_answer_belongs_to_the_local_day_of_its_instant(engine, tz, evening, morning, days):
    with transaction(engine) as session:
        patient = people.enrol_patient(session, "P", tz).id
    for at in (evening, morning):
        says(engine, patient, datetime.fromisoformat(at))
    found = states(engine, patient, at=datetime.fromisoformat(morning))
    assert found == dict.fromkeys(days, "answered")


def test_the_share_is_of_asked_days_that_are_over(engine, cast):
    asks(engine, cast.steady, date(2026, 5, 1))
    says(engine, cast.steady, NOON - 5 * DAY)  # nobody had asked
    says(engine, cast.steady, NOON - 3 * DAY)
    says(engine, cast.steady, NOON - 2 * DAY, worst=None, skipped="asleep")
    with transaction(engine) as session:
        found = kept(diary_days(session, cast.steady, date(2026, 4, 1), date(2026, 5, 9), NOON))
    assert {state: n for state, n in found.states.items() if n} == {
        "answered": 2, "skipped": 1, "missed": 1, "not_asked": 1, "open": 1,
    }  # fmt: skip
    assert tuple(found.states) == STATES
    assert (found.asked, found.answered, found.share) == (3, 1, pytest.approx(1 / 3))
    assert kept([]).share is None
