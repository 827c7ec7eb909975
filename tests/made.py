"""Minutes as if analytics had made them from raw blocks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from store.calibrations import CalibrationRow
from store.minutes import MadeMinutes
from tests.cast import NOON, micro


def made_minutes(
    instants: Sequence[tuple[int, datetime]], enmo_mg: float = 0.0, anglez_deg: float = 10.0
) -> MadeMinutes:
    """One minute for each (device, start), all alike: MAD is half of the ENMO."""
    n = len(instants)
    return MadeMinutes(
        device_id=np.array([device for device, _ in instants]),
        t_us=np.array([micro(start) for _, start in instants]),
        enmo_mg=np.full(n, enmo_mg),
        mad_mg=np.full(n, enmo_mg / 2),
        anglez_deg=np.full(n, anglez_deg),
        enmo_5s_mg=np.full((n, 12), enmo_mg),
        anglez_5s_deg=np.full((n, 12), anglez_deg),
        sway=np.zeros(n),
        calibration_id=np.zeros(n, np.int64),
    )


def calibration_row(device_id: int, version: int = 1) -> CalibrationRow:
    """As if it had been fitted at noon; it holds from so many hours later on."""
    return CalibrationRow(
        device_id=device_id,
        version=version,
        from_t=NOON + timedelta(hours=version),
        scale=[0.97, 1.02, 0.99],
        offset_g=[0.03, -0.05, 0.02],
        points=90,
        error_before_mg=23.0,
        error_after_mg=3.9,
        method="live-1",
        fitted_at=NOON,
    )
