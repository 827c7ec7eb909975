"""The figure of a fairness report: every group in every panel, and words beside the marks."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from analytics.escalation.equity import equity
from analytics.escalation.equity_words import WORDS, sentences
from analytics.figures.equity_plot import PANELS, equity_plot
from tests.analytics.test_equity import person

SVG = "{http://www.w3.org/2000/svg}"


def marks(drawn: str, measure: str) -> list[ET.Element]:
    groups = ET.fromstring(drawn).iter(f"{SVG}g")
    return [g for g in groups if g.get("data-measure") == measure]


def test_every_group_has_its_dot_in_every_panel_and_who_differs_a_square():
    people = [person(k % 3 != 0, answered=100, sex="<female>") for k in range(30)]
    people += [person(k % 3 != 0, answered=40, sex="male") for k in range(30)]
    document = equity(people)
    drawn = equity_plot(document | {"sentences": sentences(document)}, WORDS, "simulated & small")
    for measure, *_ in PANELS:
        assert len(marks(drawn, measure)) == 2
    assert [len(list(g.iter(f"{SVG}rect"))) for g in marks(drawn, "diary")] == [1, 1]
    assert [len(list(g.iter(f"{SVG}rect"))) for g in marks(drawn, "sensitivity")] == [0, 0]
    text = " ".join(t.text or "" for t in ET.fromstring(drawn).iter(f"{SVG}text"))
    assert "<female> (30)" in text and "simulated & small" in text


def test_a_small_group_is_words_and_no_dot():
    drawn = equity_plot(equity([person(sex="female")] * 12 + [person(sex="male")] * 3), WORDS, "ward")
    assert len(marks(drawn, "wear")) == 1 and drawn.count("too few to tell") >= len(PANELS)


def test_without_any_attribute_there_is_nothing_to_draw():
    with pytest.raises(ValueError, match="attribute that is told"):
        equity_plot(equity([person()] * 12), WORDS, "ward")
