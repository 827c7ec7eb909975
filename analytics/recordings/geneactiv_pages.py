"""The pages of a GENEActiv recording: ten lines, then 3600 hexadecimal digits.

A sample has twelve digits: x, y and z of 12 bits with sign, light of 10 bits, the button, a spare bit.
"""

from __future__ import annotations

import binascii
import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.recordings.geneactiv_header import PAGES_BEGIN
from analytics.recordings.naive_clock import clock_us

PAGE_SAMPLES, DIGITS = 300, 12
PAGE_DIGITS = PAGE_SAMPLES * DIGITS
CLOCK_HZ = 600  #: rates are whole parts of this, which the file rounds: "85.7" Hz is 600/7
TOGETHER = 2048  #: pages decoded at once, which bounds the memory

_LINES = re.compile(
    rb"Recorded Data\s{1,4}Device Unique Serial Code:[^\r\n]*\s{1,4}Sequence Number:(\d{1,9})\s{1,4}"
    rb"Page Time:(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d:\d{3})\s{1,4}Unassigned:[^\r\n]*\s{1,4}"
    rb"Temperature:(-?\d{1,3}(?:\.\d{1,4})?)\s{1,4}Battery voltage:[^\r\n]*\s{1,4}Device Status:[^\r\n]*"
    rb"\s{1,4}Measurement Frequency:(\d{1,3}(?:\.\d{1,3})?)\s{1,4}"
)
_DIGITS = re.compile(rb"[0-9A-Fa-f]*")
_NOTHING = (b"0", b"0000-00-00 00:00:00:000", b"0", b"0")


class Pages(NamedTuple):
    """Every place where a page begins, in the order of the file; all arrays have one value for each."""

    byte: NDArray[np.int64]
    digits_at: NDArray[np.int64]  #: byte of the first digit; 0 where the lines above are damaged
    samples: NDArray[np.int64]  #: 300; fewer where the file ends inside the page
    sequence: NDArray[np.int64]
    clock_us: NDArray[np.int64]
    celsius: NDArray[np.float64]
    hz: NDArray[np.float64]
    possible: NDArray[np.bool_]  #: time and rate


def find_pages(data: bytes) -> Pages:
    """Pages with their lines; digits are only looked at in the page with which the file ends."""
    byte, digits_at, lines = [], [], []
    at = data.find(PAGES_BEGIN)
    while at >= 0:
        found = _LINES.match(data, at)
        byte.append(at)
        digits_at.append(found.end() if found else 0)
        lines.append(found.groups() if found else _NOTHING)
        after = found.end() if found else at + len(PAGES_BEGIN)
        line_end = after + PAGE_DIGITS
        if found and data[line_end + 1 : line_end + 14] == PAGES_BEGIN:
            at = line_end + 1
        elif found and data[line_end + 2 : line_end + 15] == PAGES_BEGIN:
            at = line_end + 2
        else:
            at = data.find(PAGES_BEGIN, after)
    starts = np.array(digits_at, np.int64)
    samples = np.full(len(starts), PAGE_SAMPLES, np.int64)
    rest = _DIGITS.match(data, digits_at[-1]) if digits_at[-1] else None
    if rest and len(data) - digits_at[-1] < PAGE_DIGITS:
        samples[-1] = len(rest.group()) // DIGITS
    sequence, times, celsius, hz = (list(column) for column in zip(*lines, strict=True))
    told_hz = np.array(hz).astype(np.float64)
    part = np.rint(CLOCK_HZ / np.maximum(told_hz, 1.0))
    clock, possible = _clocks(times)
    possible &= np.abs(CLOCK_HZ / part - told_hz) < 0.06
    return Pages(
        np.array(byte, np.int64),
        starts,
        samples,
        np.array(sequence).astype(np.int64),
        clock,
        np.array(celsius).astype(np.float64),
        CLOCK_HZ / part,
        possible,
    )


def readings(
    data: bytes, pages: Pages, units: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Samples of all pages (n, 3) in units of `units` (3, 4096), and which pages have damaged digits.

    Where digits cannot be read, or are not looked for, the samples mean nothing.
    """
    ends = np.cumsum(pages.samples)
    xyz = np.zeros((int(ends[-1]), 3), np.int32)
    damaged = (pages.samples == 0) | (pages.digits_at == 0)
    some = np.flatnonzero(~damaged).tolist()
    starts, counts = pages.digits_at.tolist(), pages.samples.tolist()
    for first in range(0, len(some), TOGETHER):
        chosen = some[first : first + TOGETHER]
        texts = [data[starts[page] : starts[page] + DIGITS * counts[page]] for page in chosen]
        whole = [True] * len(chosen)
        try:
            packed = binascii.unhexlify(b"".join(texts))
        except binascii.Error:
            whole = [_DIGITS.fullmatch(text) is not None for text in texts]
            packed = binascii.unhexlify(b"".join(text for text, ok in zip(texts, whole, strict=True) if ok))
        damaged[chosen] = ~np.array(whole)
        decoded = _decoded(packed, units)
        done = 0
        for page, ok in zip(chosen, whole, strict=True):
            if ok:
                xyz[ends[page] - counts[page] : ends[page]] = decoded[done : done + counts[page]]
                done += counts[page]
    return xyz, damaged


def _decoded(packed: bytes, units: NDArray[np.int32]) -> NDArray[np.int32]:
    six = np.frombuffer(packed, np.uint8).reshape(-1, DIGITS // 2).astype(np.uint16)
    out = np.empty((len(six), 3), np.int32)
    out[:, 0] = units[0][six[:, 0] << 4 | six[:, 1] >> 4]
    out[:, 1] = units[1][(six[:, 1] & 15) << 8 | six[:, 2]]
    out[:, 2] = units[2][six[:, 3] << 4 | six[:, 4] >> 4]
    return out


def _clocks(times: list[bytes]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Clocks of times like `2012-05-23 16:47:50:000`, and which of them are possible."""
    digits = np.frombuffer(b"".join(times), np.uint8).reshape(len(times), -1).astype(np.int64) - ord("0")

    def field(first: int, length: int) -> NDArray[np.int64]:
        return digits[:, first : first + length] @ 10 ** np.arange(length - 1, -1, -1)

    year = field(0, 4)
    seconds_us, known = clock_us(year, field(5, 2), field(8, 2), field(11, 2), field(14, 2), field(17, 2))
    return seconds_us + 1000 * field(20, 3), known & (year >= 2000) & (year < 2100)
