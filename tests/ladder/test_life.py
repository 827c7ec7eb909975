"""The life of a case, one happening after the other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ladder.happenings import (
    Acknowledged,
    Assigned,
    Cancel,
    Evidence,
    Notified,
    Reopened,
    Resolved,
    Said,
    Snoozed,
    SnoozeEnded,
    Suppressed,
    Tell,
    Tick,
    Unreached,
)
from ladder.life import after
from ladder.plan_timing import timings_of
from ladder.reading import plan_of
from ladder.state import Life, Refused
from ladder.timing import SHIPPED, Timings
from ladder.words import CaseState, Outcome
from tests.ladder.wards import document

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def went(*happenings, life=None, timings=SHIPPED):
    """The life after (instant, happening) ..., and all that was to be done."""
    life, done = life or Life("high", NOON), []
    for at, happening in happenings:
        life, effects = after(life, happening, timings, at)
        done += effects
    return life, done


def paged(severity="high"):
    return went((NOON, Evidence(severity)), (NOON, Tick()), life=Life(severity, NOON))


def told(effects):
    return [(one.step, one.rung) for one in effects if isinstance(one, Tell)]


def test_nobody_answers_and_each_rung_is_told_in_its_time_then_the_last_again_then_it_says_so():
    life, done = paged()
    assert told(done) == [(1, 1)]
    at, seen = NOON, [(life.next_at, 1)]
    while life.next_at is not None:
        at = life.next_at
        life, effects = after(life, Tick(), SHIPPED, at)
        done += effects
        seen.append((life.next_at, life.rung))
    assert told(done) == [(1, 1), (2, 2), (3, 3), (4, 3), (5, 3)]
    assert [when for when, _ in seen[:-1]] == [NOON + k * HOUR for k in (1, 2, 3, 4, 5)]
    assert life.unheard
    assert done[-1] == Said("nobody_answered", "everybody on the ladder was told and nobody has answered")


def test_who_is_told_late_has_the_same_time_to_answer():
    life, _ = paged()
    life, effects = after(life, Tick(), SHIPPED, NOON + 5 * HOUR)  # nobody was running
    assert told(effects) == [(2, 2)]
    assert life.next_at == NOON + 6 * HOUR


def test_a_turn_that_is_not_due_changes_nothing():
    life, _ = paged()
    assert after(life, Tick(), SHIPPED, NOON + 59 * MINUTE) == (life, ())


def test_a_page_after_everybody_was_told_in_vain_begins_anew():
    life, _ = paged()
    while life.next_at is not None:
        life, _ = after(life, Tick(), SHIPPED, life.next_at)
    life, done = went((NOON + DAY, Evidence("high")), (NOON + DAY, Tick()), life=life)
    assert told(done) == [(6, 1)]
    assert not life.unheard


def test_an_answer_holds_as_long_as_it_says_and_then_the_ladder_begins_anew():
    life, _ = paged("medium")
    life, done = went((NOON + HOUR, Acknowledged("anna", NOON + 3 * HOUR)), life=life)
    assert (life.state, done) == (CaseState.ACKNOWLEDGED, [Cancel()])
    assert after(life, Tick(), SHIPPED, NOON + 2 * HOUR) == (life, ())
    life, done = went((NOON + 3 * HOUR, Tick()), life=life)
    assert done == [Said("acknowledgement_ended", "anna had it until now"), Tell(2, 1)]
    assert (life.state, life.acknowledged_by) == (CaseState.OPENED, None)


@pytest.mark.parametrize(
    ("severity", "hold"), [("high", 4 * HOUR), ("medium", 24 * HOUR), ("low", 72 * HOUR)]
)
def test_an_answer_without_an_end_holds_by_severity(severity, hold):
    life, _ = paged(severity)
    life, _ = went((NOON, Acknowledged("anna")), life=life)
    assert life.next_at == NOON + hold


def test_the_second_to_answer_changes_nothing():
    life, _ = paged()
    life, _ = went((NOON, Acknowledged("anna")), life=life)
    assert after(life, Acknowledged("bruno"), SHIPPED, NOON + MINUTE) == (life, ())


@pytest.mark.parametrize("by", ["anna", "bruno"])
def test_who_answers_when_the_time_of_an_answer_is_over_has_it_though_nobody_took_the_turn_yet(by):
    life, _ = paged()
    life, _ = went((NOON, Acknowledged("anna", NOON + HOUR)), life=life)
    at = NOON + HOUR
    life, done = went((at, Acknowledged(by)), (at, Tick()), life=life)
    assert done == [Said("acknowledgement_ended", "anna had it until now"), Cancel()]
    assert (life.acknowledged_by, life.next_at) == (by, at + 4 * HOUR)


def test_a_case_is_handed_to_the_same_person_once_and_again_when_the_time_is_over():
    life, _ = paged()
    life, _ = went((NOON, Assigned("anna", "bruno")), life=life)
    assert after(life, Assigned("carla", "bruno"), SHIPPED, NOON + HOUR) == (life, ())
    longer, _ = went((NOON + HOUR, Assigned("carla", "bruno", NOON + DAY)), life=life)
    again, _ = went((NOON + 4 * HOUR, Assigned("carla", "bruno")), life=life)
    assert (longer.held_until, again.held_until) == (NOON + DAY, NOON + 8 * HOUR)


def test_more_of_the_same_is_not_told_to_whoever_has_it_and_what_is_worse_is():
    life, _ = paged("medium")
    life, _ = went((NOON, Acknowledged("anna")), life=life)
    same, done = went((NOON + HOUR, Evidence("medium")), life=life)
    assert done == [Suppressed("anna has it until 2026-05-05 12:00 UTC")]
    assert same.next_at == life.next_at
    worse, done = went((NOON + HOUR, Evidence("high")), (NOON + HOUR, Tick()), life=life)
    assert done == [Cancel(), Said("acknowledgement_ended", "it is more severe now"), Tell(2, 1)]
    assert (worse.severity, worse.next_at) == ("high", NOON + 2 * HOUR)


def test_evidence_that_nobody_is_told_of_moves_no_timer():
    life, _ = paged("medium")
    later, done = went((NOON + HOUR, Evidence("low", "as expected")), life=life)
    assert done == [Suppressed("as expected")]
    assert replace(later, evidence_at=NOON) == life


def test_a_page_that_is_worse_than_what_was_answered_is_told_though_worse_was_found_untold_before():
    life, _ = paged("medium")
    life, _ = went((NOON, Acknowledged("anna")), (NOON + HOUR, Evidence("high", "as expected")), life=life)
    assert life.severity == "medium", "nobody was told of anything urgent"
    life, done = went((NOON + 2 * HOUR, Evidence("high")), (NOON + 2 * HOUR, Tick()), life=life)
    assert told(done) == [(2, 1)]
    assert life.severity == "high"


def test_a_case_that_is_only_looked_at_is_as_severe_as_the_worst_found():
    life, _ = went((NOON, Evidence("high", "as expected")), life=Life("low", NOON))
    assert life.severity == "high"


def test_the_reason_of_a_page_that_is_not_told_says_no_one_was_told_who_was_not():
    waits = Timings(SHIPPED.of, lambda severity, at: max(at, NOON + 7 * HOUR))
    _, done = went(
        (NOON, Evidence("low")), (NOON + HOUR, Evidence("low")), life=Life("low", NOON), timings=waits
    )
    assert done[-1] == Suppressed("whoever is on duty is told at 2026-05-04 19:00 UTC")
    life, done = went((NOON, Evidence("low")), (NOON, Tick(NOON + DAY)), life=Life("low", NOON))
    life, done = went((NOON + HOUR, Evidence("low")), life=life)
    assert done == [Suppressed("whoever is on duty is told at 2026-05-05 12:00 UTC")]
    life, _ = paged()
    _, done = went((NOON + MINUTE, Evidence("high")), life=life)
    assert done == [Suppressed("step 1 was taken; the next turn is 2026-05-04 13:00 UTC")]


def test_the_first_page_of_a_case_that_was_only_looked_at_is_told_though_somebody_had_seen_it():
    life, _ = went(
        (NOON, Evidence("low", "as expected")), (NOON, Acknowledged("anna")), life=Life("low", NOON)
    )
    assert life.next_at is None
    life, done = went((NOON + HOUR, Evidence("low")), (NOON + HOUR, Tick()), life=life)
    assert told(done) == [(1, 1)]
    assert life.acknowledged_by is None


def test_who_hands_it_to_somebody_has_seen_it():
    life, _ = paged()
    life, done = went((NOON, Assigned("anna", "bruno")), life=life)
    assert (life.state, life.acknowledged_by, life.assigned_to) == ("in_progress", "anna", "bruno")
    assert done == [Cancel()]


def test_an_urgent_case_is_snoozed_by_two():
    life, _ = paged()
    for second in (None, "anna"):
        with pytest.raises(Refused, match="two persons"):
            after(life, Snoozed("anna", NOON + DAY, second), SHIPPED, NOON)
    life, _ = went((NOON, Snoozed("anna", NOON + DAY, "bruno")), life=life)
    life, done = went((NOON + HOUR, Evidence("high")), (NOON + 2 * HOUR, Tick()), life=life)
    assert done == [Suppressed("snoozed until 2026-05-05 12:00 UTC")]
    life, done = went((NOON + DAY, Tick()), life=life)
    assert done == [Said("snooze_ended", "its time was over"), Tell(2, 1)]


def test_a_snooze_does_not_cover_what_is_worse_than_what_was_snoozed():
    life, _ = paged("medium")
    life, _ = went((NOON, Snoozed("anna", NOON + DAY)), life=life)
    _, done = went((NOON + HOUR, Evidence("high")), (NOON + HOUR, Tick()), life=life)
    assert told(done) == [(2, 1)]


def test_a_snooze_that_is_ended_early_begins_the_ladder_anew_as_one_that_ends_by_itself():
    life, _ = paged("medium")
    life, _ = went((NOON, Snoozed("anna", NOON + DAY)), (NOON + HOUR, SnoozeEnded("anna")), life=life)
    life, done = went((NOON + HOUR, Tick()), life=life)
    assert told(done) == [(2, 1)], "as after one whose time was over"


def test_a_snooze_after_everybody_was_told_in_vain_is_an_answer_and_when_it_is_ended_somebody_is_told():
    life, _ = paged()
    while life.next_at is not None:
        life, _ = after(life, Tick(), SHIPPED, life.next_at)
    at = NOON + 6 * HOUR
    life, _ = went((at, Snoozed("anna", at + DAY, "bruno")), life=life)
    assert not life.unheard
    life, done = went((at + HOUR, SnoozeEnded("anna")), (at + HOUR, Tick()), life=life)
    assert told(done) == [(6, 1)]


def test_a_snooze_that_is_ended_leaves_the_case_to_whoever_has_it():
    life, _ = paged("medium")
    life, _ = went(
        (NOON, Snoozed("anna", NOON + DAY)), (NOON, Acknowledged("bruno", NOON + 5 * HOUR)), life=life
    )
    life, done = went((NOON + HOUR, SnoozeEnded("anna")), (NOON + HOUR, Tick()), life=life)
    assert (done, life.next_at, life.acknowledged_by) == ([], NOON + 5 * HOUR, "bruno")


@pytest.mark.parametrize("snooze_first", [True, False])
@pytest.mark.parametrize("hours, back", [(5, 24), (30, 30)])
def test_a_case_that_is_snoozed_and_answered_comes_back_when_both_are_over(hours, back, snooze_first):
    life, _ = paged("medium")
    both = [(NOON, Snoozed("anna", NOON + DAY)), (NOON, Acknowledged("bruno", NOON + hours * HOUR))]
    life, _ = went(*(both if snooze_first else both[::-1]), life=life)
    assert life.next_at == NOON + back * HOUR


@pytest.mark.parametrize(
    "answer", [None, Acknowledged("bruno", NOON + 2 * DAY)], ids=["snoozed", "and answered"]
)
def test_whatever_moves_the_timer_of_a_snoozed_case_tells_nobody(answer):
    life, _ = paged("medium")
    life, _ = went((NOON, Snoozed("anna", NOON + DAY)), life=life)
    if answer:
        life, _ = went((NOON, answer), life=life)
    assert after(life, Unreached(1), SHIPPED, NOON + HOUR) == (life, ())
    assert after(replace(life, next_at=NOON + HOUR), Tick(), SHIPPED, NOON + HOUR) == (life, ())


def test_whatever_moves_the_timer_of_an_answered_case_tells_nobody():
    life, _ = paged()
    life, _ = went((NOON, Acknowledged("anna")), life=life)
    assert after(replace(life, next_at=NOON + HOUR), Tick(), SHIPPED, NOON + HOUR) == (life, ())


def test_a_snooze_that_is_ended_in_quiet_hours_waits_for_their_end():
    quiet = Timings(SHIPPED.of, lambda severity, at: at if severity == "high" else max(at, NOON + 7 * HOUR))
    for severity, comes in (("medium", NOON + 7 * HOUR), ("high", NOON + HOUR)):
        life, _ = paged(severity)
        happenings = ((NOON, Snoozed("anna", NOON + DAY, "bruno")), (NOON + HOUR, SnoozeEnded("anna")))
        life, _ = went(*happenings, life=life, timings=quiet)
        assert life.next_at == comes


def test_an_answer_outlives_a_snooze_that_is_ended_and_one_that_is_over_ends_with_it():
    life, _ = paged("medium")
    before = ((NOON, Acknowledged("anna", NOON + 2 * HOUR)), (NOON, Snoozed("anna", NOON + DAY)))
    held, _ = went(*before, (NOON + HOUR, SnoozeEnded("anna")), life=life)
    assert (held.answered, held.next_at) == (True, NOON + 2 * HOUR)
    over = NOON + 3 * HOUR
    _, done = went(*before, (over, SnoozeEnded("anna")), (over, Tick()), life=life)
    assert done[-2:] == [Said("acknowledgement_ended", "anna had it until now"), Tell(2, 1)]


@pytest.mark.parametrize(("severity", "refused"), [("high", True), ("medium", False)])
def test_nobody_keeps_an_urgent_case_from_the_others_for_more_than_two_days_alone(severity, refused):
    life, _ = paged(severity)
    two, more = NOON + 2 * DAY, NOON + 2 * DAY + MINUTE
    for happening in (Acknowledged("anna", more), Assigned("anna", "bruno", more)):
        if refused:
            with pytest.raises(Refused, match="second person"):
                after(life, happening, SHIPPED, NOON)
        else:
            assert after(life, happening, SHIPPED, NOON)[0].held_until == more
    assert after(life, Acknowledged("anna", two), SHIPPED, NOON)[0].held_until == two


def test_more_evidence_never_says_that_somebody_was_told_who_was_not():
    life, _ = went((NOON, Evidence("medium")), (NOON, Tick(NOON + DAY, "anna")), life=Life("medium", NOON))
    _, done = went((NOON + HOUR, Evidence("medium", "", NOON + DAY, "anna")), life=life)
    assert done == [Suppressed("silenced by anna until 2026-05-05 12:00 UTC")]
    quiet = Timings(SHIPPED.of, lambda _severity, at: max(at, NOON + 7 * HOUR))
    life, _ = went((NOON, Evidence("medium")), (NOON, Tick()), life=Life("medium", NOON), timings=quiet)
    _, done = went((NOON + HOUR, Evidence("medium")), life=life, timings=quiet)
    assert done == [Suppressed("whoever is on duty is told at 2026-05-04 19:00 UTC")]


@pytest.mark.parametrize("until", [NOON, NOON - HOUR, NOON + timedelta(days=31)])
def test_nothing_holds_until_yesterday_or_for_longer_than_thirty_days(until):
    life, _ = paged("medium")
    for happening in (Acknowledged("anna", until), Assigned("anna", "bruno", until), Snoozed("anna", until)):
        with pytest.raises(Refused):
            after(life, happening, SHIPPED, NOON)


def test_a_silence_keeps_the_turn_until_it_ends_and_says_why():
    _, done = went(
        (NOON, Evidence("high")), (NOON, Tick(NOON + DAY)), (NOON + DAY, Tick()), life=Life("high", NOON)
    )
    assert done[1] == Suppressed("silenced until 2026-05-05 12:00 UTC", 1, 1)
    assert told(done) == [(2, 1)]


def test_a_silence_silences_nobody_at_the_instant_at_which_it_ends():
    _, done = went((NOON, Evidence("high")), (NOON, Tick(NOON)), life=Life("high", NOON))
    assert told(done) == [(1, 1)]


@pytest.mark.parametrize(
    ("ends", "told_at"),
    [
        # The half hours of the night on which the clocks of Rome go back, and forward.
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 6, tzinfo=UTC)),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), datetime(2026, 10, 25, 6, tzinfo=UTC)),
        (datetime(2026, 3, 29, 1, 30, tzinfo=UTC), datetime(2026, 3, 29, 5, tzinfo=UTC)),
    ],
)
def test_a_silence_that_ends_at_night_tells_of_what_is_not_urgent_in_the_morning(ends, told_at):
    plan = plan_of(document(quiet_hours={"from": "21:00", "to": "07:00"}))
    quiet, before = Timings(SHIPPED.of, timings_of(plan).not_before), ends - 12 * HOUR
    for severity, comes in (("medium", told_at), ("high", ends)):
        life, _ = went(
            (before, Evidence(severity)),
            (before, Tick(ends, "anna")),
            life=Life(severity, before),
            timings=quiet,
        )
        assert life.next_at == comes
        _, done = went((comes, Tick()), life=life, timings=quiet)
        assert told(done) == [(2, 1)]


def test_where_nobody_is_on_duty_the_next_ones_are_told_at_once():
    life, _ = paged()
    life, done = went((NOON, Unreached(1)), (NOON, Tick()), life=life)
    assert done[0] == Said("nobody_reached", "nobody could be told at step 1: the next ones are told at once")
    assert told(done) == [(2, 2)]


def test_that_nobody_of_an_earlier_step_is_reached_brings_no_later_one_forward():
    life, _ = paged()
    life, _ = went((NOON + HOUR, Tick()), life=life)
    assert life.rung == 2
    assert after(life, Unreached(1), SHIPPED, NOON + HOUR + MINUTE) == (life, ())


def test_a_case_that_is_opened_again_after_weeks_is_new_and_comes_back_when_its_answer_ends():
    life, _ = paged()
    at = NOON + 20 * DAY
    life, _ = went((NOON + HOUR, Resolved("anna", Outcome.ACTED)), (at, Reopened("bruno")), life=life)
    _, done = went((at + 4 * HOUR, Tick()), life=life)
    assert told(done) == [(2, 1)], "it is not stale: somebody has said that it is not over"


def test_a_snooze_ends_with_its_case_and_is_not_there_when_that_is_opened_again():
    life, _ = paged()
    life, _ = went(
        (NOON, Snoozed("anna", NOON + 9 * DAY, "bruno")), (NOON, Resolved("anna", Outcome.ACTED)), life=life
    )
    life, _ = went((NOON + HOUR, Reopened("anna")), life=life)
    assert (life.snoozed_until, life.next_at) == (None, NOON + 5 * HOUR)


def test_in_quiet_hours_what_is_not_urgent_waits():
    quiet = Timings(SHIPPED.of, lambda severity, at: at if severity == "high" else max(at, NOON + 7 * HOUR))
    life, done = went((NOON, Evidence("low")), (NOON, Tick()), life=Life("low", NOON), timings=quiet)
    assert (told(done), life.next_at) == ([], NOON + 7 * HOUR)
    life, done = went((NOON, Evidence("high")), (NOON, Tick()), life=life, timings=quiet)
    assert told(done) == [(1, 1)]


def in_the_night(severity, at):
    """From eight in the evening to seven in the morning nobody is told of what is not urgent."""
    if severity == "high" or 7 <= at.hour < 20:
        return at
    return (at + 4 * HOUR).replace(hour=7, minute=0)


@pytest.mark.parametrize("severity, tells", [("medium", False), ("high", True)])
def test_a_turn_that_is_taken_late_waits_for_the_end_of_quiet_hours(severity, tells):
    quiet = Timings(SHIPPED.of, in_the_night)
    life, _ = paged(severity)  # at noon; then nobody was running until the second night
    night = NOON + DAY + 11 * HOUR
    life, done = went((night, Tick()), life=life, timings=quiet)
    assert bool(told(done)) == tells
    if not tells:
        assert (done, life.next_at) == ([], night + 8 * HOUR)
        _, done = went((night + 8 * HOUR, Tick()), life=life, timings=quiet)
        assert told(done) == [(2, 2)]


def test_what_brings_a_turn_forward_in_quiet_hours_tells_nobody_before_their_end():
    quiet, night = Timings(SHIPPED.of, in_the_night), NOON + 11 * HOUR
    life, _ = paged("medium")
    snoozed, _ = went((NOON, Snoozed("anna", NOON + 3 * DAY)), life=life)
    for was, moved in ((snoozed, SnoozeEnded("anna")), (life, Unreached(1))):
        now, done = went((night, moved), (night, Tick()), life=was, timings=quiet)
        assert (told(done), now.next_at) == ([], night + 8 * HOUR)


@pytest.mark.parametrize("repeats", [0, 2])
def test_a_plan_that_is_saved_with_fewer_rungs_still_has_its_last_one_told(repeats):
    shorter = replace(SHIPPED.of["high"], rungs=(timedelta(0), HOUR), repeats=repeats)
    life, _ = paged()
    life, _ = went((NOON + HOUR, Tick()), (NOON + 2 * HOUR, Tick()), life=life)
    assert life.rung == 3
    life, done = went((NOON + 3 * HOUR, Tick()), life=life, timings=Timings({"high": shorter}))
    assert told(done) == [(4, 2)]
    assert not life.unheard


def test_a_case_without_news_for_two_weeks_is_for_review_and_nobody_is_paged_at_night():
    life, _ = paged("medium")
    life, _ = went((NOON, Acknowledged("anna", NOON + 20 * DAY)), life=life)
    life, done = went((NOON + 20 * DAY, Tick()), life=life)
    assert done == [Said("stale", "nothing new for 14 days: for review, nobody is told")]
    assert (life.next_at, life.state) == (None, CaseState.ACKNOWLEDGED)
    _, done = went((NOON + 21 * DAY, Evidence("medium")), (NOON + 21 * DAY, Tick()), life=life)
    assert told(done) == [(2, 1)], "a new page is told"


def test_a_resolved_case_is_over_until_somebody_opens_it_again():
    life, _ = paged()
    life, done = went((NOON, Resolved("anna", Outcome.ACTED)), life=life)
    assert (done, life.next_at, life.acknowledged_by) == ([Cancel()], None, "anna")
    for late in (Notified(), Tick(), Unreached(1), Acknowledged("bruno"), Resolved("bruno", Outcome.OTHER)):
        assert after(life, late, SHIPPED, NOON + HOUR) == (life, ())
    for wrong in (Assigned("anna", "bruno"), Snoozed("anna", NOON + DAY, "bruno")):
        with pytest.raises(Refused, match="re-open it first"):
            after(life, wrong, SHIPPED, NOON)
    life, done = went((NOON + DAY, Reopened("bruno")), life=life)
    assert (done, life.state, life.acknowledged_by) == ([], CaseState.ACKNOWLEDGED, "bruno")
    life, done = went((NOON + DAY + 4 * HOUR, Tick()), life=life)
    assert told(done) == [(2, 1)]
