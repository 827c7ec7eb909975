"""The charts of the report on pages, as geometry."""

from __future__ import annotations

from api.pages.alert_charts import BARS_BOTTOM, BARS_TOP, LEFT, RIGHT, bars, shares, waits
from groups.alert_report import report
from tests.groups.cases import AT, case, cases

WEEKS = {"main": 100.0}
WITHIN = {"high": 60.0, "medium": 1440.0}


def test_the_dot_of_a_share_lies_within_its_interval_and_the_limit_is_a_half():
    (row,) = shares(report(cases(acted=8, false=22), WEEKS, AT).by_rule, 0.5).rows
    low, high = row.line
    assert LEFT < low < row.x < high < row.limit < RIGHT


def test_where_cases_are_too_few_there_are_words_and_no_dot():
    drawn = shares(report(cases(acted=2), WEEKS, AT).by_rule, 0.5)
    (row,) = drawn.rows
    assert (row.x, row.line, row.limit, row.words) == (None, None, None, "2 of 2, too few to say")
    assert drawn.description == "likelihood 1 (shipped 1): 2 of 2, too few to say."


def test_waiting_times_are_on_one_axis_with_the_time_of_the_ward():
    ten = [case(answered_after=10 * k, severity="high") for k in range(1, 11)]
    (row,) = waits(report(ten, WEEKS, AT).by_severity, WITHIN, {"high": "High"}).rows
    assert row.name == "High (wanted: 60 min)"
    assert row.line[0] == row.x < row.limit < row.line[1] < RIGHT


def test_where_one_in_ten_still_waits_the_line_goes_on_to_the_edge():
    some = [case(severity="high") for _ in range(8)] + [case(None, None, severity="high") for _ in range(4)]
    (row,) = waits(report(some, WEEKS, AT).by_severity, WITHIN, {}).rows
    assert row.line[1] == RIGHT


def test_the_highest_bar_reaches_the_top_and_an_hour_without_pages_has_no_height():
    drawn = bars(report([case(hour=7), case(hour=7), case(hour=23)], WEEKS, AT).by_hour, {"00": "0"}, "hour")
    assert [(bar.y, bar.height) for bar in drawn.bars if bar.count == 2] == [
        (BARS_TOP, BARS_BOTTOM - BARS_TOP)
    ]
    assert drawn.bars[0].height == 0 and drawn.bars[0].label == "0"
    assert drawn.description.startswith("3 pages; most of them, 2, at hour 07.")


def test_no_pages_are_no_bars():
    drawn = bars(report([], WEEKS, AT).by_hour, {}, "hour")
    assert drawn.description == "No pages." and not any(bar.height for bar in drawn.bars)
