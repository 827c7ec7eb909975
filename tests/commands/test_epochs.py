import json

import numpy as np
import pytest
from typer.testing import CliRunner

from actalgia.cli import app

T0 = 1_790_000_040 * 1_000_000


def run(*words: str) -> object:
    return CliRunner().invoke(app, ["epochs", *words])


@pytest.fixture
def recording(tmp_path):
    """Ten minutes of an arm from two seconds past a whole minute, with a hole of 20 s."""
    chance = np.random.default_rng(2)
    g = np.array([0.1, -0.4, 0.9]) + chance.normal(0, 0.05, (50 * 600, 3))
    g[50 * 300 : 50 * 320] = np.nan
    path = tmp_path / "arm.npz"
    np.savez(path, t0_us=T0 + 2_000_000, hz=50.0, xyz=np.round(g, 3))
    return path


def test_epochs_of_a_file_are_one_json_document(recording):
    found = run(str(recording), "--json")
    assert found.exit_code == 0
    document = json.loads(found.stdout)
    epochs = document["epochs"]
    names = ["t0_us", "enmo_mg", "mad_mg", "anglez_deg", "counts_x", "counts_y", "counts_z", "worn"]
    assert [name for name in names if name not in epochs] == []
    assert {len(values) for values in epochs.values()} == {119}
    assert epochs["t0_us"][0] == T0 + 5_000_000 and epochs["t0_us"][-1] == T0 + 595_000_000
    in_hole = [k for k, t in enumerate(epochs["t0_us"]) if 305 <= (t - T0) / 1e6 < 320]
    assert all(epochs[name][k] is None for name in names[1:] for k in in_hole)
    behind = in_hole[-1] + 1  # three of its five seconds are there
    assert epochs["counts_x"][behind] is None and epochs["enmo_mg"][behind] is not None
    assert set(epochs["worn"]) <= {0, 1, None}
    fit = document["calibration"]
    assert list(fit) == [
        "accepted",
        "reason",
        "points",
        "error_before_mg",
        "error_after_mg",
        "scale",
        "offset",
    ]
    assert fit["accepted"] is False and "still windows" in fit["reason"] and fit["error_after_mg"] is None
    assert document["provenance"]["tz"] == "UTC"


def test_the_length_of_epochs_and_the_zone_may_be_chosen(recording):
    document = json.loads(run(str(recording), "--epoch", "60", "--tz", "Europe/Rome", "--json").stdout)
    assert document["provenance"]["tz"] == "Europe/Rome"
    assert [t % 60_000_000 for t in document["epochs"]["t0_us"]] == [0] * 9


def test_two_slower_figures_are_made_on_request(recording):
    epochs = json.loads(run(str(recording), "--more", "--json").stdout)["epochs"]
    assert len(epochs["lfenmo_mg"]) == len(epochs["anglez_median_deg"]) == 119
    known = [k for k, value in enumerate(epochs["enmo_mg"]) if value is not None]
    assert known == [k for k, value in enumerate(epochs["lfenmo_mg"]) if value is not None]
    # 25 Hz of white noise are less than all of it.
    assert sum(epochs["lfenmo_mg"][k] < epochs["enmo_mg"][k] for k in known) > 0.9 * len(known)


def test_calibration_may_be_left_out(recording):
    fit = json.loads(run(str(recording), "--no-calibrate", "--json").stdout)["calibration"]
    assert fit["reason"] == "not asked for" and fit["scale"] == [1, 1, 1] and fit["offset"] == [0, 0, 0]


def test_a_person_reads_a_few_lines_and_the_next_step(recording):
    lines = run(str(recording)).stdout.splitlines()
    assert lines[0].startswith("epochs       119 of 5 s, 2026-") and lines[-1].endswith("--json")
    assert any(line.startswith("calibration  none: ") for line in lines)


def test_a_recording_shorter_than_an_epoch_says_so(recording):
    assert "try a smaller --epoch" in run(str(recording), "--epoch", "3600").stdout
    assert json.loads(run(str(recording), "--epoch", "3600", "--json").stdout)["epochs"]["t0_us"] == []


def test_epochs_of_a_device_are_no_raw_recording(tmp_path):
    path = tmp_path / "counts.csv"
    path.write_text("time,counts\n2026-05-04T08:00:00Z,1\n2026-05-04T08:01:00Z,2\n2026-05-04T08:02:00Z,2\n")
    found = run(str(path), "--json")
    assert found.exit_code != 0 and "actalgia indices counts.csv" in str(found.exception)


@pytest.mark.parametrize("epoch", ["0", "2.5", "86401"])
def test_an_epoch_that_is_no_whole_second_of_a_day_is_refused(recording, epoch):
    assert run(str(recording), "--epoch", epoch).exit_code == 2
