"""Blocks of a file that cannot be believed: why, how many and where."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analytics.recordings.naive_clock import written

YEAR_US = 366 * 86_400_000_000  #: no device records as long


@dataclass(frozen=True)
class Broken:
    """`reasons` holds for each reason which blocks it rules out; the first that applies is counted."""

    name: str  #: plural of what the device calls a block
    byte: NDArray[np.int64]  #: where each block begins in the file
    reasons: dict[str, NDArray[np.bool_]]

    @property
    def good(self) -> NDArray[np.int64]:
        """Numbers of the blocks that no reason rules out."""
        return np.flatnonzero(~self._any())

    def with_far_off(self, t_us: NDArray[np.int64]) -> Broken:
        """Also those whose clock is far from that of the others; `t_us` is the clock of each good block."""
        good = self.good
        far = np.zeros(len(self.byte), bool)
        if len(good):
            # The upper median is a clock of one of them; the mean of the middle two may be near to none.
            usual_us = np.partition(t_us, len(t_us) // 2)[len(t_us) // 2]
            far[good] = np.abs(t_us - usual_us) > YEAR_US
        return replace(self, reasons={**self.reasons, "with a time more than a year from the others": far})

    def notes(self, t_us: NDArray[np.int64]) -> list[str]:
        """One sentence, or none; `t_us` is the clock of each good block."""
        out, good = np.flatnonzero(self._any()), self.good
        if not len(out):
            return []
        counted = np.zeros(len(self.byte), bool)
        why = []
        for reason, which in self.reasons.items():
            count = int((which & ~counted).sum())
            counted |= which
            why += [f"{count} {reason}"] if count else []
        before = int(np.searchsorted(good, out[0]))
        after = int(np.searchsorted(good, out[-1]))
        since = f"after {written(t_us[before - 1])}" if before else "at the start"
        until = f"before {written(t_us[after])}" if after < len(good) else "at the end"
        where = f"at byte {self.byte[out[0]]}, {since}"
        if len(out) > 1:
            where = f"the first {where}, the last at byte {self.byte[out[-1]]}, {until}"
        return [f"{len(out)} of {len(self.byte)} {self.name} cannot be believed ({', '.join(why)}): {where}."]

    def _any(self) -> NDArray[np.bool_]:
        out = np.zeros(len(self.byte), bool)
        for which in self.reasons.values():
            out |= which
        return out
