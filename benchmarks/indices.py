"""How fast epochs become indices, of one patient and of a ward: `python -m benchmarks.indices`.

One thread, simulated minutes with a twentieth of the hours missing. pyActigraphy is measured in the same run,
in a process of its own, where it is installed.
"""

from __future__ import annotations

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
from analytics.indices.daily import indices_of_days  # noqa: E402
from analytics.indices.day_to_day import NOT_SCORED, sleep_regularity  # noqa: E402
from analytics.indices.extended_cosinor import extended_cosinor  # noqa: E402
from analytics.indices.fractal import scaling_exponents  # noqa: E402
from analytics.indices.grid import elapsed  # noqa: E402
from analytics.indices.hazard import constant_hazards  # noqa: E402
from analytics.indices.in_bed import IN_BED, bed_states, night_bounds  # noqa: E402
from analytics.indices.of_series import ready  # noqa: E402
from analytics.indices.prepared import Prepared, prepare  # noqa: E402
from analytics.indices.sleep import night_sleep  # noqa: E402
from analytics.indices.sleep_scorers import cole_kripke_actilife  # noqa: E402
from analytics.indices.timeline import timeline_of  # noqa: E402
from analytics.indices.transitions import transition_probabilities  # noqa: E402
from analytics.indices.windows import nights_index, window_indices  # noqa: E402
from analytics.series import Series  # noqa: E402
from analytics.signal.runs import runs  # noqa: E402
from benchmarks.pyactigraphy import RHYTHM, seconds_of_peer  # noqa: E402
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
    """The fastest of some rounds, processor time of this one thread [s]."""
    found = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)


def measured() -> Table:
    """Every figure with its target."""
    x = minutes(1, 42)[0].ravel()
    t_us = START_US + np.arange(len(x)) * 60_000_000
    fortnight = slice(0, 14 * DAY)
    timeline = timeline_of(t_us[fortnight], x[fortnight], 60.0, None, None, UTC, "counts")
    hours = clock_bins(timeline)
    lying = prepare(t_us[fortnight], x[fortnight], 60.0, None, None, UTC, "counts")
    state = states(elapsed(timeline), 5.0)

    def all_rhythm_and_sleep() -> None:
        prepared = prepare(t_us[fortnight], x[fortnight], 60.0, None, None, UTC, "counts")
        window_indices(prepared, FIRST, FIRST + timedelta(days=13))
        nights_index(prepared, FIRST, FIRST + timedelta(days=14))
        extended_cosinor(timeline, prepared.hours)
        scaling_exponents(timeline)
        sleep()

    def sleep() -> None:
        asleep = cole_kripke_actilife(timeline.x)
        scored = np.where(np.isnan(asleep), NOT_SCORED, np.nan_to_num(asleep)).astype(np.int8)
        sleep_regularity(timeline, scored)
        _nights(lying, asleep)

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
    sleeping = (np.nan_to_num(ward) < 20).astype(np.int8)
    together = best_of(lambda: rhythm_of_many(ward), 3)
    regular = best_of(lambda: regularity_of_many(sleeping), 3)

    def row(what: str, seconds: float, target: str = "") -> tuple[str, str, str]:
        return what, f"{number(seconds * 1e3)} ms", target

    rows = [
        row(
            "14 days of minutes to all rhythm and sleep indices",
            best_of(all_rhythm_and_sleep),
            "at most 15 ms",
        ),
        row("of it: extended cosinor", best_of(lambda: extended_cosinor(timeline, hours))),
        row("of it: scaling exponents (DFA)", best_of(lambda: scaling_exponents(timeline))),
        row("of it: time in bed", best_of(lambda: bed_states(timeline))),
        row("of it: sleep by Cole-Kripke, 14 nights, SRI", best_of(sleep)),
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
    ]
    peer = seconds_of_peer(x[fortnight])
    rows += [
        (
            f"pyActigraphy, the same 14 days: {what}",
            f"{number(sum(peer[name] for name in names) * 1e3)} ms",
            "",
        )
        for what, names in ((", ".join(RHYTHM), RHYTHM), ("with cosinor, SRI (Sadeh), kRA, kAR", ("all",)))
        if peer
    ] or [("pyActigraphy", "not installed", "")]
    return facts("Indices", rows, f"One thread, its processor time, best of {ROUNDS} rounds.")


def _nights(prepared: Prepared, asleep: np.ndarray) -> None:
    """The sleep of each night: within its longest time in bed."""
    timeline = prepared.timeline
    for k in range(14):
        low, high = np.searchsorted(timeline.t_us, night_bounds(FIRST + timedelta(days=k), timeline))
        t_us = timeline.t_us[low:high]
        starts, ends = runs(prepared.bed[low:high] == IN_BED)
        if len(starts):
            main = int(np.argmax(ends - starts))
            bed_us = int(t_us[starts[main]]), int(t_us[ends[main] - 1]) + timeline.epoch_us
            night_sleep(t_us, asleep[low:high], 60.0, bed_us, UTC)


if __name__ == "__main__":
    print(measured().markdown())
