"""The sleep of stored days: of raw minutes by the angle of the arm, of counts by Oakley."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import sqlalchemy as sa

from analytics.days import day_bounds
from analytics.indices.nomenclature import STORED
from analytics.indices.recording import recording_indices
from analytics.jobs.days import compute_days
from analytics.jobs.minutes import make_minutes
from analytics.recordings.read import read_recording
from analytics.recordings.recording import EpochRecording
from ingest.batch import write_batch
from ingest.messages import Epoch, Raw
from tests.cast import NOON, enrol_cast, incoming
from tests.conftest import SHARED

DEPRESJON = SHARED / "data/actigraphy/epoch/depresjon"
OSLO = ZoneInfo("Europe/Oslo")
HZ = 10
FIRST = date(2026, 4, 20)


def all_due(job, engine, at=NOON):
    while job(engine, at):
        pass


def results(engine, code="P-steady"):
    """{(day, index): (value, reason)} of the newest method."""
    query = "SELECT day, index AS name, value, reason FROM reading.results WHERE patient = :p"
    with engine.connect() as connection:
        rows = connection.execute(sa.text(query), {"p": code}).all()
    return {(row.day, row.name): (row.value, row.reason) for row in rows}


def arm(days: int, seed: int = 1, up_at: tuple[float, float] | None = None) -> np.ndarray:
    """Samples [1/256 g] of an arm that turns by day and rests from 23:00 to 07:00, at 10 Hz from midnight.

    `up_at` are hours since the first midnight between which the wearer is up once more.
    """
    rng = np.random.default_rng(seed)
    n = days * 86_400 * HZ
    hour = np.arange(n) / HZ / 3600
    awake = (hour % 24 >= 7) & (hour % 24 < 23)
    if up_at is not None:
        awake |= (hour >= up_at[0]) & (hour < up_at[1])
    turn = np.repeat(rng.uniform(-1.2, 1.2, n // (5 * HZ)), 5 * HZ)
    breath = 0.02 * np.sin(2 * np.pi * np.arange(n) / (4 * HZ))
    posture = np.repeat(rng.uniform(-1.2, 1.2, n // (1200 * HZ)), 1200 * HZ)  # in bed one turns now and then
    angle = np.where(awake, turn, posture + breath)
    g = np.column_stack([np.cos(angle), np.zeros(n), np.sin(angle)])
    g += rng.normal(0, 1, (n, 3)) * np.where(awake, 0.08, 0.005)[:, None]
    return np.clip(np.round(g * 256), -32768, 32767).astype("<i2")


def blocks(samples: np.ndarray, device: str = "watch-1", first: date = FIRST, minutes: float = 60) -> list:
    n, start = round(minutes * 60 * HZ), day_bounds(first, UTC)[0]
    return [
        incoming(device, Raw(boot=1, seq=i, t0=start + round(at / HZ * 1e6), hz=HZ, scale=1 / 256,
                             xyz=samples[at:at + n].tobytes()))
        for i, at in enumerate(range(0, len(samples), n))
    ]  # fmt: skip


def test_nights_of_raw_minutes_are_told_by_the_arm(engine):
    enrol_cast(engine, tz="UTC")
    write_batch(engine, blocks(arm(3)), NOON)
    all_due(make_minutes, engine)
    all_due(compute_days, engine)
    found, night = results(engine), FIRST + timedelta(days=1)
    assert {name for day, name in found if day == night} == {D.name for D in STORED}
    value = {name: found[night, name][0] for D in STORED for name in [D.name]}
    assert value["sleep_onset"] == pytest.approx(23, abs=0.2)
    assert value["sleep_offset"] == pytest.approx(7, abs=0.2)
    assert value["TST_min"] == pytest.approx(480, abs=10) and value["sleep_efficiency"] > 97
    assert value["WASO_min"] < 10 and value["nap_min"] == 0
    assert -3 < value["intensity_gradient"] < -0.5 and value["intensity_intercept"] > 0
    assert value["io"] == 100
    first = {name: found[FIRST, name] for D in STORED for name in [D.name]}
    assert first["TST_min"] == (None, "too little data: the time in bed could not be told")
    with engine.connect() as connection:
        said = connection.scalar(
            sa.text("SELECT DISTINCT parameters FROM reading.results WHERE index = 'TST_min'")
        )
    assert said["in_bed"].startswith("HDCZA") and said["sleep_scorer"] == "van_hees_2015"


def test_the_night_that_ends_on_the_next_day_knows_of_an_evening_that_came_late(engine):
    enrol_cast(engine, tz="UTC")
    sent = blocks(arm(3, up_at=(23, 25)))
    evening = range(12, 24)
    write_batch(engine, [one for i, one in enumerate(sent) if i not in evening], NOON)
    all_due(make_minutes, engine)
    all_due(compute_days, engine)
    next_day = FIRST + timedelta(days=1)
    before = results(engine)[next_day, "sleep_onset"]
    write_batch(engine, [sent[i] for i in evening], NOON)
    all_due(make_minutes, engine)
    all_due(compute_days, engine)
    after = results(engine)[next_day, "sleep_onset"]
    assert before[0] is None or before[0] == pytest.approx(1, abs=0.2)
    assert after[0] == pytest.approx(1, abs=0.2)
    assert results(engine)[next_day, "TST_min"][0] == pytest.approx(360, abs=10)


def test_zeros_until_the_next_day_are_not_worn_on_the_day_before(engine):
    """A day of zeros is known to be one only when its last message is there."""
    enrol_cast(engine, tz="UTC")
    rng = np.random.default_rng(1)
    counts = rng.integers(1, 300, 3 * 1440).astype(float)
    counts[1200 : 1200 + 1500] = 0
    start = day_bounds(FIRST, UTC)[0]
    hours = [
        incoming("watch-1", Epoch(boot=1, seq=i, t0=start + at * 60_000_000, epoch_s=60.0,
                                  counts=counts[at:at + 60].tolist()))
        for i, at in enumerate(range(0, len(counts), 60))
    ]  # fmt: skip
    write_batch(engine, hours[:24], NOON)
    all_due(compute_days, engine)
    assert results(engine)[FIRST, "worn_min"] == (1440, None)
    write_batch(engine, hours[24:], NOON)
    all_due(compute_days, engine)
    assert results(engine)[FIRST, "worn_min"] == (1200, None)


def test_enmo_of_a_device_has_no_scorer_and_says_so(engine):
    enrol_cast(engine, tz="UTC")
    enmo = np.random.default_rng(1).gamma(1, 30, 1440).tolist()
    start = day_bounds(FIRST, UTC)[0]
    write_batch(
        engine, [incoming("watch-1", Epoch(boot=1, seq=0, t0=start, epoch_s=60.0, enmo_mg=enmo))], NOON
    )
    all_due(compute_days, engine)
    found = results(engine)
    for name in ("TST_min", "SRI", "SRI_7d"):
        assert found[FIRST, name] == (None, "no sleep scorer knows such epochs")
    assert found[FIRST, "intensity_gradient"] == (None, "there is no ENMO in epochs of 5 s")


@pytest.mark.recordings
@pytest.mark.parametrize("person", ["control_1", "control_7"])
def test_stored_days_know_the_clock_change_and_keep_their_onsets(engine, person):
    if not DEPRESJON.exists():
        pytest.skip("the shared recordings are not here")
    recording = read_recording(DEPRESJON / f"{person}.csv", "Europe/Oslo")
    t_us, last = recording.t_us, date(2003, 4, 2)
    enrol_cast(engine, tz="Europe/Oslo", since=datetime.fromtimestamp(int(t_us[0]) / 1e6, UTC))
    cuts = [0, *(np.flatnonzero(np.diff(t_us) != 60_000_000) + 1).tolist(), len(t_us)]
    parts = [range(at, min(at + 1440, end)) for low, end in pairwise(cuts) for at in range(low, end, 1440)]
    sent = [
        Epoch(boot=1, seq=i, t0=int(t_us[part[0]]), epoch_s=60.0, counts=recording.activity[part].tolist(),
              worn=[1] * len(part))
        for i, part in enumerate(parts)
    ]  # fmt: skip
    write_batch(engine, [incoming("watch-1", message) for message in sent], NOON)
    all_due(compute_days, engine)
    found = results(engine)
    hours = {day: value for (day, name), (value, _) in found.items() if name == "hours"}
    assert hours.pop(date(2003, 3, 30)) == 23 and set(hours.values()) == {24}
    for suffix, days in (("", 28), ("_7d", 7)):  # onsets on the wall clock of that window, before and after
        span = [day_bounds(last - timedelta(days=days - 1), OSLO)[0], day_bounds(last, OSLO)[1]]
        own = slice(*np.searchsorted(t_us, span).tolist())
        window = EpochRecording(
            t_us[own], 60.0, recording.activity[own], "counts", "Europe/Oslo", recording.zone
        )
        whole = recording_indices(window, worn=np.ones(len(window.t_us), bool))["recording"]
        for name in ("L5_onset", "M10_onset"):
            hour, minute = map(int, whole[name].split(":"))
            assert found[last, name + suffix][0] == pytest.approx(hour + minute / 60), name
        for name in ("IS", "ISm", "SRI", "r24", "phi"):
            assert found[last, name + suffix][0] == pytest.approx(whole[name], rel=1e-9), name
