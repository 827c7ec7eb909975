"""The lengths of bouts: their mean, how unequal they are (Gini), and the tail of their distribution."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import zeta

from analytics.indices.bouts import Bouts, Lengths
from analytics.indices.definition import Definition
from analytics.indices.index import Index
from analytics.indices.validity import LEAST_BOUTS, too_little

SHORTEST = 1  #: epoch; where the power law begins (xmin)
STEEPEST = 20.0

_NEEDS = f"{LEAST_BOUTS} bouts of the state"
_MISSING = "ends a bout; a bout at an edge counts as long as it was seen"


def _definitions(state: str) -> tuple[Definition, Definition, Definition]:
    bout = f"bouts of {'activity' if state == 'active' else 'rest'}"
    di = "Di et al., bioRxiv 182337, 2017"
    mean = Definition(
        f"{state}_bout_min", "min", f"Mean length of {bout}.", _MISSING, _NEEDS, di, "recording, 7 days"
    )
    gini = Definition(
        f"gini_{state}",
        "1",
        f"Gini index of the lengths of {bout}, with the factor n / (n - 1): 0 all equal, near 1 few long "
        "ones hold most of the time.",
        _MISSING,
        _NEEDS,
        f"{di}; the factor as in GGIR",
        "recording, 7 days",
    )
    power = Definition(
        f"power_{state}",
        "1",
        f"Exponent of a discrete power law of the lengths of {bout} in epochs, from {SHORTEST} epoch on, by "
        "maximum likelihood.",
        _MISSING,
        f"{_NEEDS}, not all of the shortest length",
        "Clauset et al., SIAM Rev 51(4):661-703, 2009 (eq. 3.4 and the exact discrete likelihood); for bouts "
        "Chastin and Granat, Gait Posture 31(1):82-86, 2010",
        "recording, 7 days",
    )
    return mean, gini, power


REST_BOUT, GINI_REST, POWER_REST = _definitions("rest")
ACTIVE_BOUT, GINI_ACTIVE, POWER_ACTIVE = _definitions("active")


def bout_length_indices(found: Bouts, epoch_s: float) -> list[Index]:
    """Mean length [min], Gini [1] and power-law exponent [1] for rest, then for activity."""
    return [
        *_of((REST_BOUT, GINI_REST, POWER_REST), found.rest, epoch_s),
        *_of((ACTIVE_BOUT, GINI_ACTIVE, POWER_ACTIVE), found.active, epoch_s),
    ]


def _of(trio: tuple[Definition, Definition, Definition], lengths: Lengths, epoch_s: float) -> list[Index]:
    mean, gini, power = trio
    if len(lengths) < LEAST_BOUTS:
        why = too_little(len(lengths), LEAST_BOUTS, "bouts")
        return [mean.absent(why), gini.absent(why), power.absent(why)]
    law = (
        power.absent("all bouts are of the shortest length")
        if int(lengths.max()) == SHORTEST
        else power.is_(power_law(lengths))
    )
    return [mean.is_(float(lengths.mean()) * epoch_s / 60), gini.is_(gini_of(lengths)), law]


def gini_of(lengths: Lengths) -> float:
    """Mean absolute difference of two bouts over twice the mean, without bias for few bouts; 0 to 1."""
    n = len(lengths)
    rank = 2 * np.arange(1, n + 1) - n - 1
    return float(rank @ np.sort(lengths) / (lengths.sum() * (n - 1)))


def power_law(lengths: Lengths) -> float:
    """Exponent a of P(t) = t^-a / zeta(a, 1), t = 1, 2, ... epochs, of largest likelihood; up to 20."""
    logs = float(np.log(lengths / SHORTEST).mean())
    best = minimize_scalar(
        lambda a: float(np.log(zeta(a, SHORTEST))) + a * logs,
        bounds=(1 + 1e-9, STEEPEST),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return float(best.x)
