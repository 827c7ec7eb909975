"""The band-pass of ActiGraph's counts, as fast as matrices are multiplied.

A recursive filter goes from sample to sample. Written for a block of samples it is two products: with what
the block holds, and with the state that the block before it left; the states alone go from block to block.
"""

from __future__ import annotations

from functools import cache

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
BLOCK = 25  #: samples multiplied at once
GROUP = 8  #: blocks, groups of blocks, ... whose states are worked out by one product


class BandPass:
    """The filter for three axes, fed with stretch after stretch; how they are cut changes nothing.

    What comes out is `gain` times as large.
    """

    def __init__(self, first: Values, gain: float = 1.0) -> None:
        """Start as if the first sample, (3,), had always been there."""
        self._state = np.multiply.outer(first, _AT_REST)  # (3, ORDER)
        self._gain, self._answer, self._rings = gain, gain * _ANSWER, gain * _RINGS

    def __call__(self, x: Values) -> Values:
        """(3, n) in, (3, n) out."""
        out = np.empty(x.shape)
        whole = x.shape[1] // BLOCK * BLOCK
        if whole:
            blocks = (3, whole // BLOCK, BLOCK)
            out[:, :whole] = self._by_blocks(x[:, :whole].reshape(blocks)).reshape(3, whole)
        if whole < x.shape[1]:
            rest, self._state = _one_by_one(x[:, whole:], self._state)
            np.multiply(rest, self._gain, out=out[:, whole:])
        return out

    def _by_blocks(self, x: Values) -> Values:
        """(3, blocks, BLOCK) in and out."""
        # The state before each block, and behind the last.
        left = np.concatenate((self._state[:, None], x @ _LEAVES), axis=1)
        states = _carried_on(left)
        self._state = states[:, -1]
        out = x @ self._answer
        out += states[:, :-1] @ self._rings
        return np.asarray(out)


def _carried_on(left: Values, level: int = 0) -> Values:
    """(3, k, ORDER) what each of a row leaves, to what is there behind each: its own and all before it.

    By groups of `GROUP`, then groups of groups; the state passes through one, at `level` 0 a block, by
    `_PASSES`.
    """
    k = left.shape[1]
    groups = -(-k // GROUP)
    padded = np.zeros((3, groups * GROUP, ORDER))
    padded[:, :k] = left
    within, through = _of_level(level)
    behind = padded.reshape(3, groups, GROUP * ORDER) @ within
    if groups > 1:
        behind[:, 1:] += _carried_on(behind[:, :-1, -ORDER:], level + 1) @ through
    return np.asarray(behind.reshape(3, groups * GROUP, ORDER)[:, :k])


@cache
def _of_level(level: int) -> tuple[Values, Values]:
    """From what each of a group leaves, and from the state before the group, to the states behind each."""
    passes = [np.linalg.matrix_power(_PASSES, GROUP**level * k) for k in range(GROUP + 1)]
    nothing = np.zeros((ORDER, ORDER))
    within = [[passes[to - of] if to >= of else nothing for to in range(GROUP)] for of in range(GROUP)]
    return np.block(within), np.concatenate(passes[1:], axis=1)


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
#: The state that a constant 1 keeps as it is.
_AT_REST = np.linalg.solve((np.eye(ORDER) - _PASSES).T, _LEAVES.sum(axis=0))
