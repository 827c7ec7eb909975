"""A share of people, and how far it may be off."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

_Z = NormalDist().inv_cdf(0.975)


def wilson(k: float, n: float) -> tuple[float, float] | None:
    """The 95 % interval of k of n by Wilson's score [1]_; None without people.

    It stays inside 0 to 1 and says something of 0 of n, which the textbook interval does not.

    References
    ----------
    .. [1] E. B. Wilson, "Probable inference, the law of succession, and statistical inference,"
       J. Am. Stat. Assoc. 22:209-212, 1927.
    """
    if n == 0:
        return None
    p, z2 = k / n, _Z * _Z
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return max(0.0, middle - half) if k else 0.0, min(1.0, middle + half) if k < n else 1.0
