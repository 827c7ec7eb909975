"""A small cast: people whose days are known, as timelines of minutes."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from analytics.indices.timeline import Timeline, timeline_of

UTC, ROME = ZoneInfo("UTC"), ZoneInfo("Europe/Rome")
DAY = 1440
SLEEP_THEN_WALK = np.r_[np.full(480, 2.0), np.full(960, 40.0)]


def us(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1e6)


def epochs(
    x: np.ndarray,
    epoch_s: float = 60.0,
    start: str = "2026-01-05T00:00+00:00",
    zone: ZoneInfo = UTC,
    unit: str = "counts",
) -> Timeline:
    t = us(start) + np.arange(len(x)) * round(epoch_s * 1e6)
    return timeline_of(t, np.asarray(x, float), epoch_s, None, None, zone, unit)


def restless(days: int, seed: int, gaps: float = 0.0) -> np.ndarray:
    """Days with a shape, noise and, by the hour, gaps."""
    rng = np.random.default_rng(seed)
    shape = 60 + 50 * np.cos(2 * np.pi * (np.arange(DAY) - 900) / DAY)
    x = rng.gamma(0.7, np.tile(shape, days))
    hours = rng.random(days * 24) < gaps
    x[np.repeat(hours, 60)] = np.nan
    return x
