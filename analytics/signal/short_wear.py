"""Short wear between long non-wear is taken for handling of the device: the clean-up of van Hees."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analytics.signal.runs import runs, within

PASSES = 3
EDGE_H = 3.0  #: a device is set up before, and read out after, so much time


def without_short_wear(off: NDArray[np.bool_], piece_h: float) -> NDArray[np.bool_]:
    """(pieces,) True where not worn: `off`, and the wear that lies as a short island in it [1]_.

    Wear between two stretches of non-wear is not worn when it is shorter than 6 h and less than 30 % of the
    two together, or shorter than 3 h and less than 80 % of them; in the last 24 h also when it is shorter
    than 3 h and the non-wear before it longer than 1 h. Three passes, each on what the one before found.
    In the first, wear at the very start is not worn when non-wear begins within 3 h, and wear at the very
    end when the last non-wear ends within its last 3 h.

    References
    ----------
    .. [1] V. T. van Hees et al., "Separating movement and gravity components in an acceleration signal and
       implications for the assessment of human daily physical activity," PLoS ONE 8(4):e61691, 2013; with
       the edges as GGIR 3 has them.
    """
    found = np.asarray(off, bool)
    for k in range(PASSES):
        first, end = runs(found)
        if not len(first):
            break
        wear = (first[1:] - end[:-1]) * piece_h
        before, after = (end - first)[:-1] * piece_h, (end - first)[1:] * piece_h
        share = wear / (before + after)
        island = ((wear < 6) & (share < 0.3)) | ((wear < 3) & (share < 0.8))
        last_day = (first[:-1] + 2) * piece_h > len(found) * piece_h - 24
        island |= last_day & (wear < 3) & (before > 1)
        more = found | within(end[:-1][island], first[1:][island], len(found))
        if k == 0:
            pieces = EDGE_H / piece_h
            if first[0] + 2 < pieces:  # counted as GGIR counts, from 1 behind a piece of padding
                more[: first[0]] = True
            if end[-1] + 2 > len(found) + 2 - pieces:
                more[end[-1] :] = True
        found = more
    return found
