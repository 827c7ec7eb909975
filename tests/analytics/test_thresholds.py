"""The numbers of the rule: named, versioned, and another set where an operator gives one."""

from __future__ import annotations

import pytest

from analytics.escalation.named_set import BadSet
from analytics.escalation.thresholds import SHIPPED, Thresholds, read_thresholds, thresholds_of

OWN = {"name": "ward 3", "version": 2}


def test_the_shipped_numbers_are_those_of_the_contract_and_of_decision_29():
    assert Thresholds("shipped", 1, 7, 24, 24, 3, 14, 5) == SHIPPED


@pytest.mark.parametrize(
    ("document", "said"),
    [
        pytest.param({"name": "x"}, "`version` is missing", id="no version"),
        pytest.param({"version": 1}, "`name` is missing", id="no name"),
        pytest.param({**OWN, "sever": 7}, "`sever` is no threshold", id="a word that is none"),
        pytest.param({**OWN, "severe": 11}, "`severe` lies between 1 and 10", id="no answer is that high"),
        pytest.param({**OWN, "severe": 6.5}, "`severe` is a whole number", id="no answer is that either"),
        pytest.param({**OWN, "severe": True}, "`severe` is a whole number", id="a truth value"),
        pytest.param({**OWN, "late_after_h": "much"}, "`late_after_h` is a whole number", id="a text"),
        pytest.param({**OWN, "rise_share": 0.3}, "`rise_share` was of a rule that the score", id="of a rule of before"),
        pytest.param({**OWN, "least_baseline_days": 15}, "is not more than `baseline_days`", id="more than there are"),
        pytest.param({"name": "shipped", "version": 2}, "the name shipped is taken", id="a name that is taken"),
        pytest.param({"name": "", "version": 1}, "`name` is a text", id="an empty name"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_a_sentence(document, said):
    with pytest.raises(BadSet, match=said):
        thresholds_of(document)


def test_they_are_read_from_a_file(tmp_path):
    file = tmp_path / "own.toml"
    file.write_text('name = "ward 3"\nversion = 2\nsevere = 8\n')
    assert read_thresholds(file) == Thresholds("ward 3", 2, severe=8)
    for text, said in (("name =", "not TOML"), ("severe = 8", "is missing")):
        file.write_text(text)
        with pytest.raises(BadSet, match=said):
            read_thresholds(file)
    with pytest.raises(BadSet, match="does not exist"):
        read_thresholds(tmp_path / "gone.toml")
