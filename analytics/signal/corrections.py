"""Which calibration holds when: each from one instant of the device's clock on, until the next one."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from analytics.signal.pieces import EARLY_US
from analytics.signal.samples import Correction, Samples

Of = TypeVar("Of", bound=Correction)


def in_force(corrections: Sequence[Of], t_us: int) -> Of | None:
    """The one that holds at an instant of device time, of corrections in order of `from_us`."""
    place = bisect_right(corrections, t_us, key=lambda one: one.from_us)
    return corrections[place - 1] if place else None


def corrected(parts: Sequence[Samples], corrections: Sequence[Correction]) -> list[Samples]:
    """The same samples, each with the correction in force at its instant; cut where another begins.

    `parts` must not overlap: cut before, another of two that overlap might keep the time they share.
    """
    if not corrections:
        return list(parts)
    found: list[Samples] = []
    for part in parts:
        begin, first = part.t0_us, 0
        ends = [one.from_us for one in corrections if part.t0_us < one.from_us < part.end_us]
        for end in (*ends, None):
            # A sample that only rounding puts before an edge belongs behind it.
            into_us = None if end is None else end - part.t0_us - EARLY_US
            last = len(part.xyz) if into_us is None else int(np.ceil(into_us * part.hz / 1e6 - 1e-6))
            if first < min(last, len(part.xyz)):
                t0_us = max(part.t0_us + round(first * 1e6 / part.hz), begin)
                held = in_force(corrections, begin)
                found.append(replace(part, t0_us=t0_us, xyz=part.xyz[first:last], correction=held))
            begin, first = end or begin, max(last, 0)
    return found
