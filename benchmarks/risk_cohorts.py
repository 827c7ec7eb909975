"""Simulated days as a risk model sees them: features, and whether an event comes within a week."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analytics.escalation.risk import HORIZON_DAYS, came_within, risk_features, told
from analytics.escalation.rows import DailyRows
from analytics.escalation.screening import Screened, screen
from analytics.escalation.validation import Values, Yes
from simulate.cohort import EVENT_KINDS, NUMBERS, SCENARIOS, Cohort, make_cohort

Family = Literal["plain", "heavy"]
FAMILIES: tuple[Family, ...] = ("plain", "heavy")
DAYS = 120


@dataclass(frozen=True)
class Regime:
    """One way of simulating."""

    name: str
    family: Family
    stressed: bool


NOMINAL, STRESSED = Regime("nominal", "plain", False), Regime("stressed", "plain", True)
HEAVY, HEAVY_STRESSED = (
    Regime("second family", "heavy", False),
    Regime("second family, stressed", "heavy", True),
)
REGIMES = (NOMINAL, STRESSED, HEAVY, HEAVY_STRESSED)


@dataclass(frozen=True)
class Days:
    """m days that can be judged and whose week ahead is known."""

    features: dict[str, Values]  #: (m,) each
    comes: Yes  #: (m,) an event day is among the next seven
    begins: Yes  #: (m,) an event begins on one of the next seven
    running: Yes  #: (m,) the day itself lies in an event
    patient: NDArray[np.int64]  #: (m,) the same for the same person in every regime of a family
    scenario: NDArray[np.int64]  #: (m,) place in `SCENARIOS`
    family: NDArray[np.int64]  #: (m,) place in `FAMILIES`


def rows_of(cohort: Cohort) -> DailyRows:
    """What a screen may see of a cohort."""
    n, d = cohort.shape
    numbers = {name: np.where(cohort.present, getattr(cohort, name), np.nan) for name in NUMBERS}
    there = cohort.present & (cohort.treatment != "")
    given = {(int(i), int(k)): frozenset([str(cohort.treatment[i, k])]) for i, k in np.argwhere(there)}
    device = np.where(cohort.present, cohort.device, -1).astype(np.int32)
    return DailyRows(cohort.patients, (cohort.first_day,) * n, np.full(n, d), numbers, device, given)


def truth_of(cohort: Cohort) -> tuple[Yes, Yes]:
    """(n, d): days of a pain event, and those on which one begins."""
    on, onset = (np.zeros(cohort.shape, dtype=bool) for _ in range(2))
    for event in cohort.events[np.isin(cohort.events["kind"], EVENT_KINDS)]:
        on[event["patient"], event["onset"] : event["end"]] = True
        onset[event["patient"], event["onset"]] = True
    return on, onset


def screened(patients: int, seed: int, regime: Regime) -> Iterator[tuple[int, Cohort, Screened]]:
    """Every scenario of a regime: its place, the cohort and what the screen says."""
    for place, scenario in enumerate(SCENARIOS):
        cohort = make_cohort(scenario, patients, DAYS, seed, family=regime.family, stressed=regime.stressed)
        yield place, cohort, screen(rows_of(cohort))


def days_of(patients: int, seeds: Iterable[int], regime: Regime, every: int = 1) -> Days:
    """All judged days of a regime, or of each patient every `every`th."""
    parts = [
        _days(found, cohort, place, seed, regime, every)
        for seed in seeds
        for place, cohort, found in screened(patients, seed, regime)
    ]
    return together(parts)


def together(parts: list[Days]) -> Days:
    """The days of several in one."""
    return Days(
        {name: np.concatenate([part.features[name] for part in parts]) for name in parts[0].features},
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("comes", "begins", "running", "patient", "scenario", "family")
        ),
    )


def _days(found: Screened, cohort: Cohort, place: int, seed: int, regime: Regime, every: int) -> Days:
    n, d = cohort.shape
    day, who = np.arange(d)[None, :], np.arange(n)[:, None]
    used = told(found) & cohort.present & (day < d - HORIZON_DAYS) & ((day + who) % every == 0)
    on, onset = truth_of(cohort)
    code = ((seed * len(FAMILIES) + FAMILIES.index(regime.family)) * len(SCENARIOS) + place) * 10_000 + who
    return Days(
        {name: values[used] for name, values in risk_features(found).items()},
        came_within(on)[used],
        came_within(onset)[used],
        on[used],
        np.broadcast_to(code, (n, d))[used].astype(np.int64),
        np.full(int(used.sum()), place),
        np.full(int(used.sum()), FAMILIES.index(regime.family)),
    )
