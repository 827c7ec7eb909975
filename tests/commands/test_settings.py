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
        ("api", "ACTALGIA_SEVERITY", "gone.toml", "ACTALGIA_SEVERITY: the file does not exist."),
        ("up", "ACTALGIA_SEVERITY", "gone.toml", "ACTALGIA_SEVERITY: the file does not exist."),
        ("up", "ACTALGIA_ESCALATION", "gone.toml", "ACTALGIA_ESCALATION: the file does not exist."),
        ("analytics", "ACTALGIA_ESCALATION", "gone.toml", "ACTALGIA_ESCALATION: the file does not exist."),
        ("analytics", "ACTALGIA_SCREEN", "gone.toml", "ACTALGIA_SCREEN: the file does not exist."),
        ("up", "ACTALGIA_SCREEN", "gone.toml", "ACTALGIA_SCREEN: the file does not exist."),
    ],
)  # fmt: skip
def test_a_configuration_that_cannot_be_stops_the_part_with_one_sentence(
    command, monkeypatch, part, name, value, said
):
    monkeypatch.setattr("actalgia.logs.configure", lambda *_: None)
    monkeypatch.setenv(name, value)
    assert said in " ".join(command(part, code=2).split())


def test_analytics_screens_by_the_settings_of_the_file(command, monkeypatch, tmp_path):
    file, given = tmp_path / "own.toml", []
    file.write_text('name = "ward 3"\nversion = 2\n')
    monkeypatch.setenv("ACTALGIA_SCREEN", str(file))
    monkeypatch.setattr("actalgia.logs.configure", lambda *_: None)
    monkeypatch.setattr("os.nice", lambda _: 0)
    monkeypatch.setattr("actalgia.commands.parts._stop_on_signals", lambda: None)
    monkeypatch.setattr("analytics.clock.run", lambda *words: given.extend(words))
    command("analytics")
    assert [one.label for one in given[2:]] == ["shipped 1", "ward 3 2"]


def test_hours_may_be_broken(monkeypatch):
    monkeypatch.setenv("ACTALGIA_GAP_CASE_AFTER", "0.5")
    assert Settings().gap_case_after == 0.5
