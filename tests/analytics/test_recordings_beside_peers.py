"""The shared recordings against what other programs return for them."""

import json
from pathlib import Path

import numpy as np
import pytest

from analytics.recordings.read import read_recording
from analytics.recordings.recording import NotARecording

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared"
DATA, REFERENCE = SHARED / "data" / "actigraphy", SHARED / "reference"
pytestmark = [
    pytest.mark.recordings,
    pytest.mark.skipif(not DATA.is_dir(), reason="the real recordings are not beside the project"),
]

# pygt3x returns local time, and for the old kind ticks / 1e9: its stamps of neo.gt3x mean nothing.
GT3X = {
    "ggir/actigraph_testfile.gt3x": (7200, 24, None),
    "pygt3x/ISM_Enabled.gt3x": (-18000, 3, None),
    "wristpy/example_actigraph_idle_sleep_mode.gt3x": (-21600, 2, None),
    "pygt3x/neo.gt3x": (-21600, 1, 1_640_001_300),
}


@pytest.mark.parametrize("name", GT3X)
def test_a_gt3x_has_the_stored_samples_that_pygt3x_has_and_none_that_it_fills_in(name):
    offset_s, stretches, starts = GT3X[name]
    files = json.loads((REFERENCE / "actigraphy_readers_skdh_pygt3x.json").read_text())["files"]
    peer = files[f"shared/data/actigraphy/raw/{name}"]
    recording = read_recording(DATA / "raw" / name)
    first, last = recording.segments[0], recording.segments[-1]
    stored = peer["n"] * (1 - peer["idle_sleep_fraction"])
    assert (
        sum(len(stretch.xyz) for stretch in recording.segments)
        == round(stored)
        == pytest.approx(stored, abs=1e-4)
    )
    assert len(recording.segments) == stretches
    assert first.t0_us / 1e6 == (starts or peer["t_first"]) - offset_s
    assert first.xyz[:3] * first.scale == pytest.approx(np.array(peer["first_3"]), abs=1e-6)
    if name != "pygt3x/ISM_Enabled.gt3x":  # ends in idle sleep mode, where pygt3x repeats the last sample
        assert last.xyz[-3:] * last.scale == pytest.approx(np.array(peer["last_3"]), abs=1e-6)
    if stretches == 1:
        xyz_g = first.xyz * first.scale
        assert xyz_g.mean(axis=0) == pytest.approx(peer["mean_xyz_g"], abs=1e-6)
        assert xyz_g.std(axis=0) == pytest.approx(peer["sd_xyz_g"], rel=1e-5)


EPOCHS = [
    *(f"pyactigraphy/example_0{k}.AWD" for k in (1, 2, 4)),
    *(
        f"pyactigraphy/test_sample{rest}"
        for rest in ("_aw7.AWD", "_awl.AWD", "_awmk2.AWD", ".agd", "_atr.txt")
    ),
    "ggir/data_ts.csv.gz",
]


@pytest.mark.parametrize("name", EPOCHS)
def test_epochs_have_the_stamps_and_sums_that_pyactigraphy_has(name):
    key = name.replace("/", "_").removesuffix(".csv.gz")
    peer = json.loads((REFERENCE / f"actigraphy_rar_{key}.json").read_text())["recording"]
    recording = read_recording(DATA / "epoch" / name)
    stamps = [
        str(stamp) for stamp in recording.t_us[[0, -1]].astype("datetime64[us]").astype("datetime64[s]")
    ]
    assert (len(recording.t_us), recording.epoch_s) == (peer["n_epochs"], peer["epoch_s"])
    assert stamps == [peer["first"].replace(" ", "T"), peer["last"].replace(" ", "T")]
    assert recording.activity.sum() == pytest.approx(peer["sum"], rel=1e-9)
    assert (recording.activity == 0).mean() == pytest.approx(peer["zero_fraction"], abs=1e-9)
    assert recording.notes in ((), ("Activity is PIM.",))


def test_deliveries_have_axes_and_steps_and_a_magnitude_that_the_package_rounded_up():
    peer = json.loads((REFERENCE / "actigraphy_rar_physicalactivity_deliveryData.json").read_text())[
        "recording"
    ]
    recording = read_recording(DATA / "epoch" / "physicalactivity" / "deliveryData.csv.gz")
    assert len(recording.t_us) == peer["n_epochs"]
    assert np.ceil(recording.activity - 1e-9).sum() == pytest.approx(
        peer["sum"], abs=len(recording.t_us) / 100
    )
    assert recording.axes.shape == (peer["n_epochs"], 3)


def test_the_minutes_of_a_database_and_of_its_two_exports_agree():
    folder = DATA / "epoch" / "actigraph_sleepr"
    ten_seconds = read_recording(folder / "GT3XPlus-RawData-Day01.agd")
    export = read_recording(folder / "GT3XPlus-RawData-Day01-10sec60sec.csv")
    actilife = read_recording(folder / "GT3XPlus-RawData-Day01-Sadeh.csv")
    whole = len(ten_seconds.t_us) // 6
    minutes = ten_seconds.axes[: whole * 6].reshape(whole, 6, 3).sum(axis=1)
    assert np.array_equal(minutes, export.axes[:whole])
    assert np.array_equal(export.axes, actilife.axes)
    assert np.array_equal(export.steps, actilife.steps)
    assert np.array_equal(export.t_us, actilife.t_us)


def test_seconds_of_counts_of_the_long_recording_are_there():
    recording = read_recording(DATA / "raw" / "agcounts_r" / "calibration1sec.agd")
    assert (len(recording.t_us), recording.epoch_s) == (74_679, 1.0)
    assert set(np.diff(recording.t_us).tolist()) == {1_000_000}


def test_the_english_actiware_export_is_seven_whole_days_in_july():
    recording = read_recording(DATA / "epoch" / "pyactigraphy" / "test_sample_rpx_eng.csv")
    assert len(recording.t_us) == 20_160
    assert set(np.diff(recording.t_us).tolist()) == {30_000_000}
    assert recording.t_us[[0, -1]].astype("datetime64[us]").astype("datetime64[s]").astype(str).tolist() == [
        "2015-07-04T08:45:00",
        "2015-07-11T08:44:30",
    ]
    assert (recording.tz, recording.activity.sum()) == ("+01:00", 3_780_329)


def test_the_dutch_actiware_export_is_off_the_wrist_until_twenty_past_nine():
    recording = read_recording(DATA / "epoch" / "ggirread" / "Actiwatch.csv")
    assert (len(recording.t_us), recording.epoch_s) == (860, 15.0)
    # Its own statistics: an excluded interval from 06:00 to 09:19:15, 199.25 min of it off the wrist.
    assert np.isnan(recording.activity).sum() == 199.25 * 4
    assert "The header promises 40320 epochs, 860 are there." in recording.notes


def test_an_axivity_export_has_the_samples_of_its_cwa_file():
    files = json.loads((REFERENCE / "actigraphy_readers_skdh_pygt3x.json").read_text())["files"]
    peer = files["shared/data/actigraphy/raw/ggirread/ax3_testfile.cwa"]
    (stretch,) = read_recording(DATA / "raw" / "ggir" / "ax3_testfile_unix_timestamps.csv").segments
    assert stretch.t0_us / 1e6 == peer["t_first"]
    assert (stretch.xyz[:3] * stretch.scale).tolist() == peer["first_3"]


def test_actilife_exports_have_their_samples_and_counts():
    raw = read_recording(DATA / "raw" / "pygt3x" / "WRIST_rawCalibrated_032Hz.csv")
    (stretch,) = raw.segments
    assert (len(stretch.xyz), stretch.hz) == (1920, 32.0)
    assert stretch.xyz[0] * stretch.scale == pytest.approx(
        [1.234432211285849, 0.158658064504479, 0.167436018814796], abs=stretch.scale / 2
    )
    counts = read_recording(DATA / "raw" / "ggir" / "ActiGraph13.csv")
    assert (len(counts.t_us), counts.epoch_s, counts.steps.sum()) == (990, 15.0, 1118)


def test_what_cannot_be_placed_in_time_is_refused_with_the_reason():
    with pytest.raises(NotARecording, match="never advances its date"):
        read_recording(DATA / "epoch" / "nparact" / "sleepstudy.csv.gz")
    with pytest.raises(NotARecording, match="no column time or t_us"):
        read_recording(DATA / "epoch" / "accelerometry" / "tridata.csv.gz")
