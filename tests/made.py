"""Minutes as if analytics had made them from raw blocks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from store.minutes import MadeMinutes
from tests.cast import micro


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
        calibration_id=np.zeros(n, np.int64),
    )
