import gzip
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from analytics.days import hours_in, local_clock_s, local_day_of
from analytics.recordings.read import read_recording
from analytics.recordings.recording import EpochRecording, NotARecording, RawRecording

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "actigraphy"


def us(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1e6)


@pytest.fixture
def write(tmp_path):
    def _write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return _write


def depresjon(*stamps: str) -> str:
    return "timestamp,date,activity\n" + "".join(f"{at},{at[:10]},{i}\n" for i, at in enumerate(stamps))


def test_a_depresjon_file_is_counts_by_the_minute(write):
    recording = read_recording(write("a.csv", depresjon("2003-05-07 12:00:00", "2003-05-07 12:01:00")))
    assert isinstance(recording, EpochRecording)
    assert (recording.measure, recording.epoch_s, recording.tz) == ("counts", 60.0, None)
    assert recording.t_us.tolist() == [us("2003-05-07T12:00+00:00"), us("2003-05-07T12:01+00:00")]


def test_stamps_without_offset_are_the_wall_clock_of_the_zone(write):
    path = write("a.csv", depresjon("2003-05-07 12:00:00", "2003-05-07 12:01:00"))
    recording = read_recording(path, "Europe/Oslo")
    assert recording.t_us[0] == us("2003-05-07T10:00+00:00")
    assert (recording.tz, recording.zone) == ("Europe/Oslo", ZoneInfo("Europe/Oslo"))


def test_the_skipped_hour_of_spring_is_no_gap(write):
    path = write("a.csv", depresjon("2003-03-30 01:58:00", "2003-03-30 01:59:00", "2003-03-30 03:00:00"))
    assert np.diff(read_recording(path, "Europe/Oslo").t_us).tolist() == [60_000_000, 60_000_000]
    assert np.diff(read_recording(path).t_us).tolist() == [60_000_000, 61 * 60_000_000]


def test_the_repeated_hour_of_autumn_is_told_by_the_order_of_rows(write):
    walls = [f"2026-10-25 {h}:{m:02d}:00" for h in ("01", "02", "02", "03") for m in range(60)]
    recording = read_recording(write("a.csv", depresjon(*walls)), "Europe/Rome")
    assert set(np.diff(recording.t_us).tolist()) == {60_000_000}
    assert recording.activity.tolist() == list(range(240))
    assert local_clock_s(recording.t_us[60:180:60], ZoneInfo("Europe/Rome")).tolist() == [7200, 7200]


def test_without_a_zone_the_second_pass_of_a_repeated_hour_has_no_place(write):
    walls = [f"2026-10-25 {h}:{m:02d}:00" for h in ("01", "02", "02", "03") for m in range(60)]
    recording = read_recording(write("a.csv", depresjon(*walls)))
    assert recording.activity.tolist() == [*range(120), *range(180, 240)]


def test_an_offset_in_the_stamp_is_kept_unless_a_zone_is_given(write):
    path = write("a.csv", "time,enmo_mg\n2026-03-01T00:00:00+05:45,1\n2026-03-01T00:01:00+05:45,\n")
    recording = read_recording(path)
    assert (recording.tz, recording.measure) == ("+05:45", "enmo_mg")
    assert local_day_of(recording.t_us, recording.zone).tolist() == [date(2026, 3, 1)] * 2
    assert np.isnan(recording.activity[1])
    assert local_clock_s(read_recording(path, "UTC").t_us, ZoneInfo("UTC")).tolist() == [65700, 65760]


def test_offsets_that_change_within_a_file_cut_its_days(write):
    stamps = ["2026-10-25T02:30+02:00", "2026-10-25T02:00+01:00", "2026-10-25T02:30+01:00"]
    path = write("a.csv", "time,counts\n" + "".join(f"{at},1\n" for at in stamps))
    recording = read_recording(path)
    assert np.diff(recording.t_us).tolist() == [30 * 60_000_000] * 2
    assert local_clock_s(recording.t_us, recording.zone).tolist() == [9000, 7200, 9000]
    assert hours_in(date(2026, 10, 25), recording.zone) == 25


def test_offsets_that_change_twice_within_a_day_are_both_followed(write):
    stamps = ["2026-10-25T10:00+02:00", "2026-10-25T10:00+01:00", "2026-10-25T12:00+02:00"]
    recording = read_recording(write("a.csv", "time,counts\n" + "".join(f"{at},1\n" for at in stamps)))
    assert local_clock_s(recording.t_us, recording.zone).tolist() == [36000, 36000, 43200]
    assert hours_in(date(2026, 10, 25), recording.zone) == 24


def test_instants_without_a_zone_are_utc(write):
    recording = read_recording(write("a.csv", "t_us,counts\n0,5\n30000000,6\n"))
    assert (recording.epoch_s, recording.tz, recording.activity.tolist()) == (30.0, "UTC", [5, 6])


def test_samples_in_g_are_kept_without_loss_and_cut_at_gaps(write):
    rows = [(0, 0.5), (20_000, -0.25), (40_000, 0.75), (5_000_000, 1.0), (5_020_000, 1.0)]
    path = write("a.csv", "t_us,x,y,z\n" + "".join(f"{t},{x},0,1\n" for t, x in rows))
    recording = read_recording(path)
    assert isinstance(recording, RawRecording)
    assert [(s.t0_us, s.hz, len(s.xyz)) for s in recording.segments] == [(0, 50.0, 3), (5_000_000, 50.0, 2)]
    assert recording.segments[0].xyz.dtype == np.int16
    assert (recording.segments[0].xyz[:, 0] * recording.segments[0].scale).tolist() == [0.5, -0.25, 0.75]


@pytest.mark.parametrize("step", [1 / 64, 1 / 256, 0.001, 1e-4, 1 / 4096])
def test_values_on_a_device_grid_lose_nothing(tmp_path, step):
    xyz = np.random.default_rng(1).integers(-8 / step, 8 / step, (500, 3)).clip(-32767, 32767) * step
    np.savez(tmp_path / "a.npz", t0_us=0, hz=50.0, xyz=xyz)
    (segment,) = read_recording(tmp_path / "a.npz").segments
    assert np.abs(segment.xyz * segment.scale - xyz).max() < 1e-9


def test_values_on_no_grid_are_rounded_by_half_a_step_at_most(tmp_path):
    xyz = np.random.default_rng(1).normal(0, 2, (500, 3))
    np.savez(tmp_path / "a.npz", t0_us=0, hz=50.0, xyz=xyz)
    (segment,) = read_recording(tmp_path / "a.npz").segments
    assert np.abs(segment.xyz * segment.scale - xyz).max() <= segment.scale * 0.500001
    assert segment.scale == pytest.approx(np.abs(xyz).max() / 32767)


def test_an_archive_of_whole_numbers_is_taken_as_it_is(tmp_path):
    whole = np.arange(12, dtype=np.int16).reshape(4, 3)
    np.savez(tmp_path / "a.npz", t0_us=7, hz=25.0, xyz=whole, scale=0.004)
    recording = read_recording(tmp_path / "a.npz", "Europe/Rome")
    (segment,) = recording.segments
    assert (segment.t0_us, segment.hz, segment.scale, recording.tz) == (7, 25.0, 0.004, "Europe/Rome")
    assert np.array_equal(segment.xyz, whole)


def test_missing_samples_of_an_archive_are_a_gap(tmp_path):
    xyz = np.ones((100, 3))
    xyz[40:60] = np.nan
    np.savez(tmp_path / "a.npz", t0_us=0, hz=10.0, xyz=xyz)
    segments = read_recording(tmp_path / "a.npz").segments
    assert [(s.t0_us, len(s.xyz)) for s in segments] == [(0, 40), (6_000_000, 40)]


def test_a_compressed_file_reads_like_the_file(write):
    text = depresjon("2003-05-07 12:00:00", "2003-05-07 12:01:00")
    plain, packed = write("a.csv", text), write("b.csv.gz", gzip.compress(text.encode()))
    assert np.array_equal(read_recording(plain).t_us, read_recording(packed).t_us)


GOOD = depresjon("2003-05-07 12:00:00", "2003-05-07 12:01:00")


@pytest.mark.parametrize(
    "name, content, says",
    [
        pytest.param("a.csv", "", "is empty", id="empty"),
        pytest.param("a.csv.gz", gzip.compress(b""), "no rows", id="empty inside"),
        pytest.param("a.csv", "timestamp,date,activity\n", "no rows", id="header only"),
        pytest.param("a.csv", GOOD[:-3], "cut short", id="last row cut"),
        pytest.param("a.csv.gz", gzip.compress(GOOD.encode())[:-9], "cut short", id="gzip cut"),
        pytest.param("a.csv.gz", GOOD, "not what its name says", id="gz that is text"),
        pytest.param("a.csv", gzip.compress(GOOD.encode()), "not what its name says", id="csv that is gzip"),
        pytest.param("a.npz", GOOD, "not the numpy archive", id="npz that is text"),
        pytest.param("a.npz", b"PK\x03\x04rubbish", "damaged or foreign archive", id="npz that is damaged"),
        pytest.param("a.csv", b"PK\x03\x04rubbish", "rename it", id="csv that is an archive"),
        pytest.param("a.dat", b"\x00\x01\x02\xff", "format that is not known", id="binary"),
        pytest.param("a.csv", "a,b\n1,2\n", "no column time", id="no time"),
        pytest.param("a.csv", "time,pain\n2026-01-01T00:00,2\n", "no columns x,y,z", id="no measure"),
        pytest.param("a.csv", "time,counts\nyesterday,2\n", "row 1 has no time", id="no stamp"),
        pytest.param("a.csv", "time,counts\n2026-02-31T00:00,2\n", "no calendar knows", id="no such day"),
        pytest.param("a.csv", "t_us,counts\n1.5,2\n", "whole microseconds", id="fraction of a microsecond"),
        pytest.param("a.csv", "t_us,counts\n0,2\n", "one epoch only", id="one row"),
        pytest.param("a.csv", "t_us,counts\n0,2\n1,x\n", "no number", id="text value"),
        pytest.param("a.csv", "t_us,counts\n0,2\n1,inf\n", "beyond 1e+09 in row 2", id="infinite value"),
        pytest.param("a.csv", "t_us,counts\n0,2\n1,-1\n", "below 0", id="negative counts"),
        pytest.param("a.csv", "t_us,x,y,z\n0,900,0,0\n1000,1,1,1\n", "in g", id="not in g"),
        pytest.param(
            "a.csv", "time,counts\n2026-01-01T00:00Z,2\n2026-01-01T00:01,2\n", "with and without", id="mixed"
        ),
        pytest.param(
            "a.csv",
            depresjon("2026-01-01 23:59:00", "2026-01-01 00:00:00"),
            "3 h before",
            id="date stands still",
        ),
    ],
)
def test_what_is_no_recording_is_refused_by_name_with_a_way_out(write, name, content, says):
    with pytest.raises(NotARecording) as refused:
        read_recording(write(name, content))
    sentence = str(refused.value)
    assert sentence.startswith(name) and says in sentence and sentence.endswith(".")
    assert "\n" not in sentence and str(write(name, content).parent) not in sentence


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(NotARecording, match=r"^gone\.csv cannot be opened"):
        read_recording(tmp_path / "gone.csv")


@pytest.mark.parametrize("lacks", ["t0_us", "hz", "xyz"])
def test_an_archive_that_lacks_a_part_is_refused(tmp_path, lacks):
    parts = {"t0_us": 0, "hz": 50.0, "xyz": np.zeros((5, 3))}
    del parts[lacks]
    np.savez(tmp_path / "a.npz", **parts)
    with pytest.raises(NotARecording, match=lacks):
        read_recording(tmp_path / "a.npz")


@pytest.mark.recordings
@pytest.mark.skipif(not SHARED.exists(), reason="the real recordings are not beside the project")
class TestRealFiles:
    @pytest.mark.parametrize("person", ["control_1", "control_7"])
    def test_two_watches_run_on_through_the_spring_change(self, person):
        path = SHARED / "epoch" / "depresjon" / f"{person}.csv"
        recording = read_recording(path, "Europe/Oslo")
        assert set(np.diff(recording.t_us).tolist()) == {60_000_000}
        days = local_day_of(recording.t_us, recording.zone)
        assert (days == np.datetime64("2003-03-30")).sum() == 23 * 60
        assert np.diff(read_recording(path).t_us).max() == 61 * 60_000_000

    def test_a_night_of_raw_samples_is_read_whole(self):
        recording = read_recording(SHARED / "raw" / "agcounts_r" / "calibration_30hz.npz")
        (segment,) = recording.segments
        assert (segment.hz, segment.scale, segment.xyz.shape) == (30.0, 0.001, (2_239_620, 3))
        assert segment.t0_us == us("2023-04-24T15:02:00+00:00") and recording.tz is None

    def test_a_file_whose_dates_stand_still_is_refused(self):
        with pytest.raises(NotARecording):
            read_recording(SHARED / "epoch" / "nparact" / "sleepstudy.csv.gz")
