"""What a pain score is called, by which cut points, and which sets are refused."""

from __future__ import annotations

import pytest

from severity.cut_points import BadCutPoints, CutPoints, chosen, default, parse, severity, shipped

WORDS = ("none", "mild", "moderate", "severe")
OWN = {
    "name": "ward 3", "version": 2, "source": "our own", "mild": [1, 2], "moderate": [3, 5], "severe": [6, 10],
}  # fmt: skip
TOML = "\n".join(f"{key} = {value!r}" for key, value in OWN.items()).replace("'", '"')


@pytest.mark.parametrize(
    ("name", "mild", "moderate", "severe"),
    [
        pytest.param("serlin-1995", (1, 4), (5, 6), (7, 10), id="Serlin 1995"),
        pytest.param("woo-2015", (1, 4), (5, 6), (7, 10), id="Woo 2015"),
        pytest.param("chow-2016", (1, 4), (5, 8), (9, 10), id="Chow 2016"),
        pytest.param("esas", (1, 3), (4, 6), (7, 10), id="practice"),
    ],
)
def test_each_score_has_the_severity_of_the_published_ranges(name, mild, moderate, severe):
    ranges = {"none": (0, 0), "mild": mild, "moderate": moderate, "severe": severe}
    expected = [next(word for word, (low, high) in ranges.items() if low <= s <= high) for s in range(11)]
    assert [severity(score, shipped()[name]) for score in range(11)] == expected


def test_the_shipped_sets_are_these_and_practice_is_what_holds():
    assert sorted(shipped()) == ["chow-2016", "esas", "serlin-1995", "woo-2015"]
    assert (default().label, default().moderate, default().severe) == ("esas 1", 4, 7)
    assert all(one.source for one in shipped().values())


def test_who_did_not_say_has_no_severity():
    assert severity(None, default()) is None


@pytest.mark.parametrize("score", [-1, 11, 6.5, 7.0, "7", True, float("nan")])
def test_what_is_no_score_is_refused(score):
    with pytest.raises(ValueError, match="whole number from 0 to 10"):
        severity(score, default())


def test_an_operator_names_a_shipped_set_or_gives_a_file(tmp_path):
    assert chosen("chow-2016") is shipped()["chow-2016"]
    (tmp_path / "own.toml").write_text(TOML)
    assert chosen(str(tmp_path / "own.toml")) == CutPoints("ward 3", 2, 3, 6, "our own")


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        pytest.param("serlin", "none of chow-2016, esas, serlin-1995, woo-2015", id="a name that is none"),
        pytest.param("gone.toml", "does not exist", id="no file"),
        pytest.param("broken.toml", "not TOML", id="no TOML"),
        pytest.param("binary.toml", "cannot be read", id="no text"),
        pytest.param("taken.toml", "the name esas is taken", id="a shipped name for other numbers"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_in_a_sentence(tmp_path, monkeypatch, setting, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.toml").write_text("name = ")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "taken.toml").write_text(TOML.replace("ward 3", "esas"))
    with pytest.raises(BadCutPoints, match=said):
        chosen(setting)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        pytest.param({"mild": [0, 2]}, "cover each score", id="0 is no pain"),
        pytest.param({"mild": [1, 3]}, "cover each score", id="3 twice"),
        pytest.param({"moderate": [4, 5]}, "cover each score", id="3 not at all"),
        pytest.param({"severe": [6, 9]}, "cover each score", id="10 not at all"),
        pytest.param({"severe": [6, 11]}, "cover each score", id="11"),
        pytest.param({"mild": [2, 1]}, "cover each score", id="backwards"),
        pytest.param({"mild": [1, 2.0]}, "`mild` is two whole numbers", id="a fraction"),
        pytest.param({"mild": [True, 2]}, "`mild` is two whole numbers", id="a truth value"),
        pytest.param({"mild": [1]}, "`mild` is two whole numbers", id="one number"),
        pytest.param({"name": ""}, "`name` is a text", id="no name"),
        pytest.param({"name": "a\nb"}, "`name` is a text", id="a name in two lines"),
        pytest.param({"version": 0}, "`version` is a whole number", id="version 0"),
        pytest.param({"version": "1"}, "`version` is a whole number", id="a version as text"),
        pytest.param({"source": " "}, "`source` says", id="no source"),
        pytest.param({"sever": [6, 10]}, "wrong or missing: `sever`", id="a key that is none"),
    ],
)
def test_a_set_with_a_fault_is_refused_in_a_sentence(wrong, said):
    with pytest.raises(BadCutPoints, match=said):
        parse({**OWN, **wrong})
    with pytest.raises(BadCutPoints, match="wrong or missing: `source`"):
        parse({key: value for key, value in OWN.items() if key != "source"})
