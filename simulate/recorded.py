"""Arrays of a recording to the messages its device would have sent. Pure: same arrays, same bytes.

A replay may be repeated: messages are named by the recording's content (`boot_of`) and counted from 0, so
that the second time they are duplicates and change nothing.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import count

import numpy as np
from numpy.typing import NDArray

from ingest.messages import EPOCH_ARRAYS, MAX_XYZ_BYTES, Epoch, Raw
from simulate.memory import Upward

SECOND_US = 1_000_000
HOUR_US = 3600 * SECOND_US
DAY_US = 24 * HOUR_US


def boot_of(content_sha256: bytes, shift_us: int, layout: str = "") -> int:
    """The boot of a replayed recording: the first 52 bits of a SHA-256, so below 2^53.

    It is taken of the file's own SHA-256, the shift in decimal, and `layout`: whatever else decides the
    bytes of the messages (measure, messages' length). The same three give the same names for ever.
    """
    name = hashlib.sha256(content_sha256 + f"|{shift_us}|{layout}".encode()).digest()
    return int.from_bytes(name[:8], "big") >> 12


def shift_to_end(t_us: NDArray[np.int64], now_us: int, epoch_s: float = 0.0) -> int:
    """What to add to a recording's times so that it ends in the 24 h up to now: whole days of 24 h.

    Parameters
    ----------
    t_us : (n,) array, rising
        Start of each epoch, or time of each sample. [us since the Unix epoch]
    epoch_s : float
        Length of an epoch, so that the last one has ended by now too. [s]

    Hours of the day in UTC stay what they were; across a change of clocks local hours move with it.
    """
    ends_us = int(t_us[-1]) + round(epoch_s * SECOND_US)
    return (now_us - ends_us) // DAY_US * DAY_US


def epoch_messages(
    t_us: NDArray[np.int64],
    epoch_s: float,
    activity: NDArray[np.float64],
    measure: str,
    boot: int,
    per_message: int | None = None,
    first_seq: int = 0,
) -> Iterator[Epoch]:
    """Each epoch once, in order.

    Parameters
    ----------
    t_us, activity : (n,) arrays
        Start of each epoch [us since the Unix epoch] and its value; NaN, not measured, becomes null.
    measure : str
        Which of the wire's arrays the values are, `counts` or `enmo_mg` for instance.
    per_message : int, optional
        Epochs in a message; without it a message ends with its hour (UTC).

    A message also ends where the next epoch is missing. Times that waver by less than a hundredth of an
    epoch are put on the message's grid. Raises `ValueError` for arrays that do not fit.
    """
    if measure not in EPOCH_ARRAYS or t_us.shape != activity.shape or t_us.ndim != 1:
        raise ValueError(f"{measure}: not one of the wire's arrays, or not one value for each time")
    if epoch_s <= 0 or (per_message is not None and per_message < 1):
        raise ValueError("an epoch has a length, and a message at least one epoch")
    epoch_us = epoch_s * SECOND_US
    first = 0
    for seq in count(first_seq):
        if first >= t_us.size:
            return
        t0_us = int(t_us[first])
        longest = per_message or math.ceil(HOUR_US / epoch_us) + 1
        window = t_us[first : first + longest]
        on_grid = np.abs(window - t0_us - np.arange(window.size) * epoch_us) <= max(1.0, epoch_us / 100)
        if per_message is None:
            on_grid &= window < (t0_us // HOUR_US + 1) * HOUR_US
        on_grid[0] = True
        length = window.size if on_grid.all() else int(np.argmin(on_grid))
        chunk = activity[first : first + length]
        values = [value if math.isfinite(value) else None for value in chunk.tolist()]
        yield Epoch(boot=boot, seq=seq, t0=t0_us, epoch_s=float(epoch_s), **{measure: values})
        first += length


def raw_messages(
    t0_us: int,
    hz: float,
    xyz: NDArray[np.int16],
    scale: float,
    boot: int,
    block_s: float = 60.0,
    first_seq: int = 0,
) -> Iterator[Raw]:
    """Each sample once, in order, in blocks of about `block_s` seconds (a whole number of samples).

    Parameters
    ----------
    xyz : (n, 3) array of int16
        Samples without a gap; `scale` is g for each unit. For the next stretch of a recording with gaps
        call again with `first_seq` one above the last.

    The time of a block is that of its first sample counted from `t0_us`, to the nearest microsecond: a
    long recording does not drift. Raises `ValueError` for other arrays and for blocks above 4 MiB.
    """
    if xyz.dtype != np.int16 or xyz.ndim != 2 or xyz.shape[1] != 3:
        raise ValueError("samples are int16, three in a row")
    per_block = max(1, round(block_s * hz))
    if per_block * 6 > MAX_XYZ_BYTES:
        raise ValueError("a block is at most 4 MiB: choose a shorter one")
    exact_hz = Fraction(hz)
    for seq, first in enumerate(range(0, len(xyz), per_block), start=first_seq):
        yield Raw(
            boot=boot,
            seq=seq,
            t0=t0_us + round(first * SECOND_US / exact_hz),
            hz=float(hz),
            scale=float(scale),
            xyz=xyz[first : first + per_block].astype("<i2").tobytes(),
        )


def rounds(make: Callable[[int], Iterator[Upward]], first_us: int, end_us: int) -> Iterator[Upward]:
    """A recording over and over: `make(shift_us)` gives one round, named with its shift (see `boot_of`).

    Rounds follow each other by whole days, so that nights stay nights; a recording of less than a day
    follows itself at once.
    """
    length_us = end_us - first_us
    if length_us <= 0:
        raise ValueError("a recording without length cannot be repeated")
    step_us = length_us if length_us < DAY_US else -(-length_us // DAY_US) * DAY_US
    for turn in count():
        yield from make(turn * step_us)
