"""Sentences about what a reader left out, said in the same way by every reader."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def ends_at(bad: str, after: int) -> str:
    """Reading ended at `bad` (what it is and where); `after` more follow it."""
    return f"{bad}: it and the {after} after it were left out."


def repeated(kept: NDArray[np.bool_]) -> list[str]:
    """Of the rows, those that are not later than every row before them; none where all are kept."""
    out = int(np.count_nonzero(~kept))
    return [f"{out} epochs that are not later than those before them were left out."] if out else []
