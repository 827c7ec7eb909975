"""The indices of one recording, as the document that `indices --json` prints."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from analytics.days import local_day_of
from analytics.indices.amounts import mean_activity, worn_minutes
from analytics.indices.daily import day_indices, nights_index, prepare, window_indices
from analytics.indices.in_bed import RULE
from analytics.indices.index import METHOD, as_document
from analytics.recordings.recording import EpochRecording, RawRecording
from analytics.signal.epochs import epochs_of_minutes
from analytics.signal.wear import STILL_RULE, ZERO_RUN_RULE, worn_by_counts, worn_by_stillness

Document = dict[str, object]
UNITS = {"counts": "counts", "enmo_mg": "mg"}


def recording_indices(
    recording: EpochRecording | RawRecording, worn: NDArray[np.bool_] | None = None
) -> Document:
    """`{"recording": {...}, "days": [...], "provenance": {...}}`.

    Raw recordings are taken by the minute. `worn`, one value for each epoch, stands in for the wear rule of
    the measure: zero runs for counts, stillness for raw samples; epochs of ENMO alone have no rule.
    """
    epochs, rule, by_rule = _with_wear(recording)
    if worn is not None:
        rule, by_rule = "given", worn
    unit = UNITS[epochs.measure]
    prepared = prepare(epochs.t_us, epochs.activity, epochs.epoch_s, by_rule, None, epochs.zone, unit)
    first, last = local_day_of(epochs.t_us[[0, -1]], epochs.zone).tolist()
    days = [first + timedelta(days=k) for k in range((last - first).days + 1)]
    whole = [
        worn_minutes(prepared.timeline),
        mean_activity(prepared.timeline),
        *window_indices(prepared, first, last),
        nights_index(prepared, first, last + timedelta(days=1)),
    ]
    return {
        "recording": as_document(whole),
        "days": [
            {
                "day": day.isoformat(),
                **as_document([i for i in day_indices(prepared, day) if i.name != "steps"]),
            }
            for day in days
        ],
        "provenance": {
            "tz": epochs.tz,
            "epoch_s": epochs.epoch_s,
            "activity": epochs.measure,
            "wear_rule": rule,
            "not_worn": _not_worn(epochs, by_rule),
            "in_bed": RULE,
            "method": METHOD,
        },
    }


def _with_wear(recording: EpochRecording | RawRecording) -> tuple[EpochRecording, str, NDArray[np.bool_]]:
    if isinstance(recording, RawRecording):
        minutes = epochs_of_minutes(recording.segments)
        epochs = EpochRecording(minutes.t_us, 60.0, minutes.enmo_mg, "enmo_mg", recording.tz, recording.zone)
        worn = worn_by_stillness(minutes.t_us, minutes.enmo_5s_mg, minutes.anglez_5s_deg)
        return epochs, STILL_RULE, worn
    if recording.measure == "counts":
        worn = worn_by_counts(recording.t_us, recording.activity, recording.epoch_s)
        return recording, ZERO_RUN_RULE, worn
    return recording, "none: epochs of ENMO alone do not tell", np.ones(len(recording.t_us), bool)


def _not_worn(epochs: EpochRecording, worn: NDArray[np.bool_]) -> list[list[str]]:
    """Half-open stretches of epochs that the rule left out, in UTC; a hole in the stamps ends a stretch."""
    length_us = round(epochs.epoch_s * 1e6)
    out = epochs.t_us[~worn]
    cuts = np.flatnonzero(np.diff(out) > 1.5 * length_us) + 1
    return [
        [_written(int(run[0])), _written(int(run[-1]) + length_us)] for run in np.split(out, cuts) if len(run)
    ]


def _written(t_us: int) -> str:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=t_us)
    return at.isoformat().replace("+00:00", "Z")
