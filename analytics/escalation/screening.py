"""Daily rows in, decisions out; each day sees only the rows up to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from analytics.escalation.rows import DailyRows, Floats
from analytics.escalation.settings import SHIPPED, Settings

RULE = "likelihood 1"


class Tier(IntEnum):
    """Whom a decision reaches. NONE is a quiet day."""

    NONE = 0
    PAGE = 1  #: a clinician is told now
    REVIEW = 2  #: the worklist, nobody is woken
    CHECK_IN = 3  #: the patient is asked again, no clinician
    TECHNICAL = 4  #: device or data trouble, and days on which nothing can be judged


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
    score: Floats  #: log10 of the odds that the patient is in an escalation, NaN where nothing can be judged
    floor: NDArray[np.bool_]  #: the day's own report is at the clinical floor
    features: dict[str, Floats]  #: what the risk of the next days is computed from

    def decisions(self) -> Iterator[DayDecision]:
        """Every day that is not quiet, patient by patient."""
        for patient, day in np.argwhere(self.tier != Tier.NONE):
            yield self.decision(int(patient), int(day))

    def decision(self, patient: int, day: int) -> DayDecision:
        """What is said of one day, in words and numbers."""
        score = float(self.score[patient, day])
        return DayDecision(
            self.rows.patients[patient],
            self.rows.date_of(patient, day),
            Tier(int(self.tier[patient, day])),
            self._reason(patient, day),
            None if np.isnan(score) else score,
            {"rule": RULE, "settings": self.settings.label},
        )

    def _reason(self, patient: int, day: int) -> str:
        if self.tier[patient, day] == Tier.TECHNICAL:
            return f"cannot judge: no diary and no movement for {self.settings.judge_days} days"
        worst, average = self.rows.of("worst")[patient, day], self.rows.of("average")[patient, day]
        return f"worst pain {worst:g}, average pain {average:g} of 10"


def screen(rows: DailyRows, settings: Settings = SHIPPED) -> Screened:
    """Judge every day of every patient; day k never depends on a row after it."""
    average, worst = rows.of("average"), rows.of("worst")
    floor = (average >= settings.floor_average) | (worst >= settings.floor_worst)
    seen = np.zeros(rows.shape, dtype=bool)
    for name in ("average", "worst", "breakthrough", "steps", "activity", "sleep_efficiency", "io", "ra"):
        seen |= ~np.isnan(rows.of(name))
    tier = np.zeros(rows.shape, dtype=np.int8)
    quiet_until = np.zeros(rows.shape[0], dtype=np.int64)
    for day in range(rows.shape[1]):
        lately = seen[:, max(0, day - settings.judge_days + 1) : day + 1].any(axis=1)
        page = floor[:, day] & (day >= quiet_until)
        quiet_until[page] = day + settings.cool_down_days
        tier[:, day] = np.where(page, Tier.PAGE, np.where(lately, Tier.NONE, Tier.TECHNICAL))
    tier[np.arange(rows.shape[1]) >= rows.days[:, None]] = Tier.NONE
    score = np.where(floor, 2.0, np.where(seen, -2.0, np.nan))
    return Screened(rows, settings, tier, score, floor, {})
