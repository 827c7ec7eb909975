"""The numbers of the rule: named, versioned, and another set where an operator gives one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from analytics.escalation.decision import Verdict
from analytics.escalation.thresholds import SHIPPED, BadThresholds, Thresholds, read_thresholds, thresholds_of
from analytics.escalation.worst_pain import judge
from tests.analytics.test_worst_pain import TODAY, diary, evening

OWN = {"name": "ward 3", "version": 2}


def test_the_shipped_numbers_are_those_of_the_contract_and_of_decision_5():
    assert Thresholds("shipped", 1, 7, 24, 24, 3, 14, 5, 3, 7, 2.0, 0.30) == SHIPPED
    assert SHIPPED.reach == timedelta(days=24)


@pytest.mark.parametrize("worst", [[], [8], [3, 3, 3, 3, 3, 3], [3, 3, 3, 3, 3, 5, 6], [3]])
def test_each_decision_says_by_which_numbers_it_was_made(worst):
    said = judge(diary(*worst), evening(TODAY, 21))
    assert said.evidence["thresholds"] == "shipped 1"
    own = judge(diary(*worst), evening(TODAY, 21), thresholds_of(OWN))
    assert own.evidence == {**said.evidence, "thresholds": "ward 3 2"}


@pytest.mark.parametrize(
    ("more", "worst", "verdict"),
    [
        pytest.param({"severe": 8}, [3, 3, 3, 3, 3, 7], Verdict.QUIET, id="7 is not severe here"),
        pytest.param({"severe": 5}, [5], Verdict.FIRE, id="5 is severe here"),
        pytest.param({"rise_points": 3}, [3, 3, 3, 3, 3, 5, 5], Verdict.QUIET, id="two points are no rise here"),
        pytest.param({"least_baseline_days": 3}, [3, 3, 3, 5, 5], Verdict.FIRE, id="three days are a baseline here"),
        pytest.param({"last_reports": 4}, [3, 3, 3, 3, 3, 5, 3, 3, 5], Verdict.FIRE, id="two of the last four"),
    ],
)  # fmt: skip
def test_other_numbers_judge_otherwise(more, worst, verdict):
    assert judge(diary(*worst), evening(TODAY, 21)).verdict is not verdict
    assert judge(diary(*worst), evening(TODAY, 21), thresholds_of({**OWN, **more})).verdict is verdict


@pytest.mark.parametrize(
    ("document", "said"),
    [
        pytest.param({"name": "x"}, "`version` is missing", id="no version"),
        pytest.param({"version": 1}, "`name` is missing", id="no name"),
        pytest.param({**OWN, "sever": 7}, "`sever` is no threshold", id="a word that is none"),
        pytest.param({**OWN, "severe": 11}, "`severe` lies between 1 and 10", id="no answer is that high"),
        pytest.param({**OWN, "severe": 6.5}, "`severe` is a whole number", id="no answer is that either"),
        pytest.param({**OWN, "severe": True}, "`severe` is a whole number", id="a truth value"),
        pytest.param({**OWN, "rise_share": "much"}, "`rise_share` is a number", id="a text"),
        pytest.param({**OWN, "rise_share": float("nan")}, "`rise_share` lies between", id="no number"),
        pytest.param({**OWN, "least_baseline_days": 15}, "is not more than `baseline_days`", id="more than there are"),
        pytest.param({"name": "shipped", "version": 2}, "the name shipped is taken", id="a name that is taken"),
        pytest.param({"name": "", "version": 1}, "`name` is a text", id="an empty name"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_a_sentence(document, said):
    with pytest.raises(BadThresholds, match=said):
        thresholds_of(document)


def test_they_are_read_from_a_file(tmp_path):
    file = tmp_path / "own.toml"
    file.write_text('name = "ward 3"\nversion = 2\nsevere = 8\n')
    assert read_thresholds(file) == Thresholds("ward 3", 2, severe=8)
    for text, said in (("name =", "not TOML"), ("severe = 8", "is missing")):
        file.write_text(text)
        with pytest.raises(BadThresholds, match=said):
            read_thresholds(file)
    with pytest.raises(BadThresholds, match="cannot be read"):
        read_thresholds(tmp_path / "gone.toml")
