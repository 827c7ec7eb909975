"""How often silent patients are asked, and how many flares with diary dropout are found: on tuning seeds.

The filter runs once for each scenario and regime; the settings of check-ins are tried on what it found. So
the operating point is one row of a printed table, beside those that were not taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analytics.escalation.filter import filter_states
from analytics.escalation.screening import Tier, screen
from analytics.escalation.settings import SHIPPED, Settings
from analytics.escalation.tiers import Cause
from benchmarks.escalation.figures import Figures
from benchmarks.escalation.run import Spread
from benchmarks.escalation.seeds import DAYS, HEADING, TUNING, Regime
from benchmarks.escalation.tally import Tally, calls, tally
from benchmarks.escalation.trials import trial
from benchmarks.table import Table

REGIMES: tuple[Regime, ...] = ("nominal", "stressed", "second family")
SCENARIOS = ("stable", "noisy_rater", "mnar_flare")
#: log10 of the odds of pain behind a silence from which on a patient is asked.
SCORES = (-0.5, -0.7, -0.8, -0.9, SHIPPED.check_in_score, -1.0, -1.1, -1.3)
MOST = (3, 4, 6, 8)
IN_VAIN = (2, 3, 4)
MOST_ASKED = 0.3  #: check-ins a week, of the noisy rater and of everybody else


@dataclass(frozen=True)
class Asked:
    """What one set of settings does in one scenario and regime."""

    tally: Tally
    reviewed: float  #: share of events that were found, or came to the worklist as a silence, in their window
    reviews: float  #: silences on the worklist a patient-week


def tried() -> list[Settings]:
    """Each score with each number of questions, then how soon a silence is for review."""
    sets = [
        replace(
            SHIPPED,
            check_in_score=score,
            most_check_ins=most,
            unanswered_check_ins=min(SHIPPED.unanswered_check_ins, most - 1),
        )
        for most in MOST
        for score in SCORES
    ]
    return sets + [
        replace(SHIPPED, unanswered_check_ins=vain) for vain in IN_VAIN if vain < SHIPPED.most_check_ins
    ]


def table(patients: int, spread: Spread = map) -> Table:
    """One row for each set of settings."""
    sets = tried()
    todo = [(name, regime, patients, tuple(sets)) for regime in REGIMES for name in SCENARIOS]
    found = dict(spread(_at_each, todo))
    header = (
        *("asked from odds of", "most in a row", "for review after"),
        *(
            f"{regime}: {what}"
            for regime in REGIMES
            for what in (
                *("stable, check-ins a week", "noisy rater", "stable, silences for review a week"),
                *("mnar_flare found", "or for review as a silence"),
            )
        ),
    )
    rows = []
    for place, by in enumerate(sets):
        cells = [f"{by.check_in_score:g}", f"{by.most_check_ins}", f"{by.unanswered_check_ins}"]
        if by == SHIPPED:
            cells = [f"**{cell}**" for cell in cells]
        for regime in REGIMES:
            cells += _cells({name: found[name, regime][place] for name in SCENARIOS})
        rows.append(cells)
    notes = [
        f"{patients} patients of each scenario x {DAYS} days. Bold: as shipped; more than {MOST_ASKED:g} "
        "check-ins a week.",
        "Found: paged in the window, or asked in it and answered. A review of the silence is not counted as "
        "found in the targets: the last column shows what it would add.",
    ]
    return Table(
        f"Questions to silent patients against flares found, tuning seeds ({HEADING})", header, rows, notes
    )


def _cells(found: dict[str, Asked]) -> list[str]:
    of = Figures({name: one.tally for name, one in found.items()})
    asked = [of.rate(name, "check_ins").value for name in ("stable", "noisy_rater")]
    return [
        *(f"**{rate:.3f}**" if rate > MOST_ASKED else f"{rate:.3f}" for rate in asked),
        f"{found['stable'].reviews:.3f}",
        f"{of.sensitivity('mnar_flare').value:.3f}",
        f"{found['mnar_flare'].reviewed:.3f}",
    ]


def _at_each(todo: tuple[str, Regime, int, Sequence[Settings]]) -> tuple[tuple[str, Regime], list[Asked]]:
    scenario, regime, patients, sets = todo
    made = trial(scenario, regime, TUNING, patients, DAYS)
    filtered = filter_states(made.rows)
    found = []
    for by in sets:
        screened = screen(made.rows, by, filtered)
        counted = tally(made, calls(screened))
        silence = (screened.tier == Tier.REVIEW) & (screened.cause == Cause.SILENCE)
        reviewed = _or_reviewed(made.events, counted, silence)
        found.append(Asked(counted, reviewed, float(silence.sum() / counted.weeks.sum())))
    return (scenario, regime), found


def _or_reviewed(events: np.ndarray[Any, Any], counted: Tally, silence: np.ndarray[Any, Any]) -> float:
    """Share of events of pain that were found, or whose silence came to the worklist in their window."""
    pain = events[events["route"] == "pain"]
    if not len(pain):
        return float("nan")
    seen = counted.events["paged"] | counted.events["heard"]
    there = [silence[one["patient"], one["count_from"] : one["count_to"]].any() for one in pain]
    return float((seen | np.array(there)).mean())
