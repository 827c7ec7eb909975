"""All scenarios in all regimes, each in a process of its own: what every detector did."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from typing import Any

from analytics.escalation.screening import screen
from analytics.escalation.settings import SHIPPED
from benchmarks.escalation.answers import with_answers
from benchmarks.escalation.figures import MEAN_OF, Figures
from benchmarks.escalation.foreseen import Foreseen, foreseen, risks
from benchmarks.escalation.rivals import Rival, rivals
from benchmarks.escalation.seeds import DAYS, TUNING, Regime
from benchmarks.escalation.tally import Tally, calls, pages_alone, tally
from benchmarks.escalation.trials import trial

SCREEN = "screen"
ANSWERED = "screen, answers entered"
#: What is told of it, in the nominal regime.
WITH_ANSWERS = ("stable", "mnar_flare", "noisy_rater")
Spread = Callable[..., Iterable[Any]]  #: `map`, or that of a pool


@dataclass(frozen=True)
class Job:
    """One scenario in one regime, and with what it is judged."""

    scenario: str
    regime: Regime
    seeds: tuple[int, ...]
    patients: int
    rivals: tuple[Rival, ...] = ()
    page_scores: tuple[tuple[str, float], ...] = ()  #: other page scores of the screen, each with its name
    answered: bool = False  #: also with the answers to check-ins entered
    late_entries: bool = True


@dataclass(frozen=True)
class Judged:
    """What came of a job."""

    job: Job
    tallies: dict[str, Tally]  #: by detector
    foreseen: Foreseen | str  #: why there is none


@dataclass
class Regimes:
    """What came of all jobs, by regime."""

    tallies: dict[tuple[str, str], dict[str, Tally]] = field(default_factory=dict)
    foreseen: dict[str, list[Foreseen]] = field(default_factory=dict)
    unforeseen: set[str] = field(default_factory=set)  #: why there are no risks

    def take(self, judged: Judged) -> None:
        """Put it in its place."""
        for name, found in judged.tallies.items():
            self.tallies.setdefault((judged.job.regime, name), {})[judged.job.scenario] = found
        if isinstance(judged.foreseen, str):
            self.unforeseen.add(judged.foreseen)
        else:
            self.foreseen.setdefault(judged.job.regime, []).append(judged.foreseen)

    def figures(self, regime: str, detector: str = SCREEN) -> Figures:
        """Of one detector."""
        return Figures(self.tallies[regime, detector])


def judge(job: Job) -> Judged:
    """Make the trial and let everybody see it."""
    made = trial(job.scenario, job.regime, job.seeds, job.patients, DAYS, late_entries=job.late_entries)
    screened = screen(made.rows, SHIPPED)
    found = {SCREEN: tally(made, calls(screened))}
    for rival in job.rivals:
        found[rival.name] = tally(made, pages_alone(rival.pages(made.rows)))
    for name, page_score in job.page_scores:
        other = screen(made.rows, replace(SHIPPED, page_score=page_score), screened.filtered)
        found[name] = tally(made, calls(other))
    if job.answered:
        found[ANSWERED] = tally(*with_answers(made, screened))
    p = risks(screened)
    return Judged(job, found, p if isinstance(p, str) else foreseen(made, p))


def tuned_rivals(patients: int) -> tuple[Rival, ...]:
    """Thresholds at which rivals page as often as the screen in stable patients of the tuning seeds."""
    made = trial("stable", "nominal", TUNING, patients, DAYS)
    ours = tally(made, calls(screen(made.rows, SHIPPED)))
    weeks = float(ours.weeks.sum())
    return rivals(made.rows, weeks, float(ours.paged.sum()) / weeks)


def jobs(
    scenarios: Sequence[str],
    regimes: Sequence[Regime],
    seeds: tuple[int, ...],
    patients: int,
    against: tuple[Rival, ...] = (),
    page_scores: Mapping[str, float] | None = None,
    late_entries: bool = True,
) -> list[Job]:
    """Every scenario in every regime; other page scores in the nominal one, where they are counted."""
    scores = tuple((page_scores or {}).items())
    return [
        Job(
            scenario,
            regime,
            seeds,
            patients,
            against,
            scores if regime == "nominal" and scenario in (*MEAN_OF, "stable") else (),
            regime == "nominal" and scenario in WITH_ANSWERS,
            late_entries,
        )
        for regime in regimes
        for scenario in scenarios
    ]


def judge_all(todo: Iterable[Job], spread: Spread = map) -> Regimes:
    """What came of all of them."""
    found = Regimes()
    for judged in spread(judge, todo):
        found.take(judged)
    return found


def cores(workers: int) -> ProcessPoolExecutor:
    """So many processes of one thread each."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when a worker starts
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
