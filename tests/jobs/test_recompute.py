"""Days computed again because a method changed, by one process or several."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import numpy as np
import pytest
import sqlalchemy as sa

from analytics import clock
from analytics.indices.in_bed import RULE
from analytics.jobs import days as days_job
from analytics.jobs.days import METHOD_NAME, compute_days
from ingest.batch import write_batch
from ingest.messages import Epoch
from store import marks, recompute, results
from store.database import StoreError, now, transaction
from store.recompute import Again, Counted
from tests.cast import NOON, Cast, enrol_cast, incoming, micro

FIRST = (NOON - timedelta(days=6)).date()
LATER = NOON + timedelta(hours=2)
AT_ONCE = timedelta(0)


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    """Steady and Rising with seven days each, all of them computed."""
    cast = enrol_cast(engine, tz="UTC", since=NOON - timedelta(days=7, hours=12))
    for device, seed in (("watch-1", 1), ("watch-2", 2)):
        counts = np.random.default_rng(seed).integers(0, 300, 24 * 60).astype(float).tolist()
        messages = [
            incoming(device, Epoch(boot=1, seq=i, t0=micro(NOON - timedelta(days=7 - i, hours=12)), epoch_s=60.0,
                                   counts=counts))
            for i in range(7)
        ]  # fmt: skip
        write_batch(engine, messages, NOON)
    compute_all(engine, NOON + timedelta(minutes=1))
    return cast


def compute_all(engine: sa.Engine, at=LATER) -> int:
    done = 0
    while n := compute_days(engine, at):
        done += n
    return done


def mark(engine: sa.Engine, again: Again, at=LATER) -> int:
    with transaction(engine) as session:
        return recompute.mark_again(session, again, at)


def rows(engine: sa.Engine, method: str | None = None):
    query = "SELECT patient_id, day, index, method, value, reason, input_digest FROM day_index"
    query += " WHERE CAST(:m AS text) IS NULL OR method = :m ORDER BY 1, 2, 3, 4"
    with engine.connect() as connection:
        return connection.execute(sa.text(query), {"m": method}).all()


def stale(engine: sa.Engine) -> set[tuple[int, date]]:
    with engine.connect() as connection:
        return {
            tuple(row)
            for row in connection.execute(
                sa.text("SELECT patient_id, day FROM stale_day WHERE kind = 'movement'")
            )
        }


def test_computing_again_changes_nothing_but_the_time_of_it(engine, cast):
    before = rows(engine)
    assert mark(engine, Again(date(2026, 1, 1))) == len({row[:2] for row in before}) == 14
    assert mark(engine, Again(date(2026, 1, 1)), LATER) == 14, "twice is as good as once"
    assert compute_all(engine) == 14
    assert rows(engine) == before
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT DISTINCT computed_at FROM day_index")).scalars().all() == [
            LATER
        ]


def test_only_days_with_data_from_the_first_day_on_of_those_patients_are_marked(engine, cast):
    again = Again(FIRST + timedelta(days=2), [cast.rising])
    with transaction(engine) as session:
        found = recompute.count_days(session, again)
    assert mark(engine, again) == found.days
    marked = stale(engine)
    assert found == Counted(len(marked), 1)
    assert {patient for patient, _ in marked} == {cast.rising}
    assert min(day for _, day in marked) == FIRST + timedelta(days=2)


def test_results_of_an_older_method_stay_and_only_its_days_are_outdated(engine, cast, monkeypatch):
    old = rows(engine, METHOD_NAME)
    monkeypatch.setattr(days_job, "METHOD_NAME", "day-next")
    outdated = Again(date(2026, 1, 1), None, "day-next")
    assert mark(engine, Again(FIRST + timedelta(days=5), [cast.steady], "day-next")) > 0
    compute_all(engine)
    done = len({row[:2] for row in rows(engine, "day-next")})
    assert 0 < done < 14
    assert mark(engine, outdated, LATER + timedelta(minutes=1)) == 14 - done
    compute_all(engine, LATER + timedelta(minutes=1))
    assert rows(engine, METHOD_NAME) == old
    assert len(rows(engine, "day-next")) == len(old)
    assert mark(engine, outdated) == 0
    with engine.connect() as connection:
        shown = connection.execute(sa.text("SELECT DISTINCT method FROM reading.days")).scalars().all()
    assert shown == ["day-next"]


def test_the_running_day_does_not_wait_when_it_is_asked_for(engine, cast):
    with transaction(engine) as session:
        results.save_day_indices(
            session,
            [
                {"patient_id": cast.steady, "day": NOON.date(), "index": "worn_min", "method": METHOD_NAME,
                 "value": 1.0, "unit": "min", "reason": None, "worn_min": 1.0, "input_digest": b"", "provenance_id": None,
                 "computed_at": LATER}
            ],
        )  # fmt: skip
    assert mark(engine, Again(NOON.date(), [cast.steady])) == 1
    assert compute_days(engine, LATER + timedelta(seconds=1)) == 1


def test_what_is_left_counts_down_and_does_not_count_what_comes_later(engine, cast):
    again = Again(FIRST, [cast.steady])
    total = mark(engine, again)
    with transaction(engine) as session:
        assert recompute.days_left(session, again, LATER) == total > 0
        marks.mark_day(session, cast.steady, NOON.date(), marks.MOVEMENT, LATER + timedelta(seconds=1))
        marks.mark_day(session, cast.rising, FIRST, marks.MOVEMENT, LATER)
        assert recompute.days_left(session, again, LATER) == total
    compute_all(engine)
    with transaction(engine) as session:
        assert recompute.days_left(session, again, LATER) == 0


def test_silent_days_are_no_days_with_data_and_follow_those_about_them(engine, cast, monkeypatch):
    with transaction(engine) as session:
        marks.mark_day(session, cast.steady, NOON.date() + timedelta(days=3), marks.MOVEMENT, NOON)
    later = NOON + timedelta(days=5)
    compute_all(engine, later)
    silent = Again(NOON.date() + timedelta(days=1), [cast.steady])
    with transaction(engine) as session:
        assert results.days_with_data(session, cast.steady, silent.since, later.date()) == []
        assert recompute.count_days(session, silent) == Counted(0, 0)
    monkeypatch.setattr(days_job, "METHOD_NAME", "day-next")
    assert mark(engine, Again(FIRST, [cast.steady], "day-next"), later) == compute_all(engine, later)
    days = {row[1] for row in rows(engine, "day-next")}
    assert {silent.since + timedelta(days=i) for i in range(4)} <= days


def test_an_unknown_patient_is_named(engine, cast):
    with transaction(engine) as session, pytest.raises(StoreError, match="no patient P-nobody"):
        recompute.patients_by_code(session, ["P-steady", "P-nobody"])


def test_two_who_come_at_the_same_instant_take_two_patients(engine, cast):
    mark(engine, Again(FIRST))
    with transaction(engine) as one, transaction(engine) as other:
        taken = [results.claim(s, marks.MOVEMENT, LATER, 3, AT_ONCE, alone=True) for s in (one, other)]
    assert {claim.patient_id for claim in taken} == {cast.steady, cast.rising}


def test_the_other_days_of_a_patient_wait_while_a_worker_has_some(engine, cast):
    mark(engine, Again(FIRST, [cast.steady]))
    with transaction(engine) as session:
        first = results.claim(session, marks.MOVEMENT, LATER, 3, AT_ONCE, alone=True)
    with transaction(engine) as session:
        assert results.claim(session, marks.MOVEMENT, LATER, 3, AT_ONCE, alone=True) is None
        results.finish(session, marks.MOVEMENT, first)
        assert results.claim(session, marks.MOVEMENT, LATER, 3, AT_ONCE, alone=True) is not None


def test_days_that_wait_for_their_own_turn_are_not_computed_with_an_earlier_one(engine, cast, monkeypatch):
    written = []
    save = results.save_day_indices
    monkeypatch.setattr(days_job, "AT_ONCE", 2)
    monkeypatch.setattr(
        results, "save_day_indices", lambda s, r: (written.extend({x["day"] for x in r}), save(s, r))
    )
    marked = mark(engine, Again(FIRST, [cast.steady]))
    assert compute_all(engine) == marked
    assert len(written) == len(set(written)) == marked


def test_a_process_that_is_not_the_clock_computes_days_too(engine, cast):
    stop = threading.Event()
    with engine.connect() as leader:  # somebody else is the clock
        leader.scalar(sa.select(sa.func.pg_advisory_lock(clock.LEADER_LOCK)))
        helper = threading.Thread(target=clock.run, args=(engine, stop))
        mark(engine, Again(FIRST), now())
        helper.start()
        until = now() + timedelta(seconds=20)
        while stale(engine) and now() < until:
            stop.wait(0.05)
        stop.set()
        helper.join(10)
        leader.scalar(sa.select(sa.func.pg_advisory_unlock(clock.LEADER_LOCK)))
    assert not helper.is_alive()
    assert not stale(engine)


def test_every_result_says_how_it_was_made_and_old_ones_stay(engine, cast, monkeypatch):
    made = "SELECT DISTINCT method, software, parameters FROM reading.results WHERE index {} ORDER BY 1, 2"
    states, made = made.format("IN ('not_worn_min', 'no_data_min', 'off_min')"), made.format("= 'IS'")
    with engine.connect() as connection:
        ((method, software, parameters),) = connection.execute(sa.text(made)).all()
    assert (method, software) == (METHOD_NAME, days_job.SOFTWARE)
    assert parameters == {
        "measure": "counts", "epoch_s": 60.0, "tz": "UTC", "cut_points": "landry_2015_wrist_motionwatch",
        "sedentary_below": 178.5, "mvpa_from": 562.5, "rest_below": parameters["rest_below"],
        "in_bed": RULE, "sleep_scorer": "oakley_40", "window_days": 28, "week_days": 7, "io_days": 7,
    }  # fmt: skip
    with engine.connect() as connection:
        ((_, _, parameters),) = connection.execute(sa.text(states)).all()
    assert parameters == {"tz": "UTC", "flat_pct": 5.0, "battery_word_h": 24.0, "first_word_min": 10.0}
    monkeypatch.setattr(days_job, "METHOD_NAME", "day-next")
    monkeypatch.setattr(days_job, "SOFTWARE", "9.9")
    mark(engine, Again(date(2026, 1, 1)))
    compute_all(engine)
    with engine.connect() as connection:
        found = connection.execute(sa.text(made)).all()
        counts = connection.execute(
            sa.text("SELECT count(*) FROM reading.results GROUP BY method ORDER BY method")
        )
        assert len(set(counts.scalars())) == 1
        assert connection.scalar(sa.text("SELECT count(*) FROM reading.results WHERE reason IS NOT NULL")) > 0
        assert connection.scalar(sa.text("SELECT count(*) FROM provenance")) == 4
    assert [row[:2] for row in found] == [(METHOD_NAME, days_job.version("actalgia")), ("day-next", "9.9")]
