"""Every window and threshold of a treatment response, under one version: a change of any raises `METHOD`."""

from __future__ import annotations

from dataclasses import asdict, dataclass

METHOD = "response 1"


@dataclass(frozen=True, slots=True)
class Rules:
    """Days are the patient's local days; day 0 is that of the treatment and belongs to neither side."""

    version: str = METHOD
    baseline_days: int = 7  #: before the event, up to day -1
    window_days: int = 7  #: an assessment of day d sees d - 6 to d; the first is day 7
    least_days: int = 3  #: with an answer, in the baseline and in a window
    reach_days: int = 84  #: the last day that is assessed: twelve weeks
    assessed_days: tuple[int, ...] = (28, 56, 84)  #: one, two and three months of four weeks
    points: float = 2.0  #: of 0 to 10, lower or higher
    analgesia_share: float = 0.25  #: of the daily dose before, less or more; below it is stable
    confirmed_after: int = 7  #: days: two windows a week apart have no day in common
    series_days: int = 28  #: before the event that an interrupted series sees
    least_each_side: int = 8  #: days with a value that an interrupted series needs before and after
    low_baseline: float = 2.0  #: below it two points lower cannot be

    def document(self) -> dict[str, object]:
        """As it is stored beside a result."""
        return {**asdict(self), "assessed_days": list(self.assessed_days)}


RULES = Rules()

#: The indices whose stored window is the day or the night that ends on it. Those of 7 nights and of 28 days
#: mix both sides of an event, and clock times have no mean: they are left out.
DAILY_INDICES = (
    *("mean_activity", "steps", "sedentary_min", "light_min", "mvpa_min", "mvpa_bout_min"),
    *("sedentary_breaks_per_h", "M60", "M30", "M5", "M10_day", "L5_day", "RA_day"),
    *("TP_rest_active", "TP_active_rest", "intensity_gradient", "intensity_intercept"),
    *("TST_min", "sleep_efficiency", "WASO_min", "SOL_min", "nap_min", "worn_min"),
)
OPIOID = "OME_mg"  #: the index with the oral morphine equivalent of a day [mg]; no row: unknown
