"""How fast the time spent falls with intensity, in one line over all intensities."""

from __future__ import annotations

import numpy as np

from analytics.indices.definition import Definition
from analytics.indices.index import Index
from analytics.indices.timeline import Values

EPOCH_S = 5.0
BIN_MG, LAST_MG = 25, 4000


def _definition(name: str, what: str) -> Definition:
    return Definition(
        name=name,
        unit="1",
        meaning=f"{what} of the least-squares line of ln(minutes) on ln(bin midpoint in mg), bins of "
        f"{BIN_MG} mg from 0 to {LAST_MG} mg, empty bins dropped, on ENMO per "
        f"{EPOCH_S:g} s over the whole span.",
        missing="left out, as is what lies above the last bin",
        needs="two bins that are not empty",
        source="Rowlands et al., Med Sci Sports Exerc 50(6):1323-1332, 2018",
        spans="day, recording",
    )


GRADIENT = _definition("intensity_gradient", "Slope")
INTERCEPT = _definition("intensity_intercept", "Intercept")


def intensity_line(enmo_5s_mg: Values | None) -> list[Index]:
    """`intensity_gradient` and `intensity_intercept` [1]; None: there are no epochs of 5 s of ENMO."""
    if enmo_5s_mg is None:
        why = "there is no ENMO in epochs of 5 s"
        return [GRADIENT.absent(why), INTERCEPT.absent(why)]
    x = enmo_5s_mg[(enmo_5s_mg >= 0) & (enmo_5s_mg < LAST_MG)]
    n = np.bincount((x // BIN_MG).astype(np.int64), minlength=LAST_MG // BIN_MG)
    held = np.flatnonzero(n)
    if len(held) < 2:
        why = f"too little data: {len(held)} of the 2 bins that it needs"
        return [GRADIENT.absent(why), INTERCEPT.absent(why)]
    middle, minutes = np.log((held + 0.5) * BIN_MG), np.log(n[held] * EPOCH_S / 60)
    apart = middle - middle.mean()
    slope = float(apart @ minutes / (apart @ apart))
    return [GRADIENT.is_(slope), INTERCEPT.is_(float(minutes.mean() - slope * middle.mean()))]
