"""Interrupted series: how often a 95 % interval of the level change holds the truth, and what one costs.

`python -m benchmarks.response [PART ...] [--series N]`. Series are made: an
autocorrelation of 0.5, a quarter of the days missing. The coverage of the level change does not depend on the
change itself, so what is not covered under no change is how often chance is called a change.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analytics.response.interrupted import _PHI, interrupted, segments
from analytics.response.treated import responded
from analytics.response.windows import Daily, Event
from benchmarks.parts import run_parts
from benchmarks.table import Table, number
from groups.pooled import pooled

Values = NDArray[np.float64]
SERIES = 2000
SIZES = ((14, 28), (28, 28), (28, 84))
LEAST = 8


@dataclass(frozen=True)
class Made:
    """How series are made."""

    phi: float = 0.5
    missing: float = 0.25
    level: float = 0.0
    scores: bool = False  #: whole numbers from 0 to 10 about 5, with a day-to-day spread of 1.2
    white: float = 0.0  #: share of the variance that one day does not share with the next

    def series(self, rng: np.random.Generator, before: int, after: int, count: int) -> list[Daily]:
        """So many of them, each with at least eight days on both sides."""
        t = np.arange(-before, after + 1)
        found: list[Daily] = []
        while len(found) < count:
            e = rng.normal(size=(count, len(t)))
            e[:, 1:] *= np.sqrt(1 - self.phi**2)
            for day in range(1, len(t)):
                e[:, day] += self.phi * e[:, day - 1]
            e = np.sqrt(1 - self.white) * e + np.sqrt(self.white) * rng.normal(size=e.shape)
            y = e + self.level * (t > 0)
            if self.scores:
                y = np.clip(np.round(5 + 1.2 * e + self.level * (t > 0)), 0, 10)
            kept = (rng.random(y.shape) >= self.missing) & (t != 0)
            enough = (kept[:, t < 0].sum(axis=1) >= LEAST) & (kept[:, t > 0].sum(axis=1) >= LEAST)
            found += [Daily(t[kept[k]], y[k, kept[k]]) for k in np.flatnonzero(enough)]
        return found[:count]


Interval = tuple[float, float] | None


def ours(series: Daily) -> Interval:
    """The interval that is shown."""
    change = interrupted(series, 1000).level_change
    return None if change is None else change.ci


def least_squares(series: Daily) -> Interval:
    """The textbook one, which takes days as independent."""
    x, beta, inverse, left = _fit(series)
    return _about(beta[2], np.sqrt(left @ left / (len(x) - 4) * inverse[2, 2]), len(x) - 4)


def newey_west(bandwidth: int, fixed_b: bool = False) -> Callable[[Daily], Interval]:
    """Bartlett's weights in real days, times n / (n - 4); t with n - 4, or fixed-b critical values [1]_.

    References
    ----------
    .. [1] N. M. Kiefer, T. J. Vogelsang, Econometric Theory 21:1130-1164, 2005, for Bartlett's weights.
    """

    def interval(series: Daily) -> Interval:
        x, beta, inverse, left = _fit(series)
        n, scored = len(x), x * left[:, None]
        apart = np.abs(series.t[:, None] - series.t[None])
        middle = scored.T @ np.clip(1 - apart / (bandwidth + 1), 0, None) @ scored
        se = np.sqrt((inverse @ middle @ inverse)[2, 2] * n / (n - 4))
        if not fixed_b:
            return _about(beta[2], se, n - 4)
        b = (bandwidth + 1) / float(np.ptp(series.t))
        half = (1.9600 + 2.9694 * b + 0.4160 * b**2 - 0.5324 * b**3) * se
        return beta[2] - half, beta[2] + half

    return interval


def one_phi(series: Daily) -> Interval:
    """The phi of the highest restricted likelihood, taken for granted."""
    from analytics.response.interrupted import _PRIOR, _fits

    fits = _fits(series.t.astype(float), series.y, 28.0)
    if fits is None:
        return None
    weight = fits.weight / np.exp(_PRIOR[np.isin(_PHI, fits.phi)])
    k = int(weight.argmax())
    return _about(fits.beta[k, 2], fits.se[k, 2], fits.dof)


def block_bootstrap(length: int = 7, draws: int = 200) -> Callable[[Daily], Interval]:
    """Residuals of the days that are known, drawn again in blocks; percentiles."""

    def interval(series: Daily) -> Interval:
        x, beta, inverse, left = _fit(series)
        n = len(x)
        rng = np.random.default_rng(1)
        starts = rng.integers(0, n - length + 1, (draws, -(-n // length)))
        drawn = left[(starts[..., None] + np.arange(length)).reshape(draws, -1)[:, :n]]
        changes = beta[2] + drawn @ (x @ inverse)[:, 2]
        low, high = np.percentile(changes, [2.5, 97.5])
        return float(low), float(high)

    return interval


VARIANTS: dict[str, Callable[[Daily], Interval]] = {
    "least squares": least_squares,
    "Newey-West, 3 days": newey_west(3),
    "Newey-West, 7 days": newey_west(7),
    "Newey-West, 7 days, fixed-b": newey_west(7, fixed_b=True),
    "blocks of 7 days": block_bootstrap(),
    "AR(1), one phi (REML)": one_phi,
    "**AR(1), all phi (ours)**": ours,
}


def coverage(count: int) -> list[Table]:
    """Of each way, with the autocorrelation and the gaps of the task."""
    covered = Table(
        f"Percent of {count:,} intervals that hold the level change "
        "(autocorrelation 0.5, 25 % missing; 95 is right)",
        ("Way", *(f"{a} + {b} days" for a, b in SIZES)),
    )
    missed = Table(
        "Percent called a change where there is none (5 is right)",
        ("Way", *(f"{a} + {b} days" for a, b in SIZES)),
    )
    made = [Made().series(np.random.default_rng(a + b), a, b, count) for a, b in SIZES]
    for name, way in VARIANTS.items():
        shares = [_held(way, own, 0.0)[0] for own in made]
        covered.rows.append([name, *(f"{100 * share:.1f}" for share in shares)])
        missed.rows.append([name, *(f"{100 * (1 - share):.1f}" for share in shares)])
    covered.notes = [f"Chance alone leaves +-{196 * np.sqrt(0.05 * 0.95 / count):.1f}."]
    return [covered, missed]


OTHERS = {
    "not alike (0)": Made(phi=0.0),
    "0.3": Made(phi=0.3),
    "0.7": Made(phi=0.7),
    "0.85": Made(phi=0.85),
    "0.5, nothing missing": Made(missing=0.0),
    "0.5, half missing": Made(missing=0.5),
    "0.5, whole scores 0 to 10": Made(scores=True),
    "0.8, half of it of one day only (not AR(1))": Made(phi=0.8, white=0.5),
}


def others(count: int) -> list[Table]:
    """Ours where its assumptions are strained."""
    table = Table(
        f"Percent of {count:,} of our intervals that hold the level change, other series",
        ("Autocorrelation", *(f"{a} + {b} days" for a, b in SIZES)),
    )
    for name, made in OTHERS.items():
        shares = []
        for a, b in SIZES:
            before = a if made.missing < 0.5 else max(a, 28)  # half of 14 days are rarely eight
            share, _ = _held(ours, made.series(np.random.default_rng(a + b), before, b, count), 0.0)
            shares.append(f"{100 * share:.1f}" + ("" if before == a else " (28 before)"))
        table.rows.append([name, *shares])
    return [table]


def power(count: int) -> list[Table]:
    """How often a fall of worst pain is seen, and how wide an interval is."""
    table = Table(
        f"Whole scores, spread 1.2, autocorrelation 0.5, 25 % missing, {count:,} series",
        ("Planted", *(f"{a} + {b}: called a change / covered / half width" for a, b in SIZES)),
    )
    for level in (0.0, -1.0, -2.0, -3.0):
        cells = []
        for a, b in SIZES:
            own = Made(scores=True, level=level).series(np.random.default_rng(a + b), a, b, count)
            seen = 1 - _held(ours, own, 0.0)[0]
            share, width = _held(ours, own, level)
            cells.append(f"{100 * seen:.0f} % / {100 * share:.1f} % / {width / 2:.2f}")
        table.rows.append([f"{level:g} points", *cells])
    return [table]


def together(count: int) -> list[Table]:
    """The pooled level change of groups of people, whose own changes differ or do not."""
    table = Table(
        "Percent of pooled intervals that hold the mean change "
        "(28 + 84 days, autocorrelation 0.5, 25 % missing)",
        ("People", "people alike", "people differ, standard deviation 1"),
    )
    rng = np.random.default_rng(1)
    own = Made().series(rng, 28, 84, 3 * count)
    found = [change for one in own if (change := interrupted(one, 1000).level_change) is not None]
    # The estimate moves with what is planted and its error does not: the change may be added afterwards.
    values, errors = np.array([c.estimate for c in found]), np.array([c.se for c in found])
    for people in (5, 10, 20):
        cells = []
        for spread in (0.0, 1.0):
            held = []
            for _ in range(count):
                drawn = rng.integers(0, len(values), people)
                changes = values[drawn] + rng.normal(size=people) * spread
                mean = pooled(list(zip(changes.tolist(), errors[drawn].tolist(), strict=True)))
                held.append(mean is not None and mean.ci[0] <= 0 <= mean.ci[1])
            cells.append(f"{100 * float(np.mean(held)):.1f}")
        table.rows.append([str(people), *cells])
    return [table]


def chance(count: int) -> list[Table]:
    """Endpoints of people in whom nothing changes: whole scores about 5, on a stable dose."""
    table = Table(
        "Percent of people without any change who are called ... "
        "(scores about 5, spread 1.2, autocorrelation 0.5, 25 % missing, stable dose)",
        ("When", "complete or partial", "progression"),
    )
    event = Event(1, date(2026, 1, 1), "nothing")
    own = Made(scores=True).series(np.random.default_rng(1), 28, 84, count // 4)
    dose = Daily(np.arange(-28, 85), np.full(113, 60.0))
    found = [responded(event, [], 84, one, dose, []) for one in own]
    for k, day in enumerate((28, 56, 84)):
        table.rows.append([f"on day {day}", *_called([d["assessments"][k]["endpoint"] for d in found])])
    table.rows.append(["ever confirmed in 84 days", *_called([d["best"] for d in found])])
    return [table]


def _called(endpoints: list[str]) -> list[str]:
    better = float(np.mean([one in ("complete", "partial") for one in endpoints]))
    worse = float(np.mean([one == "progression" for one in endpoints]))
    return [f"{100 * better:.1f}", f"{100 * worse:.1f}"]


def speed(_: int) -> list[Table]:
    """One series, and one treatment with pain and all indices."""
    (series,) = Made().series(np.random.default_rng(1), 28, 84, 1)
    table = Table("What it costs", ("What", "ms"))
    for name, way in VARIANTS.items():
        began = time.perf_counter()
        for _turn in range(50):
            way(series)
        table.rows.append([name, number((time.perf_counter() - began) * 20)])
    return [table]


def _fit(series: Daily) -> tuple[Values, Values, Values, Values]:
    x = segments(series.t.astype(float), 28.0)
    inverse = np.linalg.inv(x.T @ x)
    beta = inverse @ x.T @ series.y
    return x, beta, inverse, series.y - x @ beta


def _about(estimate: float, se: float, dof: int) -> Interval:
    half = float(special.stdtrit(dof, 0.975)) * se
    return estimate - half, estimate + half


def _held(way: Callable[[Daily], Interval], series: list[Daily], truth: float) -> tuple[float, float]:
    """The share of intervals that hold the truth, and their median width."""
    found = [ci for ci in map(way, series) if ci is not None]
    held = [low <= truth <= high for low, high in found]
    return float(np.mean(held)), float(np.median([high - low for low, high in found]))


PARTS: dict[str, Callable[[int], list[Table]]] = {
    "coverage": coverage,
    "others": others,
    "power": power,
    "together": together,
    "chance": chance,
    "speed": speed,
}


if __name__ == "__main__":
    run_parts(__doc__, PARTS, "series", SERIES)
