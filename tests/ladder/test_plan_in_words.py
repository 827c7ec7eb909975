"""What a plan does not cover, and how its ladders are told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ladder.coverage import uncovered_week, warnings
from ladder.in_words import hold_in_words, rungs_in_words, span
from ladder.reading import plan_of
from tests.ladder.wards import document

MINUTE = timedelta(minutes=1)


def test_uncovered_hours_are_a_warning_with_the_hours():
    [told] = warnings(plan_of(document()))
    assert told == (
        "Nobody is on duty as `nurse` for 60 hours of a week: fri 19:00 to mon 07:00. "
        "Then rung 1 of `high`, rung 1 of `medium` is passed at once to the next rung."
    )


def test_equal_holes_of_several_days_are_told_together():
    made = document()
    made["roles"][0]["shifts"].pop()
    made["ladders"]["low"]["rungs"][0]["persons"].append("bruno")
    [told] = warnings(plan_of(made))
    assert "for 108 hours of a week: mon, tue, wed, thu 19:00 to 07:00; fri 19:00 to mon 07:00." in told


def test_a_week_that_is_covered_has_no_holes_and_one_without_shifts_is_all_hole():
    plan = plan_of(document())
    assert uncovered_week([plan.role("doctor")]) == []
    assert uncovered_week([]) == [(0, 10080)]
    assert uncovered_week([plan.role("nurse")]) == [(4 * 1440 + 1140, 7 * 1440 + 420)]


def test_a_holiday_whose_shifts_leave_hours_is_told():
    own = [{"role": "doctor", "from": "09:00", "to": "12:00", "persons": ["anna"]}]
    made = document(holidays=[{"date": "2026-12-23", "name": "Patron", "shifts": own}])
    made["ladders"]["high"]["rungs"][1] = {"after_min": 60, "roles": ["doctor"]}
    told = [one for one in warnings(plan_of(made)) if "2026" in one]
    assert told == ["On 2026-12-23 (Patron) nobody is on duty as `doctor`: 00:00 to 09:00, 12:00 to 24:00."]


def test_what_is_in_the_plan_for_nothing_is_told():
    made = document()
    made["persons"].append({"id": "dora", "name": "Dora", "channels": ["log"]})
    made["ladders"]["high"]["rungs"][1]["roles"] = ["nurse"]
    made["ladders"]["low"]["rungs"][0]["after_min"] = 30
    told = warnings(plan_of(made), ("en", "it", "de"))
    assert "Role `doctor` is on no rung." in told
    assert "Person `dora` is in no shift and on no rung." in told
    assert "Nobody is told of a `low` case before 30 minutes have passed." in told
    assert "Patients who read `de` get no text of the ward for after hours." in told


def test_a_ladder_of_one_person_and_a_person_whom_only_a_file_is_told_of_are_told():
    alone = document(roles=[], persons=[{"id": "anna", "name": "Anna Conti", "channels": ["log"]}])
    for severity in ("high", "medium", "low"):
        alone["ladders"][severity]["rungs"] = [{"after_min": 0, "persons": ["anna"]}]
    said = warnings(plan_of(alone))
    assert "Every rung of `high` reaches Anna Conti alone: a second person should be told." in said
    assert "Person `anna` has no channel but `log`, a file that tells nobody." in said
    two = " ".join(warnings(plan_of(document())))
    assert "alone" not in two and "a file" not in two


def test_a_ladder_is_told_rung_by_rung():
    plan = plan_of(document())
    assert rungs_in_words(plan, plan.ladder("high")) == [
        "At once: whoever is on duty as Nurse.",
        "After 60 minutes without an answer: whoever is on duty as Nurse or Doctor on call.",
        "After 2 hours without an answer: Carla Neri.",
        "Then Carla Neri twice more, every 60 minutes.",
        "If still nobody answers, the worklist says so at the top.",
    ]
    assert (
        hold_in_words(plan.ladder("high"))
        == "An acknowledgement holds for 4 hours, then the ladder begins anew."
    )


@pytest.mark.parametrize(
    "minutes, told",
    [(1, "1 minute"), (60, "60 minutes"), (90, "90 minutes"), (120, "2 hours"), (1440, "24 hours"), (2880, "2 days"), (4320, "3 days"), (1500, "25 hours")],
)  # fmt: skip
def test_a_span_is_told_in_the_unit_in_which_it_is_whole(minutes, told):
    assert span(minutes * MINUTE) == told
