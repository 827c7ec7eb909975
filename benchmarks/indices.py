"""How fast epochs become indices, of one patient and of a ward: `python -m benchmarks.indices`.

One thread, simulated minutes with a twentieth of the hours missing. pyActigraphy is measured in the same run
where it is installed.
"""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date, timedelta
from functools import cache
from zoneinfo import ZoneInfo

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

import numpy as np  # noqa: E402

from analytics.indices.batch import regularity_of_many, rhythm_of_many  # noqa: E402
from analytics.indices.bout_lengths import bout_length_indices  # noqa: E402
from analytics.indices.bouts import bouts, states  # noqa: E402
from analytics.indices.clock_bins import clock_bins  # noqa: E402
from analytics.indices.daily import indices_of_days, prepare  # noqa: E402
from analytics.indices.day_to_day import sleep_regularity  # noqa: E402
from analytics.indices.extended_cosinor import extended_cosinor  # noqa: E402
from analytics.indices.fractal import scaling_exponents  # noqa: E402
from analytics.indices.grid import elapsed  # noqa: E402
from analytics.indices.hazard import constant_hazards  # noqa: E402
from analytics.indices.in_bed import bed_states  # noqa: E402
from analytics.indices.of_series import ready  # noqa: E402
from analytics.indices.timeline import timeline_of  # noqa: E402
from analytics.indices.transitions import transition_probabilities  # noqa: E402
from analytics.indices.windows import window_indices  # noqa: E402
from analytics.series import Series  # noqa: E402
from benchmarks.table import Table, facts, number  # noqa: E402

DAY = 1440
FIRST = date(2026, 1, 5)
UTC = ZoneInfo("UTC")
START_US = 1_767_571_200_000_000  # FIRST, 00:00 UTC
ROUNDS = 7
SEEN = 89  #: days: 60 and the 29 before them


def minutes(patients: int, days: int) -> np.ndarray:
    """(patients, days, 1440) minutes: eight hours of rest, sixteen of activity, noise and gaps."""
    rng = np.random.default_rng(1)
    awake = 1 / (1 + np.exp(-12 * (np.cos(2 * np.pi * (np.arange(DAY) - 900) / DAY) + 0.5)))
    shape = 3 + 200 * awake
    x = rng.gamma(0.7, shape, (patients, days, DAY))
    gaps = np.repeat(rng.random((patients, days, 24)) < 0.05, 60, axis=2)
    return np.where(gaps, np.nan, np.round(x))


@cache
def counts() -> Series:
    """89 days of one patient's counts."""
    x = minutes(1, SEEN)[0].ravel()
    t_us = START_US + np.arange(len(x)) * 60_000_000
    return Series("counts", 60.0, t_us, x, np.full(len(x), np.nan), ~np.isnan(x))


@cache
def raw() -> Series:
    """89 days of minutes made from raw blocks: an arm that turns by day and now and then at night."""
    rng = np.random.default_rng(2)
    n = SEEN * DAY
    minute = np.arange(n) % DAY
    night = ((minute < 420) | (minute >= 1380))[:, None]
    turns = (rng.random((n, 12)) < np.where(night, 0.003, 0.5)).ravel()
    last = np.maximum.accumulate(np.where(turns, np.arange(n * 12), 0))
    angle = rng.uniform(-80, 80, n * 12)[last].reshape(n, 12) + rng.normal(0, 0.05, (n, 12))
    awake = 1 / (1 + np.exp(-12 * (np.cos(2 * np.pi * (minute - 900) / DAY) + 0.5)))
    enmo = rng.gamma(0.6, 2 + 50 * awake[:, None], (n, 12))
    t_us = START_US + np.arange(n) * 60_000_000
    nothing = np.full(n, np.nan)
    return Series("enmo_mg", 60.0, t_us, enmo.mean(axis=1), nothing, np.ones(n, bool), enmo, angle)


def _arrays(series: Series) -> list[str]:
    return [field.name for field in fields(series) if isinstance(getattr(series, field.name), np.ndarray)]


def best_of(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The fastest of some rounds [s of this thread]: neighbours on the machine count little."""
    found = []
    for _ in range(rounds):
        start = time.thread_time()
        work()
        found.append(time.thread_time() - start)
    return min(found)


def measured() -> Table:
    """Every figure with its target."""
    x = minutes(1, 42)[0].ravel()
    t_us = START_US + np.arange(len(x)) * 60_000_000
    fortnight = slice(0, 14 * DAY)
    timeline = timeline_of(t_us[fortnight], x[fortnight], 60.0, None, None, UTC, "counts")
    hours = clock_bins(timeline)
    state = states(elapsed(timeline), 5.0)
    asleep = (np.nan_to_num(timeline.x) < 20).astype(np.int8)

    def all_rhythm() -> None:
        prepared = prepare(t_us[fortnight], x[fortnight], 60.0, None, None, UTC, "counts")
        window_indices(prepared, FIRST, FIRST + timedelta(days=13))
        extended_cosinor(timeline, prepared.hours)
        scaling_exponents(timeline)
        sleep_regularity(timeline, asleep)

    def fragmentation() -> None:
        transition_probabilities(state)
        found = bouts(state)
        constant_hazards(found)
        bout_length_indices(found, 60.0)

    def days(series: Series, n: int) -> None:
        wanted = [FIRST + timedelta(days=SEEN - 1 - k) for k in range(n)]
        own = series.t_us >= START_US + (SEEN - n - 29) * DAY * 60_000_000
        cut = replace(series, **{name: getattr(series, name)[own] for name in _arrays(series)})
        indices_of_days(ready(cut, UTC, wanted[-1], wanted[0]).prepared, wanted)

    ward = minutes(400, 7)
    sleep = (np.nan_to_num(ward) < 20).astype(np.int8)
    together = best_of(lambda: rhythm_of_many(ward), 3)
    regular = best_of(lambda: regularity_of_many(sleep), 3)

    def row(what: str, seconds: float, target: str = "") -> tuple[str, str, str]:
        return what, f"{number(seconds * 1e3)} ms", target

    rows = [
        row("14 days of minutes to all rhythm indices", best_of(all_rhythm), "at most 15 ms"),
        row("of it: extended cosinor", best_of(lambda: extended_cosinor(timeline, hours))),
        row("of it: scaling exponents (DFA)", best_of(lambda: scaling_exponents(timeline))),
        row("of it: nights (time in bed)", best_of(lambda: bed_states(timeline))),
        row("14 days of minutes to all fragmentation indices", best_of(fragmentation)),
        row("one patient-day alone, from counts: everything stored", best_of(lambda: days(counts(), 1))),
        row("the same, from raw minutes", best_of(lambda: days(raw(), 1))),
        row("a patient-day of 60, from counts", best_of(lambda: days(counts(), 60), 3) / 60, "at most 20 ms"),
        row("the same, from raw minutes", best_of(lambda: days(raw(), 60), 3) / 60, "at most 20 ms"),
        ("many at once: rhythm", f"{len(ward) / together:,.0f} patient-weeks/s", "at least 1,000"),
        (
            "with SRI",
            f"{len(ward) / (together + regular):,.0f} patient-weeks/s",
            "at least 1,000",
        ),
        (
            "pyActigraphy: IS, IV, ISm, IVm, RA, L5, M10",
            _pyactigraphy(t_us[fortnight], x[fortnight]),
            "",
        ),
    ]
    return facts("Indices", rows, f"One thread, best of {ROUNDS} rounds.")


def _pyactigraphy(t_us: np.ndarray, x: np.ndarray) -> str:
    if importlib.util.find_spec("pyActigraphy") is None:
        return "not installed"
    import pandas as pd
    from pyActigraphy.io import BaseRaw

    index = pd.DatetimeIndex(pd.to_datetime(t_us, unit="us"), freq="1min")
    data = pd.Series(np.nan_to_num(x), index)
    raw = BaseRaw(
        fpath="", name="", uuid="", format="", axial_mode=None, start_time=index[0],
        period=index[-1] - index[0], frequency=index.freq, data=data, light=None,
    )  # fmt: skip

    def work() -> None:
        for name in ("IS", "IV", "ISm", "IVm", "RA", "L5", "M10"):
            getattr(raw, name)(binarize=False)

    return f"{number(best_of(work, 1) * 1e3)} ms"


if __name__ == "__main__":
    print(measured().markdown())
