"""Minutes of many devices computed together have the same bits as computed alone."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.signal.epochs import MINUTE_US, Minutes, epochs_of_many, epochs_of_minutes
from analytics.signal.samples import Samples

T0 = 1_790_000_040 * 1_000_000
RATES = [1.0, 12.5, 25.6, 30.0, 31.25, 33.3, 50.0, 100.0]
GAPS_US = [0, 0, 0, -5_000_000, 20_000, 40_000_000, 1_900_000_000]


@st.composite
def blocks_of_one(draw: st.DrawFn) -> list[Samples]:
    """Blocks of one device in any order: in a row, with gaps, with overlaps; rates and scales change."""
    chance = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    at_us, blocks = T0 + draw(st.integers(-4 * 3600 * 10**6, 4 * 3600 * 10**6)), []
    for n in draw(st.lists(st.sampled_from([1, 7, 250, 3000, 3000, 20_000]), max_size=5)):
        hz, scale = draw(st.sampled_from(RATES)), draw(st.sampled_from([0.001, 1 / 256]))
        xyz = chance.integers(-2000, 2000, (3, n)).astype(np.int16).T
        blocks.append(Samples(at_us, hz, scale, xyz if draw(st.booleans()) else np.ascontiguousarray(xyz)))
        at_us = blocks[-1].end_us + draw(st.sampled_from(GAPS_US))
    return draw(st.permutations(blocks))


@settings(max_examples=60, deadline=None)
@given(st.lists(blocks_of_one(), max_size=6))
def test_minutes_of_many_devices_are_those_of_each_alone_to_the_last_bit(blocks):
    owner, together = epochs_of_many(blocks)
    assert np.all(np.diff(owner) >= 0)
    for place, own in enumerate(blocks):
        alone = epochs_of_minutes(own)
        for name in Minutes.__dataclass_fields__:
            found = getattr(together, name)[owner == place]
            assert found.tobytes() == getattr(alone, name).tobytes(), name


@settings(max_examples=60, deadline=None)
@given(
    st.lists(blocks_of_one(), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(-300, 300), st.integers(1, 120)), min_size=4, max_size=4),
)
def test_minutes_within_a_stretch_do_not_depend_on_what_lies_outside(blocks, stretches):
    within = [(T0 + first * MINUTE_US, T0 + (first + n) * MINUTE_US) for first, n in stretches[: len(blocks)]]
    owner, together = epochs_of_many(blocks, within=within)
    for place, (own, (start_us, end_us)) in enumerate(zip(blocks, within, strict=True)):
        alone = epochs_of_minutes(own)
        whole = (alone.t_us >= start_us) & (alone.t_us < end_us)
        cut = (owner == place) & (together.t_us >= start_us) & (together.t_us < end_us)
        for name in Minutes.__dataclass_fields__:
            assert getattr(together, name)[cut].tobytes() == getattr(alone, name)[whole].tobytes(), name


def test_a_minute_of_a_block_of_hours_is_made_of_its_own_samples():
    hours = Samples(T0 - 90 * MINUTE_US, 50.0, 0.001, np.full((3 * 180_000, 3), 577, np.int16))
    _, minutes = epochs_of_many([[hours]], within=[(T0, T0 + MINUTE_US)])
    assert minutes.n_samples.tolist() == [3000]


def test_two_devices_in_the_same_minute_keep_their_own():
    still = [
        Samples(T0, 50.0, 0.001, np.tile(np.array([0, 0, z], np.int16), (3000, 1))) for z in (1100, 1300)
    ]
    owner, minutes = epochs_of_many([[still[0]], [], [still[1]]])
    assert owner.tolist() == [0, 2]
    np.testing.assert_allclose(minutes.enmo_mg, [100, 300])
