import xml.etree.ElementTree as ET

import pytest

from analytics.figures.waterfall import ENDPOINTS, LEFT, POINT, Bar, waterfall

SVG = "{http://www.w3.org/2000/svg}"
FIVE = [
    Bar("P-1", -5.0, "complete", "8 Gy x 1"),
    Bar("P-2", 3.0, "progression"),
    Bar("P-3", -2.0, "partial", "4 Gy x 5"),
    Bar("P-4", 0.0, "indeterminate"),
    Bar("P-5", -3.0, "not_evaluable"),
]


def bars(svg):
    return [g for g in ET.fromstring(svg).iter(f"{SVG}g") if g.get("class") == "bar"]


def said(svg, name):
    return ET.fromstring(svg).find(f"{SVG}{name}").text


def test_each_patient_has_one_bar_from_the_largest_rise_to_the_largest_fall():
    found = bars(waterfall(FIVE, "all"))
    assert [float(bar.get("data-change")) for bar in found] == [3, 0, -2, -3, -5]
    xs = [float(bar.find(f"{SVG}rect").get("x")) for bar in found]
    assert xs == sorted(xs) and xs[0] > LEFT


def test_a_bar_is_as_long_as_the_change():
    rises, none, falls = bars(waterfall([FIVE[1], FIVE[3], FIVE[0]], "all"))
    assert float(rises.find(f"{SVG}rect").get("height")) == 3 * POINT
    assert float(falls.find(f"{SVG}rect").get("height")) == 5 * POINT
    zero = float(falls.find(f"{SVG}rect").get("y"))
    assert float(rises.find(f"{SVG}rect").get("y")) == zero - 3 * POINT
    assert 0 < float(none.find(f"{SVG}rect").get("height")) < 3  # there, but no change


def test_endpoints_differ_by_letter_and_by_fill():
    found = bars(waterfall(FIVE, "all"))
    letters = {bar.get("data-endpoint"): bar.find(f"{SVG}text").text for bar in found}
    assert letters == {name: letter for name, (letter, _, _) in ENDPOINTS.items()}
    assert len({bar.find(f"{SVG}rect").get("fill") for bar in found}) == 5


def test_the_thresholds_of_two_points_are_drawn():
    svg = ET.fromstring(waterfall(FIVE, "all"))
    zero = float(
        next(p for p in svg.iter(f"{SVG}path") if p.get("class") == "zero").get("d").split()[1].split("H")[0]
    )
    lines = [
        float(p.get("d").split()[1].split("H")[0])
        for p in svg.iter(f"{SVG}path")
        if p.get("class") == "threshold"
    ]
    assert lines == [zero - 2 * POINT, zero + 2 * POINT]


def test_whose_change_is_unknown_is_named_below_and_has_no_bar():
    svg = waterfall(
        [*FIVE, Bar("P-7", None, "not_evaluable"), Bar("P-6", None, "not_evaluable", "8 Gy")], "all"
    )
    assert len(bars(svg)) == 5
    shown = " ".join(t.text or "" for t in ET.fromstring(svg).findall(f"{SVG}text"))
    assert "2 patients: P-6 (8 Gy), P-7" in shown


def test_the_text_alternative_counts_the_endpoints():
    words = said(waterfall(FIVE, "radiotherapy"), "desc")
    for fact in ("5 patients", "1 complete", "1 partial", "1 progression", "1 not evaluable", "is known"):
        assert fact in words
    assert said(waterfall(FIVE, "radiotherapy"), "title") == "Response waterfall: radiotherapy"
    first = bars(waterfall(FIVE, "all"))[-1].find(f"{SVG}title").text
    assert first == "P-1: -5 points, complete, 8 Gy x 1"


@pytest.mark.parametrize("label", ["</title><script>alert(1)</script>", "a&b\"'<", "bell\x07\udcff\ufffe"])
def test_a_hostile_label_is_only_text(label):
    svg = waterfall([Bar(label, -1.0, "indeterminate", label), Bar(label, None, "not_evaluable")], label)
    assert list(ET.fromstring(svg.encode("utf-8")).iter(f"{SVG}script")) == []


def test_nobody_gives_an_empty_figure_and_many_a_wide_one():
    assert bars(waterfall([], "nobody")) == []
    many = waterfall([Bar(f"P-{k}", k % 11 - 8.0, "indeterminate") for k in range(200)], "many")
    assert len(bars(many)) == 200 and len(many) < 200_000


def test_an_unknown_endpoint_is_refused():
    with pytest.raises(ValueError, match="no endpoint 'better'"):
        waterfall([Bar("P-1", 0.0, "better")], "all")
