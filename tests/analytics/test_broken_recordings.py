"""Bytes that are flipped, cut or made up: a recording with notes, or one sentence."""

import gzip

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.recordings.actigraph_epochs import read_agd
from analytics.recordings.actigraph_info import device_info
from analytics.recordings.actigraph_log import read_log
from analytics.recordings.actiwatch import read_awd
from analytics.recordings.axivity_text import read_seconds
from analytics.recordings.read import read_recording
from analytics.recordings.recording import EpochRecording, NotARecording, RawRecording
from tests.analytics.device_files import (
    actilife,
    actiware,
    agd,
    awd,
    condor,
    gt3x,
    info,
    packed_12,
    packed_16,
    record,
    ticks,
)

NOON = 1_782_993_600
SECOND = [(k, -k, 256) for k in range(30)]
LOG = (
    record(21, NOON, bytes.fromhex("0000370000004009"))
    + b"".join(record(0, NOON + k, packed_12(SECOND)) for k in range(3))
    + record(3, NOON + 3, b"\x08")
    + b"".join(record(26, NOON + k, packed_16(SECOND)) for k in (9, 10))
)
ROWS = [(ticks(NOON + 60 * k), 3, 4, 12, k) for k in range(40)]
FILES = {
    "log.gt3x": gt3x(LOG),
    "old.gt3x": gt3x(activity=packed_12(SECOND * 3), Start_Date=ticks(NOON)),
    "a.agd": agd(ROWS),
    "a.awd": awd(["5", "6 M", "7 , 0.5"] * 5),
    "a.txt": condor([f"02/01/2026 23:{m}:00;0;0;29.38;1851;109;41" for m in range(10, 20)]),
    "rpx.csv": actiware([f'"{k}","14/07/2015","09:{k}:00","0","{k}","ACTIVE",' for k in range(10, 20)]),
    "raw.csv": actilife(["0.5,-0.25,1"] * 40),
    "counts.csv": actilife(["3,4,12,7"] * 20, epoch="00:00:15", mode=13, rate=""),
    "seconds.csv": b"".join(f"{1_551_178_506 + k / 100:.2f},0.5,-0.25,1\n".encode() for k in range(20)),
    "ggir.csv": b"timenum,ACC,invalidepoch,timestamp\n"
    + b"".join(f"{k},27.5,0,2022-06-02 07:{k}:00\n".encode() for k in range(10, 30)),
}

BROKEN = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read_or_refuse(path, tz):
    try:
        recording = read_recording(path, tz)
    except NotARecording as refused:
        assert "\n" not in str(refused)
        assert path.name in str(refused)
        return
    if isinstance(recording, EpochRecording):
        assert (np.diff(recording.t_us) > 0).all()
        assert len(recording.t_us) == len(recording.activity) > 0
        assert not (recording.activity < 0).any()
    else:
        assert isinstance(recording, RawRecording)
        assert all(len(stretch.xyz) for stretch in recording.segments)
        starts = [stretch.t0_us for stretch in recording.segments]
        assert starts == sorted(set(starts))


@pytest.mark.parametrize("name", FILES)
def test_the_files_are_read_whole(name, tmp_path):
    (tmp_path / name).write_bytes(FILES[name])
    recording = read_recording(tmp_path / name)
    assert "left out" not in " ".join(recording.notes)
    (tmp_path / f"{name}.gz").write_bytes(gzip.compress(FILES[name]))
    again = read_recording(tmp_path / f"{name}.gz")
    assert type(again) is type(recording)
    assert again.notes == recording.notes


@BROKEN
@pytest.mark.parametrize("name", FILES)
@given(data=st.data())
def test_flipped_and_cut_bytes_are_a_recording_or_one_sentence(name, data, tmp_path):
    content = bytearray(FILES[name])
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(1, len(content)))
    path = tmp_path / name
    path.write_bytes(bytes(content[: cut if data.draw(st.booleans()) else None]))
    read_or_refuse(path, data.draw(st.sampled_from([None, "Europe/Rome"])))


@BROKEN
@pytest.mark.parametrize("name", FILES)
@given(content=st.binary(min_size=1, max_size=300))
def test_made_up_bytes_are_a_recording_or_one_sentence(name, content, tmp_path):
    path = tmp_path / name
    path.write_bytes(content)
    read_or_refuse(path, None)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_broken_log_within_a_whole_archive_is_read_as_far_as_it_goes(data):
    content = bytearray(LOG)
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    log = read_log(bytes(content))
    assert (np.diff(log.start) > 0).all()
    assert ((log.start + log.size + 9) <= len(content)).all()


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40), st.sampled_from(["Sample Rate", "Start Date", "TimeZone", "Acceleration Scale"]))
def test_whatever_info_says_is_read_or_refused(value, key):
    try:
        device_info(info(**{key: value}), "a.gt3x")
    except NotARecording as refused:
        assert "\n" not in str(refused)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            *[st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1), st.floats(), st.text(), st.binary())] * 5
        ),
        max_size=5,
    )
)
def test_whatever_stands_in_a_database_is_read_or_refused(rows):
    try:
        recording = read_agd(agd([*rows, ROWS[0]]), None, "a.agd")
    except NotARecording as refused:
        assert "\n" not in str(refused)
    else:
        assert (np.diff(recording.t_us) > 0).all()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=20), max_size=6))
def test_whatever_stands_in_an_awd_is_read_or_refused(lines):
    try:
        assert len(read_awd(awd(["1", *lines]), None, "a.awd").t_us) >= 1
    except NotARecording as refused:
        assert "\n" not in str(refused)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(alphabet="0123456789.,-e \n", max_size=40), max_size=6))
def test_whatever_follows_seconds_is_read_or_refused(lines):
    content = "1551178506.00,0,0,1\n1551178506.01,0,0,1\n" + "\n".join(lines)
    try:
        read_seconds(content.encode(), None, "a.csv")
    except NotARecording as refused:
        assert "\n" not in str(refused)
