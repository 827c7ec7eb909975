"""How diary entries come about: favourite numbers, other people's judgement, entries that are late."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulate.cohort.signals import Signals, rating
from simulate.cohort.streams import Streams

Floats = NDArray[np.float64]

_FAVOURITES = (0.0, 5.0, 8.0)


def heap(made: Signals, streams: Streams) -> None:
    """One patient in six moves two ratings in five to 0, 5 or 8 where that is a point away."""
    does = (streams.uniform_each("has favourites") < 1 / 6)[:, None] & (streams.uniform("heaps") < 0.4)
    for values in (made.average, made.worst):
        for favourite in _FAVOURITES:
            values[does & (np.abs(values - favourite) <= 1)] = favourite
    np.maximum(made.worst, made.average, out=made.worst)


def by_proxy(made: Signals, streams: Streams) -> NDArray[np.bool_]:
    """(n, d): a carer's entries, a quarter of those of one patient in ten; two thirds of a point higher."""
    proxy = (streams.uniform_each("has a carer") < 0.1)[:, None] & (streams.uniform("carer answers") < 0.25)
    other = 0.7 + 0.8 * streams.normal("carer's judgement")
    made.average[proxy] = rating(made.average + other)[proxy]
    made.worst[proxy] = rating(np.maximum(made.worst + other, made.average))[proxy]
    return proxy & made.answered


def arrivals(made: Signals, streams: Streams) -> Floats:
    """(n, d) days until an entry arrives, NaN without an entry; back-dated ones take on the later day's pain.

    Four of a hundred come the next day, as they were written without a network. Two of a hundred are filled
    in two to four days later, for a day gone by: half memory, half the pain of that later day.
    """
    d = made.average.shape[1]
    draw = streams.uniform("late")
    delay = np.where(draw < 0.04, 1.0, 0.0)
    back = draw > 0.98
    delay[back] = 2 + np.floor(3 * streams.uniform("back-dated by"))[back]
    delay = np.minimum(delay, np.arange(d)[::-1])  # what comes after the end is not in the cohort
    later = np.minimum(np.arange(d)[None, :] + delay.astype(np.int64), d - 1)
    for values in (made.average, made.worst):
        recalled = rating((values + np.take_along_axis(values, later, axis=1)) / 2)
        values[back] = recalled[back]
    np.maximum(made.worst, made.average, out=made.worst)
    return np.where(made.answered, delay, np.nan)
