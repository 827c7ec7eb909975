"""What a night was like, by hand."""

from __future__ import annotations

from datetime import UTC, date
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from analytics.days import noon_us
from analytics.indices.index import Index
from analytics.indices.sleep import night_sleep

MINUTE_US = 60_000_000
NOON_US = noon_us(date(2026, 3, 1), UTC)
T_US = NOON_US + np.arange(1440) * MINUTE_US


def said(awake: list[tuple[int, int]]) -> NDArray[np.float64]:
    """Asleep from minute 600 to 1080, but for what is awake."""
    asleep = np.zeros(1440)
    asleep[600:1080] = 1
    for first, end in awake:
        asleep[first:end] = 0
    return asleep


def shown(indices: list[Index]) -> dict[str, object]:
    return {index.name: index.shown for index in indices}


def bed(first: int, end: int) -> tuple[int, int]:
    return NOON_US + first * MINUTE_US, NOON_US + end * MINUTE_US


def test_a_night_with_a_wake_in_the_middle() -> None:
    night = shown(night_sleep(T_US, said([(700, 720)]), 60.0, bed(585, 1100), UTC))
    assert night == {
        "sleep_onset": "22:00",
        "sleep_offset": "06:00",
        "TST_min": 460.0,
        "sleep_efficiency": pytest.approx(100 * 460 / 515),
        "WASO_min": 20.0,
        "SOL_min": 15.0,
        "nap_min": 0.0,
    }


def test_a_nap_is_a_quarter_of_an_hour_outside_the_bed() -> None:
    asleep = said([])
    asleep[100:115] = 1
    asleep[200:214] = 1
    assert shown(night_sleep(T_US, asleep, 60.0, bed(600, 1080), UTC))["nap_min"] == 15.0


def test_a_nap_is_not_joined_over_a_hole() -> None:
    asleep = said([])
    asleep[100:120] = 1
    there = np.ones(1440, bool)
    there[109:111] = False
    night = shown(night_sleep(T_US[there], asleep[there], 60.0, bed(600, 1080), UTC))
    assert night["nap_min"] == 0.0


def test_a_night_that_is_half_unknown_has_reasons_and_no_numbers() -> None:
    asleep = said([])
    asleep[700:900] = np.nan
    night = night_sleep(T_US, asleep, 60.0, bed(600, 1080), UTC)
    assert [i.value for i in night[:6]] == [None] * 6
    assert night[0].reason == "too little data: 58.3 % of the time in bed were scored, 75 % are needed"
    without = night_sleep(T_US, asleep, 60.0, None, UTC)
    assert all(i.value is None and i.reason for i in without)


def test_minutes_that_never_came_count_as_not_scored() -> None:
    there = np.ones(1440, bool)
    there[700:900] = False
    assert night_sleep(T_US[there], said([])[there], 60.0, bed(600, 1080), UTC)[2].value is None


def test_who_never_slept_has_no_onset_and_no_sleep() -> None:
    night = night_sleep(T_US, np.zeros(1440), 60.0, bed(600, 1080), UTC)
    assert {i.name: i.value for i in night}["TST_min"] == 0.0
    assert {i.name: i.value for i in night}["sleep_efficiency"] == 0.0
    assert night[0].reason == "no epoch of the time in bed was scored asleep"


def test_onset_and_offset_are_wall_clock_over_a_change_of_the_clock() -> None:
    # Clocks in Rome go from 2 to 3 in the night that begins on 28 March 2026.
    zone = ZoneInfo("Europe/Rome")
    noon = noon_us(date(2026, 3, 28), zone)
    t_us = noon + np.arange(1380) * MINUTE_US
    asleep = np.zeros(1380)
    asleep[600:1020] = 1  # seven hours from 22:00
    night = shown(night_sleep(t_us, asleep, 60.0, (noon + 600 * MINUTE_US, noon + 1020 * MINUTE_US), zone))
    assert (night["sleep_onset"], night["sleep_offset"], night["TST_min"]) == ("22:00", "06:00", 420.0)


@given(st.lists(st.sampled_from([0.0, 1.0, np.nan]), min_size=480, max_size=480))
def test_the_parts_of_a_night_fit_together(states: list[float]) -> None:
    asleep = said([])
    asleep[600:1080] = states
    night = {i.name: i.value for i in night_sleep(T_US, asleep, 60.0, bed(600, 1080), UTC)}
    if night["TST_min"] is None:
        assert np.isnan(states).sum() > 120
        return
    assert night["sleep_efficiency"] is not None
    assert 0 <= night["sleep_efficiency"] <= 100
    if night["TST_min"]:
        assert night["SOL_min"] is not None
        assert night["WASO_min"] is not None
        assert night["TST_min"] + night["SOL_min"] + night["WASO_min"] <= 480
