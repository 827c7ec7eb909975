"""The one word for a patient: nothing old is ever read as calm."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from api.pages.standing import Standing, standing
from api.pages.words import age, figure, local, minutes
from store.people import zone_of
from store.worklist import Row
from tests.cast import NOON

HOUR = timedelta(hours=1)
QUIET = Row(
    *(1, "P-1", "Europe/Rome", False),
    *(None, None, None, None, None, None, None),
    *("quiet", "worst pain 3, as usual", NOON.date(), NOON),
    *(3, 2, None, NOON - 5 * HOUR),
    *(NOON - timedelta(minutes=3), None, 80.0, NOON),
)


def test_recent_reports_and_recent_movement_without_a_sign_are_quiet():
    assert standing(QUIET, NOON) is Standing.QUIET


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"verdict": None}, id="nothing judged"),
        pytest.param({"reported_at": None}, id="never reported"),
        pytest.param({"reported_at": NOON - 36 * HOUR - timedelta(seconds=1)}, id="report just too old"),
        pytest.param({"skipped": "asleep"}, id="question not answered"),
        pytest.param({"moved_at": None}, id="no movement ever"),
        pytest.param({"moved_at": NOON - 12 * HOUR - timedelta(seconds=1)}, id="movement just too old"),
        pytest.param({"worn": False}, id="watch in a drawer"),
    ],
)
def test_what_is_old_or_missing_is_no_news_and_not_calm(change):
    assert standing(replace(QUIET, **change), NOON) is Standing.NO_NEWS


def test_a_report_at_the_limit_still_carries():
    assert standing(replace(QUIET, reported_at=NOON - 36 * HOUR), NOON) is Standing.QUIET


def test_cannot_judge_is_a_word_of_its_own():
    assert standing(replace(QUIET, verdict="no evidence"), NOON) is Standing.CANNOT_JUDGE


def test_a_rule_that_fires_without_an_open_case_is_not_calm():
    assert standing(replace(QUIET, verdict="fire"), NOON) is Standing.SIGN


def test_an_open_case_goes_before_everything():
    row = replace(QUIET, case_id=3, severity="low", verdict="no evidence")
    assert standing(row, NOON) is Standing.CASE


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (9 * 3600, "9 h"),
        (172_799, "47 h"),
        (172_800, "2 d"),
    ],
)
def test_ages_are_short(seconds, words):
    assert age(timedelta(seconds=seconds)) == words


def test_times_are_the_patients_own_and_name_their_zone():
    assert local(NOON, zone_of("Europe/Rome")) == "Mon 4 May, 14:00 CEST"
    assert local(NOON, zone_of("America/New_York")) == "Mon 4 May, 08:00 EDT"


def test_figures_keep_the_digits_that_matter():
    assert [figure(v) for v in (0.4567, 31.26, 812.4, 12345.6)] == ["0.46", "31.3", "812", "12\u202f346"]
    assert minutes(1325) == "22 h 05"
