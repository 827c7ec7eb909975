"""The chart as geometry: what is missing is a hole, time is linear, 10 is at the top."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from api.pages import chart
from api.pages.axis import LEFT, RIGHT, places_of
from api.pages.chart import MOVE_BOTTOM, MOVE_TOP, PAIN_BOTTOM, PAIN_TOP, Answer, Mark, draw
from api.pages.hours import Hour
from days.cut import day_start

ROME = ZoneInfo("Europe/Rome")
KOLKATA = ZoneInfo("Asia/Kolkata")
HOUR = timedelta(hours=1)
FOUR_DAYS = [date(2026, 5, 1) + timedelta(days=i) for i in range(4)]
END = day_start(date(2026, 5, 5), ROME)


def filled(days, zone=ROME, activity=10.0) -> list[Hour]:
    start, end = day_start(days[0], zone), day_start(days[-1] + timedelta(days=1), zone)
    return [Hour(start + i * HOUR, activity) for i in range(round((end - start) / HOUR))]


def drawn(hours=(), answers=(), marks=(), now=END, days=FOUR_DAYS, zone=ROME, means=None):
    return draw(days, zone, hours, means or {}, answers, marks, now)


def test_a_missing_day_leaves_a_hole_and_no_zero():
    hours = [h for h in filled(FOUR_DAYS) if h.start.astimezone(ROME).date() != date(2026, 5, 2)]
    picture = drawn(hours)
    day = picture.days[1]
    assert len(picture.skyline) == 2
    first, second = picture.skyline
    assert first.endswith(f"H{day.x} V{MOVE_BOTTOM} Z")
    assert second.startswith(f"M{round(day.x + day.width, 2)} {MOVE_BOTTOM}")
    assert [(s.x, s.width, s.kind) for s in picture.spans] == [(day.x, day.width, "no-data")]


def test_a_day_of_23_hours_is_narrower_and_of_25_hours_wider():
    spring = places_of([date(2026, 3, 28), date(2026, 3, 29), date(2026, 3, 30)], ROME)
    assert spring[1].width / spring[0].width == pytest.approx(23 / 24, abs=1e-4)
    autumn = places_of([date(2026, 10, 24), date(2026, 10, 25), date(2026, 10, 26)], ROME)
    assert autumn[1].width / autumn[0].width == pytest.approx(25 / 24, abs=1e-4)
    for days in (spring, autumn):
        assert days[0].x == LEFT
        assert sum(day.width for day in days) == pytest.approx(RIGHT - LEFT)


def test_local_midnights_are_ticks_in_a_zone_with_half_hours():
    places = places_of(FOUR_DAYS, KOLKATA)
    assert day_start(FOUR_DAYS[0], KOLKATA) == datetime(2026, 4, 30, 18, 30, tzinfo=UTC)
    assert [p.width for p in places] == pytest.approx([(RIGHT - LEFT) / 4] * 4)


def test_the_axis_is_the_same_for_pain_and_movement():
    at = day_start(FOUR_DAYS[2], ROME)
    picture = drawn([Hour(at, 5.0)], [Answer(at, 7, 4)], [Mark(at, "high", "case 1")])
    assert picture.skyline[0].startswith(f"M{picture.worst[0].x} ")
    assert picture.worst[0].x == picture.flags[0].x == picture.days[2].x


@pytest.mark.parametrize(
    ("score", "y"), [(10, PAIN_TOP), (0, PAIN_BOTTOM), (5, (PAIN_TOP + PAIN_BOTTOM) / 2)]
)
def test_pain_10_is_at_the_top_and_0_at_the_bottom(score, y):
    assert drawn(answers=[Answer(END - HOUR, score, None)]).worst[0].y == y


def test_an_answer_without_a_score_is_no_dot():
    picture = drawn(answers=[Answer(END - HOUR, None, 4)])
    assert picture.worst == []
    assert [dot.score for dot in picture.average] == [4]


def test_a_long_silence_breaks_the_line_of_pain():
    starts = day_start(FOUR_DAYS[0], ROME)
    answers = [Answer(starts + hours * HOUR, 5, None) for hours in (1, 20, 80, 94)]
    lines = drawn(answers=answers).worst_lines
    assert [len(line.split()) for line in lines] == [2, 2]


def test_the_highest_hour_stays_below_the_upper_edge_and_zero_on_the_ground():
    picture = drawn([Hour(END - 2 * HOUR, 0.0), Hour(END - HOUR, 180.0)])
    assert picture.top == 200.0
    assert f"V{MOVE_BOTTOM} H" in picture.skyline[0]
    assert f"V{MOVE_BOTTOM - 0.9 * (MOVE_BOTTOM - MOVE_TOP)} H" in picture.skyline[0]


def test_not_worn_and_no_data_are_told_apart():
    hours = filled(FOUR_DAYS)
    hours[10:14] = [Hour(h.start, None, worn=False) for h in hours[10:14]]
    del hours[20:22]
    spans = drawn(hours).spans
    assert [span.kind for span in spans] == ["not-worn", "no-data"]
    assert spans[0].width == pytest.approx(2 * spans[1].width, abs=0.05)


def test_the_future_is_not_missing():
    picture = drawn(filled(FOUR_DAYS[:2]), now=day_start(FOUR_DAYS[2], ROME))
    assert picture.spans == []
    assert picture.now_x == picture.days[2].x


def test_words_of_neighbouring_cases_stand_in_two_rows():
    at = day_start(FOUR_DAYS[0], ROME)
    marks = [Mark(at + hours * HOUR, "low", "case") for hours in (0, 4)]
    assert [flag.label_y for flag in drawn(marks=marks).flags] == list(chart.LABEL_ROWS)


def test_words_near_the_right_edge_turn_to_the_left():
    flag = drawn(marks=[Mark(END - HOUR, "high", "case 7, open")]).flags[0]
    assert flag.anchor == "end"
    assert flag.label_x < flag.x


def test_what_lies_outside_of_the_days_is_not_drawn():
    early = day_start(FOUR_DAYS[0], ROME) - HOUR
    picture = drawn([Hour(early, 5.0)], [Answer(early, 5, 5)], [Mark(early, "low", "case")])
    assert picture.skyline == picture.worst == picture.average == picture.flags == []
