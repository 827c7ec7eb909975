import gzip
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from analytics.recordings.geneactiv import read_geneactiv
from analytics.recordings.read import read_recording
from analytics.recordings.recording import NotARecording, RawRecording
from analytics.recordings.whole_numbers import in_16_bits
from simulate.recorded import raw_messages
from tests.recordings.axivity_files import us
from tests.recordings.geneactiv_files import header, in_g, movement, page, recording

START = "2019-05-21T20:16:43.500"  # 16:16:43.5 four hours behind UTC


def read(parts: list[bytes], tz: str | None = None) -> RawRecording:
    return read_geneactiv(b"".join(parts), tz, "a.bin")


def all_g(found: RawRecording) -> np.ndarray:
    return np.concatenate([part.xyz * part.scale for part in found.segments])


def test_readings_are_calibrated_and_on_the_clock_of_the_header():
    parts, readings = recording(20)
    found = read(parts)
    (segment,) = found.segments
    assert np.abs(all_g(found) - in_g(readings)).max() <= 0.5e-6 + 1e-12
    assert (segment.t0_us, segment.hz, found.range_g) == (us(START), 50.0, 8.0)
    assert (found.tz, found.zone.utcoffset(None), found.notes) == ("-04:00", timedelta(hours=-4), ())
    assert found.temperature.celsius.tolist() == [28.2] * 20
    assert np.diff(found.temperature.t_us).tolist() == [6_000_000] * 19


def test_a_zone_that_is_given_cuts_the_days_and_moves_nothing():
    parts, _ = recording()
    found = read(parts, "Europe/Rome")
    assert (found.segments[0].t0_us, found.tz, found.zone) == (
        us(START),
        "Europe/Rome",
        ZoneInfo("Europe/Rome"),
    )


def test_without_a_zone_in_the_header_times_are_a_wall_clock():
    parts, _ = recording()
    parts[0] = header(zone="")
    found = read(parts)
    assert (found.segments[0].t0_us, found.tz) == (us("2019-05-21T16:16:43.500"), None)
    assert "no time zone" in found.notes[0]
    assert read(parts, "Europe/Rome").segments[0].t0_us == us("2019-05-21T14:16:43.500")


@pytest.mark.parametrize(
    "written, exact", [("100.0", 100), ("85.7", 600 / 7), ("66.7", 600 / 9), ("37.5", 37.5), ("10.0", 10)]
)
def test_every_rate_is_a_whole_part_of_the_device_clock(written, exact):
    parts, _ = recording(7, 300 / exact, written)
    (segment,) = read(parts).segments
    assert segment.hz == pytest.approx(exact, rel=1e-12)


def test_a_rate_that_the_device_does_not_have_is_not_believed():
    parts, _ = recording(3)
    parts[2] = parts[2].replace(b"Frequency:50.0", b"Frequency:58.0")
    assert "1 with an impossible time or rate" in read(parts).notes[0]


def test_half_a_second_that_is_missing_is_a_gap():
    parts, readings = recording(4)
    parts[2:] = [
        page(part, datetime(2019, 5, 21, 16, 16, 50 + 6 * k, tzinfo=UTC), k + 1)
        for k, part in enumerate(np.split(readings, 4)[1:2])
    ]
    found = read([header(2), *parts[1:3]])
    assert [(s.t0_us - us(START), len(s.xyz)) for s in found.segments] == [(0, 300), (6_500_000, 300)]
    assert found.notes[0].startswith("There is a gap of 0.5 s")


@pytest.mark.parametrize(
    "damage, says",
    [
        pytest.param((b"Page Time:", b"Page Tome:"), "1 with damaged lines", id="a line"),
        pytest.param((b"2019-05-21", b"2019-02-30"), "1 with an impossible time or rate", id="a date"),
        pytest.param((b"2019-05-21", b"0000-00-00"), "1 with an impossible time or rate", id="no date"),
        pytest.param((b"008", b"0x8"), "1 with damaged samples", id="a digit"),
        pytest.param((b"008", b"08"), "1 with damaged samples", id="a digit less"),
    ],
)
def test_a_damaged_page_is_left_out_and_said(damage, says):
    parts, readings = recording(5)
    parts[3] = parts[3].replace(*damage, 1)
    found = read(parts)
    assert np.abs(all_g(found) - np.delete(in_g(readings), np.r_[600:900], axis=0)).max() < 1e-6
    byte = len(b"".join(parts[:3]))
    assert (
        found.notes[0]
        == f"1 of 5 pages cannot be believed ({says}): at byte {byte}, after 2019-05-21T16:16:49."
    )
    assert found.notes[1].startswith("There is a gap of 6.0 s")


def test_a_file_that_is_cut_keeps_its_last_whole_samples():
    parts, readings = recording(5)
    data = b"".join(parts)
    found = read_geneactiv(data[: data.rindex(b"008") - 12 * 99 + 5], None, "a.bin")
    assert np.abs(all_g(found) - in_g(readings[: 1500 - 99])).max() < 1e-6
    assert found.notes == ("The last page is cut short; 201 of its 300 samples are there.",)


def test_pages_that_the_header_promises_and_the_file_lacks_are_said():
    parts, _ = recording(5)
    found = read(parts[:3])
    assert found.notes == ("The file is cut short: its header promises 5 pages, 2 are there.",)


def test_a_clock_that_is_set_back_tells_each_time_once():
    first = datetime(2019, 5, 21, 16, 0, tzinfo=UTC)
    clocks = [first + timedelta(seconds=6 * k) for k in (0, 1, 2, 3, 4, 5, 3, 4, 5, 6, 7, 8, 9)]
    readings = np.split(movement(13), 13)
    found = read(
        [header(13), *(page(part, at, k) for k, (part, at) in enumerate(zip(readings, clocks, strict=True)))]
    )
    assert np.abs(all_g(found) - in_g(np.concatenate(readings[:6] + readings[9:]))).max() < 1e-6
    assert "steps back once" in found.notes[0] and "3 of 13 pages" in found.notes[0]


MATRIX = bytes(512) + b"MDTC" + bytes(100)


@pytest.mark.parametrize(
    "content, says",
    [
        pytest.param(MATRIX, "Matrix watch", id="another device"),
        pytest.param(b"\x00\x01\x02" * 999, "no GENEActiv recording", id="anything"),
        pytest.param(header(), "or only its header", id="header only"),
        pytest.param(recording()[0][1], "no usable calibration", id="no header"),
        pytest.param(header(gain=(25000, "x", 1)) + recording()[0][1], "no usable calibration", id="gain"),
        pytest.param(
            header(gain=(25000, 0, 25000)) + recording()[0][1], "no usable calibration", id="gain of 0"
        ),
        pytest.param(header() + b"Recorded Data\r\nDevice", "no readable page", id="no page"),
    ],
)
def test_what_is_no_geneactiv_recording_is_refused_with_a_way_out(tmp_path, content, says):
    with pytest.raises(NotARecording, match=says) as refused:
        read_geneactiv(content, None, "a.BIN")
    assert str(refused.value).startswith("a.BIN ") and ";" in str(refused.value)
    (tmp_path / "a.BIN").write_bytes(content)
    with pytest.raises(NotARecording, match=r"^a\.BIN .*; .*\.$"):
        read_recording(tmp_path / "a.BIN")


def test_lines_may_end_in_either_way():
    parts, readings = recording()
    found = read([part.replace(b"\r\n", b"\n") for part in parts])
    assert np.abs(all_g(found) - in_g(readings)).max() < 1e-6 and found.notes == ()


def test_the_door_reads_plain_and_compressed_files(tmp_path):
    parts, readings = recording()
    (tmp_path / "a.bin").write_bytes(b"".join(parts))
    (tmp_path / "a.bin.gz").write_bytes(gzip.compress(b"".join(parts)))
    for name in ("a.bin", "a.bin.gz"):
        assert np.abs(all_g(read_recording(tmp_path / name)) - in_g(readings)).max() < 1e-6


def test_what_is_replayed_has_16_bits_and_loses_half_a_step_at_most():
    parts, readings = recording(5)
    (segment,) = read(parts).segments
    sent = in_16_bits(segment)
    assert sent.xyz.dtype == np.int16 and (sent.t0_us, sent.hz) == (segment.t0_us, segment.hz)
    assert np.abs(sent.xyz * sent.scale - in_g(readings)).max() <= 0.5 * sent.scale + 1e-6
    assert sent.scale < 0.00027
    assert in_16_bits(sent) is sent
    assert sum(len(message.xyz) for message in raw_messages(0, sent.hz, sent.xyz, sent.scale, 1)) == 1500 * 6
