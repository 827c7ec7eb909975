"""The lag plot and the plot of lines within patients."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from analytics.association.daily_rows import DailyRows
from analytics.association.document import association
from analytics.figures.lag_plot import BOTTOM, LEFT, RIGHT, TOP, lag_plot
from analytics.figures.ticks import round_ticks
from analytics.figures.within_plot import MOST_POINTS, within_plot

SVG = "{http://www.w3.org/2000/svg}"


def lag(number, r=0.1, ci=(0.0, 0.2), p=0.2, n_eff=80.4, **reasons):
    return {"lag": number, "n": 100, "r": r, "ci": ci, "p_adjusted": p, "n_eff": n_eff, **reasons}


def of_class(svg, name):
    return [e for e in ET.fromstring(svg.encode()).iter() if e.get("class") == name]


def of_lags(svg, name):
    """Those of that class that belong to a lag: the legend has its own."""
    lags = [g for g in ET.fromstring(svg.encode()).iter(f"{SVG}g") if g.get("class") == "lag"]
    return [e for g in lags for e in g if e.get("class") == name]


def texts(svg):
    return [e.text for e in ET.fromstring(svg.encode()).iter(f"{SVG}text") if e.text]


def days(patients, number, slope=-0.5, seed=1):
    """(patient, x, y) rows; y follows x within each patient."""
    chance = np.random.default_rng(seed)
    x = chance.normal(20, 4, (patients, number)) + 5 * np.arange(patients)[:, None]
    y = 60 + chance.normal(0, 5, (patients, 1)) + slope * x + chance.normal(0, 1, x.shape)
    return [f"P-{k}" for k in range(patients) for _ in range(number)], x.ravel(), y.ravel()


def test_findings_differ_in_shape_and_each_lag_has_its_effective_days():
    svg = lag_plot(
        [lag(-1), lag(0, -0.3, (-0.4, -0.2), 0.01), lag(1, p=0.05)], "io and worst pain", "12 patients"
    )
    lags = [g for g in ET.fromstring(svg).iter(f"{SVG}g") if g.get("class") == "lag"]
    shapes = [[e.get("class") for e in g if e.get("class") in ("finding", "no-finding")] for g in lags]
    assert [g.get("data-lag") for g in lags] == ["-1", "0", "1"]
    assert shapes == [["no-finding"], ["finding"], ["no-finding"]]
    assert [e.text for e in of_class(svg, "n-eff")] == ["80"] * 3
    assert len(of_lags(svg, "ci")) == 3 and len(of_class(svg, "zero")) == 1


def test_a_point_stands_at_its_r_between_the_ends_of_its_interval():
    svg = lag_plot([lag(0, 0.2, (-0.1, 0.4))], "a and b", "")
    middle = (TOP + BOTTOM) / 2
    [circle] = of_lags(svg, "no-finding")
    assert float(circle.get("cy")) == pytest.approx(middle - (BOTTOM - TOP) / 4)  # the axis ends at 0.4
    [ci] = of_lags(svg, "ci")
    low, high = (float(part.split("M")[0]) for part in ci.get("d").replace("V", " ").split()[1:3])
    assert (low, high) == (pytest.approx(middle + (BOTTOM - TOP) / 8), TOP)


def test_what_is_null_is_a_gap_with_its_reason():
    nothing = lag(
        7, None, None, None, None, r_reason="too little data: no pair of days", n_eff_reason="unknown"
    )
    short = lag(
        0,
        0.3,
        None,
        None,
        ci_reason="no interval can be given",
        p_adjusted_reason="20 complete days; a p value needs 30",
    )
    svg = lag_plot([short, nothing], "a and b", "")
    assert len(of_class(svg, "gap")) == 1 and of_lags(svg, "ci") == []
    notes = " ".join(e.text for e in of_class(svg, "note"))
    for said in (
        "No r at lag +7: too little data: no pair of days.",
        "No interval at lag 0",
        "a p value needs 30",
    ):
        assert said in notes
    assert "None" not in svg and "nan" not in svg


def test_the_plot_of_the_engines_own_document_says_in_words_what_it_shows():
    patient, x, y = days(9, 40)
    day = np.tile(np.arange(40), 9).astype("datetime64[D]")
    svg = lag_plot(association(DailyRows(tuple(patient), day, x, y))["lags"], "x and y", "9 patients")
    words = ET.fromstring(svg).find(f"{SVG}desc").text
    assert "lag 0: r -0.8" in words and "lag +7" in words
    assert len(of_lags(svg, "finding")) >= 1


def test_without_lags_there_is_no_lag_plot():
    with pytest.raises(ValueError, match="needs a lag"):
        lag_plot([], "a", "b")


def test_the_lines_of_patients_are_parallel_over_their_own_range():
    svg = within_plot(*days(5, 20), "x [mg]", "worst pain (0 to 10)", "x and pain")
    ends = []
    for line in of_class(svg, "patient"):
        (x1, y1), (x2, y2) = (map(float, p.split()) for p in line.get("d")[1:].split("L"))
        ends.append((x1, x2, (y2 - y1) / (x2 - x1)))
    assert len(ends) == 5
    assert np.ptp([slope for *_, slope in ends]) < 0.01 and ends[0][2] > 0  # down the page is down in value
    assert all(LEFT <= x1 < x2 <= RIGHT for x1, x2, _ in ends)
    assert len({x1 for x1, *_ in ends}) == 5
    assert "x [mg]" in texts(svg) and "worst pain (0 to 10)" in texts(svg)


def test_up_to_twelve_patients_are_told_apart_without_colour():
    svg = within_plot(*days(12, 5), "x", "y", "x and y")
    looks = {(e.get("stroke"), e.get("stroke-dasharray")) for e in of_class(svg, "patient")}
    assert len(looks) == 12
    assert [e.text for e in of_class(svg, "number")] == [str(k) for k in range(1, 13)]
    assert len(of_class(svg, "who")) == 12


def test_more_are_grey_and_of_many_the_picture_says_how_many_are_left_out():
    svg = within_plot(*days(75, 5), "x", "y", "x and y")
    lines = of_class(svg, "patient")
    assert len(lines) == 60 and {e.get("stroke") for e in lines} == {"#777"}
    assert of_class(svg, "number") == of_class(svg, "who") == []
    assert "15 are left out" in " ".join(e.text for e in of_class(svg, "note"))


def test_a_large_cohort_is_a_bounded_file():
    svg = within_plot(*days(80, 400), "x", "y", "x and y")
    assert len(svg.encode()) < 200_000
    assert sum(e.get("d").count("M") for e in of_class(svg, "days")) <= MOST_POINTS + 60
    assert "every 4th is drawn" in svg


def test_days_without_both_are_no_points_and_patients_with_one_day_no_line():
    x, y = np.array([1.0, 2, np.nan, 3, 5]), np.array([1.0, 2, 3, np.nan, 4])
    svg = within_plot(["a", "a", "a", "a", "b"], x, y, "x", "y", "t")
    assert [e.get("d").count("M") for e in of_class(svg, "days")] == [2]
    assert "1 patient, 2 complete days" in svg


def test_a_measure_that_never_varies_has_points_and_no_line():
    svg = within_plot(["a", "a"], [3.0, 3.0], [1.0, 2.0], "x", "y", "t")
    assert of_class(svg, "patient") == [] and "never varies" in svg


def test_nobody_is_refused():
    with pytest.raises(ValueError, match="two days"):
        within_plot(["a", "b"], [1.0, 2.0], [1.0, 2.0], "x", "y", "t")


@pytest.mark.parametrize("name", ["</title><script>alert(1)</script>", "a&b\"'<", "bell\x07\udcff\ufffe"])
def test_hostile_names_are_only_text(name):
    figures = (lag_plot([lag(0)], name, name), within_plot([name] * 2, [1, 2], [1, 2], name, name, name))
    for svg in figures:
        tree = ET.fromstring(svg.encode("utf-8"))
        assert list(tree.iter(f"{SVG}script")) == [] and "style" not in {
            k for e in tree.iter() for k in e.attrib
        }


@pytest.mark.parametrize(
    "low, high, ticks",
    [(0, 10, [0, 2, 4, 6, 8, 10]), (0.13, 0.31, [0.1, 0.15, 0.2, 0.25, 0.3, 0.35]), (-1, 1, [-1, -0.5, 0, 0.5, 1]), (4, 4, [4, 5])],
)  # fmt: skip
def test_ticks_are_round_and_hold_all(low, high, ticks):
    found = round_ticks(low, high).tolist()
    assert found[0] <= low and found[-1] >= high and len(found) <= 8
    if low != high:
        assert found == ticks
