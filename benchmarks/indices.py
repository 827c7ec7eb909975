"""How fast epochs become indices, of one patient and of a ward: `python -m benchmarks.indices`.

One thread, simulated minutes with a twentieth of the hours missing. pyActigraphy is measured in the same run,
in a process of its own, where it is installed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

import numpy as np  # noqa: E402

from analytics.indices.batch import regularity_of_many, rhythm_of_many  # noqa: E402
from analytics.indices.bout_lengths import bout_length_indices  # noqa: E402
from analytics.indices.bouts import bouts, states  # noqa: E402
from analytics.indices.clock_bins import clock_bins  # noqa: E402
from analytics.indices.daily import (  # noqa: E402
    Prepared,
    day_and_window_indices,
    nights_index,
    prepare,
    window_indices,
)
from analytics.indices.day_to_day import NOT_SCORED, sleep_regularity  # noqa: E402
from analytics.indices.extended_cosinor import extended_cosinor  # noqa: E402
from analytics.indices.fractal import scaling_exponents  # noqa: E402
from analytics.indices.grid import elapsed  # noqa: E402
from analytics.indices.hazard import constant_hazards  # noqa: E402
from analytics.indices.in_bed import IN_BED, bed_states, night_bounds  # noqa: E402
from analytics.indices.sleep import night_sleep  # noqa: E402
from analytics.indices.sleep_scorers import cole_kripke_actilife  # noqa: E402
from analytics.indices.timeline import timeline_of  # noqa: E402
from analytics.indices.transitions import transition_probabilities  # noqa: E402
from analytics.signal.runs import runs  # noqa: E402
from benchmarks.pyactigraphy import RHYTHM, seconds_of_peer  # noqa: E402
from benchmarks.table import Table, facts, number  # noqa: E402

DAY = 1440
FIRST = date(2026, 1, 5)
UTC = ZoneInfo("UTC")
START_US = 1_767_571_200_000_000  # FIRST, 00:00 UTC
ROUNDS = 7


def minutes(patients: int, days: int) -> np.ndarray:
    """(patients, days, 1440) minutes: eight hours of rest, sixteen of activity, noise and gaps."""
    rng = np.random.default_rng(1)
    awake = 1 / (1 + np.exp(-12 * (np.cos(2 * np.pi * (np.arange(DAY) - 900) / DAY) + 0.5)))
    shape = 3 + 200 * awake
    x = rng.gamma(0.7, shape, (patients, days, DAY))
    gaps = np.repeat(rng.random((patients, days, 24)) < 0.05, 60, axis=2)
    return np.where(gaps, np.nan, np.round(x))


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

    def one_day() -> None:
        prepared = prepare(t_us[-29 * DAY - 720 :], x[-29 * DAY - 720 :], 60.0, None, None, UTC, "counts")
        day_and_window_indices(prepared, FIRST + timedelta(days=41))

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
        row("one patient-day: own, 28 days, 7 nights, from arrays", best_of(one_day), "at most 20 ms"),
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
