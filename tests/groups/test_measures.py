"""By what pages are measured, and who says so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from groups.alert_report import definitions
from groups.measures import agreed, answer_times, useful_share
from ladder.plan_timing import timings_of
from ladder.reading import plan_of
from store.alerts.plan_history import Held, PlanHistory
from tests.groups.cases import case
from tests.ladder.wards import document

NONE = PlanHistory("main", None, None, (), ())


def ward(version=3, site="main", **changes):
    plan = plan_of(document(**changes))
    return PlanHistory(site, version, plan, (), (Held(version, None, timings_of(plan)),))


@pytest.mark.parametrize(
    "wards, share, version, said",
    [
        ([ward(useful_share=0.6)], 0.6, 3, "version 3 of the ward's plan"),
        (
            [ward()],
            0.4,
            None,
            "the setting ACTALGIA_USEFUL_SHARE: version 3 of the ward's plan states none",
        ),
        ([NONE], 0.4, None, "the setting ACTALGIA_USEFUL_SHARE: the ward has no plan"),
        (
            [replace(NONE, version=7)],
            0.4,
            None,
            "the setting ACTALGIA_USEFUL_SHARE: this software cannot read version 7 of the ward's plan",
        ),
        (
            [ward(useful_share=0.6), replace(NONE, site="hill")],
            0.4,
            None,
            "the setting ACTALGIA_USEFUL_SHARE, for several wards together; what a ward's plan states holds in "
            "the report of that ward",
        ),
        (
            [NONE, replace(NONE, site="hill")],
            0.4,
            None,
            "the setting ACTALGIA_USEFUL_SHARE, for several wards together",
        ),
        ([], 0.4, None, "the setting ACTALGIA_USEFUL_SHARE: the ward has no plan"),
    ],
)
def test_the_plan_of_the_ward_says_which_share_and_where_it_does_not_the_setting(wards, share, version, said):
    found = useful_share(wards, 0.4)
    assert (found.share, found.plan_version, found.said) == (share, version, said)


def test_each_page_is_told_by_the_times_that_held_and_those_that_hold_now_are_there_without_pages():
    now = ward(version=3)
    before = replace(now.now, version=2)
    gone = replace(now.now, version=3, instead_of=1)
    paged = [case(), case(times=before), case(times=before), case(times=gone)]
    found = answer_times(paged, [now])
    assert [(one.plan_version, one.instead_of, one.pages, one.said) for one in found] == [
        (None, None, 1, "the installation's own times, without a plan"),
        (3, 1, 1, "version 3 of the ward's plan, as version 1 cannot be read by this software"),
        (2, None, 2, "version 2 of the ward's plan"),
        (3, None, 0, "version 3 of the ward's plan"),
    ]
    assert found[0].within_min == {"high": 60, "medium": 1440, "low": 4320}


def test_the_times_of_several_wards_are_those_that_they_have_alike():
    other = document()
    other["ladders"]["high"]["rungs"][1]["after_min"] = 30
    plan = plan_of(other)
    quick = PlanHistory("hill", 1, plan, (), (Held(1, None, timings_of(plan)),))
    assert agreed([ward(), quick]) == {"medium": 1440, "low": 4320}
    assert agreed([ward()])["high"] == 60
    assert agreed([]) == {}


def test_what_the_report_is_made_by_stands_beside_it():
    found = definitions([case()], [ward(useful_share=0.6)], 0.4)
    assert (found.review_below, found.review_below_from.plan_version) == (0.6, 3)
    assert [one.pages for one in found.answer_times] == [1, 0]
