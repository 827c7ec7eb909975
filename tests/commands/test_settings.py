"""A setting that cannot be is one sentence."""

from __future__ import annotations

import pytest

from actalgia.cli import _sentence
from actalgia.settings import Settings


@pytest.mark.parametrize("value", ["0", "-1", "soon"])
def test_a_setting_that_cannot_be_is_named_in_one_sentence_without_its_value(monkeypatch, value):
    monkeypatch.setenv("ACTALGIA_GAP_CASE_AFTER", value)
    with pytest.raises(ValueError) as wrong:
        Settings()
    sentence = _sentence(wrong.value)
    assert sentence is not None and sentence.startswith("ACTALGIA_GAP_CASE_AFTER: Input should be ")
    assert "\n" not in sentence and repr(value) not in sentence


@pytest.mark.parametrize(
    ("part", "name", "value", "said"),
    [
        ("api", "ACTALGIA_SEVERITY", "serlin", "ACTALGIA_SEVERITY: is none of chow-2016, esas, serlin-1995, woo-2015"),
        ("api", "ACTALGIA_SEVERITY", "gone.toml", "ACTALGIA_SEVERITY: the file cannot be read as text."),
        ("up", "ACTALGIA_SEVERITY", "gone.toml", "ACTALGIA_SEVERITY: the file cannot be read as text."),
        ("up", "ACTALGIA_ESCALATION", "gone.toml", "ACTALGIA_ESCALATION: the file cannot be read as text."),
        ("analytics", "ACTALGIA_ESCALATION", "gone.toml", "ACTALGIA_ESCALATION: the file cannot be read as text."),
        ("analytics", "ACTALGIA_SCREEN", "gone.toml", "ACTALGIA_SCREEN: the file cannot be read as text."),
        ("up", "ACTALGIA_SCREEN", "gone.toml", "ACTALGIA_SCREEN: the file cannot be read as text."),
    ],
)  # fmt: skip
def test_a_configuration_that_cannot_be_stops_the_part_with_one_sentence(
    command, monkeypatch, part, name, value, said
):
    monkeypatch.setattr("actalgia.logs.configure", lambda *_: None)
    monkeypatch.setenv(name, value)
    assert said in " ".join(command(part, code=2).split())


def test_hours_may_be_broken(monkeypatch):
    monkeypatch.setenv("ACTALGIA_GAP_CASE_AFTER", "0.5")
    assert Settings().gap_case_after == 0.5
