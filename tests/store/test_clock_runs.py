"""What statuses prove of a clock, and where the offsets lie in device time."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.clock_pieces import EVER, NEVER, RIGHT, Piece, moved, pieces_of
from store.clock_runs import GAINING, SECOND, Seen, runs_of

MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND
NOON = 1_777_896_000 * SECOND  # 2026-05-04 12:00
Y2000 = 946_684_800 * SECOND


def statuses(*sent, boot=1, first=0):
    """(true time of sending, offset, delay) of each, in microseconds."""
    return [
        Seen(boot, first + i, true - offset, true + delay) for i, (true, offset, delay) in enumerate(sent)
    ]


def hourly(n, offset, begin=NOON, step=HOUR, boot=1, first=0):
    return statuses(*((begin + i * step, offset, SECOND) for i in range(n)), boot=boot, first=first)


def offsets(seen):
    return [round(run.offset_us / SECOND) for run in runs_of(seen)]


def offset_at(seen, device_us):
    return next(p.offset_us for p in pieces_of(runs_of(seen)) if p.start_us <= device_us < p.end_us) / SECOND


def test_one_status_proves_a_clock_that_is_ahead():
    fast = hourly(1, -2 * HOUR)
    assert offsets(fast) == [-7199]  # the second on the way is in it
    assert pieces_of(runs_of(fast)) == [Piece(EVER, NEVER, -7199 * SECOND)]


def test_less_delay_corrects_the_word_of_a_single_status():
    seen = statuses((NOON, -2 * HOUR, 10 * MINUTE), (NOON + HOUR, -2 * HOUR, SECOND))
    assert offsets(seen) == [-7199]


def test_a_slow_clock_needs_three_statuses_that_agree():
    assert [offsets(hourly(n, 2 * HOUR)) for n in (1, 2, 3)] == [[], [], [7201]]
    assert offset_at(hourly(3, 2 * HOUR), NOON - DAY) == 7201


def test_a_queue_that_comes_in_one_burst_is_no_slow_clock():
    sent = [NOON + i * 5 * MINUTE for i in range(30)]
    burst = [Seen(1, i, at, sent[-1] + HOUR + i * SECOND) for i, at in enumerate(sent)]
    assert offsets(burst) == []
    same_second = [Seen(1, i, NOON + i, NOON + HOUR + i) for i in range(5)]
    assert offsets(same_second) == []


def test_delays_that_differ_are_no_slow_clock():
    delays = (3, 40, 11, 25, 60, 18)
    seen = statuses(*((NOON + i * HOUR, 0, m * MINUTE) for i, m in enumerate(delays)))
    assert offsets(seen) == []


@pytest.mark.parametrize("seconds", [-4.9, 3.9])
def test_less_than_five_seconds_is_right(seconds):
    seen = hourly(10, round(seconds * SECOND))
    assert offsets(seen) == [0]
    assert pieces_of(runs_of(seen)) == RIGHT


@pytest.mark.parametrize("year_us", [0, Y2000])
def test_a_clock_that_lost_its_time_is_proven_by_one_status(year_us):
    lost = [Seen(1, 0, year_us + HOUR, NOON + MINUTE), Seen(1, 1, year_us + 2 * HOUR, NOON + HOUR)]
    assert [run.offset_us for run in runs_of(lost[:1])] == [NOON + MINUTE - year_us - HOUR]
    assert [run.offset_us for run in runs_of(lost)] == [NOON - year_us - HOUR]  # the second had less delay


def test_a_lost_clock_that_is_set_right_keeps_both_offsets():
    lost = [Seen(1, 0, Y2000 + HOUR, NOON)]
    seen = [*lost, *hourly(3, 0, NOON + 30 * MINUTE, boot=1, first=1)]
    assert offset_at(seen, Y2000 + 2 * HOUR) == (NOON - Y2000 - HOUR) / SECOND
    assert offset_at(seen, NOON + 20 * MINUTE) == 0
    assert offset_at(seen, NOON + DAY) == 0


def test_a_right_clock_that_loses_its_time_in_a_new_boot_keeps_its_history():
    seen = [*hourly(3, 0), Seen(2, 0, Y2000 + HOUR, NOON + 4 * HOUR), *hourly(2, 0, NOON + 6 * HOUR, boot=3)]
    assert offset_at(seen, Y2000 + 5 * HOUR) == (NOON + 3 * HOUR - Y2000) / SECOND
    for there in (NOON - 28 * DAY, NOON + 2 * HOUR, NOON + 5 * HOUR, NOON + DAY):
        assert offset_at(seen, there) == 0


def test_a_clock_set_ahead_moves_what_comes_after_and_nothing_before():
    seen = [*hourly(4, 0), *hourly(3, -2 * HOUR, NOON + 4 * HOUR, first=4)]
    assert offset_at(seen, NOON + 3 * HOUR) == 0
    assert offset_at(seen, NOON + 4 * HOUR) == 0
    # Between its statuses of 15:00 and 16:00 the clock jumped; what it calls 17:10 can only be 15:10.
    assert offset_at(seen, NOON + 5 * HOUR + 10 * MINUTE) == -7199


def test_what_a_status_has_proven_stays_when_the_clock_is_set_back():
    seen = [*hourly(4, 0), *hourly(8, HOUR, NOON + 4 * HOUR, first=4)]
    assert offsets(seen) == [0, 3601]
    assert offset_at(seen, NOON + 2 * HOUR + 59 * MINUTE) == 0
    assert offset_at(seen, NOON + 3 * HOUR + 1) == 3601
    assert offset_at(seen, NOON + DAY) == 3601


def test_years_ahead_for_a_while_leave_the_present_alone():
    wrong = hourly(2, -4 * 365 * DAY, NOON + 4 * HOUR, boot=2)
    seen = [*hourly(4, 0), *wrong, *hourly(2, 0, NOON + 8 * HOUR, boot=3)]
    assert offset_at(seen, NOON + 4 * 365 * DAY + 5 * HOUR) == pytest.approx(-4 * 365 * 86400, abs=2)
    for there in (NOON, NOON + 6 * HOUR, NOON + 9 * HOUR, NOON + 300 * DAY):
        assert offset_at(seen, there) == 0


@pytest.mark.parametrize("ppm", [-80, -20, 20, 80])
def test_a_drifting_clock_is_followed_within_a_few_seconds(ppm):
    step = HOUR if abs(ppm) > 50 else 8 * HOUR
    seen = statuses(*((NOON + i * step, round(i * step * ppm * 1e-6), SECOND) for i in range(50)))
    pieces = pieces_of(runs_of(seen))
    drifted = 49 * step * abs(ppm) * 1e-6 / SECOND
    assert len(pieces) <= drifted / 5 + 2  # a new offset for each five seconds, no more
    last = seen[-1]
    assert abs(offset_at(seen, last.at_us) - last.excess_us / SECOND) < 8


def test_only_the_stretches_whose_offset_differs_have_moved():
    before = [Piece(EVER, NOON, 0), Piece(NOON, NEVER, 7)]
    after = [Piece(EVER, NOON - HOUR, 0), Piece(NOON - HOUR, NOON + HOUR, 7), Piece(NOON + HOUR, NEVER, 9)]
    assert moved(before, after) == [(NOON - HOUR, NOON), (NOON + HOUR, NEVER)]
    assert moved(before, before) == []


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-400, 400), st.integers(0, 300)), max_size=40))
def test_all_of_device_time_has_exactly_one_offset(sent):
    true, seen = NOON, []
    for i, (boot, hours, delay_min) in enumerate(sorted(sent)):
        true += HOUR
        seen.append(Seen(boot, i, true - hours * HOUR, true + delay_min * MINUTE))
    pieces = pieces_of(runs_of(seen))
    assert (pieces[0].start_us, pieces[-1].end_us) == (EVER, NEVER)
    for one, next_one in pairwise(pieces):
        assert one.start_us < one.end_us == next_one.start_us
        assert one.offset_us != next_one.offset_us


@pytest.mark.parametrize("seed", range(20))
def test_a_later_look_goes_on_from_the_run_before(seed):
    rng = random.Random(seed)
    offset, seen = 0, []
    for i in range(120):
        if rng.random() < 0.05:
            offset = rng.choice([0, -HOUR, 40 * MINUTE, -3 * DAY])
        delay = SECOND if rng.random() < 0.8 else rng.randrange(30 * MINUTE)
        true = NOON + i * HOUR
        seen.append(Seen(1, i, true - offset, true + delay))
    whole = runs_of(seen)
    cut = 70
    early = runs_of(seen[:cut])
    window = seen[cut - 20 :]
    older = [run for run in early if run.seq < window[0].seq]
    again = older[:-1] + runs_of(window, older[-1] if older else None)
    assert again == whole, "each status counts once"


def looked_at_one_by_one(seen, newest=50):
    """The runs after a look at each arrival, at the newest statuses only, as they are stored."""
    runs = []
    for n in range(1, len(seen) + 1):
        window = seen[max(0, n - newest) : n]
        older = [run for run in runs if (run.boot, run.seq) < (window[0].boot, window[0].seq)]
        runs = older[:-1] + runs_of(window, older[-1] if older else None)
    return runs


@given(
    st.lists(st.tuples(st.sampled_from([0, 0, 0, -2, 3]), st.integers(0, 3000)), min_size=1, max_size=30),
    st.integers(0, 29),
)
def test_to_look_at_the_same_statuses_again_changes_nothing(sent, begin):
    """However much of them is still looked at, and however they were delayed (by up to 50 minutes)."""
    seen = [
        Seen(1, i, NOON + (i - hours) * HOUR, NOON + i * HOUR + s * SECOND)
        for i, (hours, s) in enumerate(sent)
    ]
    runs = runs_of(seen)
    window = seen[begin:]
    older = [run for run in runs if window and run.seq < window[0].seq]
    if older:
        assert older[:-1] + runs_of(window, older[-1]) == runs


@pytest.mark.parametrize("looked_at", [2, 5, 30])
def test_a_status_is_no_evidence_beside_itself(looked_at):
    """Only the third status told the offset; the ones after it came late, each by another time."""
    delays = (9, 5, 0, 21, 33, 14, 47)
    seen = statuses(*((NOON + i * HOUR, -2 * HOUR, d * MINUTE) for i, d in enumerate(delays)))
    (run,) = runs_of(seen)
    assert (run.offset_us, run.firm, run.statuses) == (-2 * HOUR, False, 1)
    assert runs_of(seen[-looked_at:], run) == [run]


def test_another_status_that_agrees_is_evidence_however_old_the_run_is():
    seen = [*hourly(1, -2 * HOUR), *hourly(60, -2 * HOUR, NOON + HOUR, first=1)]
    (run,) = runs_of(seen[:1])
    (again,) = runs_of(seen[-50:], run)
    assert (run.firm, again.firm, again.statuses) == (False, True, 51)


@pytest.mark.parametrize("jitter_s", [0, 3, 25])
@pytest.mark.parametrize(
    ("step", "a_step"), [(HOUR, MINUTE), (4 * HOUR, 4 * MINUTE), (HOUR // 4, 15 * SECOND)]
)
def test_what_a_gaining_clock_says_moves_no_more_than_its_last_twenty_statuses(step, a_step, jitter_s):
    rng = random.Random(1)
    jitter = min(jitter_s * SECOND, a_step // 3)  # delay less than what it gains
    seen = statuses(
        *((NOON + i * step, -i * a_step, SECOND + round(rng.random() * jitter)) for i in range(160))
    )
    runs = looked_at_one_by_one(seen)
    pieces = pieces_of(runs)
    for i, status in enumerate(seen):
        offset_us = next(p.offset_us for p in pieces if p.start_us <= status.at_us < p.end_us)
        assert -GAINING * a_step < offset_us + i * a_step <= 6 * SECOND + jitter
    assert [run.firm for run in runs] == [True] + [False] * (len(runs) - 1), "only the first was right"


@pytest.mark.parametrize("way_back", [SECOND, 15 * MINUTE])
def test_a_queue_of_a_fast_clock_that_runs_empty_is_no_clock_that_gains(way_back):
    sent = [NOON + i * HOUR for i in range(40)]
    queue = [
        Seen(1, i, at + 2 * DAY, sent[-1] + (i + 1 - 40) * way_back // 40 + SECOND)
        for i, at in enumerate(sent)
    ]
    assert offsets(queue) == [-2 * 86400 + 1]
