"""Axivity AX3 and AX6 recordings (`.cwa`).

A header of 1024 bytes, then sectors of 512 bytes, each with its own rate, packing, stamp and checksum;
layout and conversions: https://github.com/openmovementproject/openmovement, Docs/ax3/cwa.h. A sector is
believed when its checksum holds and its fields are possible; all else of the file is left out and said.

The stamp of a sector is a second with a fraction (old firmware: a whole second) at which sample
number `offset` was taken. Where there is a fraction, `offset` was lowered by the whole samples in it, for
the sake of older readers; here they are added back.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from analytics.recordings.blocks import Blocks, timeline
from analytics.recordings.broken import Broken
from analytics.recordings.naive_clock import clock_us, instant_shift
from analytics.recordings.recording import NotARecording, RawRecording, Temperature
from analytics.signal.samples import Samples

HEADER, SECTOR = 1024, 512
_FIELDS = {  #: type and byte
    "tag": ("S2", 0),
    "length": ("<u2", 2),
    "fraction": ("<u2", 4),
    "session": ("<u4", 6),
    "sequence": ("<u4", 10),
    "stamp": ("<u4", 14),
    "light_scale": ("<u2", 18),
    "temperature": ("<u2", 20),
    "rate": ("u1", 24),
    "packing": ("u1", 25),
    "offset": ("<i2", 26),
    "count": ("<u2", 28),
}
SAMPLES_AT = slice(30, 510)
PACKED = 0x30  #: three axes of 10 bits and an exponent in 32 bits
ROOM = {PACKED: 120, 0x32: 80, 0x62: 40, 0x92: 26}  #: samples that a sector can hold
FIT_US, FIT_WHOLE_SECONDS_US = 100_000, 500_000
SLACK_SHARE = 0.1  #: a sensor's rate is within some percent of its nominal one
TOGETHER = 4096  #: sectors unpacked at once, which bounds the memory


def holds_axivity(data: bytes) -> bool:
    """Whether a file begins as a `.cwa` does: its header, or its first sector if that is damaged."""
    return data.startswith(b"MD\xfc\x03") or data[HEADER : HEADER + 4] == b"AX\xfc\x01"


def read_axivity(data: bytes, tz: str | None, name: str) -> RawRecording:
    """The acceleration and temperature of the bytes of a `.cwa` file; a gyroscope is not read.

    Raises `NotARecording` if not one sector can be read.
    """
    count = max(len(data) - HEADER, 0) // SECTOR
    whole = np.frombuffer(data, np.uint8)[HEADER : HEADER + count * SECTOR].reshape(count, SECTOR)
    sectors = _fields(whole)
    broken, t_us = _believed(sectors, whole.view("<u2").sum(axis=1, dtype=np.uint16))
    good = broken.good
    if not len(good):
        raise NotARecording(
            f"{name} has no readable sector of an Axivity recording; copy CWA-DATA.CWA from the device again."
        )
    notes = [] if data.startswith(b"MD") else ["The header of the file is damaged; the sectors are read."]
    notes += broken.notes(t_us)
    if len(data) > HEADER + count * SECTOR:
        notes.append(f"The file is cut short: of sector {count + 1} there are only parts.")
    blocks, fit_us = _blocks(sectors[good], t_us)
    time = timeline(blocks, fit_us, "sectors")
    order = good[time.kept]
    shift_us, tz, zone = instant_shift(int(t_us[time.kept[0]]), tz)
    xyz = _unpacked(whole, sectors, order)
    at = np.r_[0, np.cumsum(blocks.samples[time.kept])].tolist()
    scales = _scale(sectors[order])
    segments = tuple(
        Samples(part.t0_us + shift_us, part.hz, float(scales[part.first]), xyz[at[part.first] : at[part.end]])
        for part in time.stretches
    )
    raw = sectors["temperature"][order] & 0x3FF
    measured = raw > 0
    # The sensor gives 0.5 V at 0 C and 10 mV for each C, in steps of 3/1024 V (cwa.h).
    temperature = Temperature(
        (t_us[time.kept] + shift_us)[measured], raw[measured].astype(np.float64) * 75 / 256 - 50
    )
    return RawRecording(
        segments,
        tz,
        zone,
        temperature if measured.any() else None,
        float((16 >> (sectors["rate"][order] >> 6)).max()),
        tuple(notes + time.notes),
    )


def _fields(whole: NDArray[np.uint8]) -> NDArray[np.void]:
    """What stands in each sector beside the samples, copied together."""
    fields = np.empty(len(whole), [(name, kind) for name, (kind, _) in _FIELDS.items()])
    for name, (kind, byte) in _FIELDS.items():
        width = np.dtype(kind).itemsize
        fields[name] = np.ascontiguousarray(whole[:, byte : byte + width]).view(kind)[:, 0]
    return fields


def _believed(sectors: NDArray[np.void], sums: NDArray[np.uint16]) -> tuple[Broken, NDArray[np.int64]]:
    """What is broken, and the clock at the first sample of each sector that is not."""
    stamp = sectors["stamp"]
    start_us, possible = clock_us(
        2000 + (stamp >> 26),
        stamp >> 22 & 15,
        stamp >> 17 & 31,
        stamp >> 12 & 31,
        stamp >> 6 & 63,
        stamp & 63,
    )
    room = np.zeros(256, np.uint16)
    room[list(ROOM)] = list(ROOM.values())
    foreign = (sectors["tag"] != b"AX") | (sectors["length"] != SECTOR - 4)
    most = room[sectors["packing"]]
    unknown = (sectors["count"] == 0) | (sectors["count"] > most) | ((sectors["rate"] & 15) < 5)
    broken = Broken(
        "sectors",
        HEADER + np.arange(len(sectors)) * SECTOR,
        {
            "with a wrong checksum": (sums != 0) & ~foreign,
            "empty or foreign": foreign,
            "with an impossible time": ~possible,
            "of an unknown kind": unknown,
        },
    )
    hz = _hz(sectors)
    fraction = np.where(sectors["fraction"] & 0x8000, (sectors["fraction"] & 0x7FFF) / 32768, 0.0)
    sample = sectors["offset"] + np.floor(fraction * hz)
    clock = start_us + np.rint((fraction - sample / hz) * 1e6).astype(np.int64)
    broken = broken.with_far_off(clock[broken.good])
    return broken, clock[broken.good]


def _hz(sectors: NDArray[np.void]) -> NDArray[np.float64]:
    return 3200.0 / (1 << (15 - (sectors["rate"] & 15).astype(np.int64)))


def _scale(sectors: NDArray[np.void]) -> NDArray[np.float64]:
    """g for each unit: 1/256 where packed, else by the top bits of the light field."""
    bits = np.where(sectors["packing"] == PACKED, 0, sectors["light_scale"] >> 13)
    return 1.0 / (1 << (8 + bits.astype(np.int64)))


def _blocks(sectors: NDArray[np.void], t_us: NDArray[np.int64]) -> tuple[Blocks, int]:
    hz, samples = _hz(sectors), sectors["count"].astype(np.int64)
    same = np.diff(sectors["sequence"].astype(np.int64)) == 1
    for constant in (sectors["session"], sectors["rate"], sectors["packing"], _scale(sectors)):
        same &= constant[1:] == constant[:-1]
    precise = bool((sectors["fraction"] & 0x8000).all())
    fit_us = FIT_US if precise else FIT_WHOLE_SECONDS_US
    # A stamp is taken at a whole sample: at low rates it is that much off.
    slack_us = samples * 1e6 / hz * SLACK_SHARE + fit_us / 2 + 1e6 / hz
    return Blocks(t_us, samples, hz, np.r_[False, same], slack_us), max(fit_us, int(2e6 / hz.min()))


def _unpacked(
    whole: NDArray[np.uint8], sectors: NDArray[np.void], order: NDArray[np.int64]
) -> NDArray[np.int16]:
    """The samples of sectors, in their order."""
    out = np.empty((int(sectors["count"][order].sum(dtype=np.int64)), 3), np.int16)
    packing = sectors["packing"][order]
    edges = np.flatnonzero(np.r_[True, packing[1:] != packing[:-1], True]).tolist()
    done = 0
    for first, end in itertools.pairwise(edges):
        for a in range(first, end, TOGETHER):
            some = order[a : min(a + TOGETHER, end)]
            xyz = _of_packing(whole[some, SAMPLES_AT], int(packing[first]))
            filled = np.arange(xyz.shape[1]) < sectors["count"][some][:, None]
            rows = xyz.reshape(-1, 3) if filled.all() else xyz[filled]
            out[done : done + len(rows)] = rows
            done += len(rows)
    return out


def _of_packing(data: NDArray[np.uint8], packing: int) -> NDArray[np.int16]:
    if packing != PACKED:
        axes = packing >> 4
        used = np.ascontiguousarray(data[:, : ROOM[packing] * axes * 2])
        # Where there is a gyroscope, its axes come before those of acceleration.
        start = 0 if axes == 3 else 3
        return used.view("<i2").reshape(len(data), -1, axes)[:, :, start : start + 3]
    words = np.ascontiguousarray(data).view("<u4")
    exponent = (words >> 30).astype(np.int32)
    out = np.empty((*words.shape, 3), np.int16)
    for axis, left in enumerate((22, 12, 2)):
        # The axis' ten bits to the top, and back down with its sign.
        out[:, :, axis] = (words << left).view(np.int32) >> 22 << exponent
    return out
