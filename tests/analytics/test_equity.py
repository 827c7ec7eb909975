"""Whom the system sees worse, and why: figures worked out by hand, and truths that were put in."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from math import nan

import numpy as np
import pytest
from scipy.stats import chi2

from analytics.escalation.clustered import difference, mean, rate, share
from analytics.escalation.equity import equity
from analytics.escalation.equity_words import sentences
from analytics.escalation.like_with_like import left, strata
from analytics.escalation.rows import DailyRows
from analytics.escalation.screening import Tier, screen
from analytics.escalation.watched import Event, Looked, Watched, watched
from groups.proportion import wilson

DAYS = 120


def person(
    seen: int = 1, events: int = 1, answered: int = 90, worn: float = 90.0, pages: int = 0, **attributes: str
) -> Watched:
    looked = [Looked(k < seen, answered / DAYS, worn / DAYS, 3.0) for k in range(events)]
    return Watched(attributes, DAYS, answered, worn, DAYS, 0, pages, pages, 3.0, tuple(looked))


def group_of(document, attribute, value):
    (found,) = [a for a in document["attributes"] if a["attribute"] == attribute]
    return next(g for g in found["groups"] if g["value"] == value)


def test_where_everybody_has_one_event_the_interval_is_wilsons_but_for_few_patients():
    found = share([1] * 70 + [0] * 30, [1] * 100)
    assert found.value == pytest.approx(0.7) and found.patients == 100
    low, high = wilson(70, 100)
    assert found.low == pytest.approx(low, abs=0.003) and found.high == pytest.approx(high, abs=0.003)
    assert found.low < low and found.high > high


def test_ten_events_of_one_patient_who_is_always_or_never_seen_count_once():
    same = share([10] * 7 + [0] * 3, [10] * 10)
    alone = share([1] * 7 + [0] * 3, [1] * 10)
    assert (same.low, same.high) == pytest.approx((alone.low, alone.high), abs=0.01)


def test_all_seen_is_no_proof_that_all_will_be():
    found = share([3] * 10, [3] * 10)
    assert found.value == found.high == 1.0 and 0.6 < found.low < wilson(30, 30)[0]


def test_a_rate_without_a_single_count_has_the_exact_upper_limit():
    found = rate([0] * 20, [10.0] * 20)
    assert (found.value, found.low) == (0, 0)
    assert found.high == pytest.approx(chi2.ppf(0.975, 2) / 2 / 200)


def test_pages_that_all_fell_on_one_patient_tell_less_than_the_same_pages_on_many():
    spread, one = rate([1] * 20, [10.0] * 20), rate([20] + [0] * 19, [10.0] * 20)
    assert spread.value == one.value
    assert one.high - one.low > 3 * (spread.high - spread.low)


def test_of_one_patient_nothing_is_told():
    assert share([1], [2]) is None and rate([1], [2.0]) is None and mean([1.0, nan]) is None


def test_a_difference_has_room_for_what_both_leave_open():
    one, other = share([1] * 10 + [0] * 10, [1] * 20), share([1] * 16 + [0] * 4, [1] * 20)
    apart = difference(one, other)
    assert apart.value == pytest.approx(-0.3)
    assert -0.57 < apart.low < -0.3 < apart.high < 0.05


@pytest.mark.parametrize(
    "chance", [pytest.param(0.9, id="nearly all are seen"), pytest.param(0.6, id="many are missed")]
)
def test_nineteen_of_twenty_intervals_of_a_share_hold_the_truth_though_events_of_a_patient_are_alike(chance):
    random = np.random.default_rng(3)
    held = 0
    for _ in range(800):
        own = random.beta(chance * 4, (1 - chance) * 4, 25)
        events = random.integers(1, 6, 25)
        found = share(random.binomial(events, own), events)
        held += found.low <= chance <= found.high
    assert 0.92 <= held / 800 <= 0.985


def test_nineteen_of_twenty_intervals_of_a_rate_hold_the_truth_though_patients_differ():
    random = np.random.default_rng(4)
    held = 0
    for _ in range(800):
        weeks = random.uniform(4, 17, 30)
        found = rate(random.poisson(random.gamma(1.0, 0.05, 30) * weeks), weeks)
        held += found.low <= 0.05 <= found.high
    assert 0.92 <= held / 800 <= 0.99


def test_what_is_only_for_want_of_data_is_gone_among_patients_who_answer_alike():
    """Seen by the share of answered days and by nothing else; the older ones answer less."""
    random = np.random.default_rng(5)
    people = []
    for k in range(900):
        old = k < 300
        diary = random.beta(5, 5) if old else random.beta(8, 2)
        people.append(
            person(
                int(random.random() < 0.3 + 0.65 * diary),
                answered=round(DAYS * diary),
                age_band="75+" if old else "50-64",
            )
        )
    old = group_of(equity(people), "age_band", "75+")
    line, like = old["measures"]["sensitivity"], old["like_with_like"]
    assert line["difference"] == pytest.approx(-0.195, abs=0.06) and line["difference_ci"][1] < 0
    assert abs(like["difference"]) < 0.09 and like["difference_ci"][0] < 0 < like["difference_ci"][1]
    said = sentences(equity(people))
    assert said[0].startswith("age band 75+, 300 patients: sensitivity 0.")
    assert "its diaries are answered on 50 % of days against 80 %" in said[0]
    assert "among patients with equally complete diaries and wear the difference is -0.0" in said[0]


def test_what_is_not_for_want_of_data_is_still_there_among_patients_who_answer_alike():
    random = np.random.default_rng(6)
    people = [
        person(int(random.random() < (0.6 if k % 2 else 0.9)), answered=int(random.integers(40, 120)), sex="ab"[k % 2])
        for k in range(600)
    ]  # fmt: skip
    like = group_of(equity(people), "sex", "b")["like_with_like"]
    assert like["difference"] == pytest.approx(-0.3, abs=0.08) and like["difference_ci"][1] < 0


def test_like_with_like_is_mantel_and_haenszels_difference():
    # Stratum 0: 1 of 2 against 3 of 3; stratum 1: 0 of 1 against 1 of 2.
    seen, inside = np.array([1, 0, 1, 1, 1, 0, 1, 0.0]), np.array([1, 1, 0, 0, 0, 1, 0, 0], bool)
    alike = np.array([0, 0, 0, 0, 0, 1, 1, 1])
    weights = np.array([2 * 3 / 5, 1 * 2 / 3])
    expected = (weights * [0.5 - 1, 0 - 0.5]).sum() / weights.sum()
    found = left(seen, np.ones(8), inside, alike)
    assert found.value == pytest.approx(expected) and found.compared == 1
    assert found.low <= found.value <= found.high


def test_without_anybody_alike_nothing_is_said():
    assert left(np.ones(4), np.ones(4), np.array([1, 1, 0, 0], bool), np.array([0, 0, 1, 1])) is None
    assert strata(np.array([0.1, nan]), np.array([nan, nan])).tolist() == [14, 17]


def test_a_group_of_nine_is_too_few_to_tell_and_shows_no_count():
    people = [person(stage="IV") for _ in range(9)] + [person(stage="II") for _ in range(30)]
    few = group_of(equity(people), "stage", "IV")
    assert few == {"value": "IV", "n_patients": 9, "reason": "too few to tell: fewer than 10 patients"}
    enough = group_of(equity(people), "stage", "II")["measures"]["sensitivity"]
    assert enough["estimate"] == 1.0
    assert enough["difference"] is None and enough["difference_reason"].startswith(
        "of the others too few to tell"
    )
    assert any(
        line == "stage IV: too few to tell: fewer than 10 patients." for line in sentences(equity(people))
    )


def test_ten_patients_of_whom_nine_had_an_event_have_pages_but_no_sensitivity():
    people = [person(language="it") for _ in range(9)] + [person(0, 0, language="it")]
    found = group_of(equity(people), "language", "it")["measures"]
    assert found["sensitivity"]["estimate"] is None
    assert found["sensitivity"]["reason"] == "too few to tell: fewer than 10 patients with an event"
    assert found["diary"]["estimate"] == pytest.approx(0.75)


def test_whom_nobody_asked_is_a_group_of_its_own_and_no_contrast_for_the_others():
    people = [person(sex="female") for _ in range(12)] + [person(0, sex="male") for _ in range(12)]
    people += [person(0) for _ in range(12)]
    document = equity(people)
    groups = next(a for a in document["attributes"] if a["attribute"] == "sex")["groups"]
    assert [g["value"] for g in groups] == ["female", "male", "not told"]
    assert groups[0]["measures"]["sensitivity"]["rest"] == 0.0
    assert groups[2]["measures"]["sensitivity"]["rest"] == 0.5
    assert [a["attribute"] for a in document["attributes"]] == ["sex"]


def test_missed_events_are_held_beside_those_that_were_seen():
    quiet = Looked(False, 0.3, 0.8, 5.0)
    people = [replace(person(site="a"), events=(quiet, Looked(True, 0.9, 0.8, 3.0))) for _ in range(15)]
    said = sentences(equity(people))
    assert (
        "Around missed events, beside those that were seen: diaries answered on 30 % against 90 %; usual pain 5.0 against 3.0 of 10."
        in said
    )


def test_groups_that_do_not_differ_are_said_to_be_so_with_how_far_that_reaches():
    people = [person(k % 3 != 0, sex="ab"[k % 2]) for k in range(60)]
    said = sentences(equity(people))
    assert said[0] == "No group is seen worse than the others by more than chance would give."
    assert said[-1].startswith("14 differences were looked at: about 1 would lie outside")


def test_where_nobody_got_worse_it_is_not_said_that_no_group_is_seen_worse():
    said = sentences(equity([person(0, events=0, sex="ab"[k % 2]) for k in range(60)]))
    assert said[0].startswith("Whether any group is seen worse cannot be told")


def test_a_group_of_which_less_is_known_is_said_though_it_is_not_seen_worse():
    people = [person(answered=60 if k % 2 else 100, language=("it", "en")[k % 2]) for k in range(60)]
    said = sentences(equity(people))
    assert said[:2] == [
        "No group is seen worse than the others by more than chance would give.",
        "language en, 30 patients: its diaries are answered on 50 % of days against 83 %.",
    ]


def test_a_patient_is_summed_from_the_days_that_are_looked_at():
    days = 40
    average, wear = np.full((1, days), 3.0), np.full((1, days), 0.5)
    average[0, 20:] = nan
    tier, floor = np.zeros((1, days), np.int8), np.zeros((1, days), bool)
    tier[0, [5, 22, 31, 35]] = Tier.PAGE
    tier[0, 39] = Tier.TECHNICAL
    floor[0, 35] = True
    rows = DailyRows(("p",), (date(2026, 3, 1),), np.array([days]), {"average": average, "wear_fraction": wear}, np.zeros((1, days), np.int32), {})  # fmt: skip
    screened = replace(screen(rows), tier=tier, floor=floor)
    found = watched(screened, 0, {"sex": "male"}, [Event(21, 21, 29), Event(2, 2, 9)], first=10)
    assert (found.days, found.answered, found.worn, found.cannot_judge) == (30, 10, 15.0, 1)
    assert (found.pages, found.false_pages) == (3, 1)  # 31 is nobody's; 35 is at the floor; 5 is before
    (looked,) = found.events
    assert looked.seen and looked.level == 3.0 and looked.wear == 0.5
    assert looked.diary == pytest.approx(13 / 22)  # days 7 to 28, answered up to 19
