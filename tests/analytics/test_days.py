from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.days import HOUR_US, day_bounds, hours_in, local_clock_s, local_day_of, local_us, noon_us

ZONES = (
    "Europe/Oslo",
    "Europe/Rome",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/St_Johns",
)


def us(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1_000_000


@pytest.mark.parametrize(
    "zone, day, hours",
    [
        ("Europe/Rome", date(2026, 3, 29), 23),
        ("Europe/Rome", date(2026, 10, 25), 25),
        ("Europe/Oslo", date(2003, 3, 30), 23),
        ("Europe/Oslo", date(2003, 4, 1), 24),
        ("America/Sao_Paulo", date(2018, 11, 4), 23),
        ("America/Sao_Paulo", date(2018, 2, 17), 25),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Pacific/Apia", date(2011, 12, 30), 0),
    ],
)
def test_a_local_day_has_the_hours_its_clock_gives_it(zone, day, hours):
    assert hours_in(day, ZoneInfo(zone)) == hours


def test_a_day_whose_midnight_is_skipped_starts_at_one_o_clock():
    start, _ = day_bounds(date(2018, 11, 4), ZoneInfo("America/Sao_Paulo"))
    assert start == us("2018-11-04T03:00:00+00:00")
    assert local_clock_s(np.array([start]), ZoneInfo("America/Sao_Paulo")).tolist() == [3600.0]


def test_the_hour_repeated_before_midnight_belongs_to_the_day_that_ends():
    zone = ZoneInfo("America/Sao_Paulo")
    second_eleven_pm = us("2018-02-18T02:30:00+00:00")
    assert local_day_of(np.array([second_eleven_pm]), zone).tolist() == [date(2018, 2, 17)]
    assert local_clock_s(np.array([second_eleven_pm]), zone).tolist() == [23.5 * 3600]


def test_where_midnight_comes_twice_the_day_starts_at_the_second():
    zone = ZoneInfo("America/St_Johns")  # on 2010-11-07 the clock went from 00:01 back to 23:01
    start, _ = day_bounds(date(2010, 11, 7), zone)
    assert start == us("2010-11-07T03:30:00+00:00")
    assert hours_in(date(2010, 11, 6), zone) == 25


def test_noon_is_twelve_on_the_wall_on_the_day_of_the_change():
    assert noon_us(date(2026, 3, 29), ZoneInfo("Europe/Rome")) == us("2026-03-29T10:00:00+00:00")


@pytest.mark.parametrize("zone", ZONES)
@settings(max_examples=20, deadline=None)
@given(st.integers(us("1990-01-01T00:00+00:00"), us("2030-01-01T00:00+00:00")), st.integers(0, 400))
def test_wall_clocks_agree_with_the_zone_database(zone, first, days):
    t = first + np.arange(0, days * 24 + 1, 7) * HOUR_US
    wall = [
        (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(at)))
        .astimezone(ZoneInfo(zone))
        .replace(tzinfo=None)
        for at in t
    ]
    assert np.array_equal(local_us(t, ZoneInfo(zone)), np.array(wall, "datetime64[us]").astype(np.int64))


@pytest.mark.parametrize("zone", ZONES)
def test_every_minute_of_years_lies_within_the_bounds_of_its_day(zone):
    tz = ZoneInfo(zone)
    t = np.arange(us("2009-12-31T12:00+00:00"), us("2011-01-02T00:00+00:00"), 60_000_000)
    days = local_day_of(t, tz)
    for day in np.unique(days):
        start, end = day_bounds(day.item(), tz)
        inside = t[days == day]
        assert start <= inside.min() and inside.max() < end
        if start >= t[0] and end <= t[-1]:
            assert len(inside) == (end - start) // 60_000_000


def test_no_samples_have_no_days():
    assert len(local_day_of(np.zeros(0, np.int64), ZoneInfo("Europe/Rome"))) == 0
    assert len(local_clock_s(np.zeros(0, np.int64), ZoneInfo("Europe/Rome"))) == 0
