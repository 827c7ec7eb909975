"""Was the device on the body? Simple rules, each with its source and its limits.

What is not worn is missing for every index, never 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from analytics.days import MINUTE_US
from analytics.signal.samples import Samples
from analytics.signal.sway import sway_of_minutes
from analytics.signal.thermometer import Temperature, minute_temperature

ZERO_RUN_MIN = 1440
ZERO_RUN_RULE = f"zero counts for {ZERO_RUN_MIN} min or longer are not worn"
STILL_MIN, STILL_STEP_MIN = 60, 15
STILL_KNOWN_SHARE = 0.75  #: of an hour, so that the first half hour of a recording is not judged alone
STILL_RULE = "60 min with an almost constant angle and ENMO and no sway of life are not worn (2)"
# In the one long night at hand (20.7 h, ActiGraph, all of it worn) no hour that is half at rest has a median
# sway below 1.75; a GENEActiv on a table has 1.3, as noise alone gives. docs/decisions/0015-wear.md
ALIVE = 1.5
# Skin at the wrist has 31 to 35 C in bed (Sarabia et al., Physiol Behav 95:570-580, 2008); rooms stay below.
SKIN_C = 30.0

# Van Hees et al., PLoS ONE 6(7):e22922, 2011, and 8(4):e61691, 2013: an axis is still when its standard
# deviation is below 13 mg and its range below 50 mg. As a tilt of gravity that is asin(0.013), asin(0.050).
STILL_SD_MG, STILL_RANGE_MG = 13.0, 50.0
STILL_SD_DEG, STILL_RANGE_DEG = 0.74, 2.9


Worn = NDArray[np.bool_]


def worn_by_counts(
    t_us: NDArray[np.int64], counts: NDArray[np.float64], epoch_s: float, zero_run_min: float = ZERO_RUN_MIN
) -> NDArray[np.bool_]:
    """False in every run of exact zeros that lasts `zero_run_min` or longer.

    The run must be unbroken: one count above 0, a missing value (NaN) or a hole in the stamps ends it.
    Choi et al. (Med Sci Sports Exerc 43(2):357-364, 2011) took 90 min, for waking wear of a sensitive
    hip device. A sleeping wrist with a coarse counter reads 0 for longer: 12 of the 14 shared Depresjon
    recordings have a run of 90 min or more, and nights of 6 to 13 h of zeros cannot be told from a watch on
    the table by counts alone. So, for now, only a whole day of zeros is called not worn, which is beyond
    doubt, and peers' figures on these recordings hold. A counter that idles above 0 is not caught.
    """
    zero = counts == 0
    joined = np.r_[False, zero[1:] & zero[:-1] & (np.diff(t_us) <= 1.5e6 * epoch_s)]
    starts = np.flatnonzero(zero & ~joined)
    run = np.cumsum(zero & ~joined) - 1
    long = np.bincount(run[zero], minlength=len(starts)) * epoch_s >= zero_run_min * 60
    worn = np.ones(len(counts), bool)
    worn[zero] = ~long[run[zero]]
    return worn


def still_minutes(
    t_us: NDArray[np.int64], enmo_5s_mg: NDArray[np.float64], anglez_5s_deg: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """True for minutes inside an hour during which a raw device lay still; arguments as below."""
    still = np.zeros(len(t_us), bool)
    for hour in _still_hours(t_us, enmo_5s_mg, anglez_5s_deg):
        still[hour] = True
    return still


def worn_by_stillness(
    t_us: NDArray[np.int64],
    enmo_5s_mg: NDArray[np.float64],
    anglez_5s_deg: NDArray[np.float64],
    sway: NDArray[np.float64],
    warmth_c: NDArray[np.float64] | None = None,
) -> NDArray[np.bool_]:
    """False for minutes inside an hour during which a raw device lay still and showed no life.

    Hours start every 15 min (UTC). An hour is still when both the angle and ENMO are almost constant over it:
    standard deviation below 0.74 degrees and 13 mg, range below 2.9 degrees and 50 mg. These are van Hees's
    limits for single axes carried over to the two values that are kept for minutes; a turn about the vertical
    is not seen. A patient who is sedated lies as still, so such an hour is worn all the same when the arm
    sways as only breath and pulse make it (median over its minutes of `ALIVE` or more), or when the device is
    as warm as skin. A sensor too coarse to show the sway of a sedated wrist still makes it not worn. An hour
    of which less than three quarters are known is not judged: its minutes count as worn as far as they have
    values.

    Parameters
    ----------
    t_us : (n,) array
        Minutes, rising. [microseconds UTC]
    enmo_5s_mg, anglez_5s_deg : (n, 12) arrays
        Their five-second values; NaN is not known. [mg, degrees]
    sway : (n,) array
        Of each minute, by `analytics.signal.sway`; looked at in still hours only. NaN is not known, and
        where that is most of an hour nothing speaks for life in it.
    warmth_c : (n,) array, optional
        What the device's own thermometer read; NaN is no reading. [degrees C]
    """
    worn = np.ones(len(t_us), bool)
    for hour in _still_hours(t_us, enmo_5s_mg, anglez_5s_deg):
        alive = _median(sway[hour]) >= ALIVE
        if not alive and (warmth_c is None or not _median(warmth_c[hour]) >= SKIN_C):
            worn[hour] = False
    return worn


def _still_hours(
    t_us: NDArray[np.int64], enmo_5s_mg: NDArray[np.float64], anglez_5s_deg: NDArray[np.float64]
) -> Iterator[slice]:
    if not len(t_us):
        return
    minute = t_us // MINUTE_US
    first_start = int(minute[0]) // STILL_STEP_MIN * STILL_STEP_MIN - STILL_MIN + STILL_STEP_MIN
    for start in range(first_start, int(minute[-1]) + 1, STILL_STEP_MIN):
        low, high = np.searchsorted(minute, [start, start + STILL_MIN])
        hour = slice(int(low), int(high))
        if _constant(anglez_5s_deg[hour], STILL_SD_DEG, STILL_RANGE_DEG) and _constant(
            enmo_5s_mg[hour], STILL_SD_MG, STILL_RANGE_MG
        ):
            yield hour


def _constant(values: NDArray[np.float64], sd_limit: float, range_limit: float) -> bool:
    known = values[~np.isnan(values)]
    if len(known) < STILL_KNOWN_SHARE * STILL_MIN * 12:
        return False
    return bool(np.ptp(known) < range_limit and known.std() < sd_limit)


def _median(values: NDArray[np.float64]) -> float:
    """Of what is known of an hour; NaN where that is less than half of it."""
    known = values[~np.isnan(values)]
    return float(np.median(known)) if 2 * len(known) >= STILL_MIN else float("nan")


def worn(
    t_us: NDArray[np.int64],
    enmo_mg: NDArray[np.float64],
    anglez_deg: NDArray[np.float64],
    segments: Sequence[Samples],
    temperature: Temperature | None = None,
) -> Worn:
    """For each five seconds of a raw recording whether the device was on the body.

    Parameters
    ----------
    t_us, enmo_mg, anglez_deg : (n,) arrays
        Epochs of 5 s without a hole in their stamps; NaN is unknown. [microseconds UTC, mg, degrees]
    segments : sequence of Samples
        What they were made of, in order of time, without overlaps.
    temperature : optional
        What the device's own thermometer read.

    Returns
    -------
    (n,) bool array
        By `worn_by_stillness`; where nothing is known the answer means nothing.
    """
    if not len(t_us):
        return np.ones(0, bool)
    fives = t_us // 5_000_000
    minutes = np.arange(fives[0] // 12, fives[-1] // 12 + 1)
    place = fives - minutes[0] * 12
    tables = np.full((2, len(minutes) * 12), np.nan)
    tables[:, place] = enmo_mg, anglez_deg
    enmo, angle = tables.reshape(2, -1, 12)
    of_minutes = worn_in_recording(minutes * MINUTE_US, enmo, angle, segments, temperature)
    return np.asarray(np.repeat(of_minutes, 12)[place])


def worn_in_recording(
    t_us: NDArray[np.int64],
    enmo_5s_mg: NDArray[np.float64],
    anglez_5s_deg: NDArray[np.float64],
    segments: Sequence[Samples],
    temperature: Temperature | None = None,
) -> Worn:
    """The same for its minutes (n,), whose sway is looked for where it decides. Arrays as above."""
    still = still_minutes(t_us, enmo_5s_mg, anglez_5s_deg)
    sway = np.full(len(t_us), np.nan)
    sway[still] = sway_of_minutes(segments, t_us[still])
    warmth = None if temperature is None else minute_temperature(t_us, *temperature)
    return worn_by_stillness(t_us, enmo_5s_mg, anglez_5s_deg, sway, warmth)
