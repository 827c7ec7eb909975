"""`actalgia simulate --out`: a folder of tables and streams, or one sentence."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from actalgia import cli


@pytest.fixture
def simulate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def run(*words: str, code: int = 0) -> str:
        monkeypatch.setattr("sys.argv", ["actalgia", "simulate", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        assert ended.value.code == code, said
        return said.err if code else said.out

    return run


def test_a_folder_has_the_tables_and_a_file_for_each_device(simulate, tmp_path: Path) -> None:
    said = simulate("--patients", "3", "--days", "14", "--seed", "5", "--out", str(tmp_path / "ward"))
    assert "simulated" in said
    assert {one.name for one in (tmp_path / "ward").iterdir()} == {
        *("README.txt", "daily.csv", "truth.csv", "truth_days.csv", "attributes.csv", "streams"),
    }
    streams = sorted(one.name for one in (tmp_path / "ward/streams").iterdir())
    assert len(streams) == 6
    with gzip.open(tmp_path / "ward/streams/sim-5-0001-watch-1.jsonl.gz", "rt") as lines:
        line = json.loads(next(lines))
    assert line["topic"] == "actalgia/v1/sim-5-0001-watch-1/up/epoch"
    assert len(line["payload"]["steps"]) == 1440


def test_the_same_words_write_the_same_files(simulate, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        simulate("--patients", "2", "--days", "9", "--seed", "5", "--out", str(tmp_path / folder))
    for file in (tmp_path / "a").rglob("*.*"):
        assert file.read_bytes() == (tmp_path / "b" / file.relative_to(tmp_path / "a")).read_bytes()


def test_one_scenario_of_the_second_model_without_minutes(simulate, tmp_path: Path) -> None:
    words = ("--patients", "2", "--days", "90", "--out", str(tmp_path), "--scenario", "drift")
    simulate(*words, "--family", "heavy", "--stressed", "--no-streams")
    truth = (tmp_path / "truth.csv").read_text().splitlines()
    assert [line.split(",")[1:4] for line in truth[1:]] == [["drift", "heavy", "event"]] * 2
    assert not (tmp_path / "streams").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "say where to"),
        (("--out", "{folder}", "--scenario", "toothache"), "there is no scenario toothache"),
        (("--out", "{folder}", "--patients", "0"), "--patients"),
        (("--out", "{folder}", "--until", "soon"), "--until is not a day"),
        (("--out", "{folder}", "--until", "2000-01-20"), "before the year 2000"),
        (("--out", "{folder}", "--tz", "Europe/Atlantis"), "There is no time zone"),
        (("--out", "{file}"), "cannot be written"),
    ],
)
def test_a_mistake_is_one_sentence(simulate, tmp_path: Path, words: tuple[str, ...], sentence: str) -> None:
    file = tmp_path / "file"
    file.write_text("")
    said = simulate(*(word.format(folder=tmp_path / "x", file=file) for word in words), code=2)
    assert sentence in said
    assert said.count("\n") == 1
    assert not (tmp_path / "x").exists()
