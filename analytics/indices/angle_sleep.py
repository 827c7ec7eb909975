"""The night of a raw device: when the arm came to rest (HDCZA), and when it slept (no change of posture).

Both take the z-angle of every five seconds on an unbroken grid; NaN is missing and counts as movement, so
a stretch without data is never rest.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import median_filter

from analytics.indices.timeline import Values
from analytics.signal.runs import runs, within

REST_RULE = "HDCZA: main rest period of each noon-to-noon night, from the angle of the arm (van Hees 2018)"
SLEEP_RULE = "no change of the angle by more than 5 degrees for 5 min or longer (van Hees 2015)"

PER_MIN = 12  #: values of five seconds in a minute
MEDIAN_OF = 61  #: values: five minutes and the middle
PERCENTILE, TIMES = 10, 15
LEAST_DEG, MOST_DEG = 0.13, 0.50
BLOCK_MIN, JOIN_MIN = 30, 60
CHANGE_DEG, STILL_MIN = 5.0, 5


def rest_period(angle_deg: Values) -> tuple[int, int] | None:
    """The longest rest of one night, half-open positions in `angle_deg`; None when the arm never rested.

    The rolling median over 5 min of the change from value to value is compared with 15 times its own 10th
    percentile, held between 0.13 and 0.50 degrees. Stretches below it of 30 min and longer are joined over
    gaps shorter than 60 min; the longest is the sleep period. Van Hees et al., Sci Rep 8:12975, 2018
    (HDCZA). Stillness of the arm cannot tell lying in bed from sleep: what is found is the sleep period.
    """
    change = np.abs(np.diff(angle_deg, prepend=angle_deg[:1]))
    known = ~np.isnan(change)
    if not known.any():
        return None
    level = median_filter(np.where(known, change, np.inf), MEDIAN_OF, mode="nearest")
    at_rest = level[np.isfinite(level)]
    if not len(at_rest):
        return None
    threshold = float(np.clip(TIMES * np.percentile(at_rest, PERCENTILE), LEAST_DEG, MOST_DEG))
    starts, ends = runs(level < threshold)
    long = ends - starts >= BLOCK_MIN * PER_MIN
    starts, ends = starts[long], ends[long]
    if not len(starts):
        return None
    apart = np.flatnonzero(starts[1:] - ends[:-1] >= JOIN_MIN * PER_MIN)
    first, end = starts[np.r_[0, apart + 1]], ends[np.r_[apart, len(ends) - 1]]
    longest = int(np.argmax(end - first))
    return int(first[longest]), int(end[longest])


def asleep_by_angle(angle_deg: Values) -> Values:
    """1 asleep, 0 awake, NaN not measured, for each value.

    Asleep are stretches of 5 min and longer in which no value differs from the one before it by more than 5
    degrees (van Hees et al., PLoS ONE 10(11):e0142533, 2015). Missing values end a stretch.
    """
    change = np.abs(np.diff(angle_deg, prepend=angle_deg[:1]))
    starts, ends = runs(change <= CHANGE_DEG)  # NaN is not
    long = ends - starts >= STILL_MIN * PER_MIN
    asleep = within(starts[long], ends[long], len(angle_deg))
    return np.where(np.isnan(angle_deg), np.nan, asleep.astype(float))
