"""Minutes that analytics made from stored blocks, into the table of epochs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from store.arrays import float4s, int8s


@dataclass(frozen=True, slots=True)
class MadeMinutes:
    """Minutes of any devices, each once; NaN is not known."""

    device_id: NDArray[np.int64]  #: (n,)
    t_us: NDArray[np.int64]  #: (n,) start, device clock
    enmo_mg: NDArray[np.float64]  #: (n,)
    mad_mg: NDArray[np.float64]  #: (n,)
    anglez_deg: NDArray[np.float64]  #: (n,)
    enmo_5s_mg: NDArray[np.float64]  #: (n, 12)
    anglez_5s_deg: NDArray[np.float64]  #: (n, 12)
    sway: NDArray[np.float64]  #: (n,)
    calibration_id: NDArray[np.int64]  #: (n,) 0: not calibrated


# NaN becomes null: PostgreSQL holds NaN equal to itself. The slices are found without a walk, since the
# arrays have no nulls. Two writers of the same minutes wait for each other in one order.
_SAVE = sa.text(
    """
    INSERT INTO epoch (device_id, t, source, epoch_s, enmo_mg, mad_mg, anglez_deg, enmo_5s_mg, anglez_5s_deg,
                       sway, calibration_id)
    SELECT device_id, 'epoch'::timestamptz + t_us * interval '1 microsecond', 'raw', 60,
           nullif(enmo_mg, 'NaN'), nullif(mad_mg, 'NaN'), nullif(anglez_deg, 'NaN'),
           array_replace((:enmo_5s_mg ::real[])[12 * i - 11 : 12 * i], 'NaN', NULL),
           array_replace((:anglez_5s_deg ::real[])[12 * i - 11 : 12 * i], 'NaN', NULL), sway,
           nullif(calibration_id, 0)
    FROM unnest(:device_id ::bigint[], :t_us ::bigint[], :enmo_mg ::real[], :mad_mg ::real[],
                :anglez_deg ::real[], :sway ::real[], :calibration_id ::bigint[])
         WITH ORDINALITY AS k(device_id, t_us, enmo_mg, mad_mg, anglez_deg, sway, calibration_id, i)
    ORDER BY device_id, t_us
    ON CONFLICT (device_id, t, source) DO UPDATE SET
        enmo_mg = EXCLUDED.enmo_mg, mad_mg = EXCLUDED.mad_mg, anglez_deg = EXCLUDED.anglez_deg,
        temp_c = EXCLUDED.temp_c, lux = EXCLUDED.lux,
        enmo_5s_mg = EXCLUDED.enmo_5s_mg, anglez_5s_deg = EXCLUDED.anglez_5s_deg, sway = EXCLUDED.sway,
        calibration_id = EXCLUDED.calibration_id
    """
)


def save_minutes(session: Session, made: MadeMinutes) -> None:
    """Store minutes made from raw blocks; made again with more samples, they replace the former."""
    if not len(made.t_us):
        return
    floats = ("enmo_mg", "mad_mg", "anglez_deg", "enmo_5s_mg", "anglez_5s_deg", "sway")
    session.execute(
        _SAVE,
        {
            "device_id": int8s(made.device_id),
            "t_us": int8s(made.t_us),
            "calibration_id": int8s(made.calibration_id),
            **{name: float4s(getattr(made, name)) for name in floats},
        },
    )
