"""The same files read by other tools: scikit-digital-health, and GGIRread's own tests of its test file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from analytics.recordings.read import read_recording
from analytics.recordings.recording import NotARecording, RawRecording

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared"
RAW = SHARED / "data" / "actigraphy" / "raw"
HALF_A_SECOND = 0.5  #: the reference has ten digits of a time: whole seconds

pytestmark = [
    pytest.mark.recordings,
    pytest.mark.skipif(not RAW.exists(), reason="the real recordings are not beside the project"),
]


@pytest.fixture(scope="module")
def peers() -> dict[str, dict[str, object]]:
    return json.loads((SHARED / "reference" / "actigraphy_readers_skdh_pygt3x.json").read_text())["files"]


def in_g(found: RawRecording) -> np.ndarray:
    return np.concatenate([part.xyz * part.scale for part in found.segments])


@pytest.mark.parametrize(
    "name",
    ["ggirread/ax3_testfile.cwa", "skdh/ax3_sample.cwa", "skdh/gnactv_sample.bin", "genearead/TESTfile.bin"],
)
def test_samples_and_times_are_those_of_another_reader(peers, name):
    peer = peers[f"shared/data/actigraphy/raw/{name}"]
    found = read_recording(RAW / name)
    xyz = in_g(found)
    assert len(xyz) == peer["n"]
    assert xyz.mean(axis=0) == pytest.approx(peer["mean_xyz_g"], abs=1e-6)
    assert xyz.std(axis=0) == pytest.approx(peer["sd_xyz_g"], abs=2e-5)
    assert xyz[:3] == pytest.approx(np.array(peer["first_3"]), abs=1e-6)
    assert xyz[-3:] == pytest.approx(np.array(peer["last_3"]), abs=1e-6)
    # The peer leaves out the zone of the header: its times are the wall clock.
    wall = found.zone.utcoffset(None).total_seconds()
    first, last = found.segments[0], found.segments[-1]
    assert first.t0_us / 1e6 + wall == pytest.approx(peer["t_first"], abs=HALF_A_SECOND)
    assert last.end_us / 1e6 - 1 / last.hz + wall == pytest.approx(peer["t_last"], abs=HALF_A_SECOND)
    steps = [1 / part.hz for part in found.segments]
    steps += [
        (after.t0_us - before.end_us) / 1e6 + 1 / before.hz
        for before, after in zip(found.segments, found.segments[1:], strict=False)
    ]
    assert max(steps) == pytest.approx(peer["max_dt_s"], abs=5e-4)


def test_the_first_temperature_of_a_geneactiv_is_that_of_another_reader(peers):
    for name in ("skdh/gnactv_sample.bin", "genearead/TESTfile.bin"):
        found = read_recording(RAW / name)
        peer = peers[f"shared/data/actigraphy/raw/{name}"]
        assert found.temperature.celsius[0] == pytest.approx(peer["temperature_first"])


def test_the_temperatures_of_an_axivity_follow_its_makers_formula():
    # GGIRread's tests have 25.5859 and 26.46484 for this file; scikit-digital-health has 27.69 for the first.
    found = read_recording(RAW / "ggirread" / "ax3_testfile.cwa")
    assert found.temperature.celsius[:3] == pytest.approx([25.5859, 26.46484, 26.46484], abs=1e-4)


def test_six_broken_sectors_are_left_out_where_another_reader_gives_up(peers):
    assert (
        "error"
        in peers["shared/data/actigraphy/raw/ggirread/ax3_testfile_corrupt_blocks_0_13_14_142_143_144.cwa"]
    )
    broken = read_recording(RAW / "ggirread" / "ax3_testfile_corrupt_blocks_0_13_14_142_143_144.cwa")
    whole = in_g(read_recording(RAW / "ggirread" / "ax3_testfile.cwa"))
    out = np.repeat(np.isin(np.arange(145), [0, 13, 14, 142, 143, 144]), 120)
    assert np.array_equal(in_g(broken), whole[~out])
    assert [len(part.xyz) for part in broken.segments] == [12 * 120, 127 * 120]
    assert broken.notes[0].startswith("6 of 145 sectors cannot be believed (6 with a wrong checksum)")


def test_a_short_cut_of_a_long_recording_is_read_where_another_reader_gives_up():
    found = read_recording(RAW / "ggirread" / "GENEActiv_testfile.bin")
    (segment,) = found.segments
    assert len(segment.xyz) == 16 * 300 + 231
    assert segment.hz == pytest.approx(600 / 7) and found.tz == "+01:00"
    assert found.notes == (
        "The file is cut short: its header promises 222048 pages, 17 are there.",
        "The last page is cut short; 231 of its 300 samples are there.",
    )


def test_a_matrix_watch_is_no_geneactiv():
    with pytest.raises(NotARecording, match="Matrix watch"):
        read_recording(RAW / "ggirread" / "mtx_25Hz_acc_HR.BIN")
