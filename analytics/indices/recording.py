"""The indices of one recording, as the document that `indices --json` prints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import partial

import numpy as np
from numpy.typing import NDArray

from analytics.days import local_day_of
from analytics.indices.amounts import STEPS, mean_activity, worn_minutes
from analytics.indices.angle_in_bed import in_bed_by_angle
from analytics.indices.angle_sleep import REST_RULE
from analytics.indices.cut_points import VERSION, CutPoints, usual_cut_points
from analytics.indices.daily import day_indices
from analytics.indices.extended_cosinor import extended_cosinor
from analytics.indices.fractal import scaling_exponents
from analytics.indices.fragmentation import fragmentation
from analytics.indices.in_bed import (
    IN_BED,
    NOT_JUDGED,
    RULE,
    FindsBed,
    bed_states,
    bed_states_of,
    night_bounds,
)
from analytics.indices.index import METHOD, Index, as_document
from analytics.indices.intensity_gradient import EPOCH_S, intensity_line
from analytics.indices.intensity_minutes import intensity_minutes
from analytics.indices.night import main_stay
from analytics.indices.prepared import Fives, Prepared, prepare
from analytics.indices.scored import Scored, scored_by_angle, scored_by_counts
from analytics.indices.timeline import Timeline
from analytics.indices.windows import nights_index, window_indices
from analytics.recordings.recording import EpochRecording, RawRecording
from analytics.recordings.stamps import instants_of_wall
from analytics.signal.epochs import epochs_of_minutes
from analytics.signal.fives import without_overlaps
from analytics.signal.wear import STILL_RULE, ZERO_RUN_RULE, worn_by_counts, worn_in_recording

Document = dict[str, object]
UNITS = {"counts": "counts", "enmo_mg": "mg"}
GIVEN = "given"
BedOf = Callable[[Timeline], NDArray[np.int8]]


@dataclass(frozen=True)
class _Judged:
    """A recording's epochs with what its wear rule said, and what only some recordings have."""

    epochs: EpochRecording
    rule: str
    worn: NDArray[np.bool_]
    fives: Fives | None = None
    scored: Scored | None = None  #: None where no scorer knows such epochs
    by_angle: FindsBed | None = None  #: of raw samples


def recording_indices(
    recording: EpochRecording | RawRecording,
    worn: NDArray[np.bool_] | None = None,
    cuts: CutPoints | None = None,
    in_bed: NDArray[np.int64] | None = None,
) -> Document:
    """`{"recording": {...}, "days": [...], "provenance": {...}}`.

    Raw recordings are taken by the minute. `worn`, one value for each epoch, stands in for the wear rule of
    the measure: zero runs for counts, stillness for raw samples; epochs of ENMO alone have no rule. `cuts`
    None takes the usual ones for the measure. `in_bed` (n, 2), known times in bed on the local wall clock,
    stands in for the rule; a night without any is then out of bed, and the provenance names it. Sleep is
    scored by what fits the device (`scored`).
    """
    judged = _with_wear(recording, worn)
    epochs = judged.epochs
    cuts = cuts or usual_cut_points(UNITS[epochs.measure], vector_magnitude=epochs.axes is not None)
    unit = UNITS[epochs.measure]
    bed_rule, bed_of = _bed_rule(judged, in_bed)
    prepared = prepare(
        *(epochs.t_us, epochs.activity, epochs.epoch_s, judged.worn, None, epochs.zone, unit, cuts, bed_of),
        *(judged.scored, judged.fives),
        stays_us=None if in_bed is None else _instants(in_bed, epochs.zone),
    )
    first, last = local_day_of(epochs.t_us[[0, -1]], epochs.zone).tolist()
    days = [first + timedelta(days=k) for k in range((last - first).days + 1)]
    return {
        "recording": as_document(_of_all(prepared, first, last)),
        "days": [
            {
                "day": day.isoformat(),
                **as_document(_of_day(prepared, day)),
            }
            for day in days
        ],
        "provenance": {
            "tz": epochs.tz,
            "epoch_s": epochs.epoch_s,
            "activity": epochs.measure,
            "wear_rule": judged.rule,
            "not_worn": _stretches(epochs, ~judged.worn),
            "in_bed": bed_rule,
            "in_bed_times": _stretches(epochs, prepared.bed == IN_BED),
            "in_bed_not_judged": _stretches(epochs, prepared.bed == NOT_JUDGED),
            "nights_without_bed": [] if in_bed is None else _nights_without_bed(prepared, days),
            "cut_points": cuts.name,
            "cut_points_version": VERSION,
            "TP_threshold": prepared.rest_below,
            "SRI_scorer": None if judged.scored is None else judged.scored.scorer,
            "calibrated": isinstance(recording, RawRecording) and recording.correction is not None,
            "method": METHOD,
        },
    }


def _of_all(prepared: Prepared, first: date, last: date) -> list[Index]:
    timeline = prepared.timeline
    return [
        worn_minutes(timeline),
        mean_activity(timeline),
        *intensity_minutes(timeline, prepared.cuts),
        *intensity_line(None if prepared.fives is None else prepared.fives.enmo_mg.ravel()),
        *window_indices(prepared, first, last),
        *extended_cosinor(timeline, prepared.hours),
        *scaling_exponents(timeline),
        nights_index(prepared, first, last + timedelta(days=1)),
        *fragmentation(timeline, prepared.rest_below),
    ]


def _of_day(prepared: Prepared, day: date) -> list[Index]:
    return [index for index in day_indices(prepared, day) if index.name != STEPS.name]


def _bed_rule(judged: _Judged, given: NDArray[np.int64] | None) -> tuple[str, BedOf]:
    """What is said of the time in bed and how it is told: as given, else by the best rule for the device."""
    if given is not None:
        return GIVEN, partial(bed_states_of, times=given)
    if judged.by_angle is not None:
        return REST_RULE, partial(bed_states, rule=judged.by_angle)
    return RULE, bed_states


def _nights_without_bed(prepared: Prepared, days: list[date]) -> list[str]:
    """The days on which nights end that have epochs and no given time in bed."""
    found = []
    for day in days:
        bounds = night_bounds(day, prepared.timeline)
        low, high = np.searchsorted(prepared.timeline.t_us, bounds)
        if high > low and main_stay(prepared, bounds) is None:
            found.append(day.isoformat())
    return found


def _with_wear(recording: EpochRecording | RawRecording, given: NDArray[np.bool_] | None) -> _Judged:
    if isinstance(recording, RawRecording):
        minutes = epochs_of_minutes(recording.segments, recording.correction)
        epochs = EpochRecording(minutes.t_us, 60.0, minutes.enmo_mg, "enmo_mg", recording.tz, recording.zone)
        segments = without_overlaps(recording.segments)
        still = worn_in_recording(
            minutes.t_us, minutes.enmo_5s_mg, minutes.anglez_5s_deg, segments, recording.temperature
        )
        worn, rule = (still, STILL_RULE) if given is None else (given, GIVEN)
        fives = Fives(minutes.t_us, np.where(worn[:, None], minutes.enmo_5s_mg, np.nan))
        scored = scored_by_angle(minutes.t_us, minutes.anglez_5s_deg, worn)
        by_angle = in_bed_by_angle(minutes.t_us, minutes.anglez_5s_deg, worn)
        return _Judged(epochs, rule, worn, fives, scored, by_angle)
    if given is not None:
        rule, worn = GIVEN, given
    elif recording.measure == "counts":
        rule = ZERO_RUN_RULE
        worn = worn_by_counts(recording.t_us, recording.activity, recording.epoch_s)
    else:
        rule, worn = "none: epochs of ENMO alone do not tell", np.ones(len(recording.t_us), bool)
    if recording.measure == "enmo_mg" and recording.epoch_s == EPOCH_S:
        fives = Fives(recording.t_us, np.where(worn, recording.activity, np.nan)[:, None])
        return _Judged(recording, rule, worn, fives)
    return _Judged(recording, rule, worn, scored=scored_by_counts(recording, worn))


def _instants(times: NDArray[np.int64], zone: tzinfo) -> NDArray[np.int64]:
    """Times in bed on the local wall clock, as instants; an hour that comes twice is the first of them."""
    return np.stack([instants_of_wall(times[:, side], zone) for side in (0, 1)], axis=1)


def _stretches(epochs: EpochRecording, chosen: NDArray[np.bool_]) -> list[list[str]]:
    """Half-open stretches of these epochs, in UTC; a hole in the stamps ends a stretch."""
    length_us = round(epochs.epoch_s * 1e6)
    out = epochs.t_us[chosen]
    cuts = np.flatnonzero(np.diff(out) > 1.5 * length_us) + 1
    return [
        [_written(int(run[0])), _written(int(run[-1]) + length_us)] for run in np.split(out, cuts) if len(run)
    ]


def _written(t_us: int) -> str:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=t_us)
    return at.isoformat().replace("+00:00", "Z")
