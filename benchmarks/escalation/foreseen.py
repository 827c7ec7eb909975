"""How well `p_flare_7d` foretells, patient by patient held apart, on days of simulated patients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.escalation.screening import Screened
from benchmarks.escalation import draws
from benchmarks.escalation.draws import Figure
from benchmarks.escalation.targets import AUROC, SLOPE, Target
from benchmarks.escalation.trials import Trial

AHEAD_DAYS = 7
ABSENT = "The rows of the risk are left out: there is no model of it in this installation."
_DRAWS = 300
_FINE = 50  #: steps of a unit of log odds, by which alike risks are counted together


@dataclass(frozen=True)
class Foreseen:
    """(n, d) of one trial. `judged`: there is a risk, and seven days to come are known."""

    p: NDArray[np.float32]
    judged: NDArray[np.bool_]
    ahead: NDArray[np.bool_]  #: an event day among the next seven, one in progress included
    begins: NDArray[np.bool_]  #: an event begins among the next seven
    within: NDArray[np.bool_]  #: an event is in progress


def risks(screened: Screened) -> NDArray[np.float64] | str:
    """(n, d) probabilities; the reason in a sentence where the model is absent or not of this screen."""
    try:
        model: Any = import_module("analytics.escalation.risk")
    except ModuleNotFoundError as error:
        if error.name != "analytics.escalation.risk":
            raise
        return ABSENT
    try:
        found: NDArray[np.float64] = model.p_flare_7d(screened)
    except model.BadRiskModel as error:
        return f"The rows of the risk are left out: {error}."
    return found


def foreseen(trial: Trial, p: NDArray[np.float64]) -> Foreseen:
    """The risks beside what came."""
    n, d = trial.rows.shape
    within, begins = np.zeros((n, d), dtype=bool), np.zeros((n, d), dtype=bool)
    for event in trial.events[trial.events["route"] == "pain"]:
        within[event["patient"], event["onset"] : event["end"]] = True
        begins[event["patient"], event["onset"]] = True
    judged = ~np.isnan(p) & trial.present & (np.arange(d) < d - AHEAD_DAYS)
    return Foreseen(p.astype(np.float32), judged, _coming(within), _coming(begins), within)


def _coming(days: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(n, d): one of the next seven days is such a day."""
    found = np.zeros_like(days)
    for ahead in range(1, AHEAD_DAYS + 1):
        found[:, :-ahead] |= days[:, ahead:]
    return found


def lines(trials: list[Foreseen]) -> Iterator[tuple[str, Figure, tuple[Target, Target] | None]]:
    """Each figure with what is asked of it, nominal and stressed."""
    from analytics.escalation import validation

    whole, onset = _cells(trials, onset=False), _cells(trials, onset=True)
    yield "AUROC of p_flare_7d, event in progress included", whole.figure(validation.auroc), AUROC
    yield "AUROC for onset alone, on days without an event", onset.figure(validation.auroc), None
    yield "calibration slope", whole.figure(lambda *cells: validation.calibration(*cells).slope), SLOPE
    large = whole.figure(lambda *cells: validation.calibration(*cells).in_the_large)
    yield "calibration in the large (0 is right)", large, None
    yield "Brier score", whole.figure(validation.brier), None
    yield "expected calibration error", whole.figure(validation.expected_calibration_error), None
    yield "average precision", whole.figure(validation.average_precision), None
    rate = whole.figure(lambda _, y, w: float(w @ y / w.sum()))
    yield "days with an event among the next seven", rate, None
    for place, at in enumerate(validation.THRESHOLDS):

        def more(p: Any, y: Any, w: Any, place: int = place) -> float:
            found = validation.net_benefit(p, y, w)[place]
            return float(found.model - max(found.treat_all, 0.0))

        yield f"net benefit at {at:g}, more than all or nobody", whole.figure(more), None


@dataclass(frozen=True)
class _Cells:
    """Days counted by risk and outcome, in all and in each sample of patients."""

    p: NDArray[np.float64]
    y: NDArray[np.bool_]
    w: NDArray[np.float64]  #: (1 + draws, cells)

    def figure(self, of: Any) -> Figure:
        """`of(p, y, w)` of each."""
        return Figure(np.array([of(self.p, self.y, w) for w in self.w]))


def _cells(trials: list[Foreseen], *, onset: bool) -> _Cells:
    patients = sum(len(one.p) for one in trials)
    levels, outcomes, who, above = [], [], [], 0
    for one in trials:
        used = one.judged & ~one.within if onset else one.judged
        p = np.clip(one.p[used].astype(np.float64), 1e-6, 1 - 1e-6)
        levels.append(np.rint(_FINE * np.log(p / (1 - p))).astype(np.int64))
        outcomes.append((one.begins if onset else one.ahead)[used])
        who.append(above + np.nonzero(used)[0])
        above += len(one.p)
    kinds, place = np.unique(2 * np.concatenate(levels) + np.concatenate(outcomes), return_inverse=True)
    counts = np.zeros((patients, len(kinds)), dtype=np.float32)
    np.add.at(counts, (np.concatenate(who), place), 1)
    w = draws.weights(patients, 1, _DRAWS).astype(np.float32) @ counts
    return _Cells(1 / (1 + np.exp(-(kinds >> 1) / _FINE)), (kinds & 1).astype(bool), w.astype(np.float64))
