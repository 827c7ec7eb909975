"""A device with a wrong scale and offset, from its first days to calibrated minutes and beyond a drift."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import pytest
import sqlalchemy as sa

from analytics.jobs.calibrate import calibrate_devices, meet_devices
from analytics.jobs.days import compute_days
from analytics.jobs.minutes import make_minutes
from ingest.batch import write_batch
from ingest.messages import Raw
from tests.cast import NOON, Cast, enrol_cast, incoming, micro

HZ, STEP_G = 10, 1 / 1024
SCALE, OFFSET = np.array([0.97, 1.02, 0.99]), np.array([0.03, -0.05, 0.02])
JUMP = np.array([0.0, 0.0, 0.06])
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SPELL_S = 600  #: each ten minutes another posture: six of them still, then four of movement


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    return enrol_cast(engine, tz="UTC", since=NOON - timedelta(days=30))


@dataclass
class Wrist:
    """What one device measures; its stream goes on where it ended."""

    at: datetime
    offset: np.ndarray = field(default_factory=OFFSET.copy)
    everywhere: bool = True  #: False: never hangs down
    block: timedelta = HOUR
    name: str = "watch-1"
    seq: int = 0

    def measures(self, until: datetime) -> list[Raw]:
        """Blocks from where it is to there."""
        blocks = []
        while self.at < until:
            n = round(self.block.total_seconds() * HZ)
            second = self.at.timestamp() + np.arange(n) / HZ
            true = self._true(second)
            measured = np.round((true / SCALE - self.offset) / STEP_G)
            xyz = measured.clip(-32768, 32767).astype("<i2").tobytes()
            blocks.append(Raw(boot=1, seq=self.seq, t0=micro(self.at), hz=HZ, scale=STEP_G, xyz=xyz))
            self.seq, self.at = self.seq + 1, self.at + self.block
        return blocks

    def _true(self, second: np.ndarray) -> np.ndarray:
        """The same whatever the blocks: noise and posture depend on the instant alone."""
        spells = (second // SPELL_S).astype(np.int64)
        postures = {}
        for spell in np.unique(spells):
            way = np.random.default_rng(int(spell)).normal(size=3)
            way[2] = way[2] if self.everywhere else abs(way[2])
            postures[spell] = way / np.linalg.norm(way)
        true = np.array([postures[spell] for spell in spells])
        minutes = (second // 60).astype(np.int64)
        for minute in np.unique(minutes):
            here = minutes == minute
            moving = minute * 60 % SPELL_S >= 360
            noise = np.random.default_rng(int(minute)).normal(size=(round(60 * HZ), 3))
            into = np.round((second[here] - minute * 60) * HZ).astype(int)
            true[here] += (0.2 if moving else 0.003) * noise[into]
        return true


def send(engine, blocks, at, name="watch-1"):
    done = write_batch(engine, [incoming(name, block, at=at) for block in blocks], at)
    assert done.stored == len(blocks)


def look(engine, at):
    """All that is due; how many devices were looked at."""
    meet_devices(engine, at)
    looked = 0
    while n := calibrate_devices(engine, at):
        looked += n
    return looked


def rows(engine, query):
    with engine.connect() as connection:
        return connection.execute(sa.text(query)).all()


def versions(engine):
    return rows(engine, "SELECT * FROM calibration ORDER BY id")


def known(engine):
    [row] = rows(engine, "SELECT reason, error_mg, due_at, length(starts) / 4 AS points FROM still_points")
    return row


def minutes(engine):
    query = """
        SELECT t AS start, enmo_mg, mad_mg, anglez_deg, enmo_5s_mg, anglez_5s_deg, calibration FROM reading.epochs
        WHERE device = 'watch-1' ORDER BY t
    """
    return rows(engine, query)


def at_rest(engine, number):
    """ENMO of the still minutes that a version made, None: uncalibrated."""
    return np.array(
        [
            m.enmo_mg
            for m in minutes(engine)
            if m.calibration == number and micro(m.start) // 60_000_000 % 10 < 6
        ]
    )


def after_three_days(engine, **wrist):
    """A device whose data of 73 hours has come and was looked at. What its clock says: NOON."""
    device = Wrist(NOON - 73 * HOUR, **wrist)
    send(engine, device.measures(NOON), NOON)
    while make_minutes(engine, NOON):
        pass
    look(engine, NOON)
    return device


def test_three_days_of_a_device_make_the_minutes_that_follow_right(engine, cast):
    device = Wrist(NOON - 71 * HOUR)
    send(engine, device.measures(NOON - HOUR), NOON)
    assert look(engine, NOON) == 3, "one day at a time"
    assert known(engine).reason == "70.0 h of data; 72 h are needed" and not versions(engine)
    send(engine, device.measures(NOON + 2 * HOUR), NOON + 2 * HOUR)
    assert look(engine, NOON + 2 * HOUR) == 0, "not due yet"
    assert look(engine, NOON + 6 * HOUR) == 1
    [first] = versions(engine)
    assert (first.version, first.from_t) == (1, NOON + 6 * HOUR + 10 * MINUTE)
    assert np.array(first.scale) == pytest.approx(SCALE, abs=0.002)
    assert np.array(first.offset_g) == pytest.approx(OFFSET, abs=0.002)
    assert first.error_after_mg < 2 < 20 < first.error_before_mg
    assert known(engine).reason is None
    device.at = NOON + 6 * HOUR
    send(engine, device.measures(NOON + 8 * HOUR), NOON + 8 * HOUR)
    made = minutes(engine)
    assert [m.calibration for m in made if m.start < first.from_t] == [None] * (73 * 60 + 10)
    assert [m.calibration for m in made if m.start >= first.from_t] == [1] * 110
    assert at_rest(engine, None).mean() > 20
    assert at_rest(engine, 1).mean() < 2.5 and at_rest(engine, 1).max() < 5
    while compute_days(engine, NOON + 8 * HOUR):
        pass
    said = "SELECT day::text, parameters->>'calibration' FROM reading.results WHERE index = 'RA' ORDER BY 1"
    assert rows(engine, said) == [
        *((f"2026-05-0{day}", "uncalibrated") for day in (1, 2, 3)),
        ("2026-05-04", "uncalibrated, 1"),
    ]
    assert look(engine, NOON + 20 * HOUR) == 0, "once it is calibrated, a day between two looks"


def test_few_blocks_are_read(engine, cast):
    after_three_days(engine, block=MINUTE)
    assert len(versions(engine)) == 1
    starts = np.frombuffer(rows(engine, "SELECT starts FROM still_points")[0].starts, "<i4")
    assert 50 < len(np.unique(starts // 6)) <= 73, "minutes, of 4380"


def test_minutes_are_the_same_in_whichever_blocks_and_order_they_come(engine, cast):
    """Around the minute where the calibration begins, and before it was made or after."""
    device = after_three_days(engine)
    [first] = versions(engine)
    start = first.from_t - 5 * MINUTE
    chance = np.random.default_rng(4)
    found = []
    later = NOON + HOUR
    for block, seconds in ((MINUTE, 0), (2 * MINUTE, 0), (20 * MINUTE, 0), (MINUTE, 37), (4 * MINUTE, 37)):
        with engine.begin() as connection:
            for table in ("block", "epoch", "new_blocks", "ragged"):
                connection.exec_driver_sql(f"DELETE FROM {table}")
        device.block, device.at = block, start - seconds * timedelta(seconds=1)
        blocks = device.measures(start + 20 * MINUTE)
        for part in np.array_split(chance.permutation(len(blocks)), 3):
            send(engine, [blocks[i] for i in part], later)
            if chance.random() < 0.6:
                make_minutes(engine, later)
        while make_minutes(engine, later):
            pass
        found.append([m for m in minutes(engine) if start <= m.start < start + 19 * MINUTE])
    for other in found:
        assert [m.calibration for m in other] == [None] * 5 + [1] * 14
        assert [m.start for m in other] == [m.start for m in found[0]]
        for one, same in zip(other, found[0], strict=True):
            np.testing.assert_allclose(one[1:4], same[1:4], rtol=1e-5, atol=1e-4)
            np.testing.assert_allclose(one[4:6], same[4:6], rtol=1e-5, atol=1e-4)


def test_late_data_from_before_a_calibration_stays_uncalibrated(engine, cast):
    device = after_three_days(engine)
    device.at = NOON - 80 * HOUR
    send(engine, device.measures(NOON - 78 * HOUR), NOON + 9 * HOUR)
    assert {m.calibration for m in minutes(engine)} == {None} and len(versions(engine)) == 1


def test_the_days_may_come_in_any_order(engine, cast):
    device = Wrist(NOON - 73 * HOUR)
    blocks = device.measures(NOON)
    send(engine, blocks[40:], NOON)
    look(engine, NOON)
    assert known(engine).reason == "33.0 h of data; 72 h are needed"
    send(engine, blocks[:40], NOON + HOUR)
    device.at = NOON + HOUR
    send(engine, device.measures(NOON + 7 * HOUR), NOON + 7 * HOUR)
    look(engine, NOON + 7 * HOUR)
    assert len(versions(engine)) == 1, "all hours count, whenever they came"


def test_a_device_that_never_hangs_down_is_refused_with_the_reason(engine, cast):
    after_three_days(engine, everywhere=False)
    assert not versions(engine)
    assert known(engine).reason == "the postures do not cover the sphere: none beyond 0.3 g towards -z"
    assert known(engine).due_at == NOON + 6 * HOUR, "looked at again before long"


def test_blocks_that_are_gone_are_passed_over(engine, cast):
    device = Wrist(NOON - 73 * HOUR)
    send(engine, device.measures(NOON), NOON)
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM block")
    assert look(engine, NOON) == 4
    assert known(engine).reason == "0 still windows of 10 s; 10 are needed"


def test_a_device_that_jumps_is_fitted_again(engine, cast):
    device = after_three_days(engine)
    day = timedelta(days=1)
    now = NOON
    device.at = NOON + HOUR
    jump = NOON + 5 * day
    waiting: list[str | None] = []
    while now < jump + 10 * day and len(versions(engine)) < 2:
        if device.at >= jump:
            device.offset = OFFSET + JUMP
        now += day
        send(engine, device.measures(now), now)
        look(engine, now)
        if now <= jump:
            assert known(engine).reason is None
        elif len(versions(engine)) < 2:
            waiting.append(known(engine).reason)
    assert "version 1 leaves" in waiting[-1] and "72 h are needed" in waiting[-1], "said while it waits"
    _, second = versions(engine)
    assert second.version == 2 and 3 * day <= now - jump < 8 * day
    assert np.array(second.offset_g) == pytest.approx(OFFSET + JUMP, abs=0.003)
    assert known(engine).reason is None and known(engine).error_mg < 3
    device.at = now + HOUR
    send(engine, device.measures(now + 2 * HOUR), now + 2 * HOUR)
    assert at_rest(engine, 2).mean() < 2.5


def test_a_clock_that_is_behind_decides_when_a_calibration_begins(engine, cast):
    """It begins ten minutes ahead of what the device takes for now."""
    with engine.begin() as connection:
        connection.exec_driver_sql(
            f"""
            INSERT INTO clock_run (device_id, boot, seq, offset_us, since_us, first_us, last_us, heard_us,
                                   statuses, firm, decided_at)
            VALUES ({cast.watch_1}, 1, 0, 7200000000, 0, 0, 1, 1, 3, true, now())
            """
        )
    device = Wrist(NOON - 75 * HOUR)
    send(engine, device.measures(NOON - 2 * HOUR), NOON)
    look(engine, NOON)
    [first] = versions(engine)
    assert first.from_t == NOON - 2 * HOUR + 10 * MINUTE
