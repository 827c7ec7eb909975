"""How much was worn, moved and walked."""

from __future__ import annotations

import numpy as np

from analytics.indices.index import Index, nothing
from analytics.indices.timeline import Timeline


def worn_minutes(timeline: Timeline) -> Index:
    """Time covered by valid epochs [min]; 0 where nothing was worn, which is a fact and no gap."""
    return Index("worn_min", timeline.valid_hours * 60, "min")


def mean_activity(timeline: Timeline) -> Index:
    """Mean of the activity over valid epochs, in its own unit."""
    if timeline.valid_hours == 0:
        return nothing("mean_activity", timeline.unit, "too little data: nothing was worn")
    return Index("mean_activity", float(np.nanmean(timeline.x)), timeline.unit)


def steps_walked(timeline: Timeline) -> Index:
    """Sum of the steps that the device counted while worn; a device without steps has none, not 0."""
    if timeline.steps is None or np.isnan(timeline.steps).all():
        return nothing("steps", "steps", "the device counted no steps while worn")
    return Index("steps", float(np.nansum(timeline.steps)), "steps")
