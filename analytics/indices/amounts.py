"""How much was worn, moved and walked."""

from __future__ import annotations

import numpy as np

from analytics.indices.definition import OF_X, Definition
from analytics.indices.index import Index
from analytics.indices.timeline import Timeline

WORN = Definition(
    name="worn_min",
    unit="min",
    meaning="Time covered by valid epochs.",
    missing="not counted",
    needs="nothing: 0 is a fact and no gap",
    source="by definition",
    spans="day, recording",
)
HOURS = Definition(
    name="hours",
    unit="h",
    meaning="Length of the local day: 24; 23 or 25 where clocks change; more or less on a journey.",
    missing="no influence",
    needs="nothing",
    source="the zone",
    spans="day",
)
MEAN = Definition(
    name="mean_activity",
    unit=OF_X,
    meaning="Mean of the activity over valid epochs.",
    missing="left out",
    needs="one valid epoch",
    source="by definition",
    spans="day, recording",
)
STEPS = Definition(
    name="steps",
    unit="steps",
    meaning="Sum of the steps that the device counted while worn.",
    missing="left out; a device without steps has none, not 0",
    needs="one epoch with a number of steps",
    source="the device",
    spans="day",
)


def worn_minutes(timeline: Timeline) -> Index:
    """Time covered by valid epochs [min]; 0 where nothing was worn, which is a fact and no gap."""
    return WORN.is_(timeline.valid_hours * 60)


def mean_activity(timeline: Timeline) -> Index:
    """Mean of the activity over valid epochs, in its own unit."""
    if timeline.valid_hours == 0:
        return MEAN.absent("too little data: nothing was worn", timeline.unit)
    return MEAN.is_(float(np.nanmean(timeline.x)), timeline.unit)


def steps_walked(timeline: Timeline) -> Index:
    """Sum of the steps that the device counted while worn; a device without steps has none, not 0."""
    if timeline.steps is None or np.isnan(timeline.steps).all():
        return STEPS.absent("the device counted no steps while worn")
    return STEPS.is_(float(np.nansum(timeline.steps)))
