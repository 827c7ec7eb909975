"""A ward's own settings of the screen: named, versioned, within bounds, or refused in a sentence."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from analytics.escalation.named_set import BadSet
from analytics.escalation.settings import SHIPPED, Settings
from analytics.escalation.settings_file import BOUNDS, read_settings, settings_of

OWN = {"name": "ward 3", "version": 2}


def test_every_setting_has_bounds_and_what_is_shipped_lies_within():
    assert BOUNDS.keys() == {one.name for one in fields(Settings)} - {"name"}
    for name, (low, high) in BOUNDS.items():
        assert low <= getattr(SHIPPED, name) <= high


def test_what_is_not_said_is_as_shipped():
    assert settings_of({**OWN, "cool_down_days": 5}) == replace(
        SHIPPED, name="ward 3", version=2, cool_down_days=5
    )
    assert settings_of({**OWN, "floor_average": 8}).label == "ward 3 2"


@pytest.mark.parametrize(
    ("document", "said"),
    [
        pytest.param({"name": "x"}, "`version` is missing", id="no version"),
        pytest.param({"version": 1}, "`name` is missing", id="no name"),
        pytest.param({**OWN, "page_scor": 1}, "`page_scor` is no setting; there are", id="a word that is none"),
        pytest.param({**OWN, "floor_average": 11}, "`floor_average` lies between 1 and 10", id="no answer is that high"),
        pytest.param({**OWN, "cool_down_days": 6.5}, "`cool_down_days` is a whole number", id="no day is half"),
        pytest.param({**OWN, "cool_down_days": True}, "`cool_down_days` is a whole number", id="a truth value"),
        pytest.param({**OWN, "page_score": "high"}, "`page_score` is a number", id="a text"),
        pytest.param({**OWN, "page_score": float("nan")}, "`page_score` lies between", id="no number"),
        pytest.param({**OWN, "page_score": -1}, "`rearm_score` is not above `page_score`", id="over while it is paged"),
        pytest.param({**OWN, "episode_days": 3}, "`cool_down_days` is not above `episode_days`", id="again before again"),
        pytest.param({"name": "shipped", "version": 99}, "the name shipped is taken", id="a name that is taken"),
        pytest.param({"name": "", "version": 1}, "`name` is a text", id="an empty name"),
        pytest.param({"name": 7, "version": 1}, "`name` is a text", id="a number as a name"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_a_sentence(document, said):
    with pytest.raises(BadSet, match=said):
        settings_of(document)


def test_they_are_read_from_a_file(tmp_path):
    file = tmp_path / "own.toml"
    file.write_text('name = "ward 3"\nversion = 2\nfloor_worst = 8\n')
    assert read_settings(file) == replace(SHIPPED, name="ward 3", version=2, floor_worst=8)
    for text, said in (("name =", "not TOML"), ("floor_worst = 8", "is missing")):
        file.write_text(text)
        with pytest.raises(BadSet, match=said):
            read_settings(file)
    with pytest.raises(BadSet, match="does not exist"):
        read_settings(tmp_path / "gone.toml")
