"""The band-pass of ActiGraph's counts, as fast as matrices are multiplied.

A recursive filter goes from sample to sample. Written for a block of samples it is two products: with what
the block holds, and with the state that the block before it left; the states alone go from block to block.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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
        self._state = np.multiply.outer(first, _AT_REST)  # (3, ORDER)

    def __call__(self, x: Values) -> Values:
        """(3, n) in, (3, n) out."""
        out = np.empty(x.shape)
        done = 0
        for size, row in ((BLOCK * ROW, ROW), (BLOCK, 1)):
            whole = (x.shape[1] - done) // size * size
            if whole:
                blocks = x[:, done : done + whole].reshape(3, whole // BLOCK, BLOCK)
                out[:, done : done + whole] = self._by_blocks(blocks, row).reshape(3, whole)
                done += whole
        if done < x.shape[1]:
            out[:, done:], self._state = _one_by_one(x[:, done:], self._state)
        return out

    def _by_blocks(self, x: Values, row_of: int) -> Values:
        """(3, blocks, BLOCK) in and out; the states of so many blocks are followed one after the other."""
        rows = x.shape[1] // row_of
        passes_row = np.linalg.matrix_power(_PASSES, row_of)
        # The state behind each block, were there none before it.
        left = (x @ _LEAVES).reshape(3 * rows, row_of, ORDER).transpose(1, 0, 2)
        states = np.zeros((row_of + 1, 3 * rows, ORDER))  # before each block, were there none before its row
        for k in range(row_of):
            states[k + 1] = states[k] @ _PASSES + left[k]
        ends = states[row_of].reshape(3, rows, ORDER)
        before = np.empty((3, rows, ORDER))
        for row in range(rows):
            before[:, row] = self._state
            self._state = self._state @ passes_row + ends[:, row]
        each = states[:row_of].transpose(1, 0, 2).reshape(3, rows, row_of * ORDER)
        each += before @ _PASSES_EACH[:, : row_of * ORDER]
        out = x @ _ANSWER
        out += each.reshape(3, rows * row_of, ORDER) @ _RINGS
        return np.asarray(out)


def _one_by_one(x: Values, state: Values) -> tuple[Values, Values]:
    """(k, n) signals and (k, ORDER) states through the recursion, sample by sample: out, and new states."""
    out, state = np.empty(x.shape), np.append(state, np.zeros((len(state), 1)), axis=1)
    for k in range(x.shape[1]):
        out[:, k] = y = state[:, 0] + NUMERATOR[0] * x[:, k]
        state[:, :-1] = state[:, 1:] + np.outer(x[:, k], NUMERATOR[1:]) - np.outer(y, DENOMINATOR[1:])
    return out, state[:, :-1]


# The answer to each sample of a block, and the state that it leaves; the same for each state before.
_ANSWER, _LEAVES = _one_by_one(np.eye(BLOCK), np.zeros((BLOCK, ORDER)))
_RINGS, _PASSES = _one_by_one(np.zeros((ORDER, BLOCK)), np.eye(ORDER))
#: From the state before a row to the part of it that is left before each of its blocks.
_PASSES_EACH = np.concatenate([np.linalg.matrix_power(_PASSES, k) for k in range(ROW)], axis=1)
#: The state that a constant 1 keeps as it is.
_AT_REST = np.linalg.solve((np.eye(ORDER) - _PASSES).T, _LEAVES.sum(axis=0))
