"""Estimates of several people to one, allowing that people differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan, cos, pi, sqrt

LEAST = 3  #: people: of two there is no telling how far people differ
METHOD = "random effects, DerSimonian and Laird; interval of Hartung, Knapp, Sidik and Jonkman"


@dataclass(frozen=True, slots=True)
class Pooled:
    """The mean over people, its 95 % interval, and the standard deviation between people."""

    n: int
    estimate: float
    ci: tuple[float, float]
    tau: float


def pooled(estimates: Sequence[tuple[float, float]]) -> Pooled | None:
    """The mean of (estimate, standard error) of each person; None for fewer than three.

    The spread between people is DerSimonian and Laird's [1]_. With few people its interval is too short, so
    it is that of Hartung and Knapp, Sidik and Jonkman [2]_ with n - 1 degrees of freedom, never made shorter
    than the errors of the persons alone would have it. A standard error of 0 is left out.

    References
    ----------
    .. [1] R. DerSimonian, N. Laird, "Meta-analysis in clinical trials," Control. Clin. Trials 7:177, 1986.
    .. [2] J. IntHout et al., BMC Med. Res. Methodol. 14:25, 2014; the bound: G. Knapp, J. Hartung, Stat. Med.
       22:2693-2710, 2003.
    """
    known = [(value, se * se) for value, se in estimates if se > 0]
    n = len(known)
    if n < LEAST:
        return None
    fixed = [1 / variance for _, variance in known]
    total = sum(fixed)
    middle = sum(w * value for w, (value, _) in zip(fixed, known, strict=True)) / total
    q = sum(w * (value - middle) ** 2 for w, (value, _) in zip(fixed, known, strict=True))
    tau2 = max(0.0, (q - (n - 1)) / (total - sum(w * w for w in fixed) / total))
    weights = [1 / (variance + tau2) for _, variance in known]
    total = sum(weights)
    mean = sum(w * value for w, (value, _) in zip(weights, known, strict=True)) / total
    spread = sum(w * (value - mean) ** 2 for w, (value, _) in zip(weights, known, strict=True)) / (n - 1)
    half = t_quantile(0.975, n - 1) * sqrt(max(1.0, spread) / total)
    return Pooled(n, mean, (mean - half, mean + half), sqrt(tau2))


def t_quantile(share: float, dof: int) -> float:
    """The quantile of Student's t, share above 0.5, by halving."""
    low, high = 0.0, 1.0
    while t_below(high, dof) < share:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if t_below(middle, dof) < share else (low, middle)
    return (low + high) / 2


def t_below(t: float, dof: int) -> float:
    """Student's distribution of a whole number of degrees of freedom, t not below 0: the finite sums of
    Abramowitz and Stegun, Handbook of Mathematical Functions, 1964, 26.7.3 and 26.7.4."""
    angle = atan(t / sqrt(dof))
    c, s = cos(angle), t / sqrt(dof + t * t)
    term, total = 1.0, 0.0
    if dof % 2:
        term = c
        for k in range(1, dof - 1, 2):
            total += term
            term *= (k + 1) / (k + 2) * c * c
        return 0.5 + (angle + s * total) / pi
    for k in range(0, dof, 2):
        total += term
        term *= (k + 1) / (k + 2) * c * c
    return 0.5 + s * total / 2
