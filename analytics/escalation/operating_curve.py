"""What a number of pages buys: the page score for a budget of pages, and what is then found in time.

The curve comes from the simulated cohort of the tuning seeds (`python -m benchmarks.escalation trade`), so
each figure here is simulated and none was measured on patients. Standard library alone: the API reads it.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

from analytics.escalation.settings import SHIPPED, Settings

SHIPPED_CURVE = Path(__file__).with_name("operating_curve.json")
MEAN = "mean"  #: of the sensitivities of the main kinds of event
_RATES = ("calm_per_week", "all_per_week", "check_ins_per_week")


class BadCurve(ValueError):
    """What is wrong with the file of a curve, in one sentence."""


@dataclass(frozen=True, slots=True)
class Point:
    """What one page score does. Rates are for each patient and week."""

    page_score: float  #: log10 of the odds from which on a clinician is told
    calm_per_week: float  #: pages of stable patients on days that are not at the clinical floor
    all_per_week: float  #: those of the floor with them
    check_ins_per_week: float  #: questions to stable patients, of which no clinician hears
    sensitivity: Mapping[str, float]  #: by kind of event, and `MEAN`: share found in time, 0 to 1
    delay_days: Mapping[str, float]  #: by kind, median from the onset to the page [days]; kinds may be absent

    @property
    def floor_per_week(self) -> float:
        """Pages that no score can switch off: average pain of 7 or worst pain of 9 and more."""
        return max(0.0, self.all_per_week - self.calm_per_week)


@dataclass(frozen=True, slots=True)
class OperatingCurve:
    """Points from the strictest page score to the loosest; a looser one never pages less or finds less."""

    settings: str  #: label of the settings that it belongs to
    seeds: tuple[int, ...]  #: of the simulated cohorts it was made with
    family: str  #: of the simulator
    points: tuple[Point, ...]

    @property
    def least(self) -> float:
        """The smallest budget that there is a page score for [calm pages for each patient-week]."""
        return self.points[0].calm_per_week

    @property
    def most(self) -> float:
        """The largest."""
        return self.points[-1].calm_per_week

    def at_budget(self, pages: float) -> Point:
        """The lowest page score that keeps to `pages` calm pages for each patient-week.

        Between two points linear; a budget beyond an end gets that end.
        """
        return self._at([point.calm_per_week for point in self.points], pages)

    def at_score(self, page_score: float) -> Point:
        """What is expected of a page score; one beyond an end gets that end."""
        return self._at([-point.page_score for point in self.points], -page_score)

    def as_shipped(self) -> Point:
        """What is expected of the shipped page score."""
        return self.at_score(SHIPPED.page_score)

    def _at(self, rising: Sequence[float], wanted: float) -> Point:
        after = bisect_right(rising, wanted)
        if after == 0 or after == len(rising):
            return self.points[max(0, after - 1)]
        share = (wanted - rising[after - 1]) / (rising[after] - rising[after - 1])
        return _between(self.points[after - 1], self.points[after], share)

    def settings_for(self, pages: float, version: int, base: Settings = SHIPPED) -> Settings:
        """The settings of a ward that chose `pages`; `version` numbers its choice in each decision."""
        page_score = self.at_budget(pages).page_score
        return replace(base, name=f"{base.label}, budget", version=version, page_score=page_score)


@cache
def shipped_curve() -> OperatingCurve | None:
    """The curve of the shipped settings; None where none was made for them, so that nobody reads off it
    what another version of the detector did, or where it cannot be read: pages do not wait for a file."""
    try:
        curve = read_curve(SHIPPED_CURVE)
    except BadCurve:
        return None
    return curve if curve.settings == SHIPPED.label else None


def read_curve(path: Path) -> OperatingCurve:
    """The curve in a file. Raises `BadCurve`."""
    try:
        return curve_of(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise BadCurve("the file cannot be read as JSON") from error


def curve_of(document: Mapping[str, Any]) -> OperatingCurve:
    """A curve from `settings`, `seeds`, `family` and `points` in any order. Raises `BadCurve`.

    Simulated rates are noisy. Where a looser score paged less, the rate of the stricter one stands; where it
    found less, its own share counts for the stricter one, too: no figure is better than what was counted.
    """
    try:
        points = [_point(one) for one in document["points"]]
        settings, family = str(document["settings"]), str(document["family"])
        seeds = tuple(int(seed) for seed in document["seeds"])
    except (KeyError, TypeError, ValueError) as error:
        raise BadCurve("a curve has `settings`, `seeds`, `family` and `points` with their numbers") from error
    if len({point.page_score for point in points}) < max(2, len(points)):
        raise BadCurve("a curve has two or more points, each with a page score of its own")
    if len({frozenset(point.sensitivity) for point in points}) > 1 or MEAN not in points[0].sensitivity:
        raise BadCurve("each point has the sensitivity of the same kinds of event, and their mean")
    points.sort(key=lambda point: -point.page_score)
    return OperatingCurve(settings, seeds, family, tuple(_monotone(points)))


def _point(one: Mapping[str, Any]) -> Point:
    given = {kind: float(share) for kind, share in one["sensitivity"].items()}
    calm, of_all, asked = (float(one[name]) for name in _RATES)
    if not (
        all(0 <= share <= 1 for share in given.values()) and all(0 <= x < 100 for x in (calm, of_all, asked))
    ):
        raise BadCurve("sensitivities lie between 0 and 1, rates are not negative")
    delays = {kind: float(days) for kind, days in (one.get("delay_days") or {}).items() if days is not None}
    return Point(float(one["page_score"]), calm, of_all, asked, given, delays)


def _monotone(points: Sequence[Point]) -> list[Point]:
    rates = {name: list(accumulate((getattr(point, name) for point in points), max)) for name in _RATES}
    shares = {
        kind: list(accumulate((point.sensitivity[kind] for point in reversed(points)), min))[::-1]
        for kind in points[0].sensitivity
    }
    return [
        replace(
            point,
            **{name: values[i] for name, values in rates.items()},
            sensitivity={kind: values[i] for kind, values in shares.items()},
        )
        for i, point in enumerate(points)
    ]


def _between(low: Point, high: Point, share: float) -> Point:
    def mixed(a: float, b: float) -> float:
        return a + share * (b - a)

    def of_kinds(a: Mapping[str, float], b: Mapping[str, float]) -> dict[str, float]:
        return {kind: mixed(a[kind], b[kind]) for kind in a if kind in b}

    return Point(
        mixed(low.page_score, high.page_score),
        mixed(low.calm_per_week, high.calm_per_week),
        mixed(low.all_per_week, high.all_per_week),
        mixed(low.check_ins_per_week, high.check_ins_per_week),
        of_kinds(low.sensitivity, high.sensitivity),
        of_kinds(low.delay_days, high.delay_days),
    )
