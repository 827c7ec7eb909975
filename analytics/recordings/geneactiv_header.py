"""What stands above the pages of a GENEActiv recording."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.recordings.recording import NotARecording

PAGES_BEGIN = b"Recorded Data"
LONGEST = 65536  #: notes of a study are in it, and it ends where the pages begin
MATRIX = b"MDTC"  #: at byte 512
GAIN = (10_000, 60_000)  #: units for 100 g; all that are known lie near 25,500

_OFFSET = re.compile(r"GMT\s*(?:([+-])(\d\d):(\d\d))?")
_RANGE = re.compile(r"-(\d{1,2}) to \1")


@dataclass(frozen=True)
class Header:
    """The calibration of the factory, and what else the readings need."""

    gain: tuple[int, int, int]
    offset: tuple[int, int, int]
    utc_offset_us: int | None  #: of the page times; None where the header does not say
    range_g: float | None
    pages: int | None  #: how many the device had written

    def calibrated(self, scale_g: float) -> NDArray[np.int32]:
        """Units of `scale_g` for each of the 4096 readings (12 bits with sign) of an axis, shape (3, 4096).

        (100 reading - offset) / gain is acceleration [g] (GENEActiv Instructions for Use).
        """
        readings = (np.arange(4096) ^ 2048) - 2048
        return np.stack(
            [
                np.rint((readings * 100 - offset) / gain / scale_g).astype(np.int32)
                for gain, offset in zip(self.gain, self.offset, strict=True)
            ]
        )


def holds_geneactiv(data: bytes) -> bool:
    """Whether a file is GENEActiv's, or a Matrix watch's, which is refused by its own name."""
    return (
        data.startswith(b"Device Identity")
        or data.find(PAGES_BEGIN + b"\r\nDevice Unique", 0, LONGEST) >= 0
        or data[512:516] == MATRIX
    )


def read_header(data: bytes, name: str) -> Header:
    """Raises `NotARecording` for another device's file, and where there is no calibration."""
    if data[512:516] == MATRIX:
        raise NotARecording(
            f"{name} is a recording of a Matrix watch (Parmay) and not of a GENEActiv; "
            "export it as CSV with the columns time, x, y and z in g."
        )
    end = data.find(PAGES_BEGIN, 0, LONGEST)
    if end < 0:
        raise NotARecording(
            f"{name} is no GENEActiv recording, or only its header; "
            "extract the recording from the device again as .bin."
        )
    lines = (line.partition(":") for line in data[:end].decode("latin-1").splitlines())
    fields = {key.strip(): value.strip() for key, _, value in lines}
    gain = [_whole(fields.get(f"{axis} gain", "")) for axis in "xyz"]
    offset = [_whole(fields.get(f"{axis} offset", "")) for axis in "xyz"]
    gains = [value for value in gain if value is not None and GAIN[0] <= value <= GAIN[1]]
    offsets = [value for value in offset if value is not None and abs(value) <= GAIN[1]]
    if len(gains) < 3 or len(offsets) < 3:
        raise NotARecording(
            f"{name} has no usable calibration in its header; extract the recording from the device again."
        )
    within = _RANGE.fullmatch(fields.get("Accelerometer Range", ""))
    return Header(
        (gains[0], gains[1], gains[2]),
        (offsets[0], offsets[1], offsets[2]),
        _offset_us(fields.get("Time Zone", "")),
        float(within[1]) if within and int(within[1]) else None,
        _whole(fields.get("Number of Pages", "")),
    )


def _whole(text: str) -> int | None:
    return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else None


def _offset_us(text: str) -> int | None:
    found = _OFFSET.fullmatch(text)
    if not found:
        return None
    minutes = 60 * int(found[2] or 0) + int(found[3] or 0)
    if minutes > 14 * 60 or int(found[3] or 0) > 59:
        return None
    return minutes * (-60_000_000 if found[1] == "-" else 60_000_000)
