"""A patient's series, ready for the indices of stored days: time in bed and sleep by what fits the device."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from functools import partial

import numpy as np

from analytics.indices.angle_in_bed import in_bed_by_angle_or_activity
from analytics.indices.angle_sleep import REST_RULE
from analytics.indices.daily import IO_DAYS
from analytics.indices.in_bed import RULE, bed_states
from analytics.indices.intensity_gradient import EPOCH_S
from analytics.indices.prepared import Fives, Prepared, prepare
from analytics.indices.scored import Scored, scored_by_angle, scored_by_counts
from analytics.recordings.recording import EpochRecording
from analytics.series import Series

BY_ANGLE = f"{REST_RULE}; a night of which half has no angle: {RULE}"


@dataclass(frozen=True)
class Ready:
    """A series with what days share, and by which rules."""

    prepared: Prepared
    in_bed: str

    @property
    def scorer(self) -> str | None:
        """Who told sleep from wake; None where no scorer knows such epochs."""
        return None if self.prepared.scored is None else self.prepared.scored.scorer


def ready(series: Series, zone: tzinfo, first: date, last: date) -> Ready:
    """For the days from `first` to `last`: only their nights are looked at, and those of their I<O."""
    nights = first - timedelta(days=IO_DAYS - 1), last
    by_angle = None
    if series.anglez_5s_deg is not None:
        by_angle = in_bed_by_angle_or_activity(series.t_us, series.anglez_5s_deg, series.worn)
    prepared = prepare(
        *(series.t_us, series.x, series.epoch_s, series.worn, series.steps, zone, series.unit),
        bed_of=partial(bed_states, rule=by_angle, nights=nights),
        scored=_scored(series, zone),
        fives=_fives(series),
    )
    return Ready(prepared, RULE if by_angle is None else BY_ANGLE)


def _scored(series: Series, zone: tzinfo) -> Scored | None:
    if series.anglez_5s_deg is not None:
        return scored_by_angle(series.t_us, series.anglez_5s_deg, series.worn)
    epochs = EpochRecording(series.t_us, series.epoch_s, series.x, series.measure, str(zone), zone)
    return scored_by_counts(epochs, series.worn)


def _fives(series: Series) -> Fives | None:
    if series.enmo_5s_mg is not None:
        return Fives(series.t_us, np.where(series.worn[:, None], series.enmo_5s_mg, np.nan))
    if series.measure == "enmo_mg" and series.epoch_s == EPOCH_S:
        return Fives(series.t_us, np.where(series.worn, series.x, np.nan)[:, None])
    return None
