"""Any rate to 30 Hz as ActiLife does it, which its counts start from."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

TARGET_HZ = 30
FINEST = 1000  #: of rates that are no simple ratio, the closest with such numbers is taken
#: Samples after which the smoother has forgotten: its memory shrinks 23 times or more with each.
MEMORY = 14
BLOCK = 30  #: samples in a block, about


def up_and_down(hz: float) -> tuple[int, int]:
    """30 / hz as a ratio of whole numbers."""
    ratio = Fraction(TARGET_HZ / hz).limit_denominator(FINEST)
    return ratio.numerator, ratio.denominator


class ThirtyHz:
    """Samples at one rate to 30 Hz [1]_, stretch after stretch; how they are cut changes nothing.

    30 / hz = up / down. Between two samples `up - 1` zeros are put, a smoother of first order with its edge
    at half of the old rate follows, every `down`-th value is kept and rounded to 0.001 g. Where `up` is 1
    (30, 60, 90 Hz) nothing is smoothed. The smoother starts from nothing, as ActiLife's does.
    ActiLife knows 30, 40, ... 100 Hz; other rates are treated by the same rule.

    References
    ----------
    .. [1] A. Neishabouri et al., "Quantification of acceleration as activity counts in ActiGraph wearable,"
       Sci. Rep. 12:11958, 2022.
    """

    def __init__(self, hz: float) -> None:
        self.up, self.down = up_and_down(hz)
        blocks = max(1, round(BLOCK / self.down))
        self._in, self._out = blocks * self.down, blocks * self.up
        self._now, self._past = _weights(self.up, self.down, self._in, self._out)
        self._before = np.zeros((3, MEMORY))  # the samples before those that wait
        self._waiting = np.zeros((3, 0))

    def __call__(self, g: Values) -> Values:
        """(3, n) samples [g] in; (3, m) values [0.001 g, whole] out. Up to a block of samples waits."""
        samples = np.concatenate((self._waiting, g), axis=1) if self._waiting.size else g
        whole = samples.shape[1] // self._in * self._in
        self._waiting = samples[:, whole:].copy()
        return self._blocks(samples[:, :whole])

    def end(self) -> Values:
        """(3, m) what still waits, when nothing follows."""
        n = self._waiting.shape[1]
        if not n:
            return np.zeros((3, 0))
        padded = np.zeros((3, self._in))
        padded[:, :n] = self._waiting
        self._waiting = np.zeros((3, 0))
        return self._blocks(padded)[:, : -(-n * self.up // self.down)]

    def _blocks(self, samples: Values) -> Values:
        count = samples.shape[1] // self._in
        if not count:
            return np.zeros((3, 0))
        blocks = samples.reshape(3, count, self._in)
        out = blocks @ self._now
        if self.up > 1:
            all_past = np.concatenate((self._before, samples), axis=1)
            past = np.lib.stride_tricks.sliding_window_view(all_past, MEMORY, axis=1)[:, : -1 : self._in]
            out += past @ self._past
            self._before = all_past[:, -MEMORY:].copy()
        return np.rint(out, out=out).reshape(3, -1)


def _weights(up: int, down: int, n_in: int, n_out: int) -> tuple[Values, Values]:
    """(n_in, n_out) and (MEMORY, n_out): what a block's and earlier samples weigh in a block's values.

    The answer of the smoother to one sample is g, g (1 + c), g (1 + c) c, g (1 + c) c^2, ... at steps of
    1 / up of a sample: the transform s -> 2 (z - 1) / (z + 1) of 1 / (1 + s up / pi), times `up`.
    """
    from_in = np.arange(-MEMORY, n_in)
    steps = np.arange(n_out) * down - from_in[:, None] * up  # from each sample to each value
    if up == 1:
        weights = np.where(steps == 0, 1.0, 0.0)
    else:
        c, g = (2 * up - np.pi) / (2 * up + np.pi), up * np.pi / (np.pi + 2 * up)
        later = g * (1 + c) * c ** np.maximum(steps - 1, 0)
        weights = np.where(steps < 0, 0.0, np.where(steps == 0, g, later))
    weights *= 1000
    return weights[MEMORY:], weights[:MEMORY]
