"""The band-pass of ActiGraph's counts, as fast as matrices are multiplied.

A recursive filter goes from sample to sample. Written for a block of samples it is two products: with what
the block holds, and with the state that the block before it left; the states alone go from block to block.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter, lfilter_zi

Values = NDArray[np.float64]

# Neishabouri et al., "Quantification of acceleration as activity counts in ActiGraph wearable," Sci. Rep.
# 12:11958, 2022: numerator and denominator at 30 Hz.
NUMERATOR = np.array(
    [
        *(-0.009341062898525, -0.025470289659360, -0.004235264826105, 0.044152415456420),
        *(0.036493718347760, -0.011893961934740, -0.022917390623150, -0.006788163862310),
    ]
)
DENOMINATOR = np.array(
    [
        *(1.0, -3.63367395910957, 5.03689812757486, -3.09612247819666),
        *(0.50620507633883, 0.32421701566682, -0.15685485875559, 0.01949130205890),
    ]
)
ORDER = len(DENOMINATOR) - 1
BLOCK = 50  #: samples multiplied at once
ROW = 40  #: blocks whose states are followed one after the other, many rows side by side


class BandPass:
    """The filter for three axes, fed with stretch after stretch; how they are cut changes nothing."""

    def __init__(self, first: Values) -> None:
        """Start as if the first sample, (3,), had always been there."""
        self._state = np.multiply.outer(first, lfilter_zi(NUMERATOR, DENOMINATOR))  # (3, ORDER)

    def __call__(self, x: Values) -> Values:
        """(3, n) in, (3, n) out."""
        rows = x.shape[1] // (BLOCK * ROW)
        whole = rows * BLOCK * ROW
        out = np.empty(x.shape)
        if rows:
            out[:, :whole] = self._by_blocks(x[:, :whole].reshape(3, rows * ROW, BLOCK)).reshape(3, whole)
        if whole < x.shape[1]:
            out[:, whole:], self._state = lfilter(
                NUMERATOR, DENOMINATOR, x[:, whole:], axis=1, zi=self._state
            )
        return out

    def _by_blocks(self, x: Values) -> Values:
        rows = x.shape[1] // ROW
        # The state behind each block, were there none before it.
        left = (x @ _LEAVES).reshape(3 * rows, ROW, ORDER).transpose(1, 0, 2)
        states = np.zeros((ROW + 1, 3 * rows, ORDER))  # before each block, were there none before its row
        for k in range(ROW):
            states[k + 1] = states[k] @ _PASSES + left[k]
        ends = states[ROW].reshape(3, rows, ORDER)
        before = np.empty((3, rows, ORDER))
        for row in range(rows):
            before[:, row] = self._state
            self._state = self._state @ _PASSES_ROW + ends[:, row]
        each = states[:ROW].transpose(1, 0, 2).reshape(3, rows, ROW * ORDER) + before @ _PASSES_EACH
        out = x @ _ANSWER
        out += each.reshape(3, rows * ROW, ORDER) @ _RINGS
        return np.asarray(out)


def _responses() -> tuple[Values, Values, Values, Values]:
    """The filter's answer to each sample of a block and to each state, and the state that either leaves."""
    answer, leaves = lfilter(NUMERATOR, DENOMINATOR, np.eye(BLOCK), axis=1, zi=np.zeros((BLOCK, ORDER)))
    rings, passes = lfilter(NUMERATOR, DENOMINATOR, np.zeros((ORDER, BLOCK)), axis=1, zi=np.eye(ORDER))
    return answer, leaves, rings, passes


_ANSWER, _LEAVES, _RINGS, _PASSES = _responses()
_PASSES_ROW = np.linalg.matrix_power(_PASSES, ROW)
#: From the state before a row to the part of it that is left before each of its blocks.
_PASSES_EACH = np.concatenate([np.linalg.matrix_power(_PASSES, k) for k in range(ROW)], axis=1)
