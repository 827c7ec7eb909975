"""Links within patients: how often chance is called a finding, and what they cost.

`python -m benchmarks.association [rates|adjusted|unanswered|power|speed] [--cohorts N]`. Cohorts are made:
two measures of each patient with an autocorrelation of 0.5, a quarter of the days missing, unrelated or with
a planted link.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from analytics.association.links import LAGS, links
from analytics.association.mixed import within_between
from analytics.association.panel import Panel
from analytics.association.partial import adjusted, weekdays
from analytics.association.patients import patient_interval, patient_weights
from analytics.association.prewhitening import prewhitened
from analytics.association.repeated_measures import RepeatedMeasures, repeated_measures_correlation
from analytics.association.shifts import random_shifts, shift_p, shifted_strength, strength
from analytics.association.sums import Sums, Values, lagged_sums, shifted_sums
from analytics.association.unanswered import sensitivity
from benchmarks.parts import run_parts
from benchmarks.table import Table, number

PHI, MISSING = 0.5, 0.25
COHORTS = 2000
SIZES = ((1, 90), (5, 60), (10, 60), (20, 90), (100, 90))


def cohort(
    rng: np.random.Generator,
    patients: int,
    days: int,
    within: float = 0.0,
    between: float = 0.0,
    missing: float = MISSING,
) -> Panel:
    """Unrelated but for a link of `within` on the same day and of `between` among the levels of patients."""
    a, b = alike(rng, patients, days), alike(rng, patients, days)
    level, other = rng.normal(size=(2, patients, 1))
    x = level + a
    y = between * level + np.sqrt(1 - between**2) * other + within * a + np.sqrt(1 - within**2) * b
    for values in (x, y):
        values[rng.random(values.shape) < 1 - np.sqrt(1 - missing)] = np.nan
    names = tuple(f"P{k}" for k in range(patients))
    first = np.full(patients, np.datetime64("2026-01-01"))
    return Panel(names, np.full(patients, days), first, x, y)


def alike(rng: np.random.Generator, patients: int, days: int) -> Values:
    """Unit variance, each day `PHI` times the day before and something new."""
    noise = rng.normal(size=(patients, days))
    noise[:, 1:] *= np.sqrt(1 - PHI**2)
    for day in range(1, days):
        noise[:, day] += PHI * noise[:, day - 1]
    return noise


def rates(cohorts: int) -> list[Table]:
    """How often p is below 0.05 where nothing is linked, and how often an interval holds the truth."""
    table = Table(
        f"Percent of {cohorts:,} cohorts with p < 0.05 where nothing is linked (autocorrelation {PHI:g}, "
        f"{MISSING:.0%} missing; 5 is right)",
        ("Patients x days", "textbook p", "p", "p at lag 3", "slope within", "slope between"),
    )
    holds = Table(
        "Percent of 95 % intervals that hold the truth",
        ("Patients x days", "textbook", "ci, no link", "ci, link of -0.13", "slope within", "slope between"),
    )
    for patients, days in SIZES:
        rng = np.random.default_rng(patients)
        low: list[list[bool]] = []
        held: list[list[bool]] = []
        for k in range(cohorts):
            found, planted = cohort(rng, patients, days), cohort(rng, patients, days, within=-0.13)
            link, other = links(found, (0, 3), seed=k), links(planted, (0,), seed=k)
            mixed = within_between(found, link.lags[0].p, seed=k)
            iid = _textbook(found)
            low.append(
                [
                    _below(p)
                    for p in (iid.p_iid, link.lags[0].p, link.lags[1].p, mixed.within.p, mixed.between.p)
                ]
            )
            held.append(
                [
                    _holds(iid.ci_iid, 0),
                    _holds(link.lags[0].ci, 0),
                    _holds(other.lags[0].ci, -0.13),
                    _holds(mixed.within.ci, 0),
                    _holds(mixed.between.ci, 0),
                ]
            )
        name = f"{patients} x {days}"
        table.rows.append([name, *_percents(low)])
        holds.rows.append([name, *_percents(held)])
    table.notes = holds.notes = [f"Chance alone leaves +-{196 * np.sqrt(0.05 * 0.95 / cohorts):.1f}."]
    return [table, holds]


def confounded(rng: np.random.Generator, patients: int, days: int) -> Panel:
    """Unrelated but for what weekday, wear and two treatments do to both measures."""
    panel = cohort(rng, patients, days)
    wear = alike(rng, patients, days)
    weekend = weekdays(panel)[4:].sum(axis=0)
    begins = rng.integers(days // 4, 3 * days // 4, size=(patients, 1))
    after = np.arange(days) >= begins
    both = 0.6 * wear + 0.6 * weekend + 1.0 * after
    return replace(panel, x=panel.x + both, y=panel.y - both, z=np.stack([wear, after.astype(float)]))


def adjusting(cohorts: int) -> list[Table]:
    """How often p is below 0.05 where all that links two measures is weekday, wear and phase of treatment."""
    table = Table(
        f"Percent of {cohorts:,} cohorts with p < 0.05 where only weekday, wear and a treatment move both "
        "(5 is right for partial)",
        ("Patients x days", "p, nothing adjusted", "partial p", "partial p at lag 3", "partial ci holds 0"),
    )
    white = Table(
        f"Percent of {cohorts:,} unrelated cohorts after prewhitening",
        ("Patients x days", "p < 0.05", "p at lag 3 < 0.05", "ci holds 0"),
    )
    for patients, days in SIZES:
        rng = np.random.default_rng(patients + 1)
        low, filtered = [], []
        for k in range(cohorts):
            found = confounded(rng, patients, days)
            panel = replace(found, z=found.z[:1])
            episodes = found.z[1].astype(np.int64)
            without = links(adjusted(panel, weekday=True, episodes=episodes), (0, 3), seed=k).lags
            plain = links(found, (0,), seed=k).lags[0]
            low.append(
                [_below(plain.p), _below(without[0].p), _below(without[1].p), _holds(without[0].ci, 0)]
            )
            whitened = links(prewhitened(cohort(rng, patients, days))[0], (0, 3), seed=k).lags
            filtered.append([_below(whitened[0].p), _below(whitened[1].p), _holds(whitened[0].ci, 0)])
        table.rows.append([f"{patients} x {days}", *_percents(low)])
        white.rows.append([f"{patients} x {days}", *_percents(filtered)])
    return [table, white]


def supposing(cohorts: int) -> list[Table]:
    """Answers that fail more often on bad days: what complete days say, and what the true delta does."""
    table = Table(
        f"Answers fail more often on days of little activity, where pain is 1 SD higher; {cohorts:,} cohorts",
        (
            "Patients x days",
            "Planted",
            "True r",
            "r of complete days",
            "r with delta 1",
            "its ci holds the truth, %",
        ),
    )
    for patients, days in ((10, 60), (20, 90), (100, 90)):
        for within in (0.0, -0.13):
            rng = np.random.default_rng(patients)
            rows = []
            for k in range(cohorts):
                whole = cohort(rng, patients, days, within, missing=0.0)
                about = whole.x - whole.x.mean(axis=1, keepdims=True)
                fails = rng.random(whole.x.shape) < 1 / (1 + np.exp(1.2 + about))
                truth = whole.y + fails
                answered = replace(whole, y=np.where(fails, np.nan, truth))
                (supposed,) = sensitivity(answered, (1.0,), seed=k).supposed
                true_r = lagged_sums(whole.x, truth, (0,)).over(0).r[0]
                seen = lagged_sums(answered.x, answered.y, (0,)).over(0).r[0]
                rows.append((true_r, seen, supposed.r, *(supposed.ci or (np.nan, np.nan))))
            of = np.array(rows, float)
            expected = of[:, 0].mean()
            holds = 100 * np.mean((of[:, 3] <= expected) & (expected <= of[:, 4]))
            means = [f"{value:.3f}" for value in of[:, :3].mean(axis=0)]
            table.rows.append([f"{patients} x {days}", f"{within:g}", *means, f"{holds:.1f}"])
    return [table]


def _textbook(panel: Panel) -> RepeatedMeasures:
    who = np.repeat(panel.patients, panel.x.shape[1])
    return repeated_measures_correlation(who, panel.x.ravel(), panel.y.ravel())


def _below(p: float | None) -> float:
    return np.nan if p is None else p < 0.05


def _holds(ci: tuple[float, float] | None, truth: float) -> float:
    return np.nan if ci is None else ci[0] <= truth <= ci[1]


def _percents(rows: list[list[bool]]) -> list[str]:
    values = np.array(rows, float)
    return ["none" if np.isnan(column).all() else f"{100 * np.nanmean(column):.1f}" for column in values.T]


def power(cohorts: int) -> list[Table]:
    """How often planted links are found, and whether one between patients passes for one within."""
    table = Table(
        f"Percent of {cohorts:,} cohorts with p < 0.05",
        ("Planted, 100 patients x 90 days", "within", "between"),
    )
    for name, within, between in (
        ("within -0.13", -0.13, 0.0),
        ("within -0.05", -0.05, 0.0),
        ("between 0.6", 0.0, 0.6),
    ):
        rng = np.random.default_rng(1)
        found = []
        for k in range(cohorts):
            panel = cohort(rng, 100, 90, within, between)
            p = links(panel, (0,), seed=k).lags[0].p
            found.append([_below(p), _below(within_between(panel, p, seed=k).between.p)])
        table.rows.append([name, *_percents(found)])
    return [table]


def speed(_: int) -> list[Table]:
    """One cohort of 1,000 patients, 180 days, 20 indices, 11 lags."""
    patients, days, indices, draws = 1000, 180, 20, 1000
    rng = np.random.default_rng(1)
    panels = [cohort(rng, patients, days) for _ in range(indices)]
    y, spans = panels[0].y, panels[0].spans
    table = Table(
        f"{patients:,} patients x {days} days x {indices} indices x {len(LAGS)} lags",
        ("What", "wall s", "Target"),
    )
    started = time.perf_counter()
    of_lags = [lagged_sums(panel.x, y, LAGS) for panel in panels]
    sums = Sums(*(np.concatenate([getattr(one, name) for one in of_lags], axis=1) for name in Sums._fields))
    total = strength(Sums(*(part.sum(axis=0) for part in sums)))
    table.rows.append(["r at all lags", number(time.perf_counter() - started), "0.5"])
    turns = random_shifts(spans, draws, rng)
    for k, panel in enumerate(panels):
        shift_p(
            total[k * len(LAGS) : (k + 1) * len(LAGS)],
            shifted_strength(shifted_sums(panel.x, y, spans), turns),
        )
    patient_interval(sums, patient_weights(patients, draws, 1))
    took = time.perf_counter() - started
    table.rows.append(
        [f"and {draws:,} shifts and {draws:,} bootstraps of patients of each", number(took), "10"]
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    table.notes = [f"Most memory of the process {peak:.0f} MB; target 1,000 MB."]
    return [table]


PARTS: dict[str, Callable[[int], list[Table]]] = {
    "speed": speed,
    "power": power,
    "rates": rates,
    "adjusted": adjusting,
    "unanswered": supposing,
}


if __name__ == "__main__":
    run_parts(__doc__, PARTS, "cohorts", COHORTS)
