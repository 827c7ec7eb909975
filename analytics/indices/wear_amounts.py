"""How much of a day a device was not worn, off, or silent for no known reason."""

from __future__ import annotations

from collections.abc import Sequence

from analytics.days import MINUTE_US
from analytics.indices.definition import Definition
from analytics.indices.index import Index
from analytics.signal.wear_states import WearRuns, WearState, time_in_states

_RULES = (
    "Where the patient had several devices at once, worn goes before not worn before off before no data. "
    "Time in which no device was entered as worn by the patient is not counted: nothing was expected. Of the "
    "running day, the time up to its computation"
)
_NEEDS = (
    "a device that measures, entered as worn at some time of the day; else there is no such index of the day"
)
_COUNTED = "counted, by their length; an epoch without a value is no data"
_SPANS = "stored local day"

NOT_WORN = Definition(
    name="not_worn_min",
    unit="min",
    meaning=f"Time of which data came and which the device or a wear rule calls not worn. {_RULES}.",
    missing=_COUNTED,
    needs=_NEEDS,
    source="by definition",
    spans=_SPANS,
)
NO_DATA = Definition(
    name="no_data_min",
    unit="min",
    meaning=(
        "Time of which nothing came and nothing says why; it may still come. With `worn_min`, `not_worn_min` "
        "and `off_min` it adds up to the day, except that time worn only by a device that does not tell the "
        f"day's `worn_min` is in none of the four. {_RULES}."
    ),
    missing=_COUNTED,
    needs=_NEEDS,
    source="by definition",
    spans=_SPANS,
)
OFF = Definition(
    name="off_min",
    unit="min",
    meaning=(
        "Time of silences before which the battery had said 5 % or less, within a day, or in which the "
        f"device started (first status of a boot, at most 10 min after the silence). {_RULES}."
    ),
    missing=_COUNTED,
    needs=_NEEDS,
    source="decided here: docs/decisions/0019-wear-states.md",
    spans=_SPANS,
)
EVERYTHING = (NOT_WORN, NO_DATA, OFF)


def wear_amounts(devices: Sequence[WearRuns], start_us: int, end_us: int) -> list[Index]:
    """Not worn, without data and off in [start, end) [min]; nothing at all where no device was expected."""
    time_us = time_in_states(devices, start_us, end_us)
    if not time_us.any():
        return []
    told = ((NOT_WORN, WearState.NOT_WORN), (NO_DATA, WearState.NO_DATA), (OFF, WearState.OFF))
    return [definition.is_(float(time_us[state]) / MINUTE_US) for definition, state in told]
