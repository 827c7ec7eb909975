"""The sleep of one night: when it began and ended, how long and how broken it was; and the naps of the day.

Takes what a scorer said (1 asleep, 0 awake, NaN not scored) and the main time in bed. All minutes are
minutes of scored epochs.
"""

from __future__ import annotations

from datetime import tzinfo

import numpy as np
from numpy.typing import NDArray

from analytics.days import HOUR_US, local_clock_s
from analytics.indices.definition import Definition
from analytics.indices.index import Index
from analytics.indices.timeline import Values

LEAST_SCORED = 0.75  #: of the time in bed; the rest could hide the beginning of sleep or a long wake
MOST_BED_H = 16  #: longer, the watch lay somewhere or its wearer never rose: no night can be told
NAP_MIN = 15
DAY_MIN = 1440

_MISSING = "an epoch that is not scored is neither sleep nor wake"
_NEEDS = f"a time in bed of at most {MOST_BED_H} h of which three quarters are scored"
_SOURCE = "terms of Ancoli-Israel et al., Behav Sleep Med 13(S1):S4-S38, 2015; the scorer is named beside it"

SLEEP_ONSET = Definition(
    "sleep_onset",
    "HH:MM",
    "local clock time of the first epoch asleep in the main time in bed",
    *(_MISSING, f"{_NEEDS}, and one epoch asleep", _SOURCE, "day"),
)
SLEEP_OFFSET = Definition(
    "sleep_offset",
    "HH:MM",
    "local clock time at which the last epoch asleep in the main time in bed ends",
    *(_MISSING, f"{_NEEDS}, and one epoch asleep", _SOURCE, "day"),
)
TST = Definition(
    "TST_min", "min", "time asleep within the main time in bed", _MISSING, _NEEDS, _SOURCE, "day"
)
EFFICIENCY = Definition(
    "sleep_efficiency",
    "%",
    "time asleep of the scored part of the main time in bed",
    *(_MISSING, _NEEDS, _SOURCE, "day"),
)
WASO = Definition(
    "WASO_min",
    "min",
    "time awake between sleep onset and sleep offset",
    *(_MISSING, f"{_NEEDS}, and one epoch asleep", _SOURCE, "day"),
)
SOL = Definition(
    "SOL_min",
    "min",
    "from the start of the time in bed to sleep onset; where the time in bed was itself found from movement "
    "(`provenance.in_bed`) it is near 0 and says little",
    *(_MISSING, f"{_NEEDS}, and one epoch asleep", _SOURCE, "day"),
)
NAPS = Definition(
    "nap_min",
    "min",
    f"time in stretches asleep of {NAP_MIN} min and longer outside the main time in bed, noon to noon",
    *(
        f"{_MISSING}; it ends a stretch",
        "three quarters of the time out of bed scored",
        "decided here",
        "day",
    ),
)
NIGHT = (SLEEP_ONSET, SLEEP_OFFSET, TST, EFFICIENCY, WASO, SOL)
DEFINITIONS = (*NIGHT, NAPS)


def night_sleep(
    t_us: NDArray[np.int64], asleep: Values, epoch_s: float, bed_us: tuple[int, int] | None, zone: tzinfo
) -> list[Index]:
    """`sleep_onset`, `sleep_offset`, `TST_min`, `sleep_efficiency`, `WASO_min`, `SOL_min`, `nap_min`.

    `t_us` (n,) are the starts of the epochs of one night from noon to noon, rising; `asleep` (n,) what they
    were scored; `bed_us` the main time in bed, half-open [microseconds UTC], None where it could not be told.
    """
    if bed_us is None:
        return [d.absent("too little data: the time in bed could not be told") for d in DEFINITIONS]
    if bed_us[1] - bed_us[0] > MOST_BED_H * HOUR_US:
        why = f"the time in bed that was found is longer than {MOST_BED_H} h: no night can be told"
        return [d.absent(why) for d in DEFINITIONS]
    inside = (t_us >= bed_us[0]) & (t_us < bed_us[1])
    naps = _naps(t_us[~inside], asleep[~inside], epoch_s, DAY_MIN - (bed_us[1] - bed_us[0]) / 60e6)
    t_us, asleep = t_us[inside], asleep[inside]
    scored = ~np.isnan(asleep)
    expected = (bed_us[1] - bed_us[0]) / 1e6 / epoch_s
    if not scored.any() or scored.sum() < LEAST_SCORED * expected:
        share = np.floor(1000 * scored.sum() / expected) / 10
        why = f"too little data: {share:g} % of the time in bed were scored, 75 % are needed"
        return [*(d.absent(why) for d in NIGHT), naps]
    minutes = epoch_s / 60
    sleeping = np.flatnonzero(asleep == 1)
    efficiency = EFFICIENCY.is_(100 * len(sleeping) / int(scored.sum()))
    if not len(sleeping):
        never = "no epoch of the time in bed was scored asleep"
        return [
            *(SLEEP_ONSET.absent(never), SLEEP_OFFSET.absent(never), TST.is_(0.0), efficiency),
            *(WASO.absent(never), SOL.absent(never), naps),
        ]
    first, last = int(sleeping[0]), int(sleeping[-1])
    onset_us, offset_us = int(t_us[first]), int(t_us[last]) + round(epoch_s * 1e6)
    onset, offset = (local_clock_s(np.array([onset_us, offset_us]), zone) // 60).tolist()
    awake = int(np.count_nonzero(asleep[first:last] == 0))
    return [
        *(SLEEP_ONSET.is_(onset), SLEEP_OFFSET.is_(offset), TST.is_(len(sleeping) * minutes), efficiency),
        *(WASO.is_(awake * minutes), SOL.is_((onset_us - bed_us[0]) / 60e6), naps),
    ]


def _naps(t_us: NDArray[np.int64], asleep: Values, epoch_s: float, expected_min: float) -> Index:
    """Of what lies out of bed; the two sides of the night are not joined."""
    scored = ~np.isnan(asleep)
    if np.count_nonzero(scored) * epoch_s / 60 < LEAST_SCORED * expected_min:
        return NAPS.absent("too little data: less than three quarters of the time out of bed were scored")
    sleeping = asleep == 1
    begins = sleeping.copy()
    begins[1:] &= ~sleeping[:-1] | (np.diff(t_us) > 1.5e6 * epoch_s)
    lengths = np.bincount(np.cumsum(begins)[sleeping]) * epoch_s / 60
    return NAPS.is_(float(lengths[lengths >= NAP_MIN].sum()))
