"""From what is stored to indices and decisions: the same figures as the field's references."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
import sqlalchemy as sa

from analytics.escalation.thresholds import thresholds_of
from analytics.jobs.days import compute_days
from analytics.jobs.minutes import make_minutes
from analytics.jobs.screen import ask_for_judgement, screen
from analytics.recordings.read import read_recording
from ingest.batch import write_batch
from ingest.messages import Diary, Epoch, Raw
from store import marks, people, results
from store.database import transaction
from tests.cast import NOON, Cast, enrol_cast, incoming, micro
from tests.conftest import SHARED

CONTROL_10 = SHARED / "data/actigraphy/epoch/depresjon/control_10.csv"
HZ = 50
RNG = np.random.default_rng(3)


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    return enrol_cast(engine, tz="UTC")


def all_due(job, engine, at=NOON):
    done = 0
    while n := job(engine, at):
        done += n
    return done


def indices(engine, code, day=None):
    with engine.connect() as connection:
        rows = connection.execute(
            sa.text("SELECT day, index AS name, value, unit, worn_min FROM reading.days WHERE patient = :p"),
            {"p": code},
        ).all()
    chosen = day or max(row.day for row in rows)
    return {row.name: row.value for row in rows if row.day == chosen}


def stale(engine):
    with engine.connect() as connection:
        return connection.execute(
            sa.text("SELECT count(*) FROM stale_day WHERE kind = 'movement'")
        ).scalar_one()


@pytest.mark.recordings
def test_control_10_has_the_indices_of_the_references(engine):
    if not CONTROL_10.exists():
        pytest.skip("the shared recordings are not here")
    recording = read_recording(CONTROL_10)
    first = datetime.fromtimestamp(int(recording.t_us[0]) / 1e6, UTC)
    cast = enrol_cast(engine, tz="UTC", since=first)
    hours = [
        incoming("watch-1", Epoch(boot=1, seq=i, t0=int(recording.t_us[s]), epoch_s=60.0,
                                  counts=recording.activity[s:s + 60].tolist()))
        for i, s in enumerate(range(0, len(recording.t_us), 60))
    ]  # fmt: skip
    order = RNG.permutation(len(hours))  # arrival order must not matter
    for part in np.array_split(order, 4):
        write_batch(engine, [hours[i] for i in part], NOON)
        compute_days(engine, NOON)
    all_due(compute_days, engine)
    assert stale(engine) == 0
    found = indices(engine, "P-steady")
    assert found["IS"] == pytest.approx(0.371513, abs=1e-6)
    assert found["IV"] == pytest.approx(0.631171, abs=1e-6)
    assert found["L5"] == pytest.approx(18.08644444, rel=1e-6)
    assert found["M10"] == pytest.approx(431.5832292, rel=1e-6)
    assert found["RA"] == pytest.approx(0.9195567524, rel=1e-6)
    assert found["L5_onset"] == pytest.approx(23 + 48 / 60)
    assert cast.steady


def still_or_moving(minutes, amplitude):
    """An arm that turns and shakes with this amplitude [g], about gravity."""
    n = minutes * 60 * HZ
    turn = 10 * amplitude * np.sin(np.arange(n) * 2 * np.pi / (40 * HZ))
    g = np.column_stack([np.sin(turn), np.zeros(n), np.cos(turn)])
    g += amplitude * RNG.normal(size=(n, 3))
    return np.clip(np.round(g * 256), -32768, 32767).astype("<i2")


def raw_blocks(samples, start, seconds, boot=1):
    n = seconds * HZ
    return [
        incoming("watch-1", Raw(boot=boot, seq=i, t0=micro(start) + i * seconds * 1_000_000, hz=HZ, scale=1 / 256,
                                xyz=samples[i * n:(i + 1) * n].tobytes()))
        for i in range(len(samples) // n)
    ]  # fmt: skip


def minute_rows(engine):
    with engine.connect() as connection:
        return connection.execute(
            sa.text(
                "SELECT t AS start, enmo_mg, mad_mg, anglez_deg, enmo_5s_mg, worn FROM reading.epochs ORDER BY t"
            )
        ).all()


def test_blocks_become_minutes_whatever_their_size_and_order(engine, cast):
    samples = still_or_moving(30, 0.2)
    start = NOON - timedelta(hours=2, seconds=20)
    made = {}
    for seconds in (60, 45, 10):
        with engine.begin() as connection:
            for table in ("block", "epoch", "settled", "new_blocks", "stale_day"):
                connection.exec_driver_sql(f"DELETE FROM {table}")
        blocks = raw_blocks(samples, start, seconds)
        for i in RNG.permutation(len(blocks)):
            write_batch(engine, [blocks[i]], NOON)
            if i % 7 == 0:
                make_minutes(engine, NOON)
        all_due(make_minutes, engine)
        made[seconds] = [(row.start, row.enmo_mg, row.mad_mg, row.anglez_deg) for row in minute_rows(engine)]
    assert len(made[60]) == 30  # the first 20 s are too few for a minute, the last 40 s are enough
    g = np.linalg.norm(samples[20 * HZ : 80 * HZ] / 256, axis=1)
    assert made[60][0][1] == pytest.approx(1000 * np.maximum(g - 1, 0).mean(), rel=1e-5)
    for other in (45, 10):
        np.testing.assert_allclose([row[1:] for row in made[other]], [row[1:] for row in made[60]], rtol=1e-5)


def test_a_whole_minute_is_there_with_its_block(engine, cast):
    start = NOON - timedelta(minutes=30)
    write_batch(engine, raw_blocks(still_or_moving(5, 0.2), start, 60), NOON)
    assert len(minute_rows(engine)) == 5
    assert make_minutes(engine, NOON) == 0, "nothing is left to analytics"


def test_minutes_do_not_depend_on_the_order_in_which_blocks_that_overlap_them_come(engine, cast):
    """A clock that was set back: whole minutes of one boot, minutes cut in two of the next."""
    start = NOON - timedelta(hours=2)
    whole = raw_blocks(still_or_moving(6, 0.2), start, 60)
    cut = raw_blocks(still_or_moving(6, 0.05), start + timedelta(seconds=45), 60, boot=2)
    made = []
    mixed = [block for both in zip(whole, cut, strict=True) for block in both]
    for blocks in ([*whole, *cut], [*cut, *whole], mixed):
        with engine.begin() as connection:
            for table in ("block", "epoch", "settled", "new_blocks", "stale_day", "ragged"):
                connection.exec_driver_sql(f"DELETE FROM {table}")
        for block in blocks:
            write_batch(engine, [block], NOON)
            all_due(make_minutes, engine)
        made.append([(row.start, row.enmo_mg, row.mad_mg, row.anglez_deg) for row in minute_rows(engine)])
    for other in made[1:]:
        assert [row[0] for row in other] == [row[0] for row in made[0]]
        np.testing.assert_allclose([r[1:] for r in other], [r[1:] for r in made[0]], rtol=1e-6)


def lying(minutes, breath_g=0.0, direction=(0.6, 0.0, 0.8)):
    """A device that lies still in one posture; a chest may lift it."""
    n = minutes * 60 * HZ
    g = np.tile(direction, (n, 1)) + RNG.normal(0, 0.003, (n, 3))
    g[:, 2] += breath_g * np.sin(2 * np.pi * 0.25 * np.arange(n) / HZ)
    return np.rint(g * 256).astype("<i2")


def judge(engine, blocks):
    for block in blocks:
        write_batch(engine, [block], NOON)
    all_due(make_minutes, engine)
    all_due(compute_days, engine)


@pytest.mark.parametrize("late_s", [pytest.param(0, id="whole minutes"), pytest.param(17, id="cut minutes")])
def test_a_sedated_patient_is_worn_and_a_table_is_not_whoever_makes_the_minutes(engine, cast, late_s):
    start = datetime(2026, 5, 3, 6, 0, late_s, tzinfo=UTC)
    judge(
        engine,
        raw_blocks(np.vstack([lying(90, breath_g=0.001), lying(90, direction=(0.0, 1.0, 0.0))]), start, 60),
    )
    worn = [row.worn for row in minute_rows(engine)]
    assert all(worn[:90]), "stillness alone would take the patient for a table"
    assert not any(worn[135:179])


def test_a_thermometer_keeps_a_patient_whom_the_sensor_does_not_see_breathe(engine, cast):
    start = datetime(2026, 5, 3, 6, 0, tzinfo=UTC)
    for celsius, device in ((33.0, "watch-1"), (24.0, "watch-2")):
        samples = lying(120)
        judge(
            engine,
            [
                incoming(device, Raw(boot=1, seq=i, t0=micro(start) + i * 60_000_000, hz=HZ, scale=1 / 256,
                                     xyz=samples[i * 60 * HZ:(i + 1) * 60 * HZ].tobytes(), temp_c=celsius))
                for i in range(120)
            ],
        )  # fmt: skip
    with engine.connect() as connection:
        worn = connection.execute(
            sa.text("SELECT patient, bool_and(worn) FROM reading.epochs GROUP BY 1")
        ).all()
    assert dict(worn) == {"P-steady": True, "P-rising": False}


def test_a_watch_on_a_table_is_not_worn_and_enters_no_index(engine, cast):
    start = datetime(2026, 5, 3, 6, 0, tzinfo=UTC)
    samples = np.vstack([still_or_moving(180, 0.05), lying(180)])
    judge(engine, raw_blocks(samples, start, 600))
    worn = [row.worn for row in minute_rows(engine)]
    assert sum(worn[:175]) == 175
    assert not any(worn[185:355])
    found = indices(engine, "P-steady", date(2026, 5, 3))
    assert 175 <= found["worn_min"] <= 200
    assert found["mean_activity"] > 20


def test_the_running_day_waits_an_hour_and_a_past_day_does_not(engine, cast):
    def minute(seq, at):
        return incoming("watch-1", Epoch(boot=1, seq=seq, t0=micro(at), epoch_s=60.0, counts=[5.0]))

    write_batch(engine, [minute(0, NOON - timedelta(hours=1))], NOON - timedelta(seconds=5))
    assert compute_days(engine, NOON - timedelta(seconds=3)) == 0, "a burst may still go on"
    assert compute_days(engine, NOON) == 1
    write_batch(engine, [minute(1, NOON - timedelta(minutes=1))], NOON)
    assert compute_days(engine, NOON + timedelta(minutes=59)) == 0
    write_batch(engine, [minute(2, NOON - timedelta(days=2))], NOON)
    assert compute_days(engine, NOON + timedelta(minutes=59)) >= 1
    assert stale(engine) == 1, "the running day still waits"
    assert compute_days(engine, NOON + timedelta(minutes=61)) == 1
    write_batch(engine, [minute(3, NOON + timedelta(minutes=80))], NOON + timedelta(minutes=80))
    assert compute_days(engine, NOON + timedelta(minutes=90)) == 0
    assert compute_days(engine, NOON + timedelta(hours=12, seconds=1)) == 1, "the day has ended"
    assert stale(engine) == 0


def test_what_is_marked_while_it_is_computed_stays_marked(engine, cast):
    with transaction(engine) as session:
        marks.mark_day(session, cast.steady, NOON.date(), marks.DIARY, NOON)
        claim = results.claim(session, marks.DIARY, NOON, 10, timedelta(0))
    with transaction(engine) as session:
        assert results.claim(session, marks.DIARY, NOON, 10, timedelta(0)) is None
        marks.mark_day(session, cast.steady, NOON.date(), marks.DIARY, NOON)
    with transaction(engine) as session:
        results.finish(session, marks.DIARY, claim)
        assert results.claim(session, marks.DIARY, NOON, 10, timedelta(0)) is not None


def test_a_worker_that_dies_loses_its_claim_after_ten_minutes(engine, cast):
    with transaction(engine) as session:
        marks.mark_day(session, cast.steady, NOON.date(), marks.DIARY, NOON)
        results.claim(session, marks.DIARY, NOON, 10, timedelta(0))
    assert screen(engine, NOON + timedelta(minutes=9)) == 0
    assert screen(engine, NOON + timedelta(minutes=11)) == 1


def test_back_dating_a_wearing_moves_the_days_to_the_other_patient(engine, cast):
    day = NOON - timedelta(days=3)
    write_batch(
        engine,
        [incoming("watch-1", Epoch(boot=1, seq=0, t0=micro(day), epoch_s=60.0, counts=[7.0] * 120))],
        NOON,
    )
    all_due(compute_days, engine)
    assert indices(engine, "P-steady")["worn_min"] == 120
    with transaction(engine) as session:
        watch, rising = people.device_by_name(session, "watch-1"), people.patient_by_code(session, "P-rising")
        cut = day + timedelta(hours=1)
        marks.mark_days_of_device(session, watch.id, cut, None, NOON)
        people.wear(session, watch, rising, cut)
        marks.mark_days_of_device(session, watch.id, cut, None, NOON)
    all_due(compute_days, engine)
    assert indices(engine, "P-steady")["worn_min"] == 60
    assert indices(engine, "P-rising")["worn_min"] == 60


def test_a_day_whose_data_belong_to_somebody_else_now_has_no_indices(engine, cast):
    today = NOON - timedelta(hours=2)
    write_batch(
        engine,
        [incoming("watch-1", Epoch(boot=1, seq=0, t0=micro(today), epoch_s=60.0, counts=[7.0] * 60))],
        NOON,
    )
    assert compute_days(engine, NOON + timedelta(seconds=10)) == 1
    with transaction(engine) as session:
        watch, rising = people.device_by_name(session, "watch-1"), people.patient_by_code(session, "P-rising")
        marks.mark_days_of_device(session, watch.id, today, None, NOON)
        people.wear(session, watch, rising, today)
        marks.mark_days_of_device(session, watch.id, today, None, NOON)
    assert all_due(compute_days, engine, NOON + timedelta(seconds=11)) == 2, (
        "at once, although it is the running day"
    )
    with engine.connect() as connection:
        rows = connection.execute(
            sa.text("SELECT patient, value FROM reading.days WHERE index = 'worn_min'")
        ).all()
    assert [tuple(row) for row in rows] == [("P-rising", 60.0)]


def diaries(scores, first_day):
    return [
        incoming("phone-2", Diary(boot=1, seq=i, id=str(uuid.UUID(int=i + 1)), worst=score,
                                  at=(first_day + timedelta(days=i)).isoformat()), at=first_day + timedelta(days=i))
        for i, score in enumerate(scores)
    ]  # fmt: skip


def decisions(engine):
    with engine.connect() as connection:
        return connection.execute(
            sa.text("SELECT verdict, severity, tier, reason FROM decision ORDER BY id")
        ).all()


def test_a_few_answers_are_no_basis_to_be_called_quiet(engine, cast):
    first = NOON - timedelta(days=8)
    for message in diaries([3, 3, 2, 3, 3, 3, 3], first):
        write_batch(engine, [message], NOON)
        assert screen(engine, message.received_at) == 1
    found = [(row.verdict, row.tier) for row in decisions(engine)]
    assert found == [("no evidence", "technical")] * 5 + [("quiet", None)] * 2
    assert (
        decisions(engine)[-1].reason
        == "worst pain 3 of 10 on 2026-05-02; median worst pain of the 14 days before: 3"
    )


def test_worst_pain_of_seven_is_severe_at_once(engine, cast):
    write_batch(engine, diaries([7], NOON), NOON)
    screen(engine, NOON)
    assert [(row.verdict, row.severity, row.tier) for row in decisions(engine)] == [("fire", "high", "page")]


def backfilled(seq, worst, at, entered):
    said = Diary(boot=1, seq=seq, id=str(uuid.UUID(int=seq + 1)), worst=worst, at=at.isoformat(), entered_at=entered.isoformat())  # fmt: skip
    return incoming("phone-2", said, at=entered)


def test_a_decision_is_stored_with_the_thresholds_that_an_operator_gave(engine, cast):
    write_batch(engine, diaries([6], NOON), NOON)
    screen(engine, NOON, thresholds_of({"name": "ward 3", "version": 2, "severe": 6}))
    with engine.connect() as connection:
        (found,) = connection.execute(sa.text("SELECT verdict, rule, evidence FROM decision")).all()
    assert (found.verdict, found.rule) == ("fire", "severe 1")
    assert (found.evidence["thresholds"], found.evidence["at_least"]) == ("ward 3 2", 6)


def test_severe_pain_of_last_night_that_is_written_down_this_morning_fires(engine, cast):
    write_batch(engine, [backfilled(0, 8, NOON - timedelta(hours=14), NOON)], NOON)
    screen(engine, NOON)
    assert [(row.verdict, row.severity) for row in decisions(engine)] == [("fire", "high")]


def test_severe_pain_of_the_day_before_yesterday_is_written_down_too_late_to_fire(engine, cast):
    write_batch(engine, [backfilled(0, 8, NOON - timedelta(hours=40), NOON)], NOON)
    screen(engine, NOON)
    (found,) = decisions(engine)
    assert (found.verdict, found.tier) == ("review", "review")
    assert found.reason == "late: worst pain 8 of 10 on 2026-05-02 was received more than 24 h later"


def test_whoever_stops_reporting_comes_to_be_judged_again(engine, cast):
    write_batch(engine, diaries([3] * 9, NOON - timedelta(days=8)), NOON)
    screen(engine, NOON)
    assert decisions(engine)[-1].verdict == "quiet"
    assert ask_for_judgement(engine, NOON + timedelta(hours=11)) == 1  # P-steady was never judged
    all_due(screen, engine, NOON + timedelta(hours=11))
    for days in range(1, 6):
        ask_for_judgement(engine, NOON + timedelta(days=days, hours=1))
        all_due(screen, engine, NOON + timedelta(days=days, hours=1))
    last = [row for row in decisions(engine) if "3 days old" in row.reason]
    assert [row.verdict for row in last] == ["no evidence"]


def test_a_correction_counts_and_the_first_answer_is_kept(engine, cast):
    first, second = (
        incoming(
            "phone-2", Diary(boot=1, seq=seq, id=str(uuid.UUID(int=9)), worst=worst, at=NOON.isoformat())
        )
        for seq, worst in ((0, 8), (1, 3))
    )
    write_batch(engine, [second], NOON)
    write_batch(engine, [first], NOON)  # the later message is the correction, in whichever order they come
    screen(engine, NOON)
    assert decisions(engine)[-1].verdict == "no evidence"
    with engine.connect() as connection:
        rows = connection.execute(
            sa.text("SELECT revision, worst, state FROM reading.pain ORDER BY revision")
        ).all()
    assert [tuple(row) for row in rows] == [(1, 8, "answered"), (2, 3, "corrected")]
