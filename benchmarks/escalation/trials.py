"""One scenario in one regime: the rows that a screen may see, and the truth beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.escalation.rows import DailyRows
from analytics.escalation.settings import SHIPPED
from benchmarks.escalation.seeds import DAYS, Regime
from simulate.cohort import NUMBERS, Cohort, make_cohort

DIARY = ("average", "worst", "breakthrough", "rescue_doses")
WORN = 0.5  #: share of a day from which it counts as worn


@dataclass(frozen=True)
class Trial:
    """n simulated patients over d days."""

    scenario: str
    regime: str
    rows: DailyRows
    events: NDArray[np.void]  #: as `simulate.cohort.EVENT`
    windows: NDArray[np.void]  #: as `simulate.cohort.WINDOW`
    present: NDArray[np.bool_]  #: (n, d) there is a row: not in hospital, alive
    reply_average: NDArray[np.float64]  #: (n, d) the answer to a check-in of that evening, NaN for none
    reply_worst: NDArray[np.float64]
    attributes: dict[str, NDArray[np.str_]]

    @property
    def would_reply(self) -> NDArray[np.bool_]:
        """(n, d): a check-in of that evening is answered."""
        return ~(np.isnan(self.reply_average) & np.isnan(self.reply_worst))

    @property
    def floor(self) -> NDArray[np.bool_]:
        """(n, d): the day's own report is at the clinical floor, whatever a detector makes of it."""
        average, worst = self.rows.of("average"), self.rows.of("worst")
        return (average >= SHIPPED.floor_average) | (worst >= SHIPPED.floor_worst)

    @property
    def diary_share(self) -> NDArray[np.float64]:
        """(n,) share of days with an answer, of those with a row."""
        return self._share(~np.isnan(self.rows.of("average")))

    @property
    def wear_share(self) -> NDArray[np.float64]:
        """(n,) share of days worn for half of the day or more, of those with a row."""
        return self._share(self.rows.of("wear_fraction") >= WORN)

    def _share(self, days: NDArray[np.bool_]) -> NDArray[np.float64]:
        part: NDArray[np.float64] = (days & self.present).sum(axis=1) / self.present.sum(axis=1)
        return part


def trial(
    scenario: str,
    regime: Regime,
    seeds: Sequence[int],
    patients: int,
    days: int = DAYS,
    *,
    late_entries: bool = True,
) -> Trial:
    """`patients` of the scenario in equal parts from `seeds`; the remainder goes to the first of them.

    An entry that arrives late stands on the day it tells of, as in a file of daily rows; `late_entries` False
    leaves it out altogether, as the evening of that day had not seen it.
    """
    each, over = divmod(patients, len(seeds))
    parts = []
    for place, seed in enumerate(seeds):
        if size := each + (place < over):
            family = "heavy" if regime == "second family" else "plain"
            made = make_cohort(scenario, size, days, seed, family=family, stressed=regime == "stressed")
            parts.append((seed, made))
    return _joined(scenario, regime, parts, late_entries)


def _joined(scenario: str, regime: str, parts: list[tuple[int, Cohort]], late_entries: bool) -> Trial:
    cohorts = [made for _, made in parts]
    names = tuple(f"{seed}-{name}" for seed, made in parts for name in made.patients)
    starts = np.cumsum([0, *(len(made.patients) for made in cohorts)])

    def of(name: str) -> NDArray[np.float64]:
        return np.concatenate([getattr(made, name) for made in cohorts])

    there = of("present")
    in_time = there if late_entries else there & ~(of("arrived_after_days") > 0)
    numbers = {name: np.where(in_time if name in DIARY else there, of(name), np.nan) for name in NUMBERS}
    treatment = of("treatment")
    given = {
        (int(i), int(k)): frozenset({str(treatment[i, k])}) for i, k in np.argwhere((treatment != "") & there)
    }
    rows = DailyRows(
        patients=names,
        first_day=tuple(made.first_day for made in cohorts for _ in made.patients),
        days=np.full(len(names), treatment.shape[1], dtype=np.int64),
        numbers=numbers,
        device=np.where(there, of("device"), -1).astype(np.int32),
        treatments=given,
    )
    return Trial(
        scenario,
        regime,
        rows,
        np.concatenate([_moved(made.events, at) for made, at in zip(cohorts, starts, strict=False)]),
        np.concatenate([_moved(made.windows, at) for made, at in zip(cohorts, starts, strict=False)]),
        there,
        of("reply_average"),
        of("reply_worst"),
        {name: np.concatenate([made.attributes[name] for made in cohorts]) for name in cohorts[0].attributes},
    )


def _moved(records: NDArray[np.void], start: int) -> NDArray[np.void]:
    """Records with their patient's place in the whole trial."""
    moved = records.copy()
    moved["patient"] += start
    return moved
