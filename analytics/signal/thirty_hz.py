"""Any rate to 30 Hz as ActiLife does it, which its counts start from."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

TARGET_HZ = 30
ACTILIFE_HZ = range(30, 101, 10)
FINEST = 1000  #: of rates that are no simple ratio, the closest with such numbers is taken
#: Samples after which the smoother has forgotten: its memory shrinks 23 times or more with each.
MEMORY = 14
BLOCK = 20  #: samples in a block, about


def up_and_down(hz: float) -> tuple[int, int]:
    """30 / hz as a ratio of whole numbers."""
    ratio = Fraction(TARGET_HZ / hz).limit_denominator(FINEST)
    return ratio.numerator, ratio.denominator


def samples_in_a_block(down: int) -> int:
    """A multiple of `down`, about `BLOCK`, at least `MEMORY`."""
    return max(1, round(BLOCK / down)) * down


class ThirtyHz:
    """Samples at one rate to 30 Hz [1]_, stretch after stretch; how they are cut changes nothing.

    30 / hz = up / down. Between two samples `up - 1` zeros are put, a smoother of first order with its edge
    at half of the old rate follows, every `down`-th value is kept and rounded to 0.001 g. Where `up` is 1
    (30, 60, 90 Hz) nothing is smoothed. The smoother starts from nothing, as ActiLife's does.
    ActiLife knows 30, 40, ... 100 Hz and no other rates; those are interpolated on straight lines, one
    sample late, and rounded: at 32 Hz the zeros would beat with the samples, in the middle of the band.

    References
    ----------
    .. [1] A. Neishabouri et al., "Quantification of acceleration as activity counts in ActiGraph wearable,"
       Sci. Rep. 12:11958, 2022.
    """

    def __init__(self, hz: float) -> None:
        self.up, self.down = up_and_down(hz)
        self._in = samples_in_a_block(self.down)
        self._out = self._in // self.down * self.up
        response = _straight_line if hz not in ACTILIFE_HZ else _smoother if self.up > 1 else _as_it_is
        # From each sample of a block, and of those before it, to each value, in steps of 1 / up of a sample.
        steps = np.arange(self._out) * self.down - np.arange(-MEMORY, self._in)[:, None] * self.up
        weights = 1000 * response(steps, self.up)
        self._past, self._now = weights[:MEMORY], weights[MEMORY:]
        self._begun = hz in ACTILIFE_HZ
        self._before = np.zeros((3, MEMORY))  # the samples before those that wait
        self._waiting = np.zeros((3, 0))

    def __call__(self, g: Values) -> Values:
        """(3, n) samples [g] in; (3, m) values [0.001 g, whole] out. Up to a block of samples waits."""
        if not self._begun and g.shape[1]:
            self._before += g[:, :1]
            self._begun = True
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
        if self._past.any():
            out[:, 0] += self._before @ self._past
            out[:, 1:] += blocks[:, :-1, -MEMORY:] @ self._past
            self._before = samples[:, -MEMORY:].copy()
        return np.rint(out, out=out).reshape(3, -1)


def _smoother(steps: NDArray[np.int64], up: int) -> Values:
    """Answer to one sample: g, g (1 + c), g (1 + c) c, g (1 + c) c^2, ... at steps of 1 / up of a sample.

    That is 1 / (1 + s up / pi) with s = 2 (z - 1) / (z + 1), times `up` for the zeros.
    """
    c, g = (2 * up - np.pi) / (2 * up + np.pi), up * np.pi / (np.pi + 2 * up)
    later = g * (1 + c) * c ** np.maximum(steps - 1, 0)
    return np.where(steps < 0, 0.0, np.where(steps == 0, g, later))


def _straight_line(steps: NDArray[np.int64], up: int) -> Values:
    """Answer to one sample: up within a sample and down within the next."""
    return np.asarray(np.maximum(1 - np.abs(steps / up - 1), 0))


def _as_it_is(steps: NDArray[np.int64], up: int) -> Values:  # noqa: ARG001
    return np.where(steps == 0, 1.0, 0.0)
