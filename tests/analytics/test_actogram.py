import xml.etree.ElementTree as ET
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from analytics.days import day_bounds
from analytics.figures.actogram import HOUR_WIDTH, LEFT, actogram
from analytics.figures.day_states import day_states, wall_hours
from analytics.indices.in_bed import IN_BED, NOT_JUDGED, OUT_OF_BED
from analytics.indices.timeline import timeline_of

ROME = ZoneInfo("Europe/Rome")
MINUTE_US = 60_000_000
SVG = "{http://www.w3.org/2000/svg}"


def minutes(first, last):
    """Every minute of the local days from first to last."""
    return np.arange(day_bounds(first, ROME)[0], day_bounds(last, ROME)[1], MINUTE_US)


def drawn(t_us, title="steady", worn=None, bed=None, onsets=None, x=None):
    worn = np.ones(len(t_us), bool) if worn is None else worn
    bed = np.zeros(len(t_us), np.int8) if bed is None else bed
    x = np.random.default_rng(1).gamma(1, 80, len(t_us)) if x is None else x
    timeline = timeline_of(t_us, x, 60.0, worn, None, ROME, "counts")
    return actogram(timeline, worn, bed, title, "Europe/Rome", onsets or {})


def rows(svg):
    return [g for g in ET.fromstring(svg).iter(f"{SVG}g") if g.get("class") == "row"]


def boxes(row, name):
    """Stretches of a row in hours from its first midnight."""
    found = [r for r in row.iter(f"{SVG}rect") if r.get("class") == name]
    return [
        (
            round((float(r.get("x")) - LEFT) / HOUR_WIDTH, 2),
            round((float(r.get("x")) - LEFT + float(r.get("width"))) / HOUR_WIDTH, 2),
        )
        for r in found
    ]


def test_each_row_is_a_local_day_and_the_one_after_it():
    t_us = minutes(date(2026, 5, 4), date(2026, 5, 6))
    worn = np.ones(len(t_us), bool)
    worn[1440 + 600 : 1440 + 720] = False  # 10 to 12 on the second day
    found = rows(drawn(t_us, worn=worn))
    assert [row.get("data-day") for row in found] == ["2026-05-04", "2026-05-05", "2026-05-06"]
    assert [boxes(row, "not-worn") for row in found] == [[(34, 36)], [(10, 12)], []]


def test_not_worn_and_no_data_and_in_bed_stand_where_they_were():
    t_us = minutes(date(2026, 5, 4), date(2026, 5, 4))
    worn, bed = np.ones(1440, bool), np.full(1440, OUT_OF_BED, np.int8)
    worn[600:660], bed[:420], bed[1200:] = False, IN_BED, NOT_JUDGED
    kept = np.r_[0:900, 960:1440]  # nothing came from 15 to 16
    row = rows(drawn(t_us[kept], worn=worn[kept], bed=bed[kept]))[0]
    assert boxes(row, "not-worn") == [(10, 11)]
    assert boxes(row, "no-data") == [(15, 16)]
    assert boxes(row, "in-bed") == [(0, 7)]
    unknown = next(p for p in row.iter(f"{SVG}path") if p.get("class") == "not-judged")
    assert unknown.get("d").startswith(f"M{LEFT + 20 * HOUR_WIDTH:g} ")
    outline = next(p for p in row.iter(f"{SVG}path") if p.get("class") == "activity").get("d")
    assert outline.count("M") == 3  # a hole is no bar of height zero


def test_a_worn_epoch_without_a_value_is_no_data():
    t_us = minutes(date(2026, 5, 4), date(2026, 5, 4))
    x = np.ones(1440)
    x[60:120] = np.nan
    row = rows(drawn(t_us, x=x))[0]
    assert (boxes(row, "no-data"), boxes(row, "not-worn")) == ([(1, 2)], [])


@pytest.mark.parametrize(
    "day, hours, skipped, repeated",
    [
        pytest.param(date(2026, 3, 29), 23, [(2, 3)], [], id="spring"),
        pytest.param(date(2026, 10, 25), 25, [], [(2, 3)], id="autumn"),
        pytest.param(date(2026, 5, 4), 24, [], [], id="usual"),
    ],
)
def test_a_day_on_which_the_clock_changes_keeps_its_clock_hours(day, hours, skipped, repeated):
    t_us = minutes(day, day)
    wall, without, twice = wall_hours(t_us, day, ROME)
    assert (len(t_us) / 60, without, twice) == (hours, skipped, repeated)
    assert (np.diff(wall) > 0).all()
    assert wall[0] == 0 and wall[-600] == pytest.approx(14)  # ten hours before midnight
    assert wall[90] == pytest.approx(1.5)
    row = rows(drawn(t_us))[0]
    assert row.get("data-hours") == str(hours)
    marked = [p.get("class") for p in row.iter(f"{SVG}path") if p.get("class") in ("skipped", "repeated")]
    assert marked == ["skipped"] * len(skipped) + ["repeated"] * len(repeated)
    assert boxes(row, "no-data") == []  # an hour that did not exist is not missing


def test_both_passes_of_a_repeated_hour_are_there():
    day = date(2026, 10, 25)
    t_us = minutes(day, day)
    worn = np.ones(len(t_us), bool)
    worn[180:240] = False  # the second time that the clock shows 2 to 3
    assert boxes(rows(drawn(t_us, worn=worn))[0], "not-worn") == [(2.5, 3)]


def test_the_mean_of_a_bin_is_that_of_its_worn_minutes():
    t_us = minutes(date(2026, 5, 4), date(2026, 5, 4))
    x, worn = np.arange(1440.0), np.ones(1440, bool)
    worn[[0, 1]] = False
    timeline = timeline_of(t_us, x, 60.0, worn, None, ROME, "counts")
    day = day_states(timeline, worn, np.zeros(1440, np.int8), date(2026, 5, 4))
    assert day.activity[:2].tolist() == [3.0, 7.0]


def test_onsets_are_marked_in_both_halves_and_only_where_they_exist():
    t_us = minutes(date(2026, 5, 4), date(2026, 5, 5))
    assert 'class="onset"' not in drawn(t_us)
    svg = ET.fromstring(drawn(t_us, onsets={"L5": 90.0}))
    marks = [p.get("d").split()[0] for p in svg.iter(f"{SVG}path") if p.get("class") == "onset"]
    assert marks == [f"M{LEFT + 1.5 * HOUR_WIDTH:g}", f"M{LEFT + 25.5 * HOUR_WIDTH:g}"]
    assert sum(t.text == "L5 01:30" for t in svg.iter(f"{SVG}text")) == 2


@pytest.mark.parametrize(
    "title", ["</title><script>alert(1)</script>.csv", "a&b\"'<.csv", "bell\x07\udcff\ufffe.csv"]
)
def test_a_hostile_file_name_is_only_text(title):
    svg = drawn(minutes(date(2026, 5, 4), date(2026, 5, 4)), title=title)
    tree = ET.fromstring(svg.encode("utf-8"))
    assert list(tree.iter(f"{SVG}script")) == []
    assert tree.find(f"{SVG}title").text.endswith(".csv")


def test_the_text_alternative_says_what_the_figure_shows():
    worn = np.ones(1380, bool)
    worn[-120:] = False
    svg = drawn(minutes(date(2026, 3, 29), date(2026, 3, 29)), worn=worn, onsets={"M10": 545.0})
    words = ET.fromstring(svg).find(f"{SVG}desc").text
    for fact in ("Europe/Rome", "counts", "Not worn 2.0 h", "M10 begins at 09:05", "2026-03-29 has 23 h"):
        assert fact in words


def test_fourteen_days_of_minutes_are_a_small_file():
    svg = drawn(minutes(date(2026, 5, 4), date(2026, 5, 17)))
    assert len(rows(svg)) == 14
    assert len(svg.encode()) < 300_000


def test_without_epochs_there_is_nothing_to_draw():
    with pytest.raises(ValueError, match="needs epochs"):
        drawn(np.zeros(0, np.int64))


def test_what_is_never_worn_is_drawn_without_activity():
    t_us = minutes(date(2026, 5, 4), date(2026, 5, 4))
    svg = drawn(t_us, worn=np.zeros(1440, bool))
    assert boxes(rows(svg)[0], "not-worn") == [(0, 24)]
    assert 'class="activity"' not in svg
