"""What a screen costs: a million patient-days, and one patient's evening."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable
from functools import partial
from multiprocessing import get_context
from statistics import median

import numpy as np

from analytics.escalation.risk import p_flare_7d_of_last
from analytics.escalation.risk_days import TOLD_AGAIN
from analytics.escalation.risk_model import shipped_risk_model
from analytics.escalation.rows import DailyRows
from analytics.escalation.screening import go_on, screen
from analytics.escalation.settings import SHIPPED
from benchmarks.escalation.seeds import DAYS, TUNING
from benchmarks.escalation.trials import trial
from benchmarks.table import Table, facts, number

PATIENT_DAYS = 1_000_000
_MADE = 500  #: patients that are made; the others are the same again
_EVENINGS = (120, 209, 365)
_KEPT = 33  #: days, as in the live job


def measured(patient_days: int = PATIENT_DAYS) -> Table:
    """In a fresh process on one core."""
    os.environ.update({"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"})
    with get_context("spawn").Pool(1) as pool:
        rows = pool.apply(_measured, (patient_days,))
    return facts(
        "Speed of the screen, one core",
        rows,
        "Rows are simulated and at hand. The first time all days of one patient are walked; later the screen "
        "goes on from where it stood: three days, of which the last is new. Medians of nine and of fifty.",
    )


def _measured(patient_days: int) -> list[tuple[str, str, str]]:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    rows = many(-(-patient_days // DAYS))
    before = _peak_mb()
    started, of_cpu = time.perf_counter(), time.process_time()
    screen(rows)
    took, cpu = time.perf_counter() - started, time.process_time() - of_cpu
    made = [
        (f"screen of {rows.shape[0] * rows.shape[1]:,} patient-days", f"{number(took)} s", "60 s"),
        ("its processor time", f"{number(cpu)} s", ""),
        ("most memory, rows included", f"{_peak_mb():,.0f} MB ({before:,.0f} MB before)", "1,000 MB"),
    ]
    for days in _EVENINGS:
        one = trial("flare", "nominal", TUNING[:1], 1, days).rows
        _, checkpoint = go_on(one.until(days - 1), SHIPPED, None, days - 3, _KEPT)
        for what, times, judged, target in (
            ("first time", 9, partial(screen, one), ""),
            ("next evening", 50, partial(go_on, one, SHIPPED, checkpoint, days - 2, _KEPT), "10 ms"),
        ):
            wall, own = (
                1000 * median(each) for each in zip(*(_once(judged) for _ in range(times)), strict=True)
            )
            shown = f"{number(wall)} ms, {number(own)} ms of processor time"
            made.append((f"one patient after {days} days, {what}", shown, target))
        made.append(_foreseen(one, days))
    return made


def _foreseen(one: DailyRows, days: int) -> tuple[str, str, str]:
    """The risks that a night tells of one patient: of the days that are over and may have changed."""
    screened = screen(one)
    shipped_risk_model()
    told = partial(p_flare_7d_of_last, screened, days - 1, TOLD_AGAIN)
    wall, own = (1000 * median(each) for each in zip(*(_once(told) for _ in range(50)), strict=True))
    shown = f"{number(wall)} ms, {number(own)} ms of processor time"
    return f"one patient after {days} days, risks of the last {TOLD_AGAIN} of them", shown, "5 ms"


def _once(judged: Callable[[], object]) -> tuple[float, float]:
    started, own = time.perf_counter(), time.process_time()
    judged()
    return time.perf_counter() - started, time.process_time() - own


def many(patients: int) -> DailyRows:
    few = trial("stable", "nominal", TUNING[:1], min(_MADE, patients), DAYS).rows
    again = np.resize(np.arange(few.shape[0]), patients)
    treatments = {
        (int(i), day): kinds
        for (old, day), kinds in few.treatments.items()
        for i in range(old, patients, few.shape[0])
    }
    return DailyRows(
        patients=tuple(f"P{i}" for i in range(patients)),
        first_day=tuple(few.first_day[i] for i in again),
        days=few.days[again],
        numbers={name: values[again] for name, values in few.numbers.items()},
        device=few.device[again],
        treatments=treatments,
    )


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
