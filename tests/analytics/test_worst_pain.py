from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.escalation.decision import Verdict
from analytics.escalation.worst_pain import RULE, Report, judge

TODAY = date(2026, 5, 20)


def evening(day: date, hour: int = 20) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def diary(*worst: int | None, last: date = TODAY) -> list[Report]:
    """One entry an evening, the last of them on `last`; None is a day without any entry."""
    days = [last - timedelta(days=len(worst) - 1 - k) for k in range(len(worst))]
    return [Report(d, evening(d), w) for d, w in zip(days, worst, strict=True) if w is not None]


def verdict(*worst: int | None) -> Verdict:
    return judge(diary(*worst), evening(TODAY, 21)).verdict


@pytest.mark.parametrize(
    "worst, expected",
    [
        pytest.param([6], Verdict.NO_EVIDENCE, id="not severe and nothing to compare with"),
        pytest.param([7], Verdict.FIRE, id="severe, first answer ever"),
        pytest.param([8, 8, 8, 8, 8, 8, 8], Verdict.FIRE, id="severe as always"),
        pytest.param([3, 3, 3, 3, 3, 3], Verdict.QUIET, id="five days before, all is as usual"),
        pytest.param([3, 3, 3, 3, 3], Verdict.NO_EVIDENCE, id="four days before are no baseline"),
        pytest.param([3, 3, 3, 3, 3, 3, 5], Verdict.QUIET, id="one high day is no rise"),
        pytest.param([3, 3, 3, 3, 3, 5, 5], Verdict.FIRE, id="two points up, twice in a row"),
        pytest.param([3, 3, 3, 3, 3, 4, 5], Verdict.QUIET, id="one of the two is a point short"),
        pytest.param([3, 3, 3, 3, 3, 5, 3, 5], Verdict.FIRE, id="two of the last three"),
        pytest.param([3, 3, 3, 3, 3, 5, 3, 3, 5], Verdict.QUIET, id="two of the last four"),
        pytest.param([3, 3, 3, 3, 3, 5, 5, 3], Verdict.FIRE, id="two of three, the last is better"),
        pytest.param([3, 3, 3, 3, 5, 5], Verdict.NO_EVIDENCE, id="a rise over four days cannot be told"),
        pytest.param([3, 3, 3, 3, 3, 5], Verdict.QUIET, id="one high day after five"),
        pytest.param([3, 3, 3, 3, 3, None, 5, None, 5], Verdict.FIRE, id="days without an entry between"),
        pytest.param([0, 0, 0, 0, 0, 2, 2], Verdict.FIRE, id="two points from nothing"),
        pytest.param([4, 4, 4, 4, 5, 5, 6, 6, 6], Verdict.FIRE, id="two points up on a median of 4"),
        pytest.param([6, 6, 6, 6, 6, 6, 6], Verdict.QUIET, id="high and steady but not severe"),
    ],
)
def test_severe_or_rising_worst_pain(worst, expected):
    assert verdict(*worst) is expected


def test_a_severe_answer_says_what_it_rests_on():
    decision = judge(diary(3, 3, 8), evening(TODAY, 21))
    assert (decision.severity, decision.rule, decision.day) == ("high", RULE, TODAY)
    assert decision.reason == "worst pain 8 of 10 on 2026-05-20; 7 or more is severe"
    assert decision.reported_at == evening(TODAY) and decision.evidence["worst"] == 8


def test_a_rise_says_what_it_rests_on():
    decision = judge(diary(2, 3, 3, 3, 4, 5, 6), evening(TODAY, 21))
    assert decision.severity == "medium"
    assert decision.reason == (
        "worst pain 5 of 10 on 2026-05-19 and 6 on 2026-05-20; usual 3 over 5 answered days, 5 or more is a rise"
    )
    assert decision.evidence["baseline"] == 3 and decision.evidence["baseline_to"] == "2026-05-18"


def test_a_rise_is_not_measured_against_itself():
    # Held against a window that already holds the first high day, the median would be 4 and 5 too low.
    assert verdict(3, 3, 3, 4, 5, 5, 5) is Verdict.FIRE


def test_days_before_the_fortnight_are_no_baseline():
    assert verdict(3, 3, 3, 3, 3, *([None] * 13), 5, 5) is Verdict.NO_EVIDENCE
    assert verdict(3, 3, 3, 3, 3, *([None] * 8), 5, 5) is Verdict.FIRE


def test_high_days_far_apart_are_no_rise():
    decision = judge(diary(3, 3, 3, 3, 3, 5, *([None] * 6), 5), evening(TODAY, 21))
    assert decision.verdict is Verdict.NO_EVIDENCE and "stands alone in 7 days" in decision.reason


@pytest.mark.parametrize(
    "age, expected",
    [
        pytest.param(timedelta(days=3), Verdict.FIRE, id="three days"),
        pytest.param(timedelta(days=3, seconds=1), Verdict.NO_EVIDENCE, id="just over"),
        pytest.param(timedelta(days=400), Verdict.NO_EVIDENCE, id="last year"),
    ],
)
def test_an_old_answer_does_not_fire_as_if_it_were_now(age, expected):
    decision = judge(diary(3, 3, 3, 3, 3, 3, 9), evening(TODAY) + age)
    assert decision.verdict is expected
    if expected is Verdict.NO_EVIDENCE:
        assert decision.reason == "cannot judge: the last answer, of 2026-05-20, is more than 3 days old"


@pytest.mark.parametrize("hours, expected", [(24, Verdict.FIRE), (24.1, Verdict.NO_EVIDENCE)])
def test_a_severe_answer_counts_when_it_arrives_within_a_day(hours, expected):
    late = Report(TODAY, evening(TODAY), 8, evening(TODAY) + timedelta(hours=hours))
    decision = judge([*diary(3, 3, 3, 3, 3, 3, last=TODAY - timedelta(days=1)), late], late.received_at)
    assert decision.verdict is expected
    assert decision.severity == ("high" if expected is Verdict.FIRE else None)


def test_a_milder_answer_within_a_day_does_not_take_a_severe_one_back():
    severe, mild = Report(TODAY, evening(TODAY, 8), 9), Report(TODAY, evening(TODAY), 3)
    first, again = judge([severe], evening(TODAY, 9)), judge([severe, mild], evening(TODAY, 21))
    assert first == again and first.verdict is Verdict.FIRE


def test_a_severe_day_is_over_a_day_later():
    assert verdict(3, 3, 3, 3, 3, 9, 3) is Verdict.FIRE  # exactly 24 h
    last = Report(TODAY, evening(TODAY, 22), 3)
    decision = judge([*diary(3, 3, 3, 3, 3, 3, 9, last=TODAY - timedelta(days=1)), last], evening(TODAY, 23))
    assert decision.verdict is Verdict.QUIET


def test_a_day_counts_once_by_its_latest_answer():
    corrected = [Report(TODAY, evening(TODAY, 9), 5), Report(TODAY, evening(TODAY, 12), 5)]
    before = diary(3, 3, 3, 3, 3, 3, last=TODAY - timedelta(days=1))
    assert judge([*before, *corrected], evening(TODAY, 13)).verdict is Verdict.QUIET
    many = [Report(TODAY - timedelta(days=1), evening(TODAY, h) - timedelta(days=1), 3) for h in range(6, 14)]
    assert judge([*many, Report(TODAY, evening(TODAY), 3)], evening(TODAY, 21)).verdict is Verdict.NO_EVIDENCE


def test_a_skipped_entry_is_no_answer():
    skipped = Report(TODAY, evening(TODAY), None)
    before = diary(3, 3, 3, 3, 3, 5, 5, last=TODAY - timedelta(days=1))
    assert judge([*before, skipped], evening(TODAY, 21)) == judge(before, evening(TODAY, 21))
    only = judge([skipped], evening(TODAY, 21))
    assert only.verdict is Verdict.NO_EVIDENCE and only.reason == "cannot judge: there is no answer yet"


def test_an_entry_dated_in_the_future_is_a_wrong_clock():
    tomorrow = Report(TODAY + timedelta(days=2), evening(TODAY) + timedelta(days=2), 9)
    assert judge([tomorrow], evening(TODAY)).reason == "cannot judge: there is no answer yet"


@given(st.lists(st.one_of(st.none(), st.integers(0, 10)), max_size=30), st.randoms())
def test_order_and_repetition_change_nothing_and_few_days_are_never_quiet(worst, random):
    reports = diary(*worst)
    decision = judge(reports, evening(TODAY, 21))
    shuffled = list(reports)
    random.shuffle(shuffled)
    assert judge(shuffled, evening(TODAY, 22)) == decision
    if sum(w is not None for w in worst) < 6:
        assert decision.verdict is not Verdict.QUIET
    if decision.verdict is Verdict.NO_EVIDENCE:
        assert decision.reason.startswith("cannot judge: ") and decision.severity is None
    assert (decision.severity is not None) == (decision.verdict is Verdict.FIRE)
