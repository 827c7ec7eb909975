"""The table of decision 28, from 300 simulated stable patients: `python -m docs.cohorts`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from simulate.cohort import Cohort, Realism, make_cohort

Floats = NDArray[np.float64]

SEED, PATIENTS, DAYS = 1, 300, 120


def _around_own_mean(values: Floats) -> Floats:
    return values - np.nanmean(values, axis=1, keepdims=True)


def _within(x: Floats, y: Floats) -> float:
    both = ~np.isnan(x) & ~np.isnan(y)
    some = both.any(axis=1)
    x, y, both = x[some], y[some], both[some]
    x, y = (_around_own_mean(np.where(both, values, np.nan)) for values in (x, y))
    return float(np.nansum(x * y) / np.sqrt(np.nansum(x * x) * np.nansum(y * y)))


def _log_steps(made: Cohort) -> Floats:
    counted = (made.wear_fraction >= 0.6) & (made.steps > 0)
    return np.log(np.where(counted, made.steps, np.nan))


def _mean_and_sd(values: Floats, digits: int) -> str:
    """Over patients, of each one's mean."""
    means = np.nanmean(values, axis=1)
    return f"{means.mean():.{digits}f} ({means.std():.{digits}f})"


def _share(days: NDArray[np.bool_]) -> str:
    return f"{100 * days.mean():.1f} %"


ROWS: list[tuple[str, str, Callable[[Cohort], str]]] = [
    ("days with a diary entry", "76 %", lambda c: _share(~np.isnan(c.average))),
    ("days worn for 60 % or more", "75 %", lambda c: _share(c.wear_fraction >= 0.6)),
    ("steps of a day", "2852 (2106)", lambda c: _mean_and_sd(c.steps, 0)),
    ("average pain", "3.17 (1.21)", lambda c: _mean_and_sd(c.average, 2)),
    ("its SD within a patient", "1.00", lambda c: f"{np.nanstd(c.average, axis=1, ddof=1).mean():.2f}"),
    ("lag 1, latent pain", ".50", lambda c: f"{_within(c.truth[:, 1:], c.truth[:, :-1]):.2f}"),
    ("lag 1, reported", "", lambda c: f"{_within(c.average[:, 1:], c.average[:, :-1]):.2f}"),
    (
        "r within, pain and log steps of worn days",
        "-.134",
        lambda c: f"{_within(c.average, _log_steps(c)):.3f}",
    ),
    (
        "r within, pain and sleep efficiency",
        "-.122",
        lambda c: f"{_within(c.average, c.sleep_efficiency):.3f}",
    ),
    ("worst pain", "", lambda c: _mean_and_sd(c.worst, 2)),
    ("worst pain of 7 or more, of entries", "", lambda c: _share(c.worst[~np.isnan(c.worst)] >= 7)),
    ("breakthrough episodes a day", "", lambda c: f"{np.nanmean(c.breakthrough):.2f}"),
    (
        "check-ins answered where no entry is",
        "",
        lambda c: _share(~np.isnan(c.reply_average[np.isnan(c.average) & c.present])),
    ),
]


def main() -> None:
    """Print the table."""
    cohorts = {
        "plain, bare": make_cohort("stable", PATIENTS, DAYS, SEED, realism=Realism.none()),
        "plain": make_cohort("stable", PATIENTS, DAYS, SEED),
        "plain, stressed": make_cohort("stable", PATIENTS, DAYS, SEED, stressed=True),
        "heavy": make_cohort("stable", PATIENTS, DAYS, SEED, family="heavy"),
        "heavy, stressed": make_cohort("stable", PATIENTS, DAYS, SEED, family="heavy", stressed=True),
    }
    lines = ["| | clinical.md 7.2 | " + " | ".join(cohorts) + " |", "| --- |" + " --- |" * (len(cohorts) + 1)]
    for name, published, figure in ROWS:
        lines.append(f"| {name} | {published} | " + " | ".join(map(figure, cohorts.values())) + " |")
    print("\n".join(lines))  # noqa: T201


if __name__ == "__main__":
    main()
