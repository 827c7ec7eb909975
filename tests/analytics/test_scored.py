"""Which scorer fits which recording, and what reaches the document."""

from __future__ import annotations

from datetime import UTC

import numpy as np
import pytest

from analytics.indices.recording import recording_indices
from analytics.indices.scored import scored_by_angle, scored_by_counts
from analytics.recordings.read import read_recording
from analytics.recordings.recording import EpochRecording
from tests.conftest import SHARED

MINUTE_US = 60_000_000
CONTROL_1 = SHARED / "data/actigraphy/epoch/depresjon/control_1.csv"
AGD = SHARED / "data/actigraphy/epoch/actigraph_sleepr/GT3XPlus-RawData-Day01.agd"


def five_days(axes: bool = False) -> EpochRecording:
    """From noon on: busy, still from 22:00 to 06:00, busy."""
    minute = np.arange(5 * 1440)
    clock = (minute + 720) % 1440
    counts = np.where((clock >= 22 * 60) | (clock < 6 * 60), 0.0, 3000.0)
    of_axes = np.stack([counts, counts, counts], axis=1) if axes else None
    return EpochRecording((minute + 720) * MINUTE_US, 60.0, counts, "counts", None, UTC, axes=of_axes)


@pytest.mark.parametrize("axes, scorer", [(False, "oakley_40"), (True, "cole_kripke_actilife")])
def test_five_equal_days_are_perfectly_regular_and_their_nights_are_told(axes, scorer):
    document = recording_indices(five_days(axes))
    assert document["provenance"]["SRI_scorer"] == scorer
    assert document["recording"]["SRI"] == pytest.approx(100)
    night = document["days"][2]
    assert night["sleep_efficiency"] > 95
    # The rule for the time in bed looks at half hours, and so loses some minutes at both ends.
    assert 455 <= night["TST_min"] <= 480
    assert "22:00" <= night["sleep_onset"] <= "22:15"
    assert "05:45" <= night["sleep_offset"] <= "06:00"
    assert night["nap_min"] == 0


def test_what_was_not_worn_is_not_scored():
    recording = five_days()
    worn = np.ones(len(recording.t_us), bool)
    worn[100:200] = False
    scored = scored_by_counts(recording, worn)
    assert np.isnan(scored.asleep[100:200]).all()
    assert not np.isnan(scored.asleep[200:]).any()


def test_epochs_that_no_scorer_knows_have_a_reason_and_no_sleep():
    recording = five_days()
    enmo = EpochRecording(recording.t_us, 60.0, recording.activity, "enmo_mg", None, UTC)
    document = recording_indices(enmo)
    assert document["provenance"]["SRI_scorer"] is None
    assert document["recording"]["SRI"] is None
    assert document["days"][1]["TST_min_reason"] == "no sleep scorer knows such epochs"


def test_an_arm_that_lies_still_sleeps_by_the_minute_and_a_hole_is_not_scored():
    minute_us = np.delete(np.arange(120), [60, 61]) * MINUTE_US
    angle = np.tile([0.0, 20.0], (118, 6))
    angle[30:90] = 5.0
    scored = scored_by_angle(minute_us, angle, np.ones(118, bool))
    # The first five seconds after a turn are no rest; a hole ends a stretch and begins another.
    assert scored.asleep[31:90].all()
    assert not scored.asleep[:30].any()
    assert not scored.asleep[90:].any()


@pytest.mark.skipif(not CONTROL_1.exists(), reason="the recordings are not beside the project")
def test_a_real_recording_with_a_clock_change_has_its_nights():
    document = recording_indices(read_recording(CONTROL_1, "Europe/Oslo"))
    told = [day for day in document["days"] if day["TST_min"] is not None]
    assert len(told) >= 7
    assert all(0 <= day["TST_min"] <= 960 for day in told)
    usual = {day["day"]: day for day in told}["2003-03-19"]
    assert (usual["sleep_onset"], usual["sleep_offset"], usual["TST_min"]) == ("23:09", "08:37", 476.0)
    assert {d["day"]: d["TST_min"] for d in document["days"]}["2003-04-10"] is None  # it lay somewhere
    assert 0 < document["recording"]["SRI"] <= 100


@pytest.mark.skipif(not AGD.exists(), reason="the recordings are not beside the project")
def test_ten_second_epochs_take_the_state_of_their_minute():
    recording = read_recording(AGD)
    scored = scored_by_counts(recording, np.ones(len(recording.t_us), bool))
    assert scored.scorer == "cole_kripke_actilife"
    minute = recording.t_us // MINUTE_US
    whole = [set(scored.states[minute == m].tolist()) for m in np.unique(minute)[:200]]
    assert all(len(states) == 1 for states in whole)
