"""What other settings would have done, held against the cases that there were."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from analytics.escalation.backtest import OPEN, PastCase, Tally, document, matched, tallied
from analytics.escalation.rows import DailyRows
from analytics.escalation.screening import Tier, screen

DAY0 = date(2026, 3, 1)


def day(k: int) -> date:
    return DAY0 + timedelta(days=k)


def screened(*average: float):
    """One patient who answers each day; NaN where not."""
    values = np.array([average], float)
    return screen(DailyRows(("p",), (DAY0,), np.array([len(average)]), {"average": values}, np.full(values.shape, -1, np.int32), {}))  # fmt: skip


@pytest.mark.parametrize(
    ("pages", "cases", "expected"),
    [
        pytest.param([10], [10], [0], id="the same day"),
        pytest.param([3], [10], [0], id="a week before"),
        pytest.param([17], [10], [0], id="a week after"),
        pytest.param([2, 18], [10], [None], id="more than a week away"),
        pytest.param([10], [9, 11], [0, None], id="one page is of one case"),
        pytest.param([8, 12], [10, 13], [0, 1], id="the earliest that is free"),
        pytest.param([], [10], [None], id="no page"),
        pytest.param([10], [], [], id="no case"),
    ],
)
def test_a_case_has_the_earliest_near_page_that_no_case_before_has(pages, cases, expected):
    assert matched([day(k) for k in pages], [day(k) for k in cases]) == expected


def test_only_days_and_cases_since_the_given_day_count():
    judged = screened(*[2] * 20, 8, *[2] * 19)
    found = tallied(judged, 0, day(10), [PastCase(day(0), "acted"), PastCase(day(22), "false")])
    assert (found.days, found.counts["pages"], found.counts["floor_pages"]) == (30, 1, 1)
    assert [(page.patient, page.day, page.outcome) for page in found.pages] == [("p", day(20), "false")]
    assert found.cases == (("false", -2),) and found.false_pages == 1
    assert tallied(judged, 0, day(25), []).counts["pages"] == 0
    assert tallied(judged, 0, day(60), []).days == 0


def test_a_watch_on_the_table_beside_a_full_diary_is_no_day_that_cannot_be_judged():
    numbers = {"average": np.full((1, 40), 2.0), "wear_fraction": np.array([[0.9] * 30 + [0.0] * 10])}
    rows = DailyRows(("p",), (DAY0,), np.array([40]), numbers, np.full((1, 40), -1, np.int32), {})
    judged = screen(rows)
    assert judged.tier[0, 32] == Tier.TECHNICAL
    assert tallied(judged, 0, day(10), []).cannot_judge == 0
    assert tallied(judged, 0, DAY0, []).cannot_judge == 2, "the days before three answers"


def test_the_report_tells_earlier_from_later_from_not_at_all():
    tally = Tally("ward 3 1")
    for at, outcome in ((20, "acted"), (18, "acted"), (23, "acted"), (35, "acted"), (20, OPEN)):
        tally.patients.append(
            tallied(screened(*[2] * 20, 8, *[2] * 19), 0, DAY0, [PastCase(day(at), outcome)])
        )
    report = document([tally])
    assert report["happened"]["outcomes"] == {"acted": 4, "open": 1}
    (rule,) = report["rules"]
    assert rule["outcomes"]["acted"] == {
        "cases": 4, "paged": 3, "earlier": 1, "same_day": 1, "later": 1, "median_days_after": 0, "not_paged": 1,
    }  # fmt: skip
    assert rule["pages"] == 5 and rule["pages_without_case"] == 1
    assert rule["pages_per_week"]["estimate"] == pytest.approx(5 / (200 / 7))
    assert rule["pages_per_week"]["ci"][0] < 5 / (200 / 7) < rule["pages_per_week"]["ci"][1]


def test_of_one_patient_there_is_a_count_and_no_rate():
    tally = Tally("ward 3 1", [tallied(screened(*[2] * 20, 8, *[2] * 10), 0, DAY0, [])])
    (rule,) = document([tally])["rules"]
    assert rule["pages"] == 1 and rule["pages_per_week"]["estimate"] is None
    assert rule["pages_per_week"]["reason"].startswith("too little data")
