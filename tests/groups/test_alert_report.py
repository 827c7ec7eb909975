"""The report on pages by rule, severity, ward and local time, and which rule is to be looked at."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from groups.alert_report import REVIEW_FROM, report
from tests.groups.cases import AT, case, cases

WEEKS = {"main": 100.0}


def of(found, value):
    (group,) = [group for group in found if group.value == value]
    return group


def floor(one):
    return replace(one, rule="severe 1", because="severe")


def test_pages_of_the_floor_stand_apart_from_those_of_the_score():
    some = cases(acted=12, false=12)
    found = report([floor(one) if one.outcome == "acted" else one for one in some], WEEKS, AT)
    assert {group.value: group.figures.pages for group in found.by_kind} == {"floor": 12, "score": 12}
    assert of(found.by_kind, "floor").figures.useful.share == 1
    assert of(found.by_kind, "score").figures.useful.share == 0


def test_a_rule_is_told_by_its_version_and_settings_and_a_budget_of_the_ward_is_the_same_rule():
    labels = ("shipped 1", "shipped 1, budget 3", "shipped 1, budget 4", "ours 2")
    found = report([case(settings=label) for label in labels], WEEKS, AT)
    assert [(g.value, g.version, g.figures.pages) for g in found.by_rule] == [
        ("likelihood 1", "ours 2", 1),
        ("likelihood 1", "shipped 1", 3),
    ]


def test_a_rule_of_the_floor_is_told_by_its_thresholds():
    found = report([floor(case(settings="shipped 1, budget 3", thresholds="ward 4"))], WEEKS, AT)
    assert [(g.value, g.version) for g in found.by_rule] == [("severe 1", "ward 4")]


def test_a_case_that_does_not_name_its_rule_is_counted_as_unknown():
    bare = case(rule=None, because=None, settings=None, thresholds=None)
    found = report([bare], WEEKS, AT)
    assert [(g.value, g.version) for g in found.by_rule] == [("unknown", None)]
    assert of(found.by_kind, "other").figures.pages == 1


def test_a_rule_whose_pages_are_of_little_use_is_flagged_with_its_numbers():
    found = report(cases(acted=8, false=22), WEEKS, AT)
    (flag,) = found.for_review
    assert (flag.rule, flag.version, flag.useful.n, flag.useful.of, flag.clearly) == (
        "likelihood 1", "shipped 1", 8, 30, True,
    )  # fmt: skip
    assert flag.sentence == (
        "likelihood 1 (shipped 1): 8 of 30 pages were useful, 27 % (95 % interval 14 to 44), "
        "about 30 patients; for review below 50 %"
    )


def test_the_flag_says_how_many_cases_have_no_outcome_and_is_never_clear_of_few_patients():
    same = [replace(one, patient_id=k % 3) for k, one in enumerate(cases(false=20, none=4))]
    (flag,) = report(same, WEEKS, AT).for_review
    assert not flag.clearly and "about 3 patients, 4 more without an outcome;" in flag.sentence


def test_below_the_share_but_with_an_interval_across_it_is_for_review_and_not_clearly():
    (flag,) = report(cases(acted=9, false=11), WEEKS, AT).for_review
    assert not flag.clearly


def test_a_rule_with_few_cases_is_not_flagged_however_useless():
    assert report(cases(false=REVIEW_FROM - 1), WEEKS, AT).for_review == []
    assert report(cases(false=REVIEW_FROM), WEEKS, AT).for_review != []


def test_cases_that_nobody_has_closed_flag_no_rule():
    assert report(cases(acted=15, none=100, other=100), WEEKS, AT).for_review == []


def test_at_the_stated_share_a_rule_is_not_flagged_and_the_share_may_be_another():
    half = cases(acted=15, false=15)
    assert report(half, WEEKS, AT).for_review == []
    assert len(report(half, WEEKS, AT, review_below=0.6).for_review) == 1


def test_each_ward_is_told_by_its_own_weeks_also_one_without_pages():
    found = report([case(), case(site="hill")], {"main": 40.0, "hill": 20.0, "sea": 30.0}, AT)
    rates = {group.value: (group.figures.pages, group.figures.rate.patient_weeks) for group in found.by_site}
    assert rates == {"hill": (1, 20.0), "main": (1, 40.0), "sea": (0, 30.0)}
    assert found.whole.rate.patient_weeks == 90.0


def test_hours_and_weekdays_are_all_there_and_each_page_is_in_one_of_them():
    sunday_night = case(day=date(2026, 5, 3), hour=23)
    found = report([sunday_night, case(day=date(2026, 5, 4), hour=7)], WEEKS, AT)
    assert [len(found.by_hour), len(found.by_weekday)] == [24, 7]
    assert of(found.by_hour, "23").figures.pages == of(found.by_weekday, "Sun").figures.pages == 1
    assert found.weekday_hours[6][23] == found.weekday_hours[0][7] == 1
    assert sum(map(sum, found.weekday_hours)) == 2


def test_severities_come_from_high_to_low():
    found = report([case(severity=name) for name in ("low", "high", "medium")], WEEKS, AT)
    assert [group.value for group in found.by_severity] == ["high", "medium", "low"]
