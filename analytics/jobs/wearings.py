"""What each device of a patient was in some days, from what it sent and what it said of itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from analytics.days import DAY_US, day_bounds
from analytics.series import UNITS, Worn, was_worn
from analytics.signal.wear_states import FIRST_WORD_US, STALE_US, WearRuns, wear_runs
from store import silences
from store.epochs import EpochArrays
from store.silences import WornSpan

CONTEXT_US = 2 * DAY_US  #: of epochs before the first day: the rule on counts looks at a whole day of zeros


def runs_of_wearings(
    session: Session,
    patient_id: int,
    measures: Mapping[date, str],
    zone: tzinfo,
    at: datetime,
    parts: Sequence[EpochArrays],
    days_us: tuple[int, int],
) -> list[tuple[int, WearRuns]]:
    """Of each wearing in these days (device, runs); silences at both ends reach as far as they last."""
    start_us, end_us = days_us
    seen = sorted({part.device_id for part in parts})
    worn = silences.spans_worn(session, patient_id, _instant(start_us), _instant(end_us), seen)
    bounds = {span: _bounds(span, start_us, end_us, at) for span in worn}
    words = silences.words_of(session, _looked_at(bounds))
    found = []
    for span, (begin_us, until_us) in bounds.items():
        own = [part for part in parts if part.device_id == span.device_id]
        t_us, length_us, is_worn = _epochs(own, measures, zone, start_us - CONTEXT_US, end_us)
        inside = t_us >= _micro(span.start)
        if span.after is None and span.end is None and len(t_us):
            until_us = max(until_us, int((t_us + length_us).max()))  # a clock that is a little ahead
        said = words[span.device_id]
        runs = wear_runs(
            begin_us,
            until_us,
            t_us[inside],
            length_us[inside],
            is_worn[inside],
            said.battery_us,
            said.battery_pct,
            said.started_us,
        )
        found.append((span.device_id, runs))
    return found


def _bounds(span: WornSpan, start_us: int, end_us: int, at: datetime) -> tuple[int, int]:
    """From when to when the wearing is judged: these days, and what silence goes on before and after."""
    begin_us = min(start_us, _micro(span.before)) if span.before else _micro(span.start)
    if span.after is not None:
        return begin_us, max(end_us, _micro(span.after))
    until = at if span.end is None else min(at, span.end)
    return begin_us, _micro(until)


def _looked_at(bounds: Mapping[WornSpan, tuple[int, int]]) -> list[tuple[int, datetime, datetime]]:
    """From when to when the words of each device matter."""
    spans: dict[int, tuple[int, int]] = {}
    for span, (begin_us, until_us) in bounds.items():
        low, high = spans.get(span.device_id, (begin_us, until_us))
        spans[span.device_id] = min(low, begin_us), max(high, until_us)
    return [
        (device, _instant(low - STALE_US), _instant(high + FIRST_WORD_US))
        for device, (low, high) in spans.items()
    ]


def _epochs(
    parts: Sequence[EpochArrays], measures: Mapping[date, str], zone: tzinfo, low_us: int, high_us: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """When the epochs of a device that say anything began, how long they were, and whether it was worn."""
    begins, lengths, worn = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0, bool)]
    for part in parts:
        # Behind the end too: zeros that go on there may make a day of zeros.
        inside = slice(*np.searchsorted(part.t_us, [low_us, high_us + CONTEXT_US]))
        own = Worn(
            part.epoch_s,
            part.t_us[inside],
            part.counts[inside],
            part.enmo_mg[inside],
            part.steps[inside],
            part.worn[inside],
        )
        flags = _worn_as_told(own, measures, zone)
        tells = ~np.isnan(own.counts) | ~np.isnan(own.enmo_mg) | (own.worn == 0)
        tells &= own.t_us < high_us
        begins.append(own.t_us[tells])
        lengths.append(np.full(len(begins[-1]), round(part.epoch_s * 1_000_000)))
        worn.append(flags[tells])
    return np.concatenate(begins), np.concatenate(lengths), np.concatenate(worn)


def _worn_as_told(part: Worn, measures: Mapping[date, str], zone: tzinfo) -> NDArray[np.bool_]:
    """Worn by the measure of the day, where the device has it, else by the one it has."""
    has = [measure for measure in UNITS if not np.isnan(getattr(part, measure)).all()]
    by_measure: dict[str, NDArray[np.bool_]] = {
        measure: was_worn(measure, part) for measure in has or list(UNITS)[:1]
    }
    flags = next(iter(by_measure.values())).copy()
    for day, measure in measures.items():
        if len(by_measure) > 1:
            inside = slice(*np.searchsorted(part.t_us, day_bounds(day, zone)))
            flags[inside] = by_measure[measure][inside]
    return flags


def _micro(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000)


def _instant(us: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)
