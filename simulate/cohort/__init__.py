"""Simulated cohorts: daily rows with the truth behind them. Numpy alone; nobody in here exists."""

from simulate.cohort.cohort import make_cohort
from simulate.cohort.realism import Realism
from simulate.cohort.record import EVENT, NUMBERS, WINDOW, Cohort
from simulate.cohort.scenarios import CORE_SCENARIOS, EVENT_KINDS, MIXED, SCENARIOS

__all__ = [
    "CORE_SCENARIOS",
    "EVENT",
    "EVENT_KINDS",
    "MIXED",
    "NUMBERS",
    "SCENARIOS",
    "WINDOW",
    "Cohort",
    "Realism",
    "make_cohort",
]
