"""Calibrated minutes: made as they arrive and made from stored blocks, they have the same figures."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.signal.corrections import corrected, in_force
from analytics.signal.epochs import epochs_of_many, whole_minutes
from analytics.signal.fives import without_overlaps
from analytics.signal.samples import Samples

MINUTE_US = 60_000_000
T0 = 1_790_000_040 * 1_000_000  # a whole minute
FIGURES = ("enmo_mg", "mad_mg", "anglez_deg", "enmo_5s_mg", "anglez_5s_deg")


class Held(NamedTuple):
    from_us: int
    scale: tuple[float, float, float] = (0.97, 1.02, 0.99)
    offset: tuple[float, float, float] = (0.03, -0.05, 0.02)


FIRST, SECOND = Held(T0 + 2 * MINUTE_US), Held(T0 + 5 * MINUTE_US, offset=(0.0, 0.0, -0.01))


def moving(minutes: int, seed: int, hz: float = 50.0, t0_us: int = T0) -> Samples:
    xyz = np.random.default_rng(seed).integers(-1500, 1500, (round(minutes * 60 * hz), 3)).astype(np.int16)
    return Samples(t0_us, hz, 1 / 1024, xyz)


def rows(made) -> list[np.ndarray]:
    return [getattr(made, name) for name in FIGURES]


def test_each_calibration_holds_from_its_minute_until_the_next():
    assert in_force([], T0) is None and in_force([FIRST, SECOND], FIRST.from_us - 1) is None
    assert in_force([FIRST, SECOND], FIRST.from_us) is FIRST
    assert in_force([FIRST, SECOND], SECOND.from_us - 1) is FIRST
    assert in_force([FIRST, SECOND], SECOND.from_us + 10**15) is SECOND


def test_what_is_corrected_is_offset_first_and_scale_then():
    g = np.array([0.2, -0.5, 0.8])
    xyz = np.tile(np.round(g * 1000), (3000, 1)).astype(np.int16)
    made = whole_minutes([xyz], [0.001], [Held(T0)])
    true = (np.round(g * 1000) / 1000 + Held(T0).offset) * Held(T0).scale
    assert made.enmo_mg[0] == pytest.approx(max(np.linalg.norm(true) - 1, 0) * 1000)
    assert made.anglez_deg[0] == pytest.approx(np.degrees(np.arctan2(true[2], np.hypot(true[0], true[1]))))
    _, stored = epochs_of_many([[Samples(T0, 50.0, 0.001, xyz)]], [[Held(T0)]])
    assert stored.anglez_deg[0] == pytest.approx(made.anglez_deg[0])


def test_minutes_before_it_keep_their_bits():
    xyz = [moving(1, k).xyz for k in range(12)]
    plain, mixed = (whole_minutes(xyz, [1 / 1024] * 12, which) for which in (None, [None] * 9 + [FIRST] * 3))
    for one, other in zip(rows(plain), rows(mixed), strict=True):
        assert one[:9].tobytes() == other[:9].tobytes() and not (one[9:] == other[9:]).any()
    block = moving(8, 1)
    before, after = (epochs_of_many([[block]], which)[1] for which in ([], [[FIRST, SECOND]]))
    for one, other in zip(rows(before), rows(after), strict=True):
        assert one[:2].tobytes() == other[:2].tobytes() and not (one[2:] == other[2:]).any()


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([1.0, 25.0, 50.0, 100.0]),
    st.integers(1, 400_000_000),
    st.integers(0, 2**32 - 1),
)
def test_a_block_that_a_calibration_begins_in_gives_the_minutes_of_whole_ones(hz, cut_us, seed):
    """The minute that holds an instant decides: however long blocks are, and wherever they begin."""
    whole = moving(8, seed, hz)
    k = int(np.ceil(cut_us * hz / 1e6))
    cut = [
        Samples(T0, hz, whole.scale, whole.xyz[:k]),
        Samples(T0 + round(k * 1e6 / hz), hz, whole.scale, whole.xyz[k:]),
    ]
    n = round(60 * hz)
    minutes = [whole.xyz[i * n : (i + 1) * n] for i in range(8)]
    held = [in_force([FIRST, SECOND], T0 + i * MINUTE_US) for i in range(8)]
    at_arrival = whole_minutes(minutes, [whole.scale] * 8, held)
    for blocks in ([whole], [part for part in cut if len(part.xyz)]):
        _, stored = epochs_of_many([[], blocks], [[], [FIRST, SECOND]])
        for one, other in zip(rows(at_arrival), rows(stored), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-7)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([12.5, 30.0, 31.25, 33.3]), st.integers(-(10**9), 10**9), st.integers(1, 20_000))
def test_no_sample_is_lost_where_a_calibration_begins(hz, into_us, n):
    block = Samples(T0 + into_us, hz, 0.001, np.arange(3 * n, dtype=np.int32).reshape(n, 3))
    parts = corrected(without_overlaps([block]), [FIRST, SECOND])
    assert np.concatenate([part.xyz for part in parts]).tolist() == block.xyz.tolist()
    for part in parts:
        assert part.correction is in_force([FIRST, SECOND], part.t0_us)
        last_us = part.t0_us + (len(part.xyz) - 1) * 1e6 / hz
        assert part.correction is in_force([FIRST, SECOND], int(last_us))
