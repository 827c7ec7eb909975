"""How often something happens in a time, and how far that may be off."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

_Z = NormalDist().inv_cdf(0.975)


def byar(k: int, time: float) -> tuple[float, float] | None:
    """The 95 % interval of k happenings in a time, by Byar's approximation to Poisson's [1]_; None without
    any time.

    Happenings that come together, such as several of one person, scatter more than it says.

    References
    ----------
    .. [1] N. E. Breslow, N. E. Day, "Statistical methods in cancer research II," IARC, Lyon 1987, p. 69.
    """
    if time <= 0:
        return None
    low = k * (1 - 1 / (9 * k) - _Z / (3 * sqrt(k))) ** 3 if k else 0.0
    above = k + 1
    high = above * (1 - 1 / (9 * above) + _Z / (3 * sqrt(above))) ** 3
    return max(0.0, low) / time, high / time
