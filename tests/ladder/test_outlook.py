"""What is said of the next turn of a case."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ladder.outlook import is_stale, outlook
from ladder.state import Life
from ladder.timing import SHIPPED, ends_soon
from ladder.words import CaseState

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TOLD = Life("high", NOON, paged=True, rung=1, step=1, next_at=NOON + HOUR)
ANNA = replace(TOLD, state=CaseState.ACKNOWLEDGED, acknowledged_by="Anna", held_until=NOON + HOUR)


@pytest.mark.parametrize(
    "life, said",
    [
        pytest.param(TOLD, "If nobody answers, step 2 is told at 13:00.", id="told"),
        pytest.param(replace(TOLD, rung=3), "If nobody answers, the last step is told once more at 13:00.", id="last step"),
        pytest.param(replace(TOLD, rung=3, repeats=2), "All steps were told; if nobody answers until 13:00, nobody is told again.", id="last time"),
        pytest.param(replace(TOLD, rung=4, repeats=2), "If nobody answers, the last step is told at 13:00.", id="a shorter plan"),
        pytest.param(replace(TOLD, rung=0), "Whoever is on duty is told at 13:00.", id="quiet hours"),
        pytest.param(replace(TOLD, next_at=NOON), "The next step is taken now.", id="due"),
        pytest.param(ANNA, "Anna has it until 13:00; then whoever is on duty is told again.", id="acknowledged"),
        pytest.param(replace(ANNA, next_at=NOON + 2 * HOUR), "Anna has it until 13:00; at 14:00 whoever is on duty is told again.", id="acknowledged, then silenced"),
        pytest.param(replace(ANNA, assigned_to="Berta"), "Berta has it until 13:00; then whoever is on duty is told again.", id="handed over"),
        pytest.param(replace(ANNA, paged=False, next_at=None), "Anna has it.", id="no page"),
        pytest.param(replace(TOLD, snoozed_until=NOON + HOUR), "It is snoozed until 13:00; then whoever is on duty is told.", id="snoozed"),
        pytest.param(replace(TOLD, snoozed_until=NOON + HOUR, next_at=NOON + 2 * HOUR), "It is snoozed until 13:00; at 14:00 whoever is on duty is told.", id="snoozed into quiet hours"),
        pytest.param(replace(TOLD, next_at=None, unheard=True), "Everybody was told and nobody has answered.", id="unheard"),
        pytest.param(replace(TOLD, paged=False, next_at=None), "Nobody is told of it: it is here to be looked at.", id="to be looked at"),
        pytest.param(replace(TOLD, paged=False, next_at=None, evidence_at=NOON - 15 * DAY),
                     "Nothing new for 14 days: for review, nobody is told of it any more.", id="stale"),
        pytest.param(replace(TOLD, state=CaseState.RESOLVED), "It is closed: nobody is told any more.", id="closed"),
    ],
)  # fmt: skip
def test_what_happens_next_is_one_sentence(life, said):
    assert outlook(life, SHIPPED.of["high"], NOON, lambda at: f"{at:%H:%M}") == said


def on_duty(rung: int, at: datetime) -> tuple[str, ...]:
    """Nobody is on duty for step 1 at one o'clock, Berta at any other time; step 2 is two persons, step 3 Dora."""
    first = () if at == NOON + HOUR else ("Berta",)
    return (first, ("Berta", "Carla"), ("Dora",))[rung - 1]


@pytest.mark.parametrize(
    "life, said",
    [
        pytest.param(TOLD, "If nobody answers, step 2 is told at 13:00: Berta, Carla.", id="told"),
        pytest.param(replace(TOLD, rung=3), "If nobody answers, the last step is told once more at 13:00: Dora.", id="last step"),
        pytest.param(replace(TOLD, rung=0, next_at=NOON + 2 * HOUR), "Whoever is on duty is told at 14:00: Berta.", id="quiet hours"),
        pytest.param(ANNA, "Anna has it until 13:00; then whoever is on duty is told again: "
                           "nobody is on duty then, so at once step 2, Berta, Carla.", id="nobody on duty"),
        pytest.param(replace(ANNA, held_until=NOON + 2 * HOUR, next_at=NOON + 2 * HOUR), "Anna has it until 14:00; then whoever is on duty is told again: Berta.", id="acknowledged"),
        pytest.param(replace(TOLD, snoozed_until=NOON + 2 * HOUR, next_at=NOON + 2 * HOUR),
                     "It is snoozed until 14:00; then whoever is on duty is told: Berta.", id="snoozed"),
    ],
)  # fmt: skip
def test_whose_turn_is_next_is_said_by_name(life, said):
    assert outlook(life, SHIPPED.of["high"], NOON, lambda at: f"{at:%H:%M}", on_duty) == said


def test_a_case_is_stale_after_fourteen_days_unless_somebody_has_it():
    old = replace(TOLD, evidence_at=NOON - 14 * DAY)
    assert not is_stale(old, NOON)
    assert is_stale(old, NOON + timedelta(microseconds=1))
    assert not is_stale(replace(old, held_until=NOON + HOUR), NOON + timedelta(minutes=1))
    assert is_stale(replace(old, held_until=NOON + HOUR), NOON + HOUR)


@pytest.mark.parametrize(
    "lasts, before", [(4 * HOUR, HOUR), (4 * DAY, DAY), (30 * DAY, 3 * DAY)], ids=["hours", "days", "a month"]
)
def test_people_are_reminded_in_the_last_quarter_and_at_most_three_days_before(lasts, before):
    begins = ends_soon(NOON, NOON + lasts, NOON + lasts - before)
    early = ends_soon(NOON, NOON + lasts, NOON + lasts - before - timedelta(seconds=1))
    assert (begins, early, ends_soon(NOON, NOON + lasts, NOON + lasts)) == (True, False, False)
