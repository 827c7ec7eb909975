"""The sleep of the night that ends on a day, and how regular sleep is, of whoever could be scored."""

from __future__ import annotations

from datetime import date

import numpy as np

from analytics.indices.day_to_day import SRI, sleep_regularity
from analytics.indices.in_bed import IN_BED, night_bounds
from analytics.indices.index import Index
from analytics.indices.prepared import Prepared
from analytics.indices.sleep import DEFINITIONS, night_sleep
from analytics.signal.runs import runs

NO_SCORER = "no sleep scorer knows such epochs"


def night_of(prepared: Prepared, day: date) -> list[Index]:
    """Onset, offset, `TST_min`, efficiency, `WASO_min`, `SOL_min` and `nap_min` of noon to noon."""
    scored = prepared.scored
    if scored is None:
        return [definition.absent(NO_SCORER) for definition in DEFINITIONS]
    timeline = prepared.timeline
    low, high = np.searchsorted(timeline.t_us, night_bounds(day, timeline))
    t_us = timeline.t_us[low:high]
    starts, ends = runs(prepared.bed[low:high] == IN_BED)
    lengths = t_us[ends - 1] - t_us[starts]
    main = int(np.argmax(lengths)) if len(lengths) else None
    bed_us = (
        None if main is None else (int(t_us[starts[main]]), int(t_us[ends[main] - 1]) + timeline.epoch_us)
    )
    return night_sleep(t_us, scored.asleep[low:high], timeline.epoch_s, bed_us, timeline.zone)


def regularity(prepared: Prepared, start_us: int, end_us: int) -> Index:
    """`SRI` of the epochs that start in [start, end)."""
    if prepared.scored is None:
        return SRI.absent(NO_SCORER)
    low, high = np.searchsorted(prepared.timeline.t_us, [start_us, end_us])
    states = prepared.scored.states[low:high]
    return sleep_regularity(prepared.timeline.between(start_us, end_us), states)
