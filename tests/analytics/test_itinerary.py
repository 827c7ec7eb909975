"""The clock of a patient who travels, and the local days that it cuts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.days import (
    HOUR_US,
    MINUTE_US,
    day_bounds,
    hours_in,
    local_day_of,
    local_us,
    noon_us,
    offsets_between,
)
from days.cut import day_of
from days.itinerary import Itinerary
from tests.cast import micro
from tests.journeys import instants_around, itineraries

ROME, NEW_YORK, TOKYO = ZoneInfo("Europe/Rome"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Tokyo")
AZORES = ZoneInfo("Atlantic/Azores")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def flight(before: ZoneInfo, after: ZoneInfo, at: str) -> Itinerary:
    return Itinerary([before, after], [utc(at)])


WEST = flight(ROME, NEW_YORK, "2026-05-10T14:00+02:00")
EAST = flight(NEW_YORK, ROME, "2026-05-20T18:00-04:00")


def test_a_flight_to_the_west_makes_a_day_of_30_hours():
    assert [hours_in(date(2026, 5, day), WEST) for day in (9, 10, 11)] == [24, 30, 24]


def test_the_flight_back_makes_a_day_of_18_hours():
    assert [hours_in(date(2026, 5, day), EAST) for day in (19, 20, 21)] == [24, 18, 24]


def test_summer_time_that_begins_on_the_day_of_the_flight_takes_its_hour_too():
    morning = flight(ROME, NEW_YORK, "2026-03-29T14:00+02:00")
    assert hours_in(date(2026, 3, 29), morning) == 24 - 1 + 6
    night = flight(NEW_YORK, ROME, "2026-03-28T22:00-04:00")  # 04:00 in Rome, an hour after its change
    assert [hours_in(date(2026, 3, day), night) for day in (28, 29)] == [22, 20]


def test_half_past_eleven_on_the_night_of_the_clock_change_belongs_to_the_evening_before():
    late = utc("2026-03-28T23:30+01:00")
    assert (
        day_of(late, ROME) == day_of(late, flight(ROME, NEW_YORK, "2026-04-02T10:00Z")) == date(2026, 3, 28)
    )
    arrived = flight(NEW_YORK, ROME, "2026-03-28T23:00+01:00")
    assert day_of(late, arrived) == date(2026, 3, 28)
    assert hours_in(date(2026, 3, 29), arrived) == 23


def test_a_flight_west_after_midnight_goes_back_into_the_evening_before():
    red_eye = flight(ROME, NEW_YORK, "2026-05-11T00:30+02:00")  # 18:30 on the 10th
    assert day_of(utc("2026-05-11T00:10+02:00"), red_eye) == date(2026, 5, 10)
    assert hours_in(date(2026, 5, 10), red_eye) == 30
    assert hours_in(date(2026, 5, 11), red_eye) == 24


def test_a_date_that_the_date_line_skips_has_no_hours():
    ahead = flight(ZoneInfo("Pacific/Pago_Pago"), ZoneInfo("Pacific/Kiritimati"), "2026-05-10T23:30-11:00")
    assert [hours_in(date(2026, 5, day), ahead) for day in (10, 11, 12)] == [23.5, 0, 23.5]


def test_a_date_that_the_date_line_repeats_is_one_long_day():
    back = flight(ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Pacific/Pago_Pago"), "2026-05-10T12:00+14:00")
    assert [hours_in(date(2026, 5, day), back) for day in (8, 9, 10)] == [24, 24 + 25, 24]
    assert day_of(utc("2026-05-10T11:00+14:00"), back) == date(2026, 5, 9)


def test_midnight_twice_on_one_date_belongs_to_that_date():
    assert hours_in(date(2026, 10, 25), AZORES) == 25
    assert day_of(utc("2026-10-25T00:30+00:00"), AZORES) == date(2026, 10, 25)


def test_the_night_of_a_flight_goes_from_the_noon_there_to_the_noon_here():
    assert noon_us(date(2026, 5, 10), WEST) == micro(utc("2026-05-10T12:00-04:00"))
    assert noon_us(date(2026, 5, 11), WEST) - noon_us(date(2026, 5, 10), WEST) == 24 * HOUR_US
    assert noon_us(date(2026, 5, 21), EAST) - noon_us(date(2026, 5, 20), EAST) == 18 * HOUR_US


def test_two_changes_within_a_day_are_both_seen():
    layover = Itinerary([ROME, NEW_YORK, ROME], [utc("2026-05-10T10:00Z"), utc("2026-05-10T12:00Z")])
    held = offsets_between(micro(utc("2026-05-10T03:00Z")), micro(utc("2026-05-11T03:00Z")), layover)
    assert (held.offset_us // HOUR_US).tolist() == [2, -4, 2]
    assert hours_in(date(2026, 5, 10), layover) == 24


def test_a_wall_clock_that_is_skipped_or_shown_twice_is_read_as_python_does():
    twice, skipped = datetime(2026, 5, 10, 10, tzinfo=WEST), datetime(2026, 5, 20, 21, tzinfo=EAST)
    assert twice.astimezone(UTC) == utc("2026-05-10T10:00+02:00")
    assert twice.replace(fold=1).astimezone(UTC) == utc("2026-05-10T10:00-04:00")
    assert utc("2026-05-10T10:00-04:00").astimezone(WEST).fold == 1
    assert skipped.utcoffset() == timedelta(hours=-4)
    assert skipped.replace(fold=1).utcoffset() == timedelta(hours=2)


def test_a_clock_is_called_by_its_name_there():
    assert [
        utc(at).astimezone(WEST).strftime("%H:%M %Z") for at in ("2026-05-10T11:00Z", "2026-05-10T13:00Z")
    ] == [
        "13:00 CEST",
        "09:00 EDT",
    ]
    assert utc("2026-05-10T13:00Z").astimezone(WEST).dst() == timedelta(hours=1)
    assert WEST.utcoffset(None) is WEST.dst(None) is WEST.tzname(None) is None


def test_the_zones_of_a_window_are_named_with_the_instants_at_which_they_began():
    low, change, high = utc("2026-05-01T00:00Z"), WEST.changes[0], utc("2026-05-20T00:00Z")
    assert WEST.names_between(low, change) == "Europe/Rome"
    assert WEST.names_between(change, high) == "America/New_York"
    assert WEST.names_between(low, high) == "Europe/Rome, America/New_York from 2026-05-10T12:00:00+00:00"


@pytest.mark.parametrize(
    "changes", [[], ["2026-05-10T12:00Z"] * 2, ["2026-05-11T12:00Z", "2026-05-10T12:00Z"]]
)
def test_changes_are_one_fewer_than_zones_and_in_order(changes):
    with pytest.raises(ValueError, match="in order"):
        Itinerary([ROME, NEW_YORK, ROME], [utc(at) for at in changes])


@given(st.data())
def test_the_wall_clock_is_that_of_the_zone_of_the_moment(data):
    journey = data.draw(itineraries())
    at = data.draw(instants_around(journey))
    there = at.astimezone(journey.zone_at(at))
    assert at.astimezone(journey).replace(tzinfo=None, fold=0) == there.replace(tzinfo=None, fold=0)
    wall = there.replace(tzinfo=None)
    named = [wall.replace(tzinfo=journey, fold=fold).astimezone(UTC) for fold in (0, 1)]
    assert named[0] <= at <= named[1]
    assert all(n.astimezone(journey).replace(tzinfo=None, fold=0) == wall.replace(fold=0) for n in named)


@given(st.data())
def test_no_instant_belongs_to_two_days_or_to_none(data):
    journey = data.draw(itineraries())
    low, high = (micro(at) for at in (journey.changes[0], journey.changes[-1]))
    edges = np.array([micro(change) + k for change in journey.changes for k in (-1, 0)], np.int64)
    t = np.unique(np.r_[np.arange(low - 48 * HOUR_US, high + 48 * HOUR_US, 7 * MINUTE_US), edges])
    days = local_day_of(t, journey)
    assert (np.diff(days.astype(np.int64)) >= 0).all()
    middle = datetime.fromtimestamp(int(t[len(t) // 2]) / 1e6, UTC)
    assert day_of(middle, journey) == local_day_of(np.array([micro(middle)]), journey).tolist()[0]
    # The day is the earliest date that the clock shows from then on.
    dates = local_us(t, journey).astype("datetime64[us]").astype("datetime64[D]")
    assert np.array_equal(days, np.minimum.accumulate(dates[::-1])[::-1])
    for day in np.arange(days[0], days[-1] + 1).tolist():
        start, end = day_bounds(day, journey)
        assert start <= noon_us(day, journey) <= end
        assert np.array_equal(days == np.datetime64(day), (t >= start) & (t < end))
        for edge in {start, end}:
            around = np.array([edge - 1, edge])
            for at, of in zip(around, local_day_of(around, journey), strict=True):
                assert (of == np.datetime64(day)) == (start <= at < end)


@given(st.data())
def test_offsets_are_exact_however_often_the_zone_changes(data):
    journey = data.draw(itineraries())
    at = data.draw(instants_around(journey))
    first = micro(journey.changes[0]) - data.draw(st.integers(1, 30)) * HOUR_US
    held = offsets_between(first, micro(at) + 1, journey)
    if micro(at) >= first:
        offset = at.astimezone(journey.zone_at(at)).utcoffset()
        assert offset is not None
        assert held.at(np.array([micro(at)]))[0] == offset // timedelta(microseconds=1)
