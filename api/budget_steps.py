"""The page budgets that a ward can choose between, each with what is expected of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.escalation.operating_curve import MEAN, OperatingCurve, Point

#: Calm pages for each patient and week: round numbers, each about a third more than the one before.
OFFERED = (0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15, 0.2)
_SAME = 0.1  #: of a budget: closer than that two steps are one to a ward
_LEAST, _MOST = 1e-4, 7.0  #: what the store takes


@dataclass(frozen=True, slots=True)
class Step:
    """One choice; `pages` None is the shipped page score, whatever that pages."""

    pages: float | None
    expected: Point

    @property
    def mean(self) -> float:
        """Expected sensitivity, mean of the main kinds of event."""
        return self.expected.sensitivity[MEAN]


def steps_of(curve: OperatingCurve, chosen: float | None) -> list[Step]:
    """The choices from the fewest pages to the most, the shipped one and the present one among them."""
    shipped = Step(None, curve.as_shipped())
    offered = [pages for pages in OFFERED if may_be_chosen(curve, pages)]
    if chosen is not None and chosen not in offered:
        offered = [*(pages for pages in offered if not _close(pages, chosen)), chosen]
    usual = shipped.expected.calm_per_week
    steps = [
        Step(pages, curve.at_budget(pages))
        for pages in offered
        if pages == chosen or not _close(pages, usual)
    ]
    return sorted([*steps, shipped], key=lambda step: step.expected.calm_per_week)


def bounds_of(curve: OperatingCurve) -> tuple[float, float]:
    """The smallest and the largest budget of which the curve says what becomes of it."""
    return max(curve.least, _LEAST), min(curve.most, _MOST)


def may_be_chosen(curve: OperatingCurve, pages: float) -> bool:
    """Whether a budget lies between these."""
    low, high = bounds_of(curve)
    return low <= pages <= high


def _close(one: float, other: float) -> bool:
    return abs(one - other) <= _SAME * max(one, other)
