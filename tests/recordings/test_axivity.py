import gzip
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from analytics.recordings.axivity import read_axivity
from analytics.recordings.read import read_recording
from analytics.recordings.recording import NotARecording, RawRecording
from tests.recordings.axivity_files import ROOM, header, movement, recording, sector, us, with_checksum

NOON = us("2026-05-04T12:00:00")
SECTOR_US = 1_200_000  # 120 samples at 100 Hz
HALF_TICK_US = 1e6 / 32768


def read(sectors: list[bytes], tz: str | None = None) -> RawRecording:
    return read_axivity(header() + b"".join(sectors), tz, "a.cwa")


def all_samples(found: RawRecording) -> np.ndarray:
    return np.concatenate([part.xyz for part in found.segments])


def steady(count: int, first_us: int = NOON, step_us: float = SECTOR_US) -> list[int]:
    return [first_us + round(k * step_us) for k in range(count)]


def test_samples_come_back_as_they_were_recorded():
    sectors, xyz = recording(steady(50))
    found = read(sectors)
    (segment,) = found.segments
    assert np.array_equal(segment.xyz, xyz) and segment.xyz.dtype == np.int16
    assert segment.scale == 1 / 256 and segment.hz == pytest.approx(100, rel=1e-5)
    assert abs(segment.t0_us - NOON) < HALF_TICK_US
    assert (found.range_g, found.tz, found.notes) == (8.0, None, ())


@pytest.mark.parametrize("exponent", [0, 1, 2, 3])
def test_an_exponent_stretches_packed_samples(exponent):
    xyz = movement(120) << exponent
    (segment,) = read([sector(xyz, NOON, 0, exponent=exponent)]).segments
    assert np.array_equal(segment.xyz, xyz)


@pytest.mark.parametrize(
    "packing, scale_bits", [(0x32, 0), (0x32, 5), (0x62, 3), (0x62, 4), (0x62, 6), (0x92, 4)]
)
def test_unpacked_samples_have_their_own_scale_and_come_after_a_gyroscope(packing, scale_bits):
    xyz = movement(ROOM[packing], most=32767)
    (segment,) = read([sector(xyz, NOON, 0, packing=packing, scale_bits=scale_bits)]).segments
    assert np.array_equal(segment.xyz, xyz)
    assert segment.scale == 2.0 ** -(8 + scale_bits)


def test_a_sector_that_is_not_full_gives_what_it_has():
    xyz = movement(150)
    (segment,) = read([sector(xyz[:120], NOON, 0), sector(xyz[120:], NOON + SECTOR_US, 1)]).segments
    assert np.array_equal(segment.xyz, xyz)


def test_temperature_is_read_and_none_is_not_a_temperature():
    xyz = movement(120)
    temperatures = [0, 258, 0xFC00 | 265]
    found = read([sector(xyz, NOON + k * SECTOR_US, k, temperature=t) for k, t in enumerate(temperatures)])
    assert found.temperature.celsius.tolist() == [258 * 75 / 256 - 50, 265 * 75 / 256 - 50]
    assert abs(found.temperature.t_us[0] - NOON - SECTOR_US) < HALF_TICK_US
    assert read([sector(xyz, NOON, 0, temperature=0)]).temperature is None


def test_a_sensor_that_runs_slow_has_its_true_rate():
    sectors, _ = recording(steady(500, step_us=SECTOR_US * 1.0115))
    (segment,) = read(sectors).segments
    assert segment.hz == pytest.approx(100 / 1.0115, rel=1e-6)


def test_a_rate_that_drifts_keeps_every_stamp_within_a_tenth_of_a_second():
    steps = SECTOR_US * (1.01 + 0.004 * np.sin(np.arange(3000) / 400))
    starts = NOON + np.rint(np.r_[0, np.cumsum(steps)]).astype(int)
    sectors, xyz = recording(starts.tolist())
    segments = read(sectors).segments
    assert 1 < len(segments) < 60 and sum(len(part.xyz) for part in segments) == len(xyz)
    times = np.concatenate([part.t0_us + np.arange(len(part.xyz)) * 1e6 / part.hz for part in segments])
    assert np.diff(times).min() > 0
    assert np.abs(times[::120] - starts).max() <= 100_000 + HALF_TICK_US
    ends = [part.end_us for part in segments]
    assert [part.t0_us for part in segments[1:]] == pytest.approx(ends[:-1], abs=1)


def test_stamps_of_whole_seconds_are_one_stretch():
    xyz = movement(120 * 100)
    found = read(
        [
            sector(part, at, k, whole_seconds=True)
            for k, (part, at) in enumerate(zip(np.split(xyz, 100), steady(100), strict=True))
        ]
    )
    (segment,) = found.segments
    assert abs(segment.t0_us - NOON) < 20_000 and segment.hz == pytest.approx(100, rel=1e-3)


def test_a_broken_sector_is_left_out_and_said():
    sectors, xyz = recording(steady(20))
    sectors[7] = sectors[7][:100] + bytes([sectors[7][100] ^ 1]) + sectors[7][101:]
    sectors[9] = bytes(512)
    found = read(sectors)
    lost = np.r_[840:960, 1080:1200]
    assert np.array_equal(all_samples(found), np.delete(xyz, lost, axis=0))
    assert found.notes[0] == (
        "2 of 20 sectors cannot be believed (1 with a wrong checksum, 1 empty or foreign): the first at byte 4608, "
        "after 2026-05-04T12:00:07, the last at byte 5632, before 2026-05-04T12:00:12."
    )
    assert found.notes[1].startswith("There are 2 gaps without samples, 2.4 s in all")
    assert len(found.segments) == 3


def test_a_time_that_no_calendar_knows_is_left_out():
    sectors, _ = recording(steady(3))
    sectors[1] = with_checksum(sectors[1][:14] + bytes(4) + sectors[1][18:])
    assert "1 with an impossible time" in read(sectors).notes[0]


def test_a_pause_is_a_gap():
    before, _ = recording(steady(10))
    after, _ = recording(steady(10, NOON + 60_000_000), first_sequence=10)
    found = read(before + after)
    assert [len(part.xyz) for part in found.segments] == [1200, 1200]
    assert found.notes == (
        "There is a gap of 48.0 s without samples, from 2026-05-04T12:00:12 to 2026-05-04T12:01:00.",
    )


def test_sessions_do_not_grow_together():
    first, _ = recording(steady(10))
    second, _ = recording(steady(10, NOON + 10 * SECTOR_US), session=27)
    assert [len(part.xyz) for part in read(first + second).segments] == [1200, 1200]


def test_a_clock_that_is_set_back_tells_each_time_once():
    before, xyz = recording(steady(100))
    after, again = recording(steady(100, NOON + 90 * SECTOR_US), first_sequence=100, seed=2)
    found = read(before + after)
    assert np.array_equal(all_samples(found), np.r_[xyz, again[10 * 120 :]])
    (note,) = found.notes
    assert note.startswith("The clock steps back once from 2026-05-04T12:02:00 to 2026-05-04T12:01:48;")
    assert note.endswith("10 of 200 sectors in all.")
    one, two = found.segments
    assert one.end_us <= two.t0_us


def test_one_sector_that_is_hours_ahead_does_not_cost_the_rest():
    sectors, xyz = recording(steady(20))
    sectors[5] = sector(xyz[600:720], NOON + 10 * 3_600_000_000, 5)
    found = read(sectors)
    assert np.array_equal(all_samples(found), np.delete(xyz, np.r_[600:720], axis=0))
    assert "steps back once" in found.notes[0] and "1 of 20 sectors" in found.notes[0]


@pytest.mark.parametrize("place", [0, 5, 19])
def test_a_time_that_is_years_away_is_not_believed(place):
    sectors, xyz = recording(steady(20))
    sectors[place] = sector(xyz[place * 120 :][:120], us("2063-01-01T00:00:00"), place)
    found = read(sectors)
    assert np.array_equal(all_samples(found), np.delete(xyz, np.arange(120) + place * 120, axis=0))
    assert (
        "1 of 20 sectors cannot be believed (1 with a time more than a year from the others)"
        in found.notes[0]
    )


def test_a_clock_that_was_lost_does_not_cost_what_was_before():
    before, xyz = recording(steady(30))
    after, _ = recording(steady(10, us("2000-01-01T00:00:00")), first_sequence=30)
    assert np.array_equal(all_samples(read(before + after)), xyz)


def test_of_two_times_that_are_years_apart_one_is_kept():
    after, xyz = recording(steady(10))
    before, _ = recording(steady(10, us("2000-01-01T00:00:00")), seed=2)
    assert np.array_equal(all_samples(read(before + after)), xyz)


def test_the_clock_is_that_of_the_zone_when_the_recording_began():
    sectors, _ = recording(steady(10))
    assert abs(read(sectors, "Europe/Rome").segments[0].t0_us - us("2026-05-04T10:00:00")) < HALF_TICK_US
    found = read(sectors, "Europe/Rome")
    assert (found.tz, found.zone) == ("Europe/Rome", ZoneInfo("Europe/Rome"))
    assert abs(int(found.temperature.t_us[0]) - us("2026-05-04T10:00:00")) < HALF_TICK_US


def test_the_clock_of_the_device_knows_no_summer_time():
    sectors, _ = recording(steady(100, us("2026-03-29T01:59:00")))
    (segment,) = read(sectors, "Europe/Rome").segments
    assert abs(segment.t0_us - us("2026-03-29T00:59:00")) < HALF_TICK_US


def test_a_file_that_is_cut_keeps_its_whole_sectors():
    sectors, xyz = recording(steady(5))
    found = read_axivity((header() + b"".join(sectors))[:-1], None, "a.cwa")
    assert np.array_equal(all_samples(found), xyz[:480])
    assert found.notes == ("The file is cut short: of sector 5 there are only parts.",)


def test_a_damaged_header_is_said_and_the_sectors_are_read():
    sectors, xyz = recording(steady(5))
    found = read_axivity(bytes(1024) + b"".join(sectors), None, "a.cwa")
    assert np.array_equal(all_samples(found), xyz) and "header" in found.notes[0]


@pytest.mark.parametrize("content", [b"MD", header(), header() + bytes(5120), b"time,x,y,z\n" * 500])
def test_what_has_no_sector_is_refused(tmp_path, content):
    with pytest.raises(
        NotARecording, match=r"^a\.cwa has no readable sector of an Axivity recording; copy .*\.$"
    ):
        read_axivity(content, None, "a.cwa")
    (tmp_path / "a.cwa").write_bytes(content)
    with pytest.raises(NotARecording, match=r"^a\.cwa .*\.$"):
        read_recording(tmp_path / "a.cwa")


@pytest.mark.parametrize("name", ["a.bin", "a.csv", "a.npz"])
def test_another_name_for_an_axivity_file_is_refused(tmp_path, name):
    sectors, _ = recording(steady(2))
    (tmp_path / name).write_bytes(header() + b"".join(sectors))
    with pytest.raises(NotARecording, match=r"\(Axivity recording\); rename it so that it ends in \.cwa\."):
        read_recording(tmp_path / name)


def test_the_door_reads_plain_and_compressed_files(tmp_path):
    sectors, xyz = recording(steady(5))
    (tmp_path / "a.CWA").write_bytes(header() + b"".join(sectors))
    (tmp_path / "a.cwa.gz").write_bytes(gzip.compress(header() + b"".join(sectors)))
    for name in ("a.CWA", "a.cwa.gz"):
        assert np.array_equal(all_samples(read_recording(tmp_path / name)), xyz)
