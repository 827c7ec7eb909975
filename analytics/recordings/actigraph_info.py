"""What `info.txt` of an ActiGraph `.gt3x` says of the device and its clock.

Lines `key: value` (https://github.com/actigraph/GT3X-File-Format, info.txt.md). Dates are .NET ticks, 100 ns
since year 1, of the device's wall clock; `TimeZone` is that clock minus UTC when the device was started.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from analytics.recordings.recording import NotARecording

TICKS_OF_1970 = 621_355_968_000_000_000
TICKS_OF_2200 = TICKS_OF_1970 + 10_000_000 * 86400 * 84006
_OFFSET = re.compile(r"([+-]?)(\d\d?):(\d\d)(?::(\d\d))?")


@dataclass(frozen=True)
class DeviceInfo:
    """Of one recording; None where the file does not say."""

    serial: str
    firmware: str
    hz: int
    start_wall_us: int | None
    offset_us: int | None
    scale: float | None  #: steps for each g
    range_g: float | None

    @property
    def default_scale(self) -> float:
        """Steps for each g of devices that do not write theirs down: 341 (6 g) in the old series."""
        return 341.0 if self.serial.startswith(("NEO", "CLE", "MRA")) else 256.0


def device_info(text: str, name: str) -> DeviceInfo:
    """Read `info.txt`. Raises `NotARecording` where it has no usable sample rate."""
    said: dict[str, str] = {}
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if colon:
            said.setdefault(key.strip().lower(), value.strip())
    hz = _number(said.get("sample rate"))
    if hz is None or not 1 <= hz <= 400 or hz != round(hz):
        raise NotARecording(f"{name} does not say its sample rate; download the recording again.")
    scale, range_g = _number(said.get("acceleration scale")), _number(said.get("acceleration max"))
    serial = said.get("serial number", "")
    return DeviceInfo(
        serial=serial,
        firmware=said.get("firmware", ""),
        hz=round(hz),
        start_wall_us=wall_of_ticks(said.get("start date", "")),
        offset_us=_offset(said.get("timezone", "")),
        scale=scale if scale is not None and 1 <= scale <= 32768 else None,
        range_g=range_g if range_g is not None and 1 <= range_g <= 64 else None,
    )


def wall_of_ticks(text: str) -> int | None:
    """A wall clock [microseconds, as if it were UTC] out of .NET ticks; None for 0 and the impossible."""
    if not re.fullmatch(r"\d{1,19}", text):
        return None
    ticks = int(text)
    return (ticks - TICKS_OF_1970) // 10 if TICKS_OF_1970 < ticks < TICKS_OF_2200 else None


def _number(text: str | None) -> float | None:
    if text is None or not re.fullmatch(r"-?\d{1,9}([.,]\d{1,9})?", text):
        return None
    return float(text.replace(",", "."))


def _offset(text: str) -> int | None:
    match = _OFFSET.fullmatch(text)
    if not match or int(match[2]) > 14 or int(match[3]) > 59:
        return None
    seconds = int(match[2]) * 3600 + int(match[3]) * 60
    return (-seconds if match[1] == "-" else seconds) * 1_000_000
