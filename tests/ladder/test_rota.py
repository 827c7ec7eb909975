"""Who is on duty: by the clock of the ward, also when it is changed; beside a calendar that reads it each minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ladder.plan import Holiday, Person, Plan, Quiet, Role, Rung, Shift, Swap
from ladder.reading import plan_of
from ladder.rota import Stretch, ids_on_duty, next_handover, on_duty, reached, stretches
from ladder.wall import first_shown, first_shown_at
from tests.ladder.reference import DAY, MINUTE, changes_of_clock, minutes, on_the_wall
from tests.ladder.wards import document

ROME = ZoneInfo("Europe/Rome")
ZONES = ("Europe/Rome", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
PERSONS = tuple(Person(name, name.title(), ("log",)) for name in ("anna", "bruno", "carla", "dora"))


def plan_with(*shifts: Shift, zone: str = "Europe/Rome", **more) -> Plan:
    ladders = plan_of(document()).ladders
    return Plan(ZoneInfo(zone), PERSONS, (Role("nurse", "Nurse", shifts),), ladders, **more)


def at(text: str, zone: ZoneInfo = ROME) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_shift_holds_from_its_first_minute_to_the_last_before_its_end():
    plan = plan_with(Shift((1,), 420, 1140, ("anna",)))
    monday = "2026-05-04T"
    found = [on_duty(plan, "nurse", at(monday + t)) for t in ("06:59", "07:00", "18:59:59", "19:00")]
    assert found == [(), ("Anna",), ("Anna",), ()]


def test_a_night_belongs_to_the_day_on_which_it_begins():
    plan = plan_with(Shift((5,), 1140, 420, ("bruno",)))  # Friday
    found = [
        ids_on_duty(plan, "nurse", at(t))
        for t in ("2026-05-08T06:59", "2026-05-08T19:00", "2026-05-09T06:59", "2026-05-09T07:00")
    ]
    assert found == [(), ("bruno",), ("bruno",), ()]


# Rome: 29 March 2026, 02:00 to 03:00 does not exist; 25 October 2026, 02:00 to 03:00 comes twice.
@pytest.mark.parametrize("minute", [120, 121, 150, 179, 180])
def test_what_begins_in_the_hour_that_is_skipped_begins_when_the_clock_jumps(minute):
    assert first_shown(date(2026, 3, 29), minute, ROME) == utc("2026-03-29T01:00")


def test_a_shift_that_lies_within_the_skipped_hour_is_not_held_on_that_day():
    plan = plan_with(Shift(EVERY_DAY, 125, 170, ("anna",)))
    around = stretches(plan, "nurse", at("2026-03-28T12:00"), at("2026-03-29T12:00"))
    assert [one.persons for one in around] == [()]


@pytest.mark.parametrize(
    "wall, instant",
    [
        pytest.param(119, "2026-10-24T23:59", id="before: once"),
        pytest.param(120, "2026-10-25T00:00", id="the first of two"),
        pytest.param(150, "2026-10-25T00:30", id="the first of two, in the middle"),
        pytest.param(180, "2026-10-25T02:00", id="after the second: once"),
    ],
)
def test_what_begins_in_the_hour_that_comes_twice_begins_the_first_time(wall, instant):
    assert first_shown(date(2026, 10, 25), wall, ROME) == utc(instant)


def test_who_takes_over_in_the_hour_that_comes_twice_stays_while_it_is_repeated():
    plan = plan_with(Shift(EVERY_DAY, 0, 150, ("anna",)), Shift(EVERY_DAY, 150, 0, ("bruno",)))
    found = [
        ids_on_duty(plan, "nurse", utc(f"2026-10-25T{t}"))
        for t in ("00:29", "00:30", "01:00", "01:29", "01:31")  # 02:29, 02:30; then 02:00, 02:29, 02:31 again
    ]
    assert found == [("anna",), ("bruno",), ("bruno",), ("bruno",), ("bruno",)]


def test_a_night_is_an_hour_shorter_in_spring_and_longer_in_autumn_and_nobody_is_missing():
    plan = plan_with(Shift(EVERY_DAY, 1140, 420, ("anna",)), Shift(EVERY_DAY, 420, 1140, ("bruno",)))
    spring = stretches(plan, "nurse", at("2026-03-28T19:00"), at("2026-03-29T07:00"))
    autumn = stretches(plan, "nurse", at("2026-10-24T19:00"), at("2026-10-25T07:00"))
    assert [(one.persons, one.end - one.start) for one in spring + autumn] == [
        (("anna",), timedelta(hours=11)),
        (("anna",), timedelta(hours=13)),
    ]


def test_a_date_that_a_zone_skips_has_no_shifts():
    apia = plan_with(Shift(EVERY_DAY, 420, 1140, ("anna",)), zone="Pacific/Apia")  # no 30 December 2011
    found = stretches(apia, "nurse", utc("2011-12-29T12:00"), utc("2011-12-31T12:00"))
    assert [one.start for one in found if one.persons] == [utc("2011-12-29T17:00"), utc("2011-12-30T17:00")]


def test_a_holiday_is_a_sunday_unless_it_says_otherwise_or_has_shifts_of_its_own():
    week = (Shift((1, 2, 3, 4, 5), 420, 1140, ("anna",)), Shift((7,), 420, 1140, ("bruno",)))
    friday, noon = date(2026, 12, 25), at("2026-12-25T12:00")
    own = Shift((), 600, 900, ("carla",))
    for holiday, persons in (
        (Holiday(friday, "Christmas"), ("bruno",)),
        (Holiday(friday, "Christmas", like=6), ()),
        (Holiday(friday, "Christmas", shifts=(("nurse", own),)), ("carla",)),
        (Holiday(friday, "Christmas", shifts=(("doctor", own),)), ("bruno",)),
    ):
        assert ids_on_duty(plan_with(*week, holidays=(holiday,)), "nurse", noon) == persons


def test_the_night_before_a_holiday_is_held_to_its_end():
    plan = plan_with(Shift((4,), 1140, 420, ("anna",)), holidays=(Holiday(date(2026, 12, 25), "Christmas"),))
    assert ids_on_duty(plan, "nurse", at("2026-12-25T06:00")) == ("anna",)


def test_a_swap_of_one_person_leaves_the_others_and_a_swap_of_all_covers_empty_hours():
    day = Shift(EVERY_DAY, 420, 1140, ("anna", "bruno"))
    start, end = datetime.fromisoformat("2026-05-04T06:00"), datetime.fromisoformat("2026-05-04T12:00")
    one = plan_with(day, swaps=(Swap("nurse", start, end, ("carla",), "anna"),))
    all_of_them = plan_with(day, swaps=(Swap("nurse", start, end, ("carla",)),))
    times = ("2026-05-04T06:30", "2026-05-04T07:00", "2026-05-04T12:00")
    assert [ids_on_duty(one, "nurse", at(t)) for t in times] == [(), ("carla", "bruno"), ("anna", "bruno")]
    assert [ids_on_duty(all_of_them, "nurse", at(t)) for t in times] == [
        ("carla",),
        ("carla",),
        ("anna", "bruno"),
    ]


@pytest.mark.parametrize("turned", [False, True])
def test_two_who_exchange_their_shifts_each_have_the_other_ones_in_whatever_order_it_is_written(turned):
    day, night = Shift(EVERY_DAY, 420, 1140, ("anna",)), Shift(EVERY_DAY, 1140, 420, ("bruno",))
    start, end = datetime.fromisoformat("2026-05-04T07:00"), datetime.fromisoformat("2026-05-11T07:00")
    swaps = [Swap("nurse", start, end, ("bruno",), "anna"), Swap("nurse", start, end, ("anna",), "bruno")]
    plan = plan_with(day, night, swaps=tuple(reversed(swaps) if turned else swaps))
    times = ("2026-05-04T12:00", "2026-05-04T23:00", "2026-05-11T12:00")
    assert [ids_on_duty(plan, "nurse", at(t)) for t in times] == [("bruno",), ("anna",), ("anna",)]


def test_a_rung_reaches_everybody_once_whoever_is_on_duty_first():
    plan = plan_of(document())
    noon = at("2026-05-04T12:00")
    both = Rung(timedelta(), ("nurse", "doctor"), ("anna", "carla"))
    assert [one.id for one in reached(plan, both, noon)] == ["anna", "carla"]
    assert [one.id for one in reached(plan, Rung(timedelta(), ("nurse",)), at("2026-05-09T12:00"))] == []
    with pytest.raises(KeyError):
        on_duty(plan, "porter", noon)


def test_the_next_hand_over_is_when_somebody_else_or_nobody_is_on_duty():
    plan = plan_of(document())
    monday = at("2026-05-04T12:00")
    coming = next_handover(plan, "nurse", monday)
    assert (coming.start, coming.persons) == (at("2026-05-04T19:00"), ("bruno",))
    friday = next_handover(plan, "nurse", at("2026-05-08T12:00"))
    assert (friday.start, friday.end, friday.persons) == (at("2026-05-08T19:00"), at("2026-05-11T07:00"), ())
    assert next_handover(plan, "doctor", monday) is None


def test_quiet_hours_move_what_can_wait_to_their_end_and_never_what_is_high():
    plan = plan_with(Shift(EVERY_DAY, 0, 1440, ("anna",)), quiet=Quiet(22 * 60, 7 * 60))
    late, early = at("2026-05-04T22:00"), at("2026-05-05T06:59")
    morning = at("2026-05-05T07:00")
    for severity in ("medium", "low", "info"):
        assert [plan.not_before(severity, t) for t in (late, early, morning)] == [morning] * 3
    assert plan.not_before("high", early) == early
    assert plan.not_before("low", late - MINUTE) == late - MINUTE
    # The night on which the clock is set forward: 07:00 comes an hour sooner.
    assert plan.not_before("low", at("2026-03-28T23:00")) == utc("2026-03-29T05:00")


CLOCKS = st.one_of(
    st.integers(0, 1439), st.sampled_from([0, 60, 90, 105, 115, 119, 120, 121, 135, 150, 179, 180, 181, 1439])
)
SOMEBODY = st.lists(st.sampled_from([one.id for one in PERSONS]), min_size=1, max_size=2, unique=True).map(
    tuple
)


@st.composite
def rotas(draw) -> tuple[Plan, datetime]:
    """A rota, and midnight UTC of the day before something happens to the clock, or of any day."""
    zone = draw(st.sampled_from(ZONES))
    year = draw(st.integers(2019, 2032))
    changes = changes_of_clock(ZoneInfo(zone), year)
    somewhere = datetime(year, 1, 1, tzinfo=UTC) + draw(st.integers(0, 364)) * DAY
    about = draw(st.sampled_from([*changes, somewhere]))
    start = about.replace(hour=0, minute=0) - DAY
    shifts = tuple(
        Shift(
            tuple(sorted(draw(st.sets(st.integers(1, 7), min_size=1)))),
            draw(CLOCKS),
            draw(CLOCKS),
            draw(SOMEBODY),
        )
        for _ in range(draw(st.integers(1, 3)))
    )
    days = draw(st.lists(st.integers(0, 3), max_size=2, unique=True))
    holidays = tuple(
        Holiday((start + n * DAY).date(), "holiday", draw(st.integers(1, 7)),
                (("nurse", Shift((), draw(CLOCKS), draw(CLOCKS), draw(SOMEBODY))),) if draw(st.booleans()) else ())
        for n in days
    )  # fmt: skip
    swaps = ()
    if draw(st.booleans()):
        wall = (start + DAY).replace(tzinfo=None) + draw(CLOCKS) * MINUTE
        whose = draw(st.sampled_from([(None,), ("anna",), ("anna", "bruno"), ("bruno", "anna")]))
        swaps = tuple(
            Swap("nurse", wall, wall + draw(st.integers(1, 2000)) * MINUTE, draw(SOMEBODY), one)
            for one in whose
        )
    return plan_with(*shifts, zone=zone, holidays=holidays, swaps=swaps), start


@settings(max_examples=60, deadline=None)
@given(rotas())
def test_every_minute_belongs_to_exactly_the_shifts_that_a_reference_calendar_says(made):
    plan, start = made
    count = 3 * 1440
    said = stretches(plan, "nurse", start, start + count * MINUTE)
    assert said[0].start == start and said[-1].end == start + count * MINUTE
    assert all(one.end == two.start and one.persons != two.persons for one, two in pairwise(said))
    here = iter(said)
    stretch: Stretch = next(here)
    for instant, wall in minutes(plan.tz, start, count):
        if instant >= stretch.end:
            stretch = next(here)
        assert set(stretch.persons) == on_the_wall(plan, "nurse", wall), instant


@pytest.mark.parametrize("zone", ZONES)
def test_who_is_on_duty_in_each_quarter_of_two_years_is_what_a_reference_calendar_says(zone):
    week = (
        Shift((1, 2, 3, 4, 5), 420, 1140, ("anna",)),
        Shift((1, 2, 3, 4, 5, 6, 7), 1140, 150, ("bruno",)),  # ends where clocks are changed
        Shift((6, 7, 1), 150, 420, ("carla",)),
    )
    holidays = (Holiday(date(2026, 12, 25), "Christmas"), Holiday(date(2027, 3, 28), "Easter", like=1))
    plan = plan_with(*week, zone=zone, holidays=holidays)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    said = stretches(plan, "nurse", start, start + 730 * DAY)
    place = 0
    for instant, wall in minutes(plan.tz, start, 730 * 1440, 15 * MINUTE):
        while instant >= said[place].end:
            place += 1
        assert set(said[place].persons) == on_the_wall(plan, "nurse", wall), instant
        if instant.hour == 0 and instant.minute == 0:
            assert ids_on_duty(plan, "nurse", instant) == said[place].persons


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(ZONES), st.integers(2015, 2035), st.data())
def test_times_on_the_clock_keep_their_order_and_their_own_minute_where_they_are_shown(zone_name, year, data):
    zone = ZoneInfo(zone_name)
    changes = changes_of_clock(zone, year) or [datetime(year, 6, 1, tzinfo=UTC)]
    about = data.draw(st.sampled_from(changes)).astimezone(zone).replace(tzinfo=None, fold=0)
    one, other = sorted(about + data.draw(st.integers(-300, 300)) * MINUTE for _ in range(2))
    first, second = first_shown_at(one, zone), first_shown_at(other, zone)
    assert first <= second
    assert first.astimezone(zone).replace(tzinfo=None, fold=0) >= one
    assert (first - timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None, fold=0) < one
