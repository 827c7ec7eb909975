"""ActiGraph's own files: .gt3x, .agd and ActiLife's CSV."""

import gzip
import sqlite3
import time
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from analytics.days import local_clock_s
from analytics.recordings import unpacking
from analytics.recordings.actigraph_epochs import opened
from analytics.recordings.read import read_recording
from analytics.recordings.recording import NotARecording
from tests.analytics.device_files import actilife, agd, gt3x, packed_12, packed_16, record, ticks

NOON = 1_782_993_600  # 2026-07-02T12:00 as a wall clock
OFFSET = 7200  # of the files that `gt3x` makes
SECOND = [(k, -k, 256) for k in range(30)]


@pytest.fixture
def read(tmp_path):
    def _read(name, content, tz=None):
        (tmp_path / name).write_bytes(content)
        return read_recording(tmp_path / name, tz)

    return _read


def log(*seconds: int) -> bytes:
    return b"".join(record(26, NOON + second, packed_16(SECOND)) for second in seconds)


def test_a_log_of_seconds_is_one_stretch_in_g_at_its_instant(read):
    recording = read("a.gt3x", gt3x(log(0, 1, 2)))
    (stretch,) = recording.segments
    assert (stretch.t0_us, stretch.hz, stretch.scale) == ((NOON - OFFSET) * 1_000_000, 30.0, 1 / 256)
    assert stretch.xyz.tolist() == [list(sample) for sample in SECOND * 3]
    assert (recording.tz, recording.range_g, recording.notes) == ("+02:00", 8.0, ())


def test_packed_samples_come_out_in_the_order_x_y_z_with_their_sign(read):
    second = [(-2046, 2046, k - 15) for k in range(30)]
    (stretch,) = read("a.gt3x", gt3x(record(0, NOON, packed_12(second)))).segments
    assert stretch.xyz.tolist() == [list(sample) for sample in second]


def test_the_worked_example_of_the_formats_description_is_read(read):
    content = bytes.fromhex("006008EBD007009EBF007008EBF0")
    recording = read(
        "a.gt3x", gt3x(activity=content, Start_Date=ticks(NOON), Serial_Number="NEO1", Firmware="2.5.0")
    )
    (stretch,) = recording.segments
    assert (stretch.xyz * stretch.scale).round(3).tolist() == [
        [0.023, 0.018, -0.947],
        [0.026, 0.021, -0.941],
        [0.023, 0.021, -0.941],
    ]
    assert (stretch.t0_us, recording.range_g) == ((NOON - OFFSET) * 1_000_000, 6.0)


def test_idle_sleep_mode_is_a_gap_and_no_value_is_made_up(read):
    content = log(0, 1) + record(3, NOON + 2, b"\x08") + record(3, NOON + 62, b"\x09") + log(62, 63, 64)
    recording = read("a.gt3x", gt3x(content))
    assert [len(stretch.xyz) for stretch in recording.segments] == [60, 90]
    assert recording.segments[1].t0_us - recording.segments[0].end_us == 60_000_000
    assert recording.notes == ("Gaps: 1, 1.0 min in all; idle sleep mode: 1 times.",)


def test_a_record_of_one_byte_marks_a_cable_and_is_no_sample(read):
    (stretch,) = read("a.gt3x", gt3x(log(0) + record(26, NOON + 1, b"\x01"))).segments
    assert len(stretch.xyz) == 30


def test_the_scale_that_the_device_wrote_down_counts(read):
    # 0.5 * 2**10 = 512 steps for each g.
    parameters = record(21, NOON, bytes.fromhex("000037000000400a"))
    (stretch,) = read("a.gt3x", gt3x(parameters + log(0), Acceleration_Scale="256.0")).segments
    assert stretch.scale == 1 / 512


@pytest.mark.parametrize(("serial", "scale"), [("NEO1", 341), ("CLE2", 341), ("MOS2", 256), ("TAS1", 256)])
def test_a_device_that_wrote_no_scale_has_that_of_its_series(read, serial, scale):
    assert read("a.gt3x", gt3x(log(0), Serial_Number=serial)).segments[0].scale == 1 / scale


def test_the_axes_that_firmware_1_6_0_turned_are_turned_back(read):
    recording = read("a.gt3x", gt3x(log(0), Serial_Number="MOS2", Firmware="1.6.0"))
    assert recording.segments[0].xyz[1].tolist() == [-1, -1, 256]
    assert "turned back" in recording.notes[0]


def test_a_damaged_record_is_left_out_and_told(read):
    content = bytearray(log(0, 1, 2))
    content[len(content) // 2] ^= 0xFF
    recording = read("a.gt3x", gt3x(bytes(content)))
    assert [len(stretch.xyz) for stretch in recording.segments] == [30, 30]
    assert recording.notes[0] == (
        "1 records with a wrong check byte and 0 bytes that are no record were left out."
    )


def test_a_lost_separator_costs_its_own_record_only(read):
    content = bytearray(log(0, 1, 2))
    content[len(content) // 3] = 0
    recording = read("a.gt3x", gt3x(bytes(content)))
    assert [stretch.t0_us // 1_000_000 - NOON + OFFSET for stretch in recording.segments] == [0, 2]


def test_zeros_between_records_are_no_damage(read):
    recording = read("a.gt3x", gt3x(log(0) + b"\0" * 5 + log(1)))
    assert [len(stretch.xyz) for stretch in recording.segments] == [60]
    assert recording.notes == ()


def test_a_log_that_is_cut_keeps_its_whole_seconds(read):
    recording = read("a.gt3x", gt3x(log(0, 1, 2)[:-7]))
    assert [len(stretch.xyz) for stretch in recording.segments] == [60]
    assert "182 bytes that are no record" in recording.notes[0]


def test_a_clock_that_steps_back_a_little_costs_the_seconds_twice_there(read):
    recording = read("a.gt3x", gt3x(log(0, 1, 2, 1, 2, 3)))
    assert [len(stretch.xyz) for stretch in recording.segments] == [120]
    assert recording.notes == ("2 seconds were left out: the device's clock had stepped back over them.",)


def test_a_clock_that_steps_back_by_hours_is_refused(read):
    with pytest.raises(NotARecording, match="more than 3 h before"):
        read("a.gt3x", gt3x(log(20_000, 0)))


def test_a_second_that_is_not_full_ends_a_stretch(read):
    short = record(26, NOON + 1, packed_16(SECOND[:10]))
    recording = read("a.gt3x", gt3x(log(0) + short + log(2)))
    assert [len(stretch.xyz) for stretch in recording.segments] == [40, 30]


def test_a_zone_cuts_the_days_and_leaves_the_instants_that_the_file_says(read):
    recording = read("a.gt3x", gt3x(log(0)), "America/New_York")
    assert recording.segments[0].t0_us == (NOON - OFFSET) * 1_000_000
    assert recording.zone == ZoneInfo("America/New_York")


def test_without_an_offset_the_clock_is_that_of_the_zone(read):
    content = gt3x(log(0), TimeZone=None)
    assert read("a.gt3x", content, "America/New_York").segments[0].t0_us == (NOON + 4 * 3600) * 1_000_000
    assert (read("a.gt3x", content).segments[0].t0_us, read("a.gt3x", content).tz) == (NOON * 1_000_000, None)


def test_a_clock_that_counted_on_through_summer_time_has_no_hole(read):
    # 2026-03-29 01:59:58 to 02:00:02 in Rome, where the hour from 02:00 does not exist.
    start = 1_774_749_598
    content = b"".join(record(26, start + k, packed_16(SECOND)) for k in range(5))
    assert len(read("a.gt3x", gt3x(content, TimeZone=None), "Europe/Rome").segments) == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(gt3x(log(0), Sample_Rate=None), "does not say its sample rate", id="no rate"),
        pytest.param(gt3x(log(0), Sample_Rate="30e9"), "does not say its sample rate", id="odd rate"),
        pytest.param(gt3x(), "neither log.bin nor activity.bin", id="no samples"),
        pytest.param(gt3x(b"\x1e" * 999), "holds no samples", id="a log of separators"),
        pytest.param(gt3x(b""), "holds no samples", id="an empty log"),
        pytest.param(gt3x(activity=b"\0" * 9), "does not say when it starts", id="no start"),
        pytest.param(gt3x(log(0))[:-30], "not the ActiGraph recording", id="no directory"),
    ],
)
def test_an_archive_that_is_no_recording_is_refused_in_one_sentence(read, content, says):
    with pytest.raises(NotARecording, match=says) as refused:
        read("a.gt3x", content)
    assert "\n" not in str(refused.value)


def test_an_archive_that_unpacks_beyond_the_bound_is_refused_early(read, monkeypatch):
    monkeypatch.setattr("analytics.recordings.unpacking.MOST_BYTES", 1 << 20)
    content = gt3x(b"\0" * (1 << 24))
    assert len(content) < 1 << 16
    with pytest.raises(NotARecording, match="unpacks to more than"):
        read("a.gt3x", content)


def test_a_gzip_file_that_unpacks_beyond_the_bound_is_refused_early(monkeypatch):
    monkeypatch.setattr(unpacking, "MOST_BYTES", 1 << 20)
    with pytest.raises(NotARecording, match="unpacks to more than"):
        unpacking.unpack_gzip(gzip.compress(b"\0" * (1 << 24)), "a.csv.gz")


def test_a_log_of_nothing_but_searches_ends_soon(read):
    began = time.perf_counter()
    with pytest.raises(NotARecording):
        read("a.gt3x", gt3x(b"\x1e\x00\x01" * 3_000_000))
    assert time.perf_counter() - began < 5


def minutes(*numbers: int) -> list[tuple[object, ...]]:
    return [(ticks(NOON + 60 * k), 3, 4, 12 * k, k) for k in numbers]


def test_epochs_of_a_database_are_the_vector_magnitude_with_axis_1_first(read):
    recording = read("a.agd", agd(minutes(0, 1, 2)))
    assert (recording.measure, recording.epoch_s, recording.tz) == ("counts", 60.0, None)
    assert recording.t_us.tolist() == [(NOON + 60 * k) * 1_000_000 for k in range(3)]
    assert recording.activity.tolist() == [5, 13, pytest.approx(np.sqrt(25 + 576))]
    assert recording.axes.tolist() == [[3, 4, 0], [3, 4, 12], [3, 4, 24]]
    assert recording.steps.tolist() == [0, 1, 2]


def test_epochs_that_a_database_lacks_are_not_there(read):
    recording = read("a.agd", agd(minutes(0, 1, 5)))
    assert np.diff(recording.t_us).tolist() == [60_000_000, 240_000_000]


def test_a_database_of_one_axis_has_its_counts(read):
    recording = read("a.agd", agd([(ticks(NOON), 7), (ticks(NOON + 60), 8)], ["dataTimestamp", "axis1"]))
    assert (recording.activity.tolist(), recording.axes, recording.steps) == ([7, 8], None, None)


def test_what_is_no_count_in_a_database_is_missing(read):
    rows = [(ticks(NOON), "x", 1, 1, 1), (ticks(NOON + 60), 1, -1, 1, 1), ("?", 1, 1, 1, 1), minutes(2)[0]]
    recording = read("a.agd", agd(rows))
    assert np.isnan(recording.activity).tolist() == [True, True, False]
    assert recording.notes == (
        "1 epochs without a time were left out.",
        "1 values that are no counts are missing.",
    )


def test_counted_on_epochs_of_a_database_have_no_hole_in_spring(read):
    start = 1_774_747_800  # 2026-03-29 01:30 by the clock of Rome
    rows = [(ticks(start + 60 * k), 1, 1, 1, 0) for k in range(180)]
    recording = read("a.agd", agd(rows), "Europe/Rome")
    assert set(np.diff(recording.t_us).tolist()) == {60_000_000}
    assert local_clock_s(recording.t_us[[0, 30]], recording.zone).tolist() == [5400, 10800]


def test_a_database_that_is_cut_keeps_its_first_epochs(read):
    whole = agd(minutes(*range(2000)))
    recording = read("a.agd", whole[: len(whole) * 3 // 4])
    assert 0 < len(recording.t_us) < 2000
    assert "damaged or cut short" in recording.notes[0]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(agd([]), "holds no epochs", id="no rows"),
        pytest.param(agd(minutes(0), epoch_s="soon"), "how long its epochs are", id="no epoch length"),
        pytest.param(agd([(1, 1)], ["pain", "day"]), "without ActiGraph epochs", id="another database"),
        pytest.param(agd(minutes(0))[:100], "damaged database|without ActiGraph", id="a header alone"),
        pytest.param(b"rubbish", "not the ActiGraph database", id="no database"),
    ],
)
def test_a_database_that_is_no_recording_is_refused(read, content, says):
    with pytest.raises(NotARecording, match=says):
        read("a.agd", content)


ENDLESS = "WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n) SELECT k AS dataTimestamp, k AS axis1 FROM n"


@pytest.mark.parametrize(
    "more",
    [
        pytest.param(["DROP TABLE data", f"CREATE VIEW data AS {ENDLESS}"], id="a view"),
        pytest.param(
            [
                "DROP TABLE data",
                "CREATE TABLE data (dataTimestamp, axis1 AS (length(hex(zeroblob(900000000)))))",
            ],
            id="a calculated column",
        ),
    ],
)
def test_a_database_that_calculates_its_epochs_is_refused(read, more):
    with pytest.raises(NotARecording, match="without ActiGraph epochs"):
        read("a.agd", agd([], more=more))


def test_a_query_that_does_not_end_is_given_up():
    with opened(agd([])) as database, pytest.raises(sqlite3.OperationalError, match="interrupted"):
        database.execute(f"SELECT max(axis1) FROM ({ENDLESS})")


def test_nothing_is_written_beside_a_database(read, tmp_path):
    content = bytearray(agd(minutes(0, 1)))
    content[18:20] = b"\2\2"  # a write-ahead log, which SQLite would create beside the file
    assert len(read("a.agd", bytes(content)).t_us) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["a.agd"]


def test_an_export_of_raw_samples_starts_where_its_header_says(read):
    rows = ["Accelerometer X,Accelerometer Y,Accelerometer Z", *["0.5,-0.25,1"] * 60]
    recording = read("a.csv", actilife(rows))
    (stretch,) = recording.segments
    assert (stretch.t0_us, stretch.hz) == (1_785_498_300 * 1_000_000, 30.0)
    assert (stretch.xyz * stretch.scale).tolist() == [[0.5, -0.25, 1]] * 60


def test_zeros_of_an_export_are_idle_sleep_mode_and_a_gap(read):
    recording = read("a.csv", actilife([*["0,0,1"] * 30, *["0,0,0"] * 60, *["0,0,1"] * 30]))
    assert [len(stretch.xyz) for stretch in recording.segments] == [30, 30]
    assert recording.notes == ("1 stretches of zeros, 2 s in all, are gaps.",)


def test_the_mode_names_the_columns_of_an_export_without_titles(read):
    recording = read("a.csv", actilife(["3,4,12,7", "0,0,0,0"], epoch="00:00:15", mode=13, rate=""))
    assert (recording.epoch_s, recording.activity.tolist()) == (15.0, [13, 0])
    assert (recording.axes[0].tolist(), recording.steps.tolist()) == ([3, 4, 12], [7, 0])


def test_an_export_that_is_cut_keeps_its_whole_rows(read):
    recording = read("a.csv", actilife(["1,1,1", "2,2,2", "3,3", "4,4,4"], epoch="00:01:00", rate=""))
    assert len(recording.t_us) == 2
    assert recording.notes == ("Row 3 is no row of numbers: it and the 1 after it were left out.",)


def test_a_wrong_name_for_a_known_kind_is_refused(read):
    with pytest.raises(NotARecording, match=r"\(ActiGraph recording\); rename it so that it ends in \.gt3x"):
        read("a.csv", gt3x(log(0)))
    with pytest.raises(NotARecording, match=r"ends in \.gt3x"):
        read("a.npz", gt3x(log(0)))
