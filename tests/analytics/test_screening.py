"""Daily rows in, decisions out: the clinical floor, what cannot be judged, and no look into the future."""

from __future__ import annotations

from datetime import date

import numpy as np

from analytics.escalation.rows import DailyRows
from analytics.escalation.screening import Tier, screen

NAN = float("nan")


def rows(**numbers: list[float]) -> DailyRows:
    """One patient's days."""
    n = len(next(iter(numbers.values())))
    return DailyRows(
        ("p1",),
        (date(2026, 3, 1),),
        np.array([n]),
        {name: np.array([values], dtype=float) for name, values in numbers.items()},
        np.full((1, n), -1, dtype=np.int32),
        {},
    )


def test_a_report_at_the_clinical_floor_always_pages():
    for said in ({"average": [2.0, 7.0]}, {"worst": [4.0, 9.0]}):
        judged = screen(rows(**said))
        assert judged.tier[0].tolist() == [Tier.NONE, Tier.PAGE]
        assert judged.floor[0].tolist() == [False, True]


def test_days_without_any_data_cannot_be_judged_and_say_so():
    judged = screen(rows(average=[2.0, NAN, NAN, NAN, NAN]))
    (first, second) = judged.decisions()
    assert (first.day, first.tier) == (date(2026, 3, 4), Tier.TECHNICAL)
    assert first.reason.startswith("cannot judge: ")
    assert first.score is None
    assert second.day == date(2026, 3, 5)


def test_a_name_that_is_absent_is_unknown_everywhere():
    assert np.isnan(rows(average=[1.0]).of("steps")).all()
