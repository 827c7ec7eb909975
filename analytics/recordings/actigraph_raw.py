"""ActiGraph `.gt3x`: a zip archive of `info.txt` and the samples of GT3X+ and its successors.

Old devices (firmware up to 2.5.0, as in NHANES) hold one unbroken stretch in `activity.bin`; newer ones a
log of seconds in `log.bin`. Seconds that the log lacks, in idle sleep mode above all, are gaps: no value is
made up. Public descriptions: https://github.com/actigraph/GT3X-File-Format and NHANES-GT3X-File-Format.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from analytics.recordings.actigraph_info import DeviceInfo, device_info
from analytics.recordings.actigraph_log import ACTIVITY, ACTIVITY2, HEADER, Log, read_log
from analytics.recordings.actigraph_samples import unpack_12_bits, unpack_16_bits
from analytics.recordings.device_clock import read_walls
from analytics.recordings.recording import NotARecording, RawRecording
from analytics.recordings.stamps import Stamps
from analytics.recordings.unpacking import BAD_ARCHIVE, unpack_member
from analytics.signal.samples import Samples

ENDING = ".gt3x"
INFO, SAMPLES, LOG = "info.txt", "activity.bin", "log.bin"
MOST_INFO_BYTES = 1 << 16
PIECE_BYTES = 1 << 24
SECOND_US = 1_000_000

# ActiLife and NHANES round these devices' values to 0.001 g, as the format's description asks for.
OLD_STEP_G, OLD_SCALE, OLD_RANGE_G = 0.001, 341.0, 6.0


def holds_gt3x(data: bytes) -> bool:
    """Whether the bytes are a zip archive that has the members of a `.gt3x`."""
    if not data.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return INFO in archive.namelist()
    except BAD_ARCHIVE:
        return False


def read_gt3x(data: bytes, tz: str | None, name: str) -> RawRecording:
    """A raw recording out of the bytes of a `.gt3x`; what could not be read is told in its notes."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except BAD_ARCHIVE:
        raise NotARecording(f"{name} is a damaged archive; copy or download it again.") from None
    with archive:
        members = archive.namelist()
        text, _ = unpack_member(archive, INFO, name, MOST_INFO_BYTES) if INFO in members else (b"", False)
        info = device_info(text.decode("utf-8", "replace"), name)
        held = next((member for member in (LOG, SAMPLES) if member in members), None)
        if held is None:
            raise NotARecording(f"{name} has neither log.bin nor activity.bin; download it again.")
        content, whole = unpack_member(archive, held, name)
    notes = [] if whole else [f"{held} is damaged or cut short; what could be unpacked of it was read."]
    if held == SAMPLES:
        return _from_samples(content, info, tz, name, notes)
    return _from_log(read_log(content), info, tz, name, notes)


def _from_samples(
    content: bytes, info: DeviceInfo, tz: str | None, name: str, notes: list[str]
) -> RawRecording:
    if info.start_wall_us is None:
        raise NotARecording(f"{name} does not say when it starts; download the recording again.")
    samples = len(content) * 2 // 9
    if not samples:
        raise NotARecording(f"{name} holds no samples; download the recording again.")
    steps = unpack_12_bits(np.frombuffer(content, np.uint8)[None, :])[0]
    # -2048, -2047 and 2047 are never written: such bytes are not samples.
    if (foreign := int((np.abs(steps) > 2046).any(axis=1).sum())) > 0:
        notes.append(f"{foreign} samples have values that the device never writes; they are kept.")
    milli_g = np.rint(steps * (1000 / OLD_SCALE)).astype(np.int16)
    start = read_walls(np.array([info.start_wall_us], np.int64), tz, name, info.offset_us)
    segment = Samples(int(start.t_us[0]), float(info.hz), OLD_STEP_G, milli_g)
    return RawRecording((segment,), start.tz, start.zone, range_g=OLD_RANGE_G, notes=tuple(notes))


def _from_log(log: Log, info: DeviceInfo, tz: str | None, name: str, notes: list[str]) -> RawRecording:
    if log.damaged or log.unread_bytes:
        notes.append(
            f"{log.damaged} records with a wrong check byte and {log.unread_bytes} bytes that are no record "
            "were left out."
        )
    # A payload of one byte marks a USB connection.
    activity = np.flatnonzero(((log.kind == ACTIVITY) | (log.kind == ACTIVITY2)) & (log.size > 1))
    held = _samples_held(log, activity)
    if not held.any():
        raise NotARecording(f"{name} holds no samples; download the recording again.")
    activity, held = activity[held > 0], held[held > 0]
    stamps = read_walls(log.second[activity] * SECOND_US, tz, name, info.offset_us)
    activity, held = activity[stamps.kept], held[stamps.kept]
    if (repeated := int((~stamps.kept).sum())) > 0:
        notes.append(f"{repeated} seconds were left out: the device's clock had stepped back over them.")
    if (long := int((held > info.hz).sum())) > 0:
        notes.append(f"{long} seconds hold more samples than the rate allows; the surplus was left out.")
    used = np.minimum(held, info.hz)
    xyz = _unpack(log, activity, used)
    if info.serial.startswith("MOS") and info.firmware == "1.6.0":
        xyz = np.stack([xyz[:, 1], -xyz[:, 0], xyz[:, 2]], axis=1)
        notes.append("Firmware 1.6.0 turned the x and y axes by 90 degrees; they are turned back.")
    scale = log.acceleration_scale() or info.scale or info.default_scale
    segments = tuple(_segments(stamps, used, xyz, info.hz, 1 / scale))
    missing_us = int(stamps.t_us[-1] - stamps.t_us[0]) - (len(stamps.t_us) - 1) * SECOND_US
    if len(segments) > 1:
        notes.append(
            f"Gaps: {len(segments) - 1}, {missing_us / 60e6:.1f} min in all; "
            f"idle sleep mode: {log.sleeps()} times."
        )
    range_g = info.range_g or (8.0 if scale == 256 else 6.0 if scale == 341 else None)
    return RawRecording(segments, stamps.tz, stamps.zone, range_g=range_g, notes=tuple(notes))


def _samples_held(log: Log, records: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(log.kind[records] == ACTIVITY, log.size[records] * 2 // 9, log.size[records] // 6)


def _unpack(log: Log, records: NDArray[np.int64], used: NDArray[np.int64]) -> NDArray[np.int16]:
    """(n, 3) of the records one after the other, the first `used` samples of each."""
    first = np.r_[0, np.cumsum(used)]
    xyz = np.empty((int(first[-1]), 3), np.int16)
    kinds = log.kind[records].astype(np.int64) << 32 | log.size[records] << 10 | used
    for key in np.unique(kinds).tolist():
        alike = np.flatnonzero(kinds == key)
        size, taken = int(log.size[records[alike[0]]]), int(used[alike[0]])
        unpack = unpack_12_bits if key >> 32 == ACTIVITY else unpack_16_bits
        rows = np.lib.stride_tricks.sliding_window_view(log.data, size)
        piece = max(1, PIECE_BYTES // size)
        for low in range(0, len(alike), piece):
            some = alike[low : low + piece]
            samples = unpack(rows[log.start[records[some]] + HEADER])[:, :taken]
            xyz[first[some][:, None] + np.arange(taken)] = samples
    return xyz


def _segments(
    stamps: Stamps, used: NDArray[np.int64], xyz: NDArray[np.int16], hz: int, scale: float
) -> Iterator[Samples]:
    """A stretch goes on while full seconds follow each other."""
    broken = (np.diff(stamps.t_us) != SECOND_US) | (used[:-1] < hz)
    cuts = np.r_[0, np.flatnonzero(broken) + 1, len(used)]
    first = np.r_[0, np.cumsum(used)]
    for low, high in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
        yield Samples(int(stamps.t_us[low]), float(hz), scale, xyz[int(first[low]) : int(first[high])])
