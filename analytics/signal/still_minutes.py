"""Which minutes of a device to look into for still windows, where only a few blocks may be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analytics.days import MINUTE_US
from analytics.signal.samples import Samples

QUIET_MG = 10.0  #: MAD of a minute in which windows can be still: noise of 13 mg has 10.4
TURNED_DEG = 2.0  #: from one minute to the next: another posture
CELL_DEG = 10.0


def still_minutes(t_us: NDArray[np.int64], anglez_deg: NDArray[np.float64], most: int) -> NDArray[np.int64]:
    """Starts of at most `most` of these quiet minutes, spread over postures; rising.

    A posture is a spell of quiet minutes in which the z-angle stays. Of every cell of 10 degrees the longest
    spell is taken first, then the second of each, and so on: spells of one angle may differ in x and y,
    minutes of one spell do not. Of a spell it is the minute in the middle.

    Parameters
    ----------
    t_us : (n,) array
        Starts of minutes whose MAD is small, rising. [microseconds]
    anglez_deg : (n,) array
        Their z-angle. [degrees]
    most : int
        0 or more.
    """
    if not len(t_us) or most < 1:
        return np.zeros(0, np.int64)
    turned = (np.diff(t_us) > MINUTE_US) | (np.abs(np.diff(anglez_deg)) >= TURNED_DEG)
    begins = np.flatnonzero(np.append(True, turned))
    length = np.diff(np.append(begins, len(t_us)))
    middle = begins + length // 2
    cell = np.floor(anglez_deg[middle] / CELL_DEG).astype(np.int64)
    order = np.lexsort((begins, -length, cell))
    first = np.flatnonzero(np.diff(cell[order], prepend=cell[order[0]] - 1))
    rank = np.arange(len(order)) - np.repeat(first, np.diff(np.append(first, len(order))))
    chosen = order[np.lexsort((-length[order], rank))][:most]
    return np.sort(t_us[middle[chosen]])


def seamless(blocks: Sequence[Samples]) -> list[Samples]:
    """The same samples, in order of time and without overlaps, blocks that follow on each other as one: a
    window of ten seconds may lie across two. A slack of half a sample allows for rounded clocks."""
    whole: list[Samples] = []
    for block in blocks:
        last = whole[-1] if whole else None
        if (
            last is not None
            and (block.hz, block.scale) == (last.hz, last.scale)
            and abs(block.t0_us - last.end_us) * block.hz < 500_000
        ):
            whole[-1] = replace(last, xyz=np.concatenate((last.xyz, block.xyz)))
        else:
            whole.append(block)
    return whole
