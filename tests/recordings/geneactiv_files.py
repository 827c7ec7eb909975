"""GENEActiv files as the manufacturer's software extracts them, from readings that the test knows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

GAIN, OFFSET = (25522, 25457, 24829), (272, -1129, 101)
PROMISED = 3


def header(pages: int = PROMISED, zone: str = "GMT -04:00", gain: tuple[object, ...] = GAIN) -> bytes:
    lines = [
        "Device Identity",
        "Device Unique Serial Code:051386",
        "Device Type:GENEActiv",
        "",
        "Device Capabilities",
        "Accelerometer Range:-8 to 8",
        "",
        "Configuration Info",
        "Measurement Frequency:50 Hz",
        f"Time Zone:{zone}",
        "",
        "Calibration Data",
        *(
            line
            for i, axis in enumerate("xyz")
            for line in (f"{axis} gain:{gain[i]}", f"{axis} offset:{OFFSET[i]}")
        ),
        "Volts:42",
        "",
        "Memory Status",
        f"Number of Pages:{pages}",
        "",
        "",
    ]
    return "\r\n".join(lines).encode()


def page(
    readings: np.ndarray, at: str | datetime, sequence: int, hz: str = "50.0", celsius: str = "28.2"
) -> bytes:
    """300 readings of three axes, -2048 to 2047."""
    if isinstance(at, datetime):
        at = at.strftime("%Y-%m-%d %H:%M:%S:") + f"{at.microsecond // 1000:03d}"
    lines = [
        "Recorded Data",
        "Device Unique Serial Code:051386",
        f"Sequence Number:{sequence}",
        f"Page Time:{at}",
        "Unassigned:",
        f"Temperature:{celsius}",
        "Battery voltage:4.1642",
        "Device Status:Recording",
        f"Measurement Frequency:{hz}",
        "".join(f"{x & 4095:03X}{y & 4095:03X}{z & 4095:03X}008" for x, y, z in readings.tolist()),
        "",
    ]
    return "\r\n".join(lines).encode()


def movement(pages: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(-2048, 2048, (300 * pages, 3))


def recording(pages: int = PROMISED, step_s: float = 6.0, hz: str = "50.0") -> tuple[list[bytes], np.ndarray]:
    """Header and pages without a gap from 2019-05-21 16:16:43.500 on, and the readings."""
    first = datetime(2019, 5, 21, 16, 16, 43, 500_000, tzinfo=UTC)
    readings = movement(pages)
    return [
        header(pages),
        *(
            page(part, first + timedelta(seconds=k * step_s), k, hz)
            for k, part in enumerate(np.split(readings, pages))
        ),
    ], readings


def in_g(readings: np.ndarray) -> np.ndarray:
    return (100 * readings - np.array(OFFSET)) / np.array(GAIN)
