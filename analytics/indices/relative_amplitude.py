"""The least active five hours (L5), the most active ten (M10) and their contrast (RA).

After Witting et al. 1990 and Van Someren et al., Chronobiol Int 16(4):505-518, 1999.
"""

from __future__ import annotations

import numpy as np

from analytics.days import DAY_US, HOUR_US
from analytics.indices.clock_bins import ClockBins
from analytics.indices.index import Index, nothing
from analytics.indices.timeline import Timeline, Values

L5_HOURS, M10_HOURS = 5, 10
LEAST_DAY_HOURS = 16  #: valid hours that the noon-to-noon or midnight-to-midnight span needs
TIE = 1e-9  #: windows that differ by less than this, relatively, are equally extreme


def profile_extremes(timeline: Timeline, hours: ClockBins) -> list[Index]:
    """L5, M10, their onsets and RA of the average 24 h profile.

    The profile is the mean over days at each clock epoch and goes round the clock. A window is the mean of
    those of its epochs that have a value and counts when half of them do. Among equal windows the first from
    00:00 is the onset. Needs a valid hour (`hours`, 60 min bins) at every clock hour.
    """
    seen = len(np.unique(hours.clock))
    if seen < 24:
        why = f"too little data: {24 - seen} of 24 clock hours were never valid"
        return [
            nothing("L5", timeline.unit, why),
            nothing("L5_onset", "HH:MM", why),
            nothing("M10", timeline.unit, why),
            nothing("M10_onset", "HH:MM", why),
            nothing("RA", "1", why),
        ]
    profile = average_day(timeline)
    l5, l5_at = _extreme(_around_the_clock(profile, _epochs(L5_HOURS, timeline)), least=True)
    m10, m10_at = _extreme(_around_the_clock(profile, _epochs(M10_HOURS, timeline)), least=False)
    return [
        Index("L5", l5, timeline.unit),
        Index("L5_onset", float(l5_at * timeline.epoch_us // 60_000_000), "HH:MM"),
        Index("M10", m10, timeline.unit),
        Index("M10_onset", float(m10_at * timeline.epoch_us // 60_000_000), "HH:MM"),
        _contrast("RA", l5, m10),
    ]


def day_extremes(
    night: Timeline, night_us: tuple[int, int], day: Timeline, day_us: tuple[int, int]
) -> list[Index]:
    """`L5_day` of noon to noon, `M10_day` of midnight to midnight, and `RA_day` of these two.

    Windows are 5 h and 10 h of elapsed time, lie inside their span and need half of their epochs; the span
    needs 16 valid hours.
    """
    l5 = _of_span("L5_day", night, night_us, L5_HOURS, least=True)
    m10 = _of_span("M10_day", day, day_us, M10_HOURS, least=False)
    if l5.value is None or m10.value is None:
        why = (l5.reason if l5.value is None else m10.reason) or ""
        return [l5, m10, nothing("RA_day", "1", why)]
    return [l5, m10, _contrast("RA_day", l5.value, m10.value)]


def average_day(timeline: Timeline) -> Values:
    """Mean over days at each clock epoch, from 00:00; NaN where no day has a value."""
    size = -(-DAY_US // timeline.epoch_us)
    valid = ~np.isnan(timeline.x)
    at = timeline.local_us[valid] % DAY_US // timeline.epoch_us
    n = np.bincount(at, minlength=size)
    total = np.bincount(at, timeline.x[valid], minlength=size)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)


def on_grid(timeline: Timeline, start_us: int, end_us: int) -> Values:
    """Activity of every epoch between two instants; NaN where there is none."""
    grid = np.full((end_us - start_us) // timeline.epoch_us, np.nan)
    at = (timeline.t_us - start_us) // timeline.epoch_us
    inside = at < len(grid)
    grid[at[inside]] = timeline.x[inside]
    return grid


def window_means(values: Values, size: int) -> Values:
    """Mean of the valid values of each window of `size`; NaN where less than half of it is valid."""
    if size > len(values) or size < 1:
        return np.zeros(0)
    valid = ~np.isnan(values)
    total = np.cumsum(np.r_[0.0, np.where(valid, values, 0.0)])
    n = np.cumsum(np.r_[0, valid])
    sums, counts = total[size:] - total[:-size], n[size:] - n[:-size]
    # Differences of long sums keep a trace of what they subtract: a window of zeros must be 0.
    sums[np.abs(sums) <= 1e-13 * total[-1]] = 0.0
    return np.where(counts * 2 >= size, sums / np.maximum(counts, 1), np.nan)


def _around_the_clock(profile: Values, size: int) -> Values:
    return window_means(np.r_[profile, profile[: size - 1]], size)


def _epochs(hours: int, timeline: Timeline) -> int:
    return max(round(hours * HOUR_US / timeline.epoch_us), 1)


def _extreme(means: Values, least: bool) -> tuple[float, int]:
    """The extreme window and the first that equals it."""
    value = float(np.nanmin(means) if least else np.nanmax(means))
    return value, int(np.argmax(np.abs(means - value) <= TIE * abs(value)))


def _of_span(name: str, timeline: Timeline, span_us: tuple[int, int], hours: int, least: bool) -> Index:
    if timeline.valid_hours < LEAST_DAY_HOURS:
        return nothing(
            name,
            timeline.unit,
            f"too little data: {timeline.valid_hours:.1f} valid hours of the {LEAST_DAY_HOURS} that it needs",
        )
    means = window_means(on_grid(timeline, *span_us), _epochs(hours, timeline))
    if not len(means) or np.isnan(means).all():
        return nothing(name, timeline.unit, f"too little data: no {hours} h of which half is valid")
    return Index(name, _extreme(means, least)[0], timeline.unit)


def _contrast(name: str, l5: float, m10: float) -> Index:
    if m10 + l5 == 0:
        return nothing(name, "1", "there is no activity at all")
    return Index(name, (m10 - l5) / (m10 + l5), "1")
