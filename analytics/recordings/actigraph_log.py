"""The records of `log.bin` in an ActiGraph `.gt3x`.

A record is 0x1E, its type, the wall clock in seconds (4 bytes), the size of its payload (2 bytes), the
payload and a check byte: all of them together have the exclusive or 0xFF. Numbers are little-endian, and
zeros may stand between records (https://github.com/actigraph/GT3X-File-Format).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SEPARATOR, HEADER = 0x1E, 8
ACTIVITY, EVENT, PARAMETERS, ACTIVITY2 = 0, 3, 21, 26
SLEEPS = 8  #: payload of an event: the device enters idle sleep mode
ACCELERATION_SCALE = 55 << 16  #: key of a parameter: identifier 55 in address space 0

# A month at eight records a second; more is no recording. Searches are bounded for hostile files.
MOST_RECORDS, MOST_SEARCHES = 20_000_000, 50_000
_ZEROS = re.compile(rb"\0*")


@dataclass(frozen=True)
class Log:
    """Records whose check byte is right, in the order of the file."""

    data: NDArray[np.uint8]
    start: NDArray[np.int64]  #: of the record in `data`
    kind: NDArray[np.uint8]
    second: NDArray[np.int64]  #: wall clock [s], as if it were UTC
    size: NDArray[np.int64]  #: of the payload [bytes]
    damaged: int  #: records with a wrong check byte
    unread_bytes: int  #: bytes in no record

    def payload(self, record: int) -> bytes:
        """Of one record."""
        first = int(self.start[record]) + HEADER
        return self.data[first : first + int(self.size[record])].tobytes()

    def sleeps(self) -> int:
        """How often the device entered idle sleep mode."""
        events = self.start[(self.kind == EVENT) & (self.size == 1)]
        return int((self.data[events + HEADER] == SLEEPS).sum())

    def acceleration_scale(self) -> float | None:
        """Steps for each g by the PARAMETERS record; None where there is none."""
        for record in np.flatnonzero(self.kind == PARAMETERS)[:10].tolist():
            payload = self.payload(record)
            pairs = np.frombuffer(payload[: len(payload) // 8 * 8], "<u4").reshape(-1, 2)
            for value in pairs[pairs[:, 0] == ACCELERATION_SCALE, 1].tolist():
                scale = _device_float(value)
                if 1 <= scale <= 32768:
                    return scale
        return None


def read_log(data: bytes) -> Log:
    """Find the records; what is damaged is searched over and counted."""
    starts, unread = _walk(data)
    start = np.array(starts, np.int64)
    buffer = np.frombuffer(data, np.uint8)
    if not len(start):
        none = np.zeros(0, np.int64)
        return Log(buffer, none, none.astype(np.uint8), none, none, 0, unread)
    size = buffer[start + 6] + (buffer[start + 7].astype(np.int64) << 8)
    edges = np.stack([start, start + HEADER + size + 1], axis=1).reshape(-1)
    if edges[-1] == len(buffer):
        edges = edges[:-1]
    good = np.bitwise_xor.reduceat(buffer, edges)[::2] == 0xFF
    start, size = start[good], size[good]
    second = sum(buffer[start + 2 + i].astype(np.int64) << 8 * i for i in range(4))
    return Log(
        buffer,
        start,
        buffer[start + 1],
        np.asarray(second, np.int64),
        size,
        int((~good).sum()),
        unread,
    )


def _walk(data: bytes) -> tuple[list[int], int]:
    """Where records start, and how many bytes lie in none. A record is believed when another one, zeros or
    the end of the file follow it, or when its check byte is right."""
    starts: list[int] = []
    at, end, unread, searches = 0, len(data), 0, 0
    while at + HEADER < end and len(starts) < MOST_RECORDS:
        if data[at] == SEPARATOR:
            after = at + HEADER + 1 + data[at + 6] + (data[at + 7] << 8)
            if after < end and data[after] == SEPARATOR:
                starts.append(at)
                at = after
                continue
            searches += 1
            if after == end or (after < end and (data[after] == 0 or _checks(data[at:after]))):
                starts.append(at)
                at = after
                continue
        elif data[at] == 0:
            zeros = _ZEROS.match(data, at)
            at = zeros.end() if zeros else at + 1
            continue
        searches += 1
        if searches > MOST_SEARCHES:
            break
        found = data.find(SEPARATOR, at + 1)
        found = end if found < 0 else found
        unread += found - at
        at = found
    return starts, unread + end - at


def _checks(record: bytes) -> bool:
    return bool(np.bitwise_xor.reduce(np.frombuffer(record, np.uint8)) == 0xFF)


def _device_float(value: int) -> float:
    """24 bits of two's complement fraction, of 2**23, and 8 bits of exponent (Parameters.md)."""
    fraction, exponent = value & 0xFFFFFF, value >> 24
    fraction -= (fraction & 0x800000) << 1
    exponent -= (exponent & 0x80) << 1
    return float(fraction / 2**23 * 2.0**exponent)
