"""For which days a patient may answer, and the instant that an answer stands for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from api.diary.answer_days import instant_of, open_days
from days.cut import day_of
from days.itinerary import Itinerary

ROME, NEW_YORK, APIA = (ZoneInfo(name) for name in ("Europe/Rome", "America/New_York", "Pacific/Apia"))


def utc(*when: int) -> datetime:
    return datetime(*when, tzinfo=UTC)


@pytest.mark.parametrize(
    "now, today",
    [
        pytest.param(utc(2026, 10, 24, 21, 30), date(2026, 10, 24), id="23:30 before the night of 25 hours"),
        pytest.param(utc(2026, 10, 25, 22, 30), date(2026, 10, 25), id="23:30 of the day of 25 hours"),
        pytest.param(utc(2026, 10, 25, 23, 30), date(2026, 10, 26), id="00:30 after it"),
        pytest.param(utc(2026, 10, 25, 0, 30), date(2026, 10, 25), id="02:30, the first or the second time"),
        pytest.param(utc(2026, 3, 29, 21, 30), date(2026, 3, 29), id="23:30 of the day of 23 hours"),
        pytest.param(utc(2026, 3, 29, 22, 30), date(2026, 3, 30), id="00:30 after it"),
    ],
)
def test_when_clocks_change_today_is_what_the_patients_clock_says(now, today):
    assert open_days(now, ROME) == [today - timedelta(days=back) for back in range(4)]
    assert instant_of(today, now, ROME) == now


@pytest.mark.parametrize(
    "day, evening",
    [(date(2026, 10, 25), utc(2026, 10, 25, 19)), (date(2026, 10, 24), utc(2026, 10, 24, 18)), (date(2026, 3, 29), utc(2026, 3, 29, 18))],
)  # fmt: skip
def test_a_day_before_is_answered_at_eight_in_the_evening_of_its_own_clock(day, evening):
    now = datetime.combine(day + timedelta(days=1), datetime.min.time(), ROME).astimezone(UTC) + timedelta(
        hours=8
    )
    assert instant_of(day, now, ROME) == evening


def test_every_instant_lies_in_its_day_and_none_in_the_future():
    flights = Itinerary([ROME, NEW_YORK, ROME], [utc(2026, 5, 2, 17, 30), utc(2026, 5, 4, 23)])
    for hours in range(24 * 10):
        now = utc(2026, 4, 30) + timedelta(hours=hours)
        for day in open_days(now, flights):
            at = instant_of(day, now, flights)
            assert day_of(at, flights) == day and at <= now, (now, day)


def test_a_date_that_a_journey_over_the_date_line_skipped_cannot_be_answered():
    now = utc(2011, 12, 31, 12)  # Samoa went from 29 to 31 December
    assert open_days(now, APIA)[:3] == [date(2012, 1, 1), date(2011, 12, 31), date(2011, 12, 29)]
