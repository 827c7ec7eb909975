"""Which scorer fits a recording, and what it says of each epoch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.days import MINUTE_US
from analytics.indices.angle_sleep import PER_MIN, asleep_by_angle
from analytics.indices.day_to_day import NOT_SCORED
from analytics.indices.sleep_scorers import WEIGHTS_OAKLEY, cole_kripke_actilife, oakley
from analytics.indices.timeline import Values
from analytics.recordings.recording import EpochRecording
from analytics.signal.minute_counts import minute_counts


@dataclass(frozen=True)
class Scored:
    """Sleep states of every epoch, as `day_to_day` names them, and who scored them."""

    states: NDArray[np.int8]
    scorer: str

    @property
    def asleep(self) -> Values:
        """1 asleep, 0 awake, NaN not scored."""
        return np.where(self.states == NOT_SCORED, np.nan, self.states.astype(float))


def scored_by_counts(epochs: EpochRecording, worn: NDArray[np.bool_]) -> Scored | None:
    """ActiGraph counts (three axes) by Cole-Kripke, minute by minute; counts of one axis, which an Actiwatch
    gives, by Oakley. None for ENMO and for epochs that no scorer knows."""
    if epochs.measure != "counts" or not len(epochs.t_us):
        return None
    if epochs.axes is not None and epochs.epoch_s <= 60 and 60 % epochs.epoch_s == 0:
        minute_us, axis_1 = minute_counts(epochs.t_us, epochs.axes[:, 0])
        of_minute = cole_kripke_actilife(axis_1)
        asleep = of_minute[epochs.t_us // MINUTE_US - minute_us[0] // MINUTE_US]
        return _scored(asleep, worn, "cole_kripke_actilife")
    if epochs.axes is None and epochs.epoch_s in WEIGHTS_OAKLEY:
        place = np.rint((epochs.t_us - epochs.t_us[0]) / (epochs.epoch_s * 1e6)).astype(np.int64)
        grid = np.full(int(place[-1]) + 1, np.nan)
        grid[place] = epochs.activity
        return _scored(oakley(grid, epochs.epoch_s)[place], worn, "oakley_40")
    return None


def scored_by_angle(
    minute_us: NDArray[np.int64], anglez_5s_deg: Values, worn: NDArray[np.bool_]
) -> Scored | None:
    """Minutes of a raw device: asleep when half of its five seconds or more are (van Hees 2015)."""
    if not len(minute_us):
        return None
    place = (minute_us - minute_us[0]) // MINUTE_US
    fives = np.full((int(place[-1]) + 1, PER_MIN), np.nan)
    fives[place] = anglez_5s_deg
    asleep = asleep_by_angle(fives.ravel()).reshape(-1, PER_MIN)[place]
    known = ~np.isnan(asleep)
    share = np.where(known, asleep, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return _scored(np.where(known.sum(axis=1) * 2 >= PER_MIN, share >= 0.5, np.nan), worn, "van_hees_2015")


def _scored(asleep: Values, worn: NDArray[np.bool_], scorer: str) -> Scored:
    states = np.where(np.isnan(asleep) | ~worn, NOT_SCORED, np.nan_to_num(asleep)).astype(np.int8)
    return Scored(states, scorer)
