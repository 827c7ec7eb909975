"""A real daily diary: 89 people with migraine, who said on each day whether they had a headache.

Kostecki-Dillon, Monette and Wong, as `carData` 3.0 hands it out. It is not in this repository; where it is
not beside it, nothing is said. A day has yes or no and no score. As daily rows: yes is one breakthrough
episode (at least one there was), no is none; average and worst pain, doses, movement and sleep are unknown;
days without an entry are days without an entry. Dates are not told, so all begin on the same one.

So it can show how often a screen pages and asks on the real comings and goings, and the real gaps, of a
diary. It cannot show whether a page was right (nobody judged the days), nor anything of the floor, of scores
or of movement. Migraine is no cancer pain.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analytics.escalation.rows import DailyRows
from analytics.escalation.screening import Screened, Tier, screen
from benchmarks.escalation import draws
from benchmarks.escalation.draws import Figure
from benchmarks.escalation.seeds import PATIENTS
from benchmarks.escalation.targets import shown
from benchmarks.escalation.trials import DIARY, Trial, trial
from benchmarks.table import Table

SHARED = Path(__file__).resolve().parents[3] / "shared"
DIARY_FILE = SHARED / "data/actigraphy/repeated/kosteckidillon_daily_headache.csv"
ABSENT = f"The real headache diary is left out: {DIARY_FILE.name} is not beside the project."
_FIRST_DAY = date(2001, 1, 1)
_SEEN_WITHOUT_DEVICE = ("utc_offset_min", *DIARY)


def headache_rows(path: Path = DIARY_FILE) -> DailyRows:
    """One row a person, from the first entry to the last."""
    entries: dict[str, dict[int, float]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            entries.setdefault(line["id"], {})[int(line["time"])] = float(line["headache"] == "yes")
    spans = np.array([max(days) - min(days) + 1 for days in entries.values()])
    episodes = np.full((len(entries), int(spans.max())), np.nan)
    for i, days in enumerate(entries.values()):
        for day, value in days.items():
            episodes[i, day - min(days)] = value
    return DailyRows(
        patients=tuple(f"headache-{who}" for who in entries),
        first_day=(_FIRST_DAY,) * len(entries),
        days=spans.astype(np.int64),
        numbers={"breakthrough": episodes},
        device=np.full(episodes.shape, -1, dtype=np.int32),
        treatments={},
    )


def with_real_gaps(made: Trial, real: DailyRows) -> DailyRows:
    """Simulated stable patients without a device who answer on the days on which the real people did."""
    n, d = min(real.shape[0], made.rows.shape[0]), min(real.shape[1], made.rows.shape[1])
    told = ~np.isnan(real.of("breakthrough")[:n, :d])
    # The simulated patient's own missing answers give way to the real ones: the last known answer stands.
    numbers = {
        name: np.where(told, _filled(values[:n, :d]), np.nan) if name in DIARY else values[:n, :d]
        for name, values in made.rows.numbers.items()
        if name in _SEEN_WITHOUT_DEVICE
    }
    return replace(
        made.rows,
        patients=made.rows.patients[:n],
        first_day=made.rows.first_day[:n],
        days=np.minimum(real.days[:n], d),
        numbers=numbers,
        device=np.full((n, d), -1, dtype=np.int32),
        treatments={(i, k): kinds for (i, k), kinds in made.rows.treatments.items() if i < n and k < d},
    )


def _filled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    known = ~np.isnan(values)
    last = np.maximum.accumulate(np.where(known, np.arange(values.shape[1]), 0), axis=1)
    return np.take_along_axis(values, last, axis=1)


def on_diary(seeds: Sequence[int]) -> list[Table]:
    """The diary and what the screen does on it; a sentence where it is not at hand."""
    if not DIARY_FILE.exists():
        return [Table("A real diary", ("What", "Figure"), [], [ABSENT])]
    return tables(trial("stable", "nominal", seeds, PATIENTS))


def tables(stable: Trial) -> list[Table]:
    """What the diary is like, and what the screen does on it."""
    real = headache_rows()
    return [_described(real), _screened(real, with_real_gaps(stable, real))]


def _described(real: DailyRows) -> Table:
    yes = real.of("breakthrough")
    inside = np.arange(real.shape[1]) < real.days[:, None]
    told = ~np.isnan(yes)
    gap = inside & ~told
    pairs = told[:, :-1] & told[:, 1:]
    own = yes - (np.nansum(yes, axis=1) / told.sum(axis=1))[:, None]
    with np.errstate(invalid="ignore"):
        alike = np.where(pairs, own[:, :-1] * own[:, 1:], 0.0).sum() / np.where(told, own**2, 0.0).sum()
    alike *= told.sum() / pairs.sum()
    near = np.zeros_like(gap)
    near[:, :-1] |= gap[:, 1:]
    near[:, 1:] |= gap[:, :-1]
    rows = [
        ("people", f"{real.shape[0]}"),
        ("days from first to last entry", f"{inside.sum():,}"),
        ("the same of a person, median", f"{int(np.median(real.days))}"),
        ("days with an entry", f"{told.sum():,} ({told.sum() / inside.sum():.0%})"),
        ("people without a missing day", f"{(gap.sum(axis=1) == 0).sum()}"),
        ("longest run of missing days", f"{_longest(gap)}"),
        ("days with a headache, of days with an entry", f"{np.nanmean(yes):.0%}"),
        ("the same beside a missing day", f"{yes[told & near].mean():.0%}"),
        ("the same away from missing days", f"{yes[told & ~near].mean():.0%}"),
        ("day after day within a person (lag 1 correlation)", f"{alike:.2f}"),
    ]
    return Table("A real diary: daily headache, yes or no", ("What", "Figure"), rows)


def _longest(gap: NDArray[np.bool_]) -> int:
    run, best = np.zeros(len(gap), dtype=np.int64), 0
    for day in range(gap.shape[1]):
        run = np.where(gap[:, day], run + 1, 0)
        best = max(best, int(run.max()))
    return best


def _screened(real: DailyRows, gaps: DailyRows) -> Table:
    found = [screen(real), screen(gaps)]
    rows = [
        (what, *(shown(of(one)) for one in found))
        for what, of in (
            ("pages a patient-week", lambda s: _a_week(s, s.tier == Tier.PAGE)),
            ("calm pages a patient-week", lambda s: _a_week(s, (s.tier == Tier.PAGE) & ~s.floor)),
            ("reviews a patient-week", lambda s: _a_week(s, s.tier == Tier.REVIEW)),
            ("check-ins a patient-week", lambda s: _a_week(s, s.tier == Tier.CHECK_IN)),
            ("share of days on which nothing can be judged", lambda s: _a_week(s, np.isnan(s.score), 1)),
            ("share of days with such a decision", lambda s: _a_week(s, s.tier == Tier.TECHNICAL, 1)),
        )
    ]
    return Table(
        "The screen on it",
        ("What", "real headache days", "simulated stable scores with the real gaps"),
        rows,
        [
            "No device, and in the first column no scores: headache yes is one breakthrough episode.",
            "In the second a simulated patient who has no answer of such a day repeats the last one.",
            "Nobody judged these days, so no page of the first column is known to be right or wrong; "
            "migraine is no cancer pain. It shows how the screen behaves on real ups, downs and gaps.",
        ],
    )


def _a_week(screened: Screened, days: NDArray[np.bool_], length: int = 7) -> Figure:
    rows = screened.rows
    inside = np.arange(rows.shape[1]) < rows.days[:, None]
    counted = (days & inside).sum(axis=1).astype(np.float64)
    return draws.ratio(counted, rows.days / length, draws.weights(rows.shape[0], 2))
