"""Which calibration holds when: each from one instant of the device's clock on, until the next one."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

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
        edges = [c.from_us for c in corrections if part.t0_us < c.from_us < part.end_us]
        # A sample that only rounding puts before an edge belongs behind it.
        into = [int(np.ceil((edge - part.t0_us) * part.hz / 1e6 - 1e-6)) for edge in edges]
        first = 0
        for end in (*into, len(part.xyz)):
            if first < min(end, len(part.xyz)):
                t0_us = part.t0_us + round(first * 1e6 / part.hz)
                holds = in_force(corrections, t0_us)
                found.append(replace(part, t0_us=t0_us, xyz=part.xyz[first:end], correction=holds))
                first = end
    return found
