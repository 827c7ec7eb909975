"""Raw samples to epoch metrics: ENMO, MAD and the angle of the arm.

For a sample a = (x, y, z) [g] with r = |a|:

* ENMO is the mean of max(r - 1, 0): clipped for each sample, then averaged (van Hees et al., PLoS ONE
  8(4):e61691, 2013);
* MAD is the mean of |r - mean r| within five seconds (Vaha-Ypya et al., PLoS ONE 10(8):e0134813, 2015);
  the MAD of a minute is the mean of its five-second values;
* the z-angle is atan(z / sqrt(x^2 + y^2)) of each sample, averaged.

A sample stands for 1/hz of a second. An epoch of which less than half is covered that way is NaN. Epochs
start at whole multiples of their length since 1970 UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# ingest may import this module alone
from analytics.days import MINUTE_US as MINUTE_US
from analytics.signal.corrections import in_force as in_force
from analytics.signal.fives import FIVE_S_US, Values, angles, five_second_sums
from analytics.signal.samples import Correction, Samples
from analytics.signal.sway import UNSEEN, at_rest, sway_of_whole

FIVES = 12  #: five-second epochs in a minute
TOGETHER = 8  #: whole minutes worked on at once: they fit the processor's cache


@dataclass(frozen=True)
class Epochs:
    """Epochs of one length that were touched by samples, in order of time; all arrays have n rows."""

    t_us: NDArray[np.int64]
    enmo_mg: Values
    mad_mg: Values
    anglez_deg: Values  #: -90 to 90
    n_samples: NDArray[np.int64]
    share: Values  #: samples over expected samples; 0.5 is the least that gives values


@dataclass(frozen=True)
class Minutes(Epochs):
    """Epochs of one minute, each with its twelve values of five seconds."""

    enmo_5s_mg: Values  #: (n, 12)
    mad_5s_mg: Values  #: (n, 12)
    anglez_5s_deg: Values  #: (n, 12)


class Whole(NamedTuple):
    """Figures of m whole minutes."""

    enmo_mg: Values  #: (m,)
    mad_mg: Values  #: (m,)
    anglez_deg: Values  #: (m,)
    enmo_5s_mg: Values  #: (m, 12)
    anglez_5s_deg: Values  #: (m, 12)
    sway: Values  #: (m,) of minutes at rest, else `UNSEEN`: see `analytics.signal.sway`


def epochs_of_minutes(blocks: Sequence[Samples], correction: Correction | None = None) -> Minutes:
    """Every whole UTC minute that the blocks touch; `correction` calibrates all of them.

    Blocks may come in any order, with gaps, with different rates and scales, and may overlap: time that a
    block shares with an earlier one is taken from the earlier one.
    """
    return epochs_of_many([blocks], [[correction]] if correction else ())[1]


def epochs_of_many(
    blocks: Sequence[Sequence[Samples]],
    corrections: Sequence[Sequence[Correction]] = (),
    within: Sequence[tuple[int, int]] | None = None,
) -> tuple[NDArray[np.int64], Minutes]:
    """The minutes of many devices at once: (whose each is, by its place in `blocks`; the minutes).

    They are what `epochs_of_minutes` makes of the blocks of each, to the last bit. `corrections`, where it
    is not empty, has for each device what calibrates it, in order of time. With `within`, [start, end) of
    each [microseconds], that is so for the minutes inside; others may be there or not.
    """
    sums = five_second_sums(blocks, corrections, within)
    minute = sums.start_us // MINUTE_US
    new = np.ones(len(minute), dtype=bool)
    new[1:] = (np.diff(minute) != 0) | (np.diff(sums.owner) != 0)
    starts, row = minute[new], np.cumsum(new) - 1
    column = (sums.start_us % MINUTE_US) // FIVE_S_US

    def spread(values: Values) -> Values:
        table = np.zeros((len(starts), FIVES))
        table[row, column] = values
        return table

    n, seconds = spread(sums.n), spread(sums.seconds)
    enmo, angle, mad = spread(sums.enmo), spread(sums.angle), spread(sums.deviation)
    share_5s = seconds / 5
    mad_5s = _mean(mad, n, share_5s)
    whole = seconds.sum(axis=1) / 60
    known = ~np.isnan(mad_5s)
    return sums.owner[new], Minutes(
        t_us=starts * MINUTE_US,
        enmo_mg=_mean(enmo.sum(axis=1), n.sum(axis=1), whole),
        mad_mg=_mean(np.where(known, mad_5s, 0).sum(axis=1), known.sum(axis=1).astype(float), whole),
        anglez_deg=_mean(angle.sum(axis=1), n.sum(axis=1), whole),
        n_samples=n.sum(axis=1).astype(np.int64),
        share=whole,
        enmo_5s_mg=_mean(enmo, n, share_5s),
        mad_5s_mg=mad_5s,
        anglez_5s_deg=_mean(angle, n, share_5s),
    )


def is_whole(t0_us: int, n: int, hz: float) -> bool:
    """Whether n samples from `t0_us` on are whole UTC minutes of whole five seconds, nothing over."""
    per_minute = 60 * hz
    return t0_us % MINUTE_US == 0 and n > 0 and (hz * 5).is_integer() and n % per_minute == 0


def whole_minutes(
    xyz: Sequence[NDArray[np.int16]],
    scale: Sequence[float],
    correction: Sequence[Correction | None] | None = None,
) -> Whole:
    """The same figures for minutes that are whole, each (n, 3) with one n for all, its scale [g], and what
    calibrates it; None: nobody's are calibrated.

    For minutes that arrive by the thousand: 31 us each where `epochs_of_minutes` takes 200.
    """
    correction = correction or [None] * len(xyz)
    some = (slice(i, i + TOGETHER) for i in range(0, len(xyz), TOGETHER))
    parts = [_whole(xyz[s], scale[s], correction[s]) for s in some]
    return Whole(*(np.concatenate([getattr(part, name) for part in parts]) for name in Whole._fields))


def _whole(
    xyz: Sequence[NDArray[np.int16]], scale: Sequence[float], correction: Sequence[Correction | None]
) -> Whole:
    samples = np.stack(xyz)
    factor = np.asarray(scale)[:, None]
    x, y, z = (samples[:, :, axis] * factor for axis in range(3))
    swayed = sway_of_whole((x, y, z), factor[:, 0])  # as measured: neither scale nor zero matters to it
    if any(correction):
        for axis, values in enumerate((x, y, z)):
            values += np.array([[one.offset[axis] if one else 0.0] for one in correction])
            values *= np.array([[one.scale[axis] if one else 1.0] for one in correction])
    x *= x
    y *= y
    x += y  # the square of what is level
    np.multiply(z, z, out=y)
    y += x
    r_mg = np.sqrt(y, out=y)
    r_mg *= 1000
    angle = angles(z, x)
    shape = (len(xyz), FIVES, -1)
    fives, angle = r_mg.reshape(shape), angle.reshape(shape)
    n = fives.shape[2]
    away = np.subtract(fives, fives.mean(axis=2)[:, :, None], out=z.reshape(shape))
    mad = np.abs(away, out=away).sum(axis=2) / n
    fives -= 1000
    enmo = np.maximum(fives, 0, out=fives).sum(axis=2) / n
    degrees = np.degrees(angle.sum(axis=2, dtype=np.float64) / n).clip(-90, 90)
    sway = np.where(at_rest(mad), swayed, UNSEEN)
    return Whole(enmo.mean(axis=1), mad.mean(axis=1), degrees.mean(axis=1), enmo, degrees, sway)


def _mean(total: Values, n: Values, share: Values) -> Values:
    """`total / n` where at least half was covered, else NaN; 1e-9 forgives the rounding of 1/hz."""
    known = (share >= 0.5 - 1e-9) & (n > 0)
    return np.where(known, total / np.maximum(n, 1), np.nan)
