"""All indices of one patient's local days, and of the windows that end with them.

`prepare` once for a patient, then `indices_of_days` for all days that are wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from analytics.days import day_bounds, hours_in
from analytics.indices.amounts import HOURS, mean_activity, steps_walked, worn_minutes
from analytics.indices.bouts import states
from analytics.indices.definition import over
from analytics.indices.extended_cosinor import extended_cosinor, extended_fit
from analytics.indices.fractal import scaling_exponents
from analytics.indices.fragmentation import fragmentation
from analytics.indices.grid import elapsed
from analytics.indices.in_bed import night_bounds
from analytics.indices.index import Index
from analytics.indices.intensity_gradient import intensity_line
from analytics.indices.intensity_minutes import intensity_minutes
from analytics.indices.most_active import most_active
from analytics.indices.night import night_of
from analytics.indices.prepared import Prepared as Prepared
from analytics.indices.prepared import prepare as prepare
from analytics.indices.relative_amplitude import day_extremes
from analytics.indices.rolling import Rolled, rolling
from analytics.indices.transitions import transition_probabilities
from analytics.indices.windows import nights_index, up_to

WINDOW_DAYS = 28
WEEK_DAYS = 7  #: the rolling window whose indices have names with `_7d`
IO_DAYS = 7


def day_indices(prepared: Prepared, day: date) -> list[Index]:
    """What a local day has of its own: wear, amounts, minutes by intensity, extremes, transitions, and the
    sleep of the night that ends on it."""
    timeline = prepared.timeline
    day_us, night_us = day_bounds(day, timeline.zone), night_bounds(day, timeline)
    today = timeline.between(*day_us)
    # The last epoch of the day has its successor in the next one.
    followed = timeline.between(day_us[0], day_us[1] + timeline.epoch_us)
    return [
        worn_minutes(today),
        HOURS.is_(hours_in(day, timeline.zone)),
        mean_activity(today),
        steps_walked(today),
        *intensity_minutes(today, prepared.cuts),
        *most_active(today),
        *intensity_line(None if prepared.fives is None else prepared.fives.between(*day_us)),
        *day_extremes(timeline.between(*night_us), night_us, today, day_us),
        *transition_probabilities(states(elapsed(followed), prepared.rest_below)),
        *night_of(prepared, day),
    ]


def indices_of_days(
    prepared: Prepared, days: Sequence[date], window_days: int = WINDOW_DAYS, io_days: int = IO_DAYS
) -> dict[date, list[Index]]:
    """For each day its own indices, the rhythm of the `window_days` and of the 7 days up to it, and I<O of
    `io_days` nights."""
    lengths = [window_days] * len(days) + [WEEK_DAYS] * len(days)
    rolled = rolling(prepared, [up_to(day, n) for day, n in zip([*days, *days], lengths, strict=True)])
    return {
        day: [
            *day_indices(prepared, day),
            *window.indices,
            *over(WEEK_DAYS, _of_week(prepared, week)),
            nights_index(prepared, *up_to(day, io_days)),
        ]
        for day, window, week in zip(days, rolled[: len(days)], rolled[len(days) :], strict=True)
    }


def day_and_window_indices(
    prepared: Prepared, day: date, window_days: int = WINDOW_DAYS, io_days: int = IO_DAYS
) -> list[Index]:
    """`indices_of_days` of one day."""
    return indices_of_days(prepared, [day], window_days, io_days)[day]


def _of_week(prepared: Prepared, week: Rolled) -> list[Index]:
    fit = (
        extended_cosinor(week.timeline, week.hours)
        if week.profile is None
        else extended_fit(week.profile, week.hours, week.timeline.unit)
    )
    return [
        *week.indices,
        *fit,
        *scaling_exponents(week.timeline),
        *fragmentation(week.timeline, prepared.rest_below),
    ]
