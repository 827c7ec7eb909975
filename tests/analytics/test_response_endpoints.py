"""The international consensus endpoints, line by line; the numbers of each case are worked in its sentence."""

from __future__ import annotations

import pytest

from analytics.response.endpoints import Endpoint, Level, PainAlone, endpoint, ome_change

C, P, W, I, N = (  # noqa: E741
    Endpoint.COMPLETE, Endpoint.PARTIAL, Endpoint.PROGRESSION, Endpoint.INDETERMINATE, Endpoint.NOT_EVALUABLE,
)  # fmt: skip


def judged(before, after):
    return endpoint(Level(*before), Level(*after))


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        # complete: pain 0 without more analgesia
        pytest.param((7, 60), (0, 60), C, id="pain 7 to 0 on the same 60 mg"),
        pytest.param((7, 60), (0, 30), C, id="pain 7 to 0 on half the dose"),
        pytest.param((7, 60), (0, 74), C, id="60 to 74 mg is 23.3 % more: stable, so pain 0 is complete"),
        pytest.param((7, 60), (0, 75), I, id="60 to 75 mg is 25 % more: pain 0 was bought with analgesia"),
        pytest.param((1, 60), (0, 60), C, id="pain 1 to 0: only one point, but 0"),
        pytest.param((7, 60), (0.5, 60), P, id="a median of 0.5 is not 0, but 6.5 points lower"),
        # partial by pain: at least 2 points lower without more analgesia
        pytest.param((7, 60), (5, 60), P, id="7 to 5 is 2 points lower"),
        pytest.param((7, 60), (5.5, 60), I, id="7 to 5.5 is 1.5 points lower: less than 2"),
        pytest.param((7, 60), (6, 60), I, id="7 to 6 is one point lower"),
        pytest.param((7, 100), (5, 124), P, id="100 to 124 mg is 24 % more: stable"),
        pytest.param((7, 100), (5, 125), I, id="2 points lower, 100 to 125 mg is 25 % more"),
        # partial by analgesia: at least 25 % less without more pain
        pytest.param((5, 100), (5, 75), P, id="100 to 75 mg is 25 % less, pain the same"),
        pytest.param((5, 100), (4, 75), P, id="25 % less, pain one point lower"),
        pytest.param((5, 100), (5, 76), I, id="100 to 76 mg is 24 % less"),
        pytest.param((5, 100), (6, 50), I, id="half the dose, but pain one point higher"),
        pytest.param((5, 100), (5.5, 50), I, id="half the dose, but pain half a point higher is more pain"),
        pytest.param((5, 0.4), (5, 0.3), P, id="0.4 to 0.3 mg is 25 % less, also in binary numbers"),
        # progression by pain: at least 2 points higher with stable analgesia
        pytest.param((5, 60), (7, 60), W, id="5 to 7 is 2 points higher on a stable dose"),
        pytest.param((5, 100), (7, 124), W, id="2 points higher, 24 % more is stable"),
        pytest.param((5, 100), (7, 76), W, id="2 points higher, 24 % less is stable"),
        pytest.param((5, 100), (7, 125), I, id="2 points higher and 25 % more: no line has both"),
        pytest.param((5, 100), (7, 75), I, id="2 points higher and 25 % less: not stable"),
        pytest.param((5, 60), (6, 60), I, id="one point higher on a stable dose"),
        # progression by analgesia: at least 25 % more with pain stable or one point higher
        pytest.param((5, 100), (5, 125), W, id="25 % more, pain the same"),
        pytest.param((5, 100), (6, 125), W, id="25 % more, pain one point higher"),
        pytest.param((5, 100), (6.5, 125), W, id="25 % more, 1.5 points higher: no level falls between lines"),
        pytest.param((5, 100), (4, 125), I, id="25 % more, pain one point lower"),
        # no analgesia before
        pytest.param((5, 0), (5, 10), W, id="0 to 10 mg is more, pain the same"),
        pytest.param((5, 0), (3, 10), I, id="0 to 10 mg is more: 2 points lower are no partial response"),
        pytest.param((5, 0), (0, 10), I, id="0 to 10 mg is more: pain 0 is not complete"),
        pytest.param((5, 0), (3, 0), P, id="0 to 0 mg is stable, 2 points lower"),
        pytest.param((5, 0), (5, 0), I, id="0 to 0 mg: 25 % less of nothing cannot be"),
        pytest.param((5, 0), (7, 0), W, id="0 to 0 mg is stable, 2 points higher"),
        # no pain before
        pytest.param((0, 60), (0, 60), I, id="pain 0 before and after: nothing became 0"),
        pytest.param((0, 60), (0, 45), P, id="pain 0 kept on 25 % less"),
        pytest.param((0, 60), (2, 60), W, id="pain 0 to 2"),
        pytest.param((0, 60), (0, 75), W, id="pain 0 kept only with 25 % more"),
        # below two points before
        pytest.param((1, 60), (1, 60), I, id="pain 1 before cannot fall by 2"),
        pytest.param((1.5, 60), (0, 60), C, id="pain 1.5 to 0"),
        # a scale in tenths: no exact binary numbers
        pytest.param((0.3, 60), (2.3, 60), W, id="0.3 to 2.3 is 2 points higher"),
        pytest.param((2.3, 60), (0.3, 60), P, id="2.3 to 0.3 is 2 points lower"),
        pytest.param((0.3, 100), (2.3, 125), I, id="0.3 to 2.3 is 2 points higher, with 25 % more"),
    ],
)  # fmt: skip
def test_each_line_of_the_consensus(before, after, found):
    assert judged(before, after).endpoint is found


@pytest.mark.parametrize(
    ("before", "after", "alone", "says"),
    [
        ((7, None), (0, 60), PainAlone.GONE, "dose before is not known; pain is 0 now: complete, unless"),
        ((7, 60), (4, None), PainAlone.LOWER, "dose after is not known; pain is at least 2 points lower: partial, unless"),
        ((4, None), (7, None), PainAlone.HIGHER, "dose before and after is not known; pain is at least 2 points higher: progression, if"),
        ((4, None), (5, 60), PainAlone.NEITHER, "pain changed by less than 2 points: the dose would decide"),
    ],
)  # fmt: skip
def test_without_the_dose_the_endpoint_is_not_evaluable_and_what_pain_tells_is_said(
    before, after, alone, says
):
    found = judged(before, after)
    assert (found.endpoint, found.pain_alone) == (N, alone)
    assert says in found.reason


@pytest.mark.parametrize(("before", "after", "side"), [((None, 60), (3, 60), "before"), ((7, 60), (None, 60), "after")])  # fmt: skip
def test_without_pain_nothing_can_be_told(before, after, side):
    found = judged(before, after)
    assert (found.endpoint, found.pain_alone) == (N, None)
    assert found.reason == f"too little data: the pain {side} is not known"


def test_both_rising_is_said_to_stand_in_no_line():
    assert judged((5, 100), (7, 150)).reason == (
        "pain 2 points higher, more analgesia; the consensus has no line for both together"
    )


def test_a_change_of_a_dose_of_nothing_has_no_percent():
    assert ome_change(Level(5, 0), Level(5, 10)) is None
    assert ome_change(Level(5, 80), Level(5, 60)) == -0.25
