"""The least active five hours (L5), the most active ten (M10) and their contrast (RA).

After Witting et al. 1990 and Van Someren et al., Chronobiol Int 16(4):505-518, 1999.
"""

from __future__ import annotations

import numpy as np

from analytics.days import DAY_US, HOUR_US
from analytics.indices.clock_bins import ClockBins
from analytics.indices.definition import OF_X, Definition
from analytics.indices.index import Index
from analytics.indices.timeline import Timeline, Values
from analytics.indices.validity import LEAST_DAY_HOURS as LEAST_DAY_HOURS
from analytics.indices.validity import too_little, without_a_profile

L5_HOURS, M10_HOURS = 5, 10
TIE = 1e-9  #: windows that differ by less than this, relatively, are equally extreme

_SOURCE = "Witting et al. 1990; Van Someren et al., Chronobiol Int 16(4):505-518, 1999"
_MISSING = "left out; a window counts when half of its epochs have a value"
_HOURS = "a valid hour at every clock hour"


def _of_the_profile(name: str, unit: str, meaning: str) -> Definition:
    return Definition(name, unit, meaning, _MISSING, _HOURS, _SOURCE, "recording, 28 days, 7 days")


def _of_the_day(name: str, unit: str, meaning: str) -> Definition:
    needs = f"{LEAST_DAY_HOURS} valid hours in the span"
    return Definition(name, unit, meaning, _MISSING, needs, _SOURCE, "day")


_FIRST = "among windows within 1e-9 of it the first from 00:00"
L5 = _of_the_profile("L5", OF_X, "Lowest 5 h mean of the average 24 h profile, which goes round the clock.")
L5_ONSET = _of_the_profile("L5_onset", "HH:MM", f"Clock time at which the L5 window begins; {_FIRST}.")
M10 = _of_the_profile("M10", OF_X, "Highest 10 h mean of the average 24 h profile.")
M10_ONSET = _of_the_profile("M10_onset", "HH:MM", f"Clock time at which the M10 window begins; {_FIRST}.")
RA = _of_the_profile("RA", "1", "Relative amplitude (M10 - L5) / (M10 + L5); none where both are 0.")
L5_DAY = _of_the_day("L5_day", OF_X, "Lowest 5 h mean from noon of the day before to noon of the day.")
M10_DAY = _of_the_day("M10_day", OF_X, "Highest 10 h mean from midnight to midnight.")
RA_DAY = _of_the_day("RA_day", "1", "(M10_day - L5_day) / (M10_day + L5_day); none where both are 0.")
PROFILE = (L5, L5_ONSET, M10, M10_ONSET, RA)


def profile_extremes(timeline: Timeline, hours: ClockBins) -> list[Index]:
    """L5, M10, their onsets and RA of the average 24 h profile.

    The profile is the mean over days at each clock epoch and goes round the clock. A window is the mean of
    those of its epochs that have a value and counts when half of them do. Among equal windows the first from
    00:00 is the onset. Needs a valid hour (`hours`, 60 min bins) at every clock hour.
    """
    return extremes_of(average_day(timeline), hours, timeline)


def extremes_of(profile: Values, hours: ClockBins, like: Timeline) -> list[Index]:
    """The same from the average day at each clock epoch; `like` tells the length of epochs and the unit."""
    why = without_a_profile(hours)
    if why is not None:
        return [D.absent(why, like.unit if D.unit == OF_X else "") for D in PROFILE]
    l5, l5_at = extreme(_around_the_clock(profile, _epochs(L5_HOURS, like)), least=True)
    m10, m10_at = extreme(_around_the_clock(profile, _epochs(M10_HOURS, like)), least=False)
    return [
        L5.is_(l5, like.unit),
        L5_ONSET.is_(float(l5_at * like.epoch_us // 60_000_000)),
        M10.is_(m10, like.unit),
        M10_ONSET.is_(float(m10_at * like.epoch_us // 60_000_000)),
        _contrast(RA, l5, m10),
    ]


def day_extremes(
    night: Timeline, night_us: tuple[int, int], day: Timeline, day_us: tuple[int, int]
) -> list[Index]:
    """`L5_day` of noon to noon, `M10_day` of midnight to midnight, and `RA_day` of these two.

    Windows are 5 h and 10 h of elapsed time, lie inside their span and need half of their epochs; the span
    needs 16 valid hours.
    """
    l5 = _of_span(L5_DAY, night, night_us, L5_HOURS, least=True)
    m10 = _of_span(M10_DAY, day, day_us, M10_HOURS, least=False)
    if l5.value is None or m10.value is None:
        why = (l5.reason if l5.value is None else m10.reason) or ""
        return [l5, m10, RA_DAY.absent(why)]
    return [l5, m10, _contrast(RA_DAY, l5.value, m10.value)]


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
    """Mean of the valid values of each window of `size` on the last axis; NaN: less than half is valid."""
    if size > values.shape[-1] or size < 1:
        return np.zeros((*values.shape[:-1], 0))
    valid = ~np.isnan(values)
    before = np.zeros((*values.shape[:-1], 1))
    total = np.cumsum(np.concatenate([before, np.where(valid, values, 0.0)], axis=-1), axis=-1)
    n = np.cumsum(np.concatenate([before, valid], axis=-1), axis=-1)
    sums, counts = total[..., size:] - total[..., :-size], n[..., size:] - n[..., :-size]
    # Differences of long sums keep a trace of what they subtract: a window of zeros must be 0.
    sums = np.where(np.abs(sums) <= 1e-13 * total[..., -1:], 0.0, sums)
    return np.where(counts * 2 >= size, sums / np.maximum(counts, 1), np.nan)


def _around_the_clock(profile: Values, size: int) -> Values:
    return window_means(np.r_[profile, profile[: size - 1]], size)


def _epochs(hours: int, timeline: Timeline) -> int:
    return max(round(hours * HOUR_US / timeline.epoch_us), 1)


def extreme(means: Values, least: bool) -> tuple[float, int]:
    """The extreme window and the first that equals it."""
    value = float(np.nanmin(means) if least else np.nanmax(means))
    return value, int(np.argmax(np.abs(means - value) <= TIE * abs(value)))


def _of_span(D: Definition, timeline: Timeline, span_us: tuple[int, int], hours: int, least: bool) -> Index:
    if timeline.valid_hours < LEAST_DAY_HOURS:
        return D.absent(too_little(timeline.valid_hours, LEAST_DAY_HOURS, "valid hours"), timeline.unit)
    means = window_means(on_grid(timeline, *span_us), _epochs(hours, timeline))
    if not means.size or np.isnan(means).all():
        return D.absent(f"too little data: no {hours} h of which half is valid", timeline.unit)
    return D.is_(extreme(means, least)[0], timeline.unit)


def _contrast(D: Definition, l5: float, m10: float) -> Index:
    return D.is_((m10 - l5) / (m10 + l5)) if m10 + l5 else D.absent("there is no activity at all")
