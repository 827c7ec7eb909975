"""The pictures of decision 20, from simulated data: `python -m docs.links`.

Sixty days each of a number of patients; pain follows the activity of the day, and more weakly that of the day
before. Nobody's data.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from analytics.association.daily_rows import DailyRows
from analytics.association.document import association
from analytics.figures.lag_plot import lag_plot
from analytics.figures.within_plot import within_plot

IMAGES = Path(__file__).resolve().parent / "images"
DAYS, PHI = 60, 0.5
X, Y = "mean_activity [mg]", "worst pain (0 to 10)"


def made(patients: int, seed: int) -> DailyRows:
    """Days in a row are alike, people differ in level, a fifth of the answers is missing."""
    chance = np.random.default_rng(seed)
    a, noise = (_alike(chance.normal(size=(patients, DAYS + 1))) for _ in range(2))
    activity = 24 + chance.normal(0, 5, (patients, 1)) + 4 * a[:, 1:]
    pain = 5 + chance.normal(0, 1.2, (patients, 1)) - 0.3 * a[:, 1:] - 0.2 * a[:, :-1] + 1.4 * noise[:, 1:]
    pain = np.clip(np.rint(pain), 0, 10)
    pain[chance.random(pain.shape) < 0.2] = np.nan
    day = np.tile(np.arange("2026-03-01", DAYS, dtype="datetime64[D]"), patients)
    who = tuple(f"P-{k + 1:02d}" for k in range(patients) for _ in range(DAYS))
    return DailyRows(who, day, activity.ravel(), pain.ravel())


def _alike(noise: np.ndarray) -> np.ndarray:
    noise[:, 1:] *= np.sqrt(1 - PHI**2)
    for day in range(1, noise.shape[1]):
        noise[:, day] += PHI * noise[:, day - 1]
    return noise


def main() -> None:
    """Draw both."""
    rows = made(40, seed=1)
    found = association(rows)
    facts = f"simulated: {found['n_patients']} patients, {found['n_days']:,} complete days"
    lags = lag_plot(found["lags"], "mean_activity and worst pain", facts)
    (IMAGES / "lags.svg").write_text(lags, encoding="utf-8")
    few = made(10, seed=2)
    within = within_plot(
        few.patient, few.x, few.y, X, Y, "mean_activity and worst pain within patients, simulated"
    )
    (IMAGES / "within.svg").write_text(within, encoding="utf-8")


if __name__ == "__main__":
    main()
