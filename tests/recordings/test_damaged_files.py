"""Whatever happens to a file: what can be read is read, or one sentence says why not."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from analytics.recordings.axivity import read_axivity
from analytics.recordings.geneactiv import read_geneactiv
from analytics.recordings.recording import NotARecording, RawRecording
from tests.recordings import axivity_files, geneactiv_files

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "actigraphy" / "raw"
NOON = axivity_files.us("2026-05-04T12:00:00")


def _axivity() -> bytes:
    sectors, _ = axivity_files.recording([NOON + round(k * 1.2e6) for k in range(12)])
    xyz = axivity_files.movement(40, most=32767)
    six = [
        axivity_files.sector(xyz, NOON + 20_000_000 + k * 400_000, 12 + k, packing=0x62, scale_bits=4)
        for k in range(6)
    ]
    return axivity_files.header() + b"".join(sectors + six)


MADE = {
    "axivity": (read_axivity, _axivity()),
    "geneactiv": (read_geneactiv, b"".join(geneactiv_files.recording(4)[0])),
}
REAL = {
    path.name: (read, path)
    for read, pattern in ((read_axivity, "*/*.cwa"), (read_geneactiv, "*/*.bin"))
    for path in sorted(SHARED.glob(pattern))
}

DAMAGE = st.lists(
    st.tuples(
        st.sampled_from(["flip", "cut", "lose", "repeat", "blank"]),
        st.floats(0, 1, exclude_max=True),
        st.integers(1, 255),
        st.sampled_from([1, 2, 7, 512, 3000]),
    ),
    min_size=1,
    max_size=8,
)


def damaged(data: bytes, damage: list[tuple[str, float, int, int]]) -> bytes:
    out = bytearray(data)
    for kind, share, value, length in damage:
        at = int(share * len(out))
        if kind == "flip" and out:
            out[at] ^= value
        elif kind == "cut":
            del out[at:]
        elif kind == "lose":
            del out[at : at + length]
        elif kind == "repeat":
            out[at:at] = out[max(at - length, 0) : at]
        elif kind == "blank":
            out[at : at + length] = bytes(min(length, len(out) - at))
    return bytes(out)


def consistent(found: RawRecording) -> None:
    assert found.segments and all(len(part.xyz) > 0 for part in found.segments)
    assert all(math.isfinite(part.hz) and part.hz > 0 and 0 < part.scale < 1 for part in found.segments)
    assert all(part.xyz.shape[1] == 3 and part.xyz.dtype in (np.int16, np.int32) for part in found.segments)
    # A microsecond of slack: both ends are rounded to one.
    assert all(before.end_us <= after.t0_us + 1 for before, after in pairwise(found.segments))
    if found.temperature is not None:
        assert np.isfinite(found.temperature.celsius).all()
        assert (np.diff(found.temperature.t_us) > 0).all()
    for note in found.notes:
        assert re.fullmatch(r"[A-Z0-9][^\n]*[a-z0-9).]\.", note)


def read_or_refused(read, data: bytes) -> None:
    try:
        found = read(data, None, "a.x")
    except NotARecording as refused:
        assert re.fullmatch(r"a\.x [^\n]*; [^\n]*\.", str(refused))
    else:
        consistent(found)


@pytest.mark.parametrize("device", MADE)
@settings(max_examples=150, deadline=None)
@given(damage=DAMAGE)
@example(damage=[("cut", 0.0, 1, 1)])
def test_a_damaged_file_is_read_in_parts_or_refused(device, damage):
    read, data = MADE[device]
    read_or_refused(read, damaged(data, damage))


@settings(max_examples=100, deadline=None)
@given(at=st.integers(1024, len(MADE["axivity"][1]) - 1), bit=st.integers(0, 7))
def test_a_bit_of_a_sector_costs_that_sector_and_nothing_else(at, bit):
    _, data = MADE["axivity"]
    flipped = bytearray(data)
    flipped[at] ^= 1 << bit
    whole = read_axivity(data, None, "a.cwa")
    found = read_axivity(bytes(flipped), None, "a.cwa")
    sector = (at - 1024) // 512
    first = 120 * min(sector, 12) + 40 * max(sector - 12, 0)
    lost = np.r_[first : first + (120 if sector < 12 else 40)]
    expected = np.concatenate([part.xyz * part.scale for part in whole.segments])
    kept = np.concatenate([part.xyz * part.scale for part in found.segments])
    assert np.array_equal(kept, np.delete(expected, lost, axis=0))
    assert found.notes[0].startswith("1 of 18 sectors cannot be believed")


@settings(max_examples=100, deadline=None)
@given(
    sectors=st.lists(
        st.tuples(st.integers(-3000, 3000), st.integers(1, 120), st.booleans()), min_size=1, max_size=25
    )
)
def test_any_order_of_clocks_gives_times_that_rise(sectors):
    data = axivity_files.header() + b"".join(
        axivity_files.sector(axivity_files.movement(count), NOON + at * 100_000, k if follows else 7)
        for k, (at, count, follows) in enumerate(sectors)
    )
    consistent(read_axivity(data, None, "a.cwa"))


@settings(max_examples=150, deadline=None)
@given(
    changes=st.lists(
        st.tuples(st.integers(0, 11), st.integers(0, 31), st.integers(0, 255)), min_size=1, max_size=8
    )
)
def test_fields_that_nobody_expects_are_judged_even_where_the_checksum_holds(changes):
    header, sectors = (
        MADE["axivity"][1][:1024],
        [MADE["axivity"][1][at : at + 512] for at in range(1024, 1024 + 12 * 512, 512)],
    )
    for k, byte, value in changes:
        changed = sectors[k][:byte] + bytes([value]) + sectors[k][byte + 1 :]
        sectors[k] = axivity_files.with_checksum(changed)
    read_or_refused(read_axivity, header + b"".join(sectors))


@pytest.mark.recordings
@pytest.mark.skipif(not REAL, reason="the real recordings are not beside the project")
@pytest.mark.parametrize("name", REAL or ["none"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.data_too_large])
@given(damage=DAMAGE)
def test_a_damaged_real_file_is_read_in_parts_or_refused(name, damage):
    read, path = REAL[name]
    read_or_refused(read, damaged(path.read_bytes(), damage))
