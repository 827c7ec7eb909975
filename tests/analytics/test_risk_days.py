"""The risks of the last days of one patient, as they are stored: a probability, or why there is none."""

from datetime import date, timedelta

import numpy as np
import pytest

from analytics.escalation.risk import p_flare_7d
from analytics.escalation.risk_days import TOLD_AGAIN, risks_of_ended_days
from analytics.escalation.screening import go_on, screen
from analytics.escalation.settings import SHIPPED
from tests.analytics.test_risk import lives, rows

FIRST, DAY = date(2026, 3, 1), timedelta(days=1)


def test_each_of_the_last_days_that_are_over_has_its_risk_and_the_running_day_has_none():
    screened = screen(lives(1, 40, 3))
    found = risks_of_ended_days(screened, FIRST + 39 * DAY)
    assert [one.day for one in found] == [FIRST + k * DAY for k in range(39 - TOLD_AGAIN, 39)]
    whole = p_flare_7d(screened)[0, 39 - TOLD_AGAIN : 39]
    assert [one.p_flare_7d for one in found] == whole.tolist()
    assert {one.reason for one in found} == {None}


def test_a_day_that_cannot_be_judged_has_a_reason_and_no_probability():
    pain = np.full((1, 12), np.nan)
    pain[0, [0, 8, 9, 10]] = 3
    found = risks_of_ended_days(screen(rows({"average": pain})), FIRST + 12 * DAY)
    assert len(found) == 12
    assert found[0].p_flare_7d is None
    assert found[0].reason == "too little data: 1 answered day so far, the least is 3"
    assert found[10].p_flare_7d is not None and found[10].reason is None
    silent = risks_of_ended_days(
        screen(rows({"average": np.array([[3.0] * 5 + [np.nan] * 30])})), date(2030, 1, 1)
    )
    assert silent[-1].reason.startswith("too little data: no diary and no movement for")


@pytest.mark.parametrize("today", [FIRST, FIRST - DAY])
def test_on_the_first_day_nothing_is_over(today):
    assert risks_of_ended_days(screen(lives(1, 1, 1)), today) == []


def test_days_that_a_checkpoint_forgot_are_left_out():
    made = lives(1, 60, 5)
    _, checkpoint = go_on(made.until(57), SHIPPED, None, 55, 4)
    went_on, _ = go_on(made, SHIPPED, checkpoint, 58, 4)
    assert [one.day for one in risks_of_ended_days(went_on, FIRST + 59 * DAY)] == [
        FIRST + k * DAY for k in range(51, 59)
    ]
