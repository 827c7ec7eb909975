"""The sleep of the night that ends on a day, and how regular sleep is, of whoever could be scored."""

from __future__ import annotations

from datetime import date, timedelta

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
    bounds = night_bounds(day, timeline)
    if prepared.stays_us is None:
        bed_us, (begins, ends) = _longest_run(prepared, bounds), bounds
    else:
        bed_us = main_stay(prepared, bounds)
        # It may reach over noon; what it takes of the next night is no nap there.
        begins, ends = bounds
        if before := main_stay(prepared, night_bounds(day - timedelta(days=1), timeline)):
            begins = max(begins, before[1])
        if after := main_stay(prepared, night_bounds(day + timedelta(days=1), timeline)):
            ends = min(ends, after[0])
        if bed_us:
            begins, ends = min(begins, bed_us[0]), max(ends, bed_us[1])
    low, high = np.searchsorted(timeline.t_us, [begins, ends])
    asleep = scored.asleep[low:high]
    return night_sleep(timeline.t_us[low:high], asleep, timeline.epoch_s, bed_us, timeline.zone)


def main_stay(prepared: Prepared, night_us: tuple[int, int]) -> tuple[int, int] | None:
    """The longest known time in bed whose middle lies in the night."""
    stays = np.zeros((0, 2), np.int64) if prepared.stays_us is None else prepared.stays_us
    middle = stays.sum(axis=1) // 2
    own = stays[(middle >= night_us[0]) & (middle < night_us[1])]
    if not len(own):
        return None
    start, end = own[np.argmax(own[:, 1] - own[:, 0])].tolist()
    return start, end


def _longest_run(prepared: Prepared, night_us: tuple[int, int]) -> tuple[int, int] | None:
    timeline = prepared.timeline
    low, high = np.searchsorted(timeline.t_us, night_us)
    t_us = timeline.t_us[low:high]
    starts, ends = runs(prepared.bed[low:high] == IN_BED)
    if not len(starts):
        return None
    longest = int(np.argmax(t_us[ends - 1] - t_us[starts]))
    return int(t_us[starts[longest]]), int(t_us[ends[longest] - 1]) + timeline.epoch_us


def regularity(prepared: Prepared, start_us: int, end_us: int) -> Index:
    """`SRI` of the epochs that start in [start, end)."""
    if prepared.scored is None:
        return SRI.absent(NO_SCORER)
    low, high = np.searchsorted(prepared.timeline.t_us, [start_us, end_us])
    states = prepared.scored.states[low:high]
    return sleep_regularity(prepared.timeline.between(start_us, end_us), states)
