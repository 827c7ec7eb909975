"""Acceleration in g as int16 and a scale, without loss wherever that can be had."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analytics.recordings.recording import NotARecording
from analytics.signal.samples import Samples

#: Steps that devices and their exports use, coarse to fine [g]: powers of two and decimal digits.
STEPS_G = (
    1 / 64,
    0.01,
    1 / 128,
    1 / 256,
    1 / 512,
    0.001,
    1 / 1024,
    1 / 2048,
    1 / 4096,
    1e-4,
    1 / 8192,
    1 / 16384,
)
LARGEST = 32767
PIECE = 1_000_000  #: rows worked on at once, which bounds the memory


def as_whole_numbers(xyz_g: NDArray[np.floating], name: str) -> tuple[NDArray[np.int16], float]:
    """Values and their scale [g for each step].

    The coarsest of `STEPS_G` is taken of which every value is a multiple (within 1e-6 of a step, or 1e-3
    for single precision) and that fits 16 bits: nothing is lost. Where there is none the scale is the
    largest absolute value over 32767 and each value is rounded, by at most half a step.
    """
    values = np.asarray(xyz_g, np.float64)
    largest = float(np.abs(values).max(initial=0.0))
    if largest > 400:
        raise NotARecording(f"{name} holds more than 400 g; x, y and z must be in g, not in m/s2 or mg.")
    slack = 1e-3 if np.asarray(xyz_g).dtype.itemsize < 8 else 1e-6
    for step in STEPS_G:
        if largest > LARGEST * step or not _multiples(values[:1000], step, slack):
            continue
        if _multiples(values, step, slack):
            return np.rint(values / step).astype(np.int16), step
    scale = largest / LARGEST
    return np.rint(values / scale).astype(np.int16), scale


def in_16_bits(samples: Samples) -> Samples:
    """The same samples as int16, which is what travels and is stored.

    Values that do not fit get the finest scale that holds the largest of them; each is then rounded, by at
    most half a step (8 g: 0.13 mg).
    """
    if samples.xyz.dtype == np.int16:
        return samples
    largest = max(abs(int(samples.xyz.min(initial=0))), abs(int(samples.xyz.max(initial=0))))
    coarser = max(largest / LARGEST, 1.0)
    whole = np.empty(samples.xyz.shape, np.int16)
    for first in range(0, len(whole), PIECE):
        piece = slice(first, first + PIECE)
        whole[piece] = np.rint(samples.xyz[piece] / coarser)
    return Samples(samples.t0_us, samples.hz, samples.scale * coarser, whole)


def _multiples(values: NDArray[np.float64], step: float, slack: float) -> bool:
    steps = values / step
    return bool((np.abs(steps - np.rint(steps)) <= slack).all())
