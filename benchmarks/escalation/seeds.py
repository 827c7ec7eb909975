"""With which cohorts numbers are chosen, and with which they are reported: never the same.

Thresholds and likelihoods are looked at on the tuning seeds alone. The evaluation seeds are for the printed
table; no test and no choice touches them.
"""

from __future__ import annotations

from typing import Literal

HEADING = "simulated; not clinical performance"
Regime = Literal["nominal", "stressed", "second family"]

TUNING: tuple[int, ...] = tuple(range(1, 21))
EVALUATION: tuple[int, ...] = (
    *(104729, 110237, 115249, 120811, 126127, 131321, 137029, 142231, 147739, 153313),
    *(158849, 164147, 169777, 175327, 180883, 186379, 192193, 197699, 203351, 208997),
)
SEEDS: dict[str, tuple[int, ...]] = {"tuning": TUNING, "evaluation": EVALUATION}

REGIMES: tuple[Regime, ...] = ("nominal", "stressed", "second family")
PATIENTS = 200  #: of each scenario, in equal parts from the seeds
DAYS = 120
