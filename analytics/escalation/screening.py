"""Daily rows in, decisions out; each day sees only the rows up to it.

`filter` says how likely an escalation is, `tiers` whom that reaches, `evidence` why in words and numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from analytics.escalation.evidence import Evidence, reason_of
from analytics.escalation.filter import Filtered, filter_states
from analytics.escalation.rows import DailyRows, Floats
from analytics.escalation.settings import SHIPPED, Settings
from analytics.escalation.states import ESCALATION, GROUPS, SHIFT
from analytics.escalation.streams import answered_days
from analytics.escalation.tiers import Cause, Judged, Tier, decide

__all__ = ["RULE", "DayDecision", "Screened", "Tier", "screen"]

RULE = "likelihood 1"
UNTOLD = 0.25  #: of the silences in which nothing else changes, those that have pain behind them
_LEAST_PROBABILITY = 1e-9
_OF_THE_DAY = (
    "average",
    "worst",
    "breakthrough",
    "rescue_doses",
    "steps",
    "activity",
    "sleep_efficiency",
    "io",
    "ra",
)


@dataclass(frozen=True)
class DayDecision:
    """One decision: `reason` and `evidence` hold health data and belong in no log."""

    patient: str
    day: date
    tier: Tier
    reason: str
    score: float | None  #: log10 of the odds; None where nothing can be judged
    evidence: dict[str, object]


@dataclass(frozen=True)
class Screened:
    """What a screen says of each day; arrays are (n, d) like the rows."""

    rows: DailyRows
    settings: Settings
    tier: NDArray[np.int8]
    cause: NDArray[np.int8]  #: of `Cause`
    score: Floats  #: log10 of the odds that the patient is in an escalation, NaN where nothing can be judged
    floor: NDArray[np.bool_]  #: the day's own report is at the clinical floor
    features: dict[str, Floats]  #: what the risk of the next days is computed from
    filtered: Filtered

    def decisions(self) -> Iterator[DayDecision]:
        """Every day that is not quiet, patient by patient."""
        for patient, day in np.argwhere(self.tier != Tier.NONE):
            yield self.decision(int(patient), int(day))

    def decision(self, patient: int, day: int, about: Cause | None = None) -> DayDecision:
        """What is said of one day, in words and numbers; of a quiet day, too.

        `about` instead of the day's own cause, where it is told for another reason.
        """
        score = float(self.score[patient, day])
        cause = Cause(int(self.cause[patient, day])) if about is None else about
        evidence = Evidence(self.rows, self.filtered, patient, day)
        return DayDecision(
            self.rows.patients[patient],
            self.rows.date_of(patient, day),
            Tier(int(self.tier[patient, day])),
            reason_of(cause, evidence, self.settings),
            None if np.isnan(score) else round(score, 3),
            {"rule": RULE, "settings": self.settings.label, **evidence.as_numbers()},
        )


def screen(rows: DailyRows, settings: Settings = SHIPPED, filtered: Filtered | None = None) -> Screened:
    """Judge every day of every patient; day k never depends on a row after it.

    `filtered`, of the same rows, spares the filter where other settings are tried on it.

    About 50 us and 0.5 kB a patient-day; nothing is kept between calls.
    """
    filtered = filter_states(rows) if filtered is None else filtered
    p = filtered.states.astype(float)
    average, worst = rows.of("average"), rows.of("worst")
    floor = (average >= settings.floor_average) | (worst >= settings.floor_worst)
    seen = np.zeros(rows.shape, dtype=bool)
    for name in _OF_THE_DAY:
        seen |= ~np.isnan(rows.of(name))
    features = {name: p[:, :, which].sum(axis=2) for name, which in GROUPS.items()}
    features |= {
        "p_escalated": p[:, :, ESCALATION].sum(axis=2),
        "level": filtered.level,
        "spread": filtered.spread,
        "shift": p @ SHIFT.astype(float),
    }
    judged = Judged(
        floor,
        answered_days(rows),
        seen,
        _log_odds(features["p_escalated"]),
        _log_odds(features["p_silent_flare"] + UNTOLD * (features["p_silent"] - features["p_silent_flare"])),
        features["p_inactive"],
        features["p_sleep"],
    )
    tiers = decide(rows, judged, settings)
    nothing = (tiers.cause == Cause.NO_DATA) | (np.arange(rows.shape[1]) >= rows.days[:, None])
    score = np.where(nothing, np.nan, judged.score)
    return Screened(rows, settings, tiers.tier, tiers.cause, score, floor, features, filtered)


def _log_odds(p: Floats) -> Floats:
    p = np.clip(p, _LEAST_PROBABILITY, 1 - 1e-7)
    return np.log10(p / (1 - p))
