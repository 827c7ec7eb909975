"""What must hold for every index, whatever the data."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.indices.clock_bins import clock_bins
from analytics.indices.dichotomy import dichotomy_index
from analytics.indices.in_bed import IN_BED, OUT_OF_BED
from analytics.indices.multiscale import over_bin_lengths
from analytics.indices.recording import recording_indices
from analytics.indices.rhythm import interdaily_stability
from analytics.recordings.recording import EpochRecording
from analytics.series import Worn, series_of
from tests.analytics.lives import DAY, ROME, UTC, epochs, restless

SCALED = ("mean_activity", "L5", "M10", "mesor", "amplitude", "ext_minimum", "ext_amplitude")
#: Turning up the sensor must not change what says how, and not how much.
UNSCALED = (
    *("worn_min", "L5_onset", "M10_onset", "RA", "IS", "IV", "ISm", "IVm", "acrophase_h", "r24", "phi", "io"),
    *("DFA_alpha", "DFA_alpha_short", "DFA_alpha_long"),
    *("ext_alpha", "ext_beta", "ext_acrophase_h", "ext_up_h", "ext_down_h", "ext_r2"),
)


def document(t_us: np.ndarray, x: np.ndarray) -> dict:
    recording = EpochRecording(t_us, 60.0, x, "counts", "Europe/Rome", ROME)
    return recording_indices(recording, worn=~np.isnan(x))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.booleans(), min_size=1, max_size=60), st.lists(st.floats(0, 1e6), min_size=60, max_size=60)
)
def test_io_is_a_percentage(bed, x):
    states = np.where(bed, IN_BED, OUT_OF_BED).astype(np.int8)
    value = dichotomy_index(np.array(x[: len(bed)]), states).value
    assert value is None or 0 <= value <= 100


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 900), st.floats(1e-6, 1e6), st.floats(0, 0.999))
def test_who_lies_still_in_bed_and_moves_outside_has_a_full_dichotomy(in_bed, moving, still):
    bed = np.r_[np.full(in_bed, IN_BED), np.full(DAY - in_bed, OUT_OF_BED)].astype(np.int8)
    x = np.where(bed == IN_BED, still * moving, moving)
    assert dichotomy_index(x, bed).value == 100


@settings(max_examples=30, deadline=None)
@given(st.integers(3, 8), st.floats(0, 0.8), st.floats(0, 0.5), st.integers(0, 2**32 - 1))
def test_stability_lies_between_none_and_all_with_any_gaps(days, hours, minutes, seed):
    x = restless(days, seed, gaps=hours)
    x[np.random.default_rng(seed).random(len(x)) < minutes] = np.nan
    timeline = epochs(x)
    bins = clock_bins(timeline)
    for index in (interdaily_stability(bins), over_bin_lengths(timeline, bins)[0]):
        assert index.value is None or 0 <= index.value <= 1


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_no_index_knows_in_which_order_its_epochs_arrived(seed):
    timeline = epochs(restless(4, 3, gaps=0.05), start="2026-03-28T00:00+01:00", zone=ROME)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(timeline.t_us))
    pieces = np.split(order, np.sort(rng.integers(0, len(order), 5)))
    nothing = np.full(len(order), np.nan)
    parts = [
        Worn(60.0, np.sort(timeline.t_us[p]), timeline.x[np.sort(p)], nothing[p], nothing[p], np.ones(len(p)))
        for p in pieces
        if len(p)
    ]
    (series,) = series_of(parts)
    assert document(series.t_us, series.x) == document(timeline.t_us, timeline.x)


@pytest.mark.parametrize("scale", [2.0**-7, 3.7, 1e4])
def test_a_more_sensitive_watch_tells_the_same_story(scale):
    timeline = epochs(restless(6, 5, gaps=0.03), zone=UTC)
    here = document(timeline.t_us, timeline.x)["recording"]
    there = document(timeline.t_us, timeline.x * scale)["recording"]
    for name in UNSCALED:
        assert here[name] is not None, name
        same = here[name] if isinstance(here[name], str) else pytest.approx(here[name], rel=1e-5, abs=1e-7)
        assert there[name] == same, name
    for name in SCALED:
        assert there[name] == pytest.approx(here[name] * scale, rel=1e-5), name
