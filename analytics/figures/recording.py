"""The actogram of one recording, from the same wear and onsets as its document of indices."""

from __future__ import annotations

from datetime import datetime
from typing import cast

import numpy as np
from numpy.typing import NDArray

from analytics.figures.actogram import actogram
from analytics.indices.in_bed import IN_BED, NOT_JUDGED, OUT_OF_BED
from analytics.indices.recording import UNITS
from analytics.indices.timeline import Timeline, timeline_of
from analytics.recordings.recording import EpochRecording, RawRecording
from analytics.signal.epochs import epochs_of_minutes

NO_ZONE = "clock of the file, no zone given"


def recording_actogram(
    recording: EpochRecording | RawRecording, document: dict[str, object], title: str
) -> str:
    """SVG of a recording; `document` is what `recording_indices` gave for it."""
    if isinstance(recording, RawRecording):
        minutes = epochs_of_minutes(recording.segments, recording.correction)
        t_us, x, epoch_s, unit = minutes.t_us, minutes.enmo_mg, 60.0, UNITS["enmo_mg"]
    else:
        t_us, x, epoch_s = recording.t_us, recording.activity, recording.epoch_s
        unit = UNITS[recording.measure]
    worn = np.ones(len(t_us), bool)
    provenance = cast("dict[str, list[list[str]]]", document["provenance"])
    for stretch in provenance["not_worn"]:
        start, end = (datetime.fromisoformat(at).timestamp() * 1e6 for at in stretch)
        worn[slice(*np.searchsorted(t_us, [round(start), round(end)]))] = False
    timeline = timeline_of(t_us, x, epoch_s, worn, None, recording.zone, unit)
    whole = cast("dict[str, str | None]", document["recording"])
    onsets = {name: whole.get(f"{name}_onset") for name in ("L5", "M10")}
    return actogram(
        timeline,
        worn,
        _bed(timeline, provenance),
        title,
        recording.tz or NO_ZONE,
        {name: int(at[:2]) * 60.0 + int(at[3:]) for name, at in onsets.items() if at is not None},
    )


def _bed(timeline: Timeline, provenance: dict[str, list[list[str]]]) -> NDArray[np.int8]:
    """What the document says of the time in bed, by whatever rule."""
    states = np.full(len(timeline.t_us), OUT_OF_BED, np.int8)
    for name, state in (("in_bed_times", IN_BED), ("in_bed_not_judged", NOT_JUDGED)):
        for stretch in provenance[name]:
            start, end = (datetime.fromisoformat(at).timestamp() * 1e6 for at in stretch)
            states[slice(*np.searchsorted(timeline.t_us, [round(start), round(end)]))] = state
    return states
