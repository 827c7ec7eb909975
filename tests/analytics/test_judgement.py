"""One truth of severe answers and of the screen: whom a decision reaches, and whom it does not reach again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from analytics.escalation.judgement import Fired, Known, judge
from analytics.escalation.rows import DailyRows
from analytics.escalation.screening import Screened, Tier, screen
from analytics.escalation.settings import SHIPPED as SETTINGS
from analytics.escalation.severe import Report, answers_at
from analytics.escalation.thresholds import SHIPPED
from analytics.escalation.tiers import Cause

DAYS = 20
FIRST = date(2026, 4, 15)
TODAY = FIRST + timedelta(days=DAYS - 1)
EVENING = datetime(2026, 5, 4, 21, tzinfo=UTC)


def screened(
    tiers: dict[int, Tier], worst: list[float], score: float = -2.0, accepted: float = np.nan
) -> Screened:
    """What the screen says of these rows, with these tiers instead of its own, the days counted back."""
    tier, level = np.zeros((1, DAYS), np.int8), np.full((1, DAYS), np.nan)
    for back, one in tiers.items():
        tier[0, DAYS - 1 - back] = one
    level[0, DAYS - len(worst) :] = worst
    numbers = {"worst": level, "accepted_level": np.full((1, DAYS), accepted)}
    device = np.full((1, DAYS), -1, np.int32)
    own = screen(DailyRows(("P-1",), (FIRST,), np.array([DAYS]), numbers, device, {}))
    cause = np.where(tier == Tier.PAGE, Cause.LIKELY, Cause.NOTHING).astype(np.int8)
    return replace(own, tier=tier, cause=cause, score=np.full((1, DAYS), score))


def said(worst: list[float], late: timedelta = timedelta()) -> list[Report]:
    """An answer each evening up to today; NaN: none."""
    found = []
    for back, one in enumerate(reversed(worst)):
        at = EVENING - timedelta(days=back, hours=1)
        if not np.isnan(one):
            found.append(Report(at.date(), at, int(one), None, at + (late if back == 0 else timedelta())))
    return found


def decide(
    tiers, worst, fired=(), open_case=False, can_be_asked=True, late=timedelta(), failed=False, **more
):
    answers = answers_at(said(worst, late), EVENING, SHIPPED, SETTINGS.floor_average)
    found = None if failed else screened(tiers, worst, **more)
    return judge(found, answers, Known(TODAY, fired, open_case, can_be_asked), SHIPPED)


CALM = [3.0] * 10
AT = EVENING - timedelta(hours=1)


def test_a_severe_answer_without_an_open_case_pages_though_the_screen_sees_nothing_new():
    found = decide({}, [*CALM, 8])
    assert (found.verdict, found.tier, found.severity, found.rule) == ("fire", "page", "high", "severe 1")
    assert found.reason == "worst pain 8 of 10 on 2026-05-04; 7 or more is severe"
    assert found.evidence["usual_worst"] == 3
    assert found.evidence["answered_days"] == 10


def test_a_severe_answer_joins_an_open_case_without_a_new_page_unless_the_screen_pages():
    assert decide({}, [*CALM, 8], open_case=True).tier == "review"
    assert decide({}, [*CALM, 8], open_case=True).verdict == "fire"
    assert decide({0: Tier.PAGE}, [*CALM, 8], open_case=True).tier == "page"


@pytest.mark.parametrize("tier", ["page", "review", None])
@pytest.mark.parametrize("open_case", [True, False])
def test_what_was_decided_of_an_answer_stands_when_it_is_judged_again(tier, open_case):
    found = decide({}, [*CALM, 8], [Fired(TODAY, AT, tier)], open_case)
    assert found.tier == (tier or "page")


def test_a_level_that_a_clinician_accepted_is_shown_and_pages_nobody():
    found = decide({0: Tier.PAGE}, [*CALM, 8], accepted=8)
    assert (found.verdict, found.tier, found.severity) == ("fire", "review", "low")
    assert "up to 8 was accepted as expected" in found.reason
    assert decide({}, [*CALM, 9], accepted=8).tier == "page"


def test_a_screen_that_fails_holds_up_no_severe_answer_and_never_looks_calm():
    assert decide({}, [*CALM, 8], failed=True).tier == "page"
    found = decide({}, CALM, failed=True)
    assert (found.verdict, found.tier) == ("no evidence", "technical")


def test_the_score_pages_without_any_severe_answer():
    found = decide({0: Tier.PAGE}, [*CALM, 6], score=1.234)
    assert (found.verdict, found.tier, found.severity, found.score) == ("fire", "page", "medium", 1.23)
    assert found.day == TODAY


def test_before_today_is_answered_yesterday_is_judged():
    found = decide({1: Tier.PAGE}, [*CALM, 6, np.nan])
    assert (found.tier, found.day) == ("page", TODAY - timedelta(days=1))
    assert decide({0: Tier.CHECK_IN}, [*CALM, 3, np.nan]).verdict == "quiet", (
        "a day that goes on is not silent"
    )


def test_a_review_reaches_the_worklist_and_opens_no_case():
    found = decide({0: Tier.REVIEW}, [*CALM, 5])
    assert (found.verdict, found.tier, found.severity) == ("review", "review", None)


def test_who_has_no_page_to_be_asked_on_is_reviewed_instead():
    silent = [*CALM, np.nan, np.nan]
    assert decide({1: Tier.CHECK_IN}, silent).tier == "check_in"
    found = decide({1: Tier.CHECK_IN}, silent, can_be_asked=False)
    assert (found.verdict, found.tier) == ("review", "review")
    assert found.reason.endswith("no diary page on which to be asked again")


def test_silence_is_never_quiet():
    assert decide({}, [*CALM, *[np.nan] * 5]).reason.endswith("is more than 3 days old")
    assert decide({}, [3.0, 3.0]).reason.startswith("cannot judge: 1 answered day in")
    assert decide({}, []).reason == "cannot judge: there is no answer yet"


def test_a_page_that_the_screen_finds_afterwards_is_told_while_it_goes_on():
    risen = [*CALM, 6, 6, 6, 6]
    assert decide({3: Tier.PAGE}, risen, score=1.0).tier == "page"
    told = [Fired(TODAY - timedelta(days=3), None, "page")]
    assert decide({3: Tier.PAGE}, risen, told, score=1.0).verdict == "quiet"


@pytest.mark.parametrize("own", [Cause.NOTHING, Cause.BAD_NIGHTS])
def test_a_page_that_goes_on_says_that_pain_has_risen_and_never_as_usual(own):
    answers = answers_at(said([*CALM, 6, 6, 6, 6]), EVENING, SHIPPED, SETTINGS.floor_average)
    found = screened({3: Tier.PAGE}, [*CALM, 6, 6, 6, 6], score=1.0)
    found.cause[0, -1] = own
    told = judge(found, answers, Known(TODAY, [], False, True), SHIPPED)
    assert (told.tier, told.day) == ("page", TODAY)
    assert "worst pain 6" in told.reason
    assert "as usual" not in told.reason and "come before" not in told.reason


def test_a_page_for_yesterday_is_told_and_one_of_days_ago_is_shown_as_late():
    silent = [*CALM, np.nan, np.nan, np.nan]
    yesterday = decide({1: Tier.PAGE}, [*CALM, 5, 3])
    assert (yesterday.tier, yesterday.day) == ("page", TODAY)
    again = decide({1: Tier.PAGE}, [*CALM, 5, 3], [Fired(TODAY, yesterday.reported_at, "page")])
    assert again == yesterday, "the same rows give the same decision"
    late = decide({3: Tier.PAGE}, silent)
    assert (late.verdict, late.tier) == ("review", "review")
    assert late.reason.startswith("late: ")
    assert decide({5: Tier.PAGE}, [*CALM, 5, 3, 3, 3, 3, 3]).verdict == "quiet"


def test_a_severe_answer_of_yesterday_of_a_new_patient_is_on_the_worklist_though_today_cannot_be_judged():
    """Both came at once, more than 24 h apart: the severe one is not severe now, and was told nobody."""
    numbers = {"worst": np.array([[10.0, 3.0]])}
    first = TODAY - timedelta(days=1)
    own = screen(DailyRows(("P-1",), (first,), np.array([2]), numbers, np.full((1, 2), -1, np.int32), {}))
    assert own.tier[0].tolist() == [Tier.PAGE, Tier.TECHNICAL]
    reports = [
        Report(first, AT - timedelta(hours=25), 10, None, AT - timedelta(hours=1)),
        Report(TODAY, AT, 3, None, AT),
    ]
    answers = answers_at(reports, EVENING, SHIPPED, SETTINGS.floor_average)
    found = judge(own, answers, Known(TODAY, [], False, True), SHIPPED)
    assert (found.verdict, found.tier) == ("review", "review")
    assert found.reason.startswith("late: severe now: worst pain 10")


def test_the_floor_of_an_answer_that_came_late_is_not_told_as_of_now():
    found = decide({0: Tier.PAGE}, [*CALM, 9], late=timedelta(hours=25))
    assert (found.verdict, found.tier) == ("review", "review")
    assert found.reason == "late: worst pain 9 of 10 on 2026-05-04 was received more than 24 h later"
