"""Daily rows in, decisions out; each day sees only the rows up to it.

`filter` says how likely an escalation is, `tiers` whom that reaches, `evidence` why in words and numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.escalation.evidence import Evidence, reason_of
from analytics.escalation.filter import Belief, Filtered, combined, filter_states, walk
from analytics.escalation.rows import DailyRows, Floats
from analytics.escalation.settings import SHIPPED, Settings
from analytics.escalation.states import ESCALATION, GROUPS, SHIFT
from analytics.escalation.streams import Streams, answered_days
from analytics.escalation.tiers import Cause, Judged, Tier, Tiers, Told, decide

__all__ = ["RULE", "Checkpoint", "DayDecision", "Screened", "Tier", "go_on", "screen"]

RULE = "likelihood 2"
UNTOLD = 0.1  #: of the silences in which nothing else changes, those that have pain behind them
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
    features, judged = _judged(rows, settings, filtered)
    tiers = decide(rows, judged, settings, Told(rows.shape[0]), rows.shape[1])
    return _screened(rows, settings, filtered, features, judged, tiers)


@dataclass(frozen=True)
class Checkpoint:
    """Where a screen stands after the first days of its rows: what it goes on from. Never changed."""

    belief: Belief
    told: Told
    filtered: Filtered  #: of the last of these days, as many as were to be kept
    tiers: Tiers  #: of the same days

    @property
    def days(self) -> int:
        """How many days have been walked through."""
        return self.told.days


def go_on(
    rows: DailyRows, settings: Settings, since: Checkpoint | None, until: int, keep: int
) -> tuple[Screened, Checkpoint]:
    """What `screen` says of these rows, walked from where it stood; and where it stands after `until` days.

    `since` must come from the same first `since.days` days and the same settings; None begins with the first
    day. To the last bit what `screen` says, but for days of which `since` holds nothing any more: they are
    NaN, and -1 in place of tier and cause. The new checkpoint holds the last `keep` days. At most as many
    patients as the filter walks side by side (`AT_ONCE`).
    """
    n, d = rows.shape
    belief, told = (Belief.at_first(n), Told(n)) if since is None else deepcopy((since.belief, since.told))
    streams = Streams(rows)
    walked = [walk(streams, belief, until)]
    belief_then = deepcopy(belief)
    walked.append(walk(streams, belief, d))
    held = [] if since is None else [since.filtered]
    filtered = combined([*held, *walked], lambda pieces: _up_to(d, pieces, np.nan))

    features, judged = _judged(rows, settings, filtered)
    decided = [decide(rows, judged, settings, told, until)]
    told_then = deepcopy(told)
    decided.append(decide(rows, judged, settings, told, d))
    all_tiers = decided if since is None else [since.tiers, *decided]
    tiers = Tiers(
        _up_to(d, [one.tier for one in all_tiers], -1), _up_to(d, [one.cause for one in all_tiers], -1)
    )

    kept = slice(max(0, until - keep), until)
    checkpoint = Checkpoint(
        belief_then,
        told_then,
        combined([filtered], lambda pieces: pieces[0][:, kept].copy()),
        Tiers(tiers.tier[:, kept].copy(), tiers.cause[:, kept].copy()),
    )
    return _screened(rows, settings, filtered, features, judged, tiers), checkpoint


def _up_to(days: int, pieces: Sequence[NDArray[Any]], unknown: float) -> NDArray[Any]:
    """(n, days, ...) the pieces one after the other, so that they end with the last day."""
    there = np.concatenate(pieces, axis=1)
    whole = np.full((len(there), days, *there.shape[2:]), unknown, there.dtype)
    whole[:, days - there.shape[1] :] = there
    return whole


def _judged(rows: DailyRows, settings: Settings, filtered: Filtered) -> tuple[dict[str, Floats], Judged]:
    """(features, what the tiers are decided from)."""
    p = filtered.states.astype(float)
    average, worst = rows.of("average"), rows.of("worst")
    floor = (average >= settings.floor_average) | (worst >= settings.floor_worst)
    seen = np.zeros(rows.shape, dtype=bool)
    for name in _OF_THE_DAY:
        seen |= ~np.isnan(rows.of(name))
    # Neither picked columns nor products of BLAS: their sums round by how many stand beside one another.
    features = {name: np.where(which, p, 0.0).sum(axis=2) for name, which in GROUPS.items()}
    features |= {
        "p_escalated": np.where(ESCALATION, p, 0.0).sum(axis=2),
        "level": filtered.level,
        "spread": filtered.spread,
        "shift": (p * SHIFT).sum(axis=2),
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
    return features, judged


def _screened(
    rows: DailyRows,
    settings: Settings,
    filtered: Filtered,
    features: dict[str, Floats],
    judged: Judged,
    tiers: Tiers,
) -> Screened:
    nothing = np.isin(tiers.cause, (Cause.NO_DATA, Cause.NO_ANSWER)) | (
        np.arange(rows.shape[1]) >= rows.days[:, None]
    )
    score = np.where(nothing, np.nan, judged.score)
    return Screened(rows, settings, tiers.tier, tiers.cause, score, judged.floor, features, filtered)


def _log_odds(p: Floats) -> Floats:
    p = np.clip(p, _LEAST_PROBABILITY, 1 - 1e-7)
    return np.log10(p / (1 - p))
