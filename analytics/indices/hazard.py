"""The constant part of the hazard that a bout ends (kRA, kAR).

For bouts that have lasted t epochs, p(t) is the share that ends then. Short bouts end often, very long ones
are few; between lies a region in which p(t) hardly changes, and its mean is k. Lim et al., Sleep
34(11):1569-1581, 2011. Where the paper leaves a choice, ours is that of pyActigraphy: p(t) at each observed
length, spread over the gap to the next one; a local regression over 30 % of these points; the longest run of
points within one (sample) standard deviation of p of that curve; weights the root of the bouts at risk.
"""

from __future__ import annotations

import numpy as np

from analytics.indices.bouts import Bouts, Lengths
from analytics.indices.definition import Definition
from analytics.indices.index import Index
from analytics.indices.timeline import Values
from analytics.indices.validity import LEAST_DURATIONS, too_little

SPAN = 0.3  #: share of the points under each local line
_INNER, _OUTER = 0.001, 0.999  #: closer counts fully, further not at all (Cleveland's limits)


def _definition(name: str, of: str, to: str) -> Definition:
    return Definition(
        name=name,
        unit="1",
        meaning=f"Probability per epoch that {of} gives way to {to}, in the region of bout lengths where it "
        "is constant: weighted mean of p(t) over the longest run within one standard deviation of its LOWESS "
        f"curve (span {SPAN:g}, no robust rounds), weights the root of the bouts at risk.",
        missing="ends a bout",
        needs=f"{LEAST_DURATIONS} different lengths of bouts of {of}",
        source="Lim et al., Sleep 34(11):1569-1581, 2011; choices as in pyActigraphy 1.2",
        spans="recording, 7 days",
    )


KRA = _definition("kRA", "rest", "activity")
KAR = _definition("kAR", "activity", "rest")


def constant_hazards(found: Bouts) -> list[Index]:
    """`kRA` and `kAR` [1 per epoch]."""
    return [_of(KRA, found.rest), _of(KAR, found.active)]


def _of(D: Definition, lengths: Lengths) -> Index:
    t, n = np.unique(lengths, return_counts=True)
    if len(t) < LEAST_DURATIONS:
        return D.absent(too_little(len(t), LEAST_DURATIONS, "different bout lengths"))
    at_risk = np.cumsum(n[::-1])[::-1].astype(float)
    p = n[:-1] / at_risk[:-1] / np.diff(t)
    weight = np.sqrt(at_risk[:-1] + at_risk[1:])
    near = np.abs(p - local_lines(t[:-1].astype(float), p)) < p.std(ddof=1)
    edges = np.flatnonzero(np.diff(np.r_[False, near, False]))
    if not len(edges):
        return D.absent("the probability is constant nowhere")
    starts, ends = edges[::2], edges[1::2]
    longest = int(np.argmax(ends - starts))
    region = slice(int(starts[longest]), int(ends[longest]))
    return D.is_(float(np.average(p[region], weights=weight[region])))


def local_lines(t: Values, p: Values) -> Values:
    """A straight line through the points nearest to each t, tricube weights: LOWESS, no robust rounds.

    `t` must rise strictly. Cleveland, J Am Stat Assoc 74(368):829-836, 1979.
    """
    n = len(t)
    k = max(int(SPAN * n + 1e-10), 1)
    distance = np.abs(t[:, None] - t[None, :])
    # The k nearest in a sorted row are neighbours of each other; their furthest is the radius.
    radius = np.sort(distance, axis=1)[:, k - 1][:, None]
    share = distance / np.where(radius > 0, radius, 1.0)
    weight = np.where(share < _INNER, 1.0, (1 - np.minimum(share, 1) ** 3) ** 3)
    weight[share > _OUTER] = 0.0
    weight[np.arange(n), np.arange(n)] = 1.0
    weight /= weight.sum(axis=1, keepdims=True)
    centre = weight @ t
    apart = t[None, :] - centre[:, None]
    spread = (weight * apart**2).sum(axis=1)
    slope = np.divide((weight * apart) @ p, spread, out=np.zeros(n), where=spread > 0)
    return np.asarray(weight @ p + slope * (t - centre))
