"""`actalgia indices --bed` where epochs of a stay are missing, and where a stay reaches over noon."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from typer.testing import CliRunner

from actalgia.cli import app

START = datetime(2024, 5, 7, 12, tzinfo=UTC)


def days(tmp_path, bed, rows):
    path, times = tmp_path / "rows.csv", tmp_path / "bed.csv"
    path.write_text("t_us,counts\n" + "".join(f"{t},{x}\n" for t, x in rows))
    times.write_text("start,end\n" + bed)
    found = CliRunner().invoke(app, ["indices", str(path), "--bed", str(times), "--json"])
    assert found.exit_code == 0, found.output
    document = json.loads(found.stdout)
    return {day["day"]: day for day in document["days"]}, document["provenance"]


def life(hours, missing=(), empty=False, asleep=(0, 7)):
    """Minutes from noon on: 0 counts while asleep, else 300; `missing` [from, to) hours have no row, or an empty one."""
    rows = []
    for i in range(hours * 60):
        at = START + timedelta(minutes=i)
        since = i / 60
        x = 0 if asleep[0] <= at.hour < asleep[1] else 300
        if missing and missing[0] <= since < missing[1]:
            if not empty:
                continue
            x = ""
        rows.append((int(at.timestamp() * 1e6), x))
    return rows


@pytest.mark.parametrize(
    "missing",
    [
        pytest.param((13, 20), id="from one hour into sleep to the end of the stay"),
        pytest.param((11, 16), id="the first five hours"),
        pytest.param((11, 11.5), id="the first half hour"),
        pytest.param((13, 18), id="in the middle"),
    ],
)
def test_an_epoch_without_a_row_is_missing_like_one_without_a_value(tmp_path, missing):
    bed = "2024-05-07T23:00,2024-05-08T08:00\n"
    absent, empty = (days(tmp_path, bed, life(48, missing, kind))[0]["2024-05-08"] for kind in (False, True))
    for name in ("sleep_onset", "sleep_offset", "TST_min", "sleep_efficiency", "WASO_min", "SOL_min"):
        assert absent[name] == empty[name], name
        assert absent.get(f"{name}_reason") == empty.get(f"{name}_reason")


def test_a_stay_cut_by_the_edge_of_the_recording_is_not_told_from_its_rest(tmp_path):
    bed = "2024-05-07T23:00,2024-05-08T08:00\n"
    for missing in ((0, 16), (16, 48)):
        night = days(tmp_path, bed, life(48, missing))[0].get("2024-05-08")
        assert night["TST_min"] is None and "of the time in bed were scored" in night["TST_min_reason"]


def test_a_stay_over_noon_belongs_to_the_night_of_its_middle(tmp_path):
    found, provenance = days(tmp_path, "2024-05-08T04:00,2024-05-08T14:00\n", life(72, asleep=(4, 14)))
    assert found["2024-05-08"]["TST_min"] == pytest.approx(600, abs=3)
    assert found["2024-05-08"]["sleep_efficiency"] > 99
    assert found["2024-05-09"]["TST_min"] is None and found["2024-05-09"]["nap_min"] is None
    assert "2024-05-09" in provenance["nights_without_bed"]


def test_a_stay_of_seventeen_hours_is_no_night(tmp_path):
    found, _ = days(tmp_path, "2024-05-07T20:00,2024-05-08T13:00\n", life(48))
    assert (
        found["2024-05-08"]["TST_min"] is None and "longer than 16 h" in found["2024-05-08"]["TST_min_reason"]
    )


def test_the_last_minute_of_a_day_has_its_successor_in_the_next(tmp_path):
    start = int(datetime(2024, 5, 7, 23, 58, tzinfo=UTC).timestamp() * 1e6)
    rows = [(start + i * 60_000_000, x) for i, x in enumerate((0, 0, 9, 9))]
    found, _ = days(tmp_path, "2024-05-07T23:00,2024-05-08T08:00\n", rows)
    assert found["2024-05-07"]["TP_rest_active"] == 0.5
    assert found["2024-05-08"]["TP_active_rest"] == 0


def test_raw_samples_are_calibrated_as_by_epochs_unless_told_otherwise(tmp_path):
    rng = np.random.default_rng(1)
    directions = rng.normal(size=(240, 3))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    g = np.repeat(directions * [1.02, 0.98, 1.01] + [0.02, -0.03, 0.01], 60 * 10, axis=0)
    g += rng.normal(0, 0.002, g.shape)
    path = tmp_path / "raw.npz"
    np.savez(path, t0_us=int(START.timestamp() * 1e6), hz=10.0, xyz=g)

    def found(*words):
        done = CliRunner().invoke(app, ["indices", str(path), "--json", *words])
        document = json.loads(done.stdout)
        return document["recording"]["mean_activity"], document["provenance"]["calibrated"]

    (right, told), (as_measured, untold) = found(), found("--no-calibrate")
    assert told and not untold
    assert right < 3 < 10 < as_measured
