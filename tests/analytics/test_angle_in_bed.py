"""The time in bed of a raw device, from the angle of the arm."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from analytics.indices.angle_in_bed import in_bed_by_angle
from analytics.indices.angle_sleep import PER_MIN, REST_RULE
from analytics.indices.in_bed import IN_BED, NOT_JUDGED, OUT_OF_BED, bed_states
from analytics.indices.recording import recording_indices
from analytics.indices.timeline import timeline_of
from analytics.recordings.recording import RawRecording
from analytics.signal.samples import Samples

ROME = ZoneInfo("Europe/Rome")
NOON_US = round(datetime(2026, 10, 24, 10, tzinfo=UTC).timestamp() * 1e6)  # 12:00 of summer time
MINUTES = 25 * 60  # the night has an hour more


def minute(hour: float) -> int:
    """Minutes after noon of what the clock of the first day shows, on into the next day."""
    return round((hour - 12) * 60)


def arm(asleep: list[tuple[int, int]], seed: int = 5) -> np.ndarray:
    """(minutes, 12) [degrees]: wanders by day; asleep it lies still and is turned once an hour."""
    rng = np.random.default_rng(seed)
    angle = rng.uniform(-60, 60, (MINUTES, PER_MIN))
    for first, end in asleep:
        turned = np.repeat(rng.uniform(-60, 60, (end - first) // 60 + 1), 60)[: end - first]
        angle[first:end] = turned[:, None] + rng.normal(0, 0.01, (end - first, PER_MIN))
    return angle


def states(angle: np.ndarray, worn: np.ndarray | None = None, kept: np.ndarray | None = None) -> np.ndarray:
    t_us = NOON_US + np.arange(MINUTES, dtype=np.int64) * 60_000_000
    worn = np.ones(MINUTES, bool) if worn is None else worn
    kept = np.ones(MINUTES, bool) if kept is None else kept
    # The same activity all day: a rule on activity alone could tell nothing.
    timeline = timeline_of(t_us[kept], np.full(kept.sum(), 20.0), 60.0, worn[kept], None, ROME, "mg")
    assert (bed_states(timeline) == NOT_JUDGED).all()
    return bed_states(timeline, in_bed_by_angle(t_us[kept], angle[kept], worn[kept]))


def stretch(found: np.ndarray) -> tuple[int, int]:
    (inside,) = np.flatnonzero(np.diff(np.r_[0, found == IN_BED, 0])).reshape(-1, 2).tolist()
    return inside


def test_the_night_is_where_the_arm_rests_over_the_change_of_the_clock():
    night = minute(23), minute(32)  # 23:00 to 07:00, and the hour that comes twice
    found = states(arm([(minute(15), minute(16)), night]))
    assert stretch(found) == pytest.approx(night, abs=3)
    assert (np.delete(found, slice(*stretch(found))) == OUT_OF_BED).all()


def test_a_watch_that_is_not_worn_in_the_evening_does_not_lengthen_the_night():
    night, table = (minute(23), minute(32)), slice(minute(20.5), minute(23))
    worn = np.ones(MINUTES, bool)
    worn[table] = False
    angle = arm([night])
    angle[table] = 30.0
    assert stretch(states(angle, worn)) == pytest.approx(night, abs=3)
    assert stretch(states(angle))[0] < minute(21)


def test_a_night_without_data_or_rest_is_not_judged():
    night = minute(23), minute(32)
    kept = np.ones(MINUTES, bool)
    kept[minute(24) : minute(27.5)] = False
    assert (states(arm([night]), kept=kept) == NOT_JUDGED).all()
    assert (states(arm([])) == NOT_JUDGED).all()


def test_a_raw_recording_is_judged_by_the_angle():
    rng = np.random.default_rng(1)
    hz, hours = 10, 25
    first, end = minute(23), minute(32)
    tilt = rng.uniform(-1.2, 1.2, hours * 60)  # by day another posture each minute, at night every 40 minutes
    tilt[first:end] = np.repeat(rng.uniform(-1.2, 1.2, (end - first) // 40 + 1), 40)[: end - first]
    noise_g = np.full(hours * 60, 0.05)
    noise_g[first:end] = 0.002
    each = np.repeat(tilt, 60 * hz)
    g = np.stack([np.sin(each), np.zeros_like(each), np.cos(each)], axis=1)
    g += rng.normal(0, 1, g.shape) * np.repeat(noise_g, 60 * hz)[:, None]
    samples = Samples(NOON_US, float(hz), 0.001, (g * 1000).round().astype(np.int16))
    document = recording_indices(RawRecording((samples,), "Europe/Rome", ROME))
    assert document["provenance"]["in_bed"] == REST_RULE
    day = document["days"][1]
    assert day["day"] == "2026-10-25"
    assert day["TST_min"] == pytest.approx(540, abs=30)
