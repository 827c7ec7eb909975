"""A week of a wrist at 50 Hz as whole numbers, and what a fresh process needs for it."""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.cpu import peak_mb
from benchmarks.payloads import HZ, SCALE_G, minutes

DAYS = 7
DIFFERENT = 480  #: minutes that are made; a week is laid out of them
START_US = 1_790_035_200 * 1_000_000  # a midnight, UTC
#: What the sensor has wrong, and calibration has to find.
SCALE, OFFSET_G = np.array([0.98, 1.01, 0.99]), np.array([0.02, -0.03, 0.01])


def week(seed: int = 1) -> NDArray[np.int16]:
    """(30,240,000, 3): still nights in few postures, days of small movements and of walking."""
    chance = np.random.default_rng(seed)
    made = minutes(DIFFERENT, seed)
    whole = np.empty((DAYS * 1440, *made[0].shape), np.int16)
    asleep = 0
    for minute in range(len(whole)):
        hour = minute // 60 % 24
        kind = minute % 10 if 7 <= hour < 23 else 0
        if hour >= 23 or hour < 7:
            if chance.random() < 0.05:  # about three turns an hour
                asleep = int(chance.integers(DIFFERENT // 10)) * 10
            pick = asleep
        else:
            pick = int(chance.integers(DIFFERENT // 10)) * 10 + kind
        whole[minute] = made[pick]
    off = np.round(OFFSET_G / SCALE_G)
    for axis in range(3):
        whole[:, :, axis] = np.clip(whole[:, :, axis] / SCALE[axis] - off[axis], -32_768, 32_767)
    return whole.reshape(-1, 3)


def _ours(path: Path) -> dict[str, float]:
    """Seconds of each stage, and of all of them as `actalgia epochs` runs them."""
    from analytics.signal.calibration import calibrate
    from analytics.signal.counts import counts
    from analytics.signal.metrics import grid_of, metrics
    from analytics.signal.raw_epochs import raw_epochs
    from analytics.signal.samples import Samples
    from analytics.signal.still import still_windows
    from analytics.signal.wear import worn

    segments = [Samples(START_US, float(HZ), SCALE_G, np.load(path))]
    seconds: dict[str, float] = {"memory before [MB]": peak_mb_of_self()}
    made = _timed(seconds, "all", lambda: raw_epochs(segments, 5))
    seconds["memory [MB]"] = peak_mb_of_self()
    still = _timed(seconds, "still windows", lambda: still_windows(segments))
    fit = _timed(seconds, "fit", lambda: calibrate(still.g, 168))
    grid = grid_of(segments, 5_000_000)
    moved = _timed(seconds, "ENMO, MAD, angle", lambda: metrics(segments, grid, fit.scale, fit.offset))
    _timed(seconds, "wear", lambda: worn(grid.t_us, moved.enmo_mg, moved.anglez_deg, segments))
    _timed(seconds, "counts", lambda: counts(segments, grid.length_us, grid.first, grid.n))
    assert made.calibration.accepted and np.isfinite(made.counts).all()
    seconds["points"] = made.calibration.points
    seconds["error after [mg]"] = made.calibration.error_after_mg
    return seconds


def _skdh(path: Path) -> dict[str, float]:
    """Calibration, wear and ENMO of scikit-digital-health, without counts."""
    from skdh.activity.metrics import metric_anglez, metric_enmo, metric_mad  # type: ignore[import-not-found]
    from skdh.preprocessing import (  # type: ignore[import-not-found]
        AccelThresholdWearDetection,
        CalibrateAccelerometer,
    )

    g = np.load(path) * SCALE_G
    at = START_US / 1e6 + np.arange(len(g)) / HZ
    seconds: dict[str, float] = {}

    def run() -> None:
        corrected = CalibrateAccelerometer().predict(time=at, accel=g, fs=float(HZ)).get("accel", g)
        AccelThresholdWearDetection().predict(time=at, accel=corrected, fs=float(HZ))
        metric_enmo(corrected, wlen=5 * HZ, take_abs=False, trim_zero=True)
        metric_mad(corrected, wlen=5 * HZ)
        metric_anglez(corrected, wlen=5 * HZ)

    _timed(seconds, "all", run)
    seconds["memory [MB]"] = peak_mb_of_self()
    return seconds


def _actipy(path: Path) -> dict[str, float]:
    """Calibration, wear and ENMO (numpy, since it has none) of actipy."""
    import pandas as pd  # type: ignore[import-not-found,import-untyped]
    from actipy import processing  # type: ignore[import-not-found]

    g = np.load(path) * SCALE_G
    at = pd.to_datetime(START_US * 1000 + np.arange(len(g)) * (1_000_000_000 // HZ))
    frame = pd.DataFrame(g, columns=["x", "y", "z"], index=pd.DatetimeIndex(at, name="time"))
    seconds: dict[str, float] = {}

    def run() -> None:
        corrected, _ = processing.calibrate_gravity(frame)
        processing.flag_nonwear(corrected)
        r = np.sqrt((corrected[["x", "y", "z"]].to_numpy() ** 2).sum(axis=1))
        np.maximum(r - 1, 0).reshape(-1, 5 * HZ).mean(axis=1)

    _timed(seconds, "all", run)
    seconds["memory [MB]"] = peak_mb_of_self()
    return seconds


WAYS: dict[str, Callable[[Path], dict[str, float]]] = {"ours": _ours, "skdh": _skdh, "actipy": _actipy}


def peak_mb_of_self() -> float:
    """The most resident memory of this process so far [MB]."""
    return peak_mb(os.getpid())


def _timed(seconds: dict[str, float], name: str, call: Callable[[], Any]) -> Any:
    start, cpu = time.perf_counter(), time.process_time()
    result = call()
    seconds[name] = time.perf_counter() - start
    seconds[f"{name} cpu"] = time.process_time() - cpu
    return result


def main() -> None:
    """One way, in this process: prints its figures as JSON."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("way", choices=sorted(WAYS))
    words.add_argument("path", type=Path)
    words.add_argument("--cores", type=int, default=2)
    asked = words.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: asked.cores])
    try:
        found = WAYS[asked.way](asked.path)
    except ImportError:
        found = {}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
