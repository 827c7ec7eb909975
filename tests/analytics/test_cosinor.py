import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from analytics.indices.clock_bins import clock_bins
from analytics.indices.cosinor import cosinor
from analytics.indices.extended_cosinor import extended_cosinor
from analytics.indices.index import Index
from analytics.indices.timeline import Timeline
from tests.analytics.lives import DAY, ROME, epochs, restless


def plain(timeline: Timeline) -> dict[str, Index]:
    return {index.name: index for index in cosinor(timeline, clock_bins(timeline))}


def extended(timeline: Timeline) -> dict[str, Index]:
    return {index.name: index for index in extended_cosinor(timeline, clock_bins(timeline))}


def a_wave(days: int, mesor: float, amplitude: float, peak_h: float) -> np.ndarray:
    return mesor + amplitude * np.cos(2 * np.pi * (np.arange(days * DAY) / 60 - peak_h) / 24)


@settings(max_examples=40, deadline=None)
@given(st.floats(10, 1000), st.floats(0.01, 1), st.floats(0, 23.99))
def test_a_wave_is_found_again(mesor, share, peak):
    found = plain(epochs(a_wave(2, mesor, share * mesor, peak)))
    assert found["mesor"].value == pytest.approx(mesor)
    assert found["amplitude"].value == pytest.approx(share * mesor)
    apart = abs(found["acrophase_h"].value - peak)
    assert min(apart, 24 - apart) < 1e-6 and 0 <= found["acrophase_h"].value < 24


def test_the_peak_is_on_the_wall_clock_also_after_the_clock_change():
    summer = plain(epochs(a_wave(3, 100, 50, 13), start="2026-07-06T00:00+02:00", zone=ROME))
    assert summer["acrophase_h"].value == pytest.approx(13)
    started_late = plain(epochs(a_wave(3, 100, 50, 13)[300:], start="2026-07-06T05:00+02:00", zone=ROME))
    assert started_late["acrophase_h"].value == pytest.approx(13)


def test_gaps_are_left_out_and_not_taken_for_rest():
    x = a_wave(6, 100, 60, 15)
    x[np.random.default_rng(1).random(len(x)) < 0.3] = np.nan
    found = plain(epochs(x))
    assert (found["mesor"].value, found["amplitude"].value) == (pytest.approx(100), pytest.approx(60))


def test_total_stillness_has_no_peak():
    found = plain(epochs(np.full(2 * DAY, 7.0)))
    assert found["mesor"].value == pytest.approx(7) and found["amplitude"].value == pytest.approx(0, abs=1e-9)
    assert found["acrophase_h"].value is None and found["acrophase_h"].reason == "the amplitude is 0"


def test_a_clock_hour_that_was_never_worn_leaves_no_wave():
    x = a_wave(3, 100, 50, 13)
    x.reshape(3, DAY)[:, 600:660] = np.nan
    for index in (*plain(epochs(x)).values(), *extended(epochs(x)).values()):
        assert index.value is None and "1 of 24 clock hours" in index.reason


@pytest.mark.parametrize(
    "low, height, alpha, beta, peak",
    [(5, 80, -0.3, 6, 14.5), (0, 200, 0.5, 20, 2.25), (30, 10, 0.0, 1.5, 23.5), (1, 300, -0.7, 50, 12)],
)
def test_a_wave_with_width_and_steepness_is_found_again(low, height, alpha, beta, peak):
    hours = np.arange(4 * DAY) / 60
    x = low + height * expit(beta * (np.cos(2 * np.pi * (hours - peak) / 24) - alpha))
    found = {name: index.value for name, index in extended(epochs(x)).items()}
    assert found["ext_minimum"] == pytest.approx(low, abs=1e-3 * height)
    assert found["ext_amplitude"] == pytest.approx(height, rel=1e-3)
    assert found["ext_alpha"] == pytest.approx(alpha, abs=1e-3)
    assert found["ext_beta"] == pytest.approx(beta, rel=1e-3)
    assert found["ext_acrophase_h"] == pytest.approx(peak, abs=1e-3)
    half = np.arccos(alpha) * 12 / np.pi
    assert found["ext_up_h"] == pytest.approx((peak - half) % 24, abs=1e-2)
    assert found["ext_down_h"] == pytest.approx((peak + half) % 24, abs=1e-2)
    assert found["ext_r2"] == pytest.approx(1)


def test_a_wave_with_its_own_shape_explains_more_than_a_cosine():
    timeline = epochs(restless(7, seed=3))
    wave = plain(timeline)
    fitted = a_wave(7, wave["mesor"].value, wave["amplitude"].value, wave["acrophase_h"].value)
    plain_r2 = 1 - ((timeline.x - fitted) ** 2).sum() / ((timeline.x - timeline.x.mean()) ** 2).sum()
    assert plain_r2 - 1e-4 <= extended(timeline)["ext_r2"].value < 1


def test_a_square_day_has_no_finite_steepness_and_says_so():
    found = extended(epochs(np.tile(np.r_[np.zeros(480), np.full(960, 50.0)], 4)))
    assert {index.value for index in found.values()} == {None}
    assert all("did not converge" in index.reason for index in found.values())


def test_a_constant_level_has_no_wave():
    assert extended(epochs(np.full(2 * DAY, 7.0)))["ext_beta"].reason == "the activity never varies"
