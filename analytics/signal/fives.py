"""Sums over the samples of each touched five seconds, for the blocks of many devices at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analytics.signal.corrections import corrected
from analytics.signal.pieces import EARLY_US
from analytics.signal.samples import Correction, Samples

FIVE_S_US = 5_000_000
SECOND_US = 1_000_000
LEAST_HZ = 2  #: below it, a microsecond more or less could put a sample into other five seconds
PIECE_US = 30 * 60_000_000  #: samples of a device that are worked on at once at most
TOGETHER = 24_000  #: samples from which on nothing is waited for: they fit the processor's cache

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Sums:
    """Rows in the order of the owners and of time. A sum is over the samples of its five seconds alone: it
    has the same bits whatever else is worked on with them."""

    owner: NDArray[np.int64]  #: place in the list of all blocks
    start_us: NDArray[np.int64]
    n: Values
    seconds: Values  #: covered by samples
    enmo: Values  #: [mg]
    angle: Values  #: [degrees]
    deviation: Values  #: of r from its mean over the five seconds [mg]


def five_second_sums(
    blocks: Sequence[Sequence[Samples]],
    corrections: Sequence[Sequence[Correction]] = (),
    within: Sequence[tuple[int, int]] | None = None,
) -> Sums:
    """The sums of each owner; `blocks` has for each owner its blocks, in any order, and `corrections` what
    calibrates them, in order of time; empty: nobody's.

    `within` [start, end) of each owner [microseconds], whole five seconds: what lies outside may be left out.
    """
    sums: list[Sums] = []
    waiting: list[tuple[int, Samples]] = []
    samples = 0
    for owner, parts in _pieces(blocks, corrections, within):
        waiting += [(owner, part) for part in parts]
        samples += sum(len(part.xyz) for part in parts)
        if samples >= TOGETHER:
            sums.append(_sums(waiting))
            waiting, samples = [], 0
    if waiting:
        sums.append(_sums(waiting))
    if not sums:
        whole, none = np.zeros(0, np.int64), np.zeros(0)
        return Sums(whole, whole, none, none, none, none, none)
    return Sums(*(np.concatenate([getattr(s, f) for s in sums]) for f in Sums.__dataclass_fields__))


def without_overlaps(blocks: Sequence[Samples]) -> list[Samples]:
    """The same samples in order of time, each instant once: an earlier block keeps what it covers."""
    kept: list[Samples] = []
    covered_us = None
    for block in sorted(blocks, key=lambda b: (b.t0_us, -len(b.xyz))):
        late = 0
        if covered_us is not None and block.t0_us < covered_us:
            # Half a sample of slack: clocks of neighbouring blocks are rounded to microseconds.
            late = max(int(np.ceil((covered_us - block.t0_us) * block.hz / 1e6 - 0.5)), 0)
        if late < len(block.xyz):
            t0_us = block.t0_us + round(late * 1e6 / block.hz)
            rest = Samples(t0_us, block.hz, block.scale, block.xyz[late:]) if late else block
            kept.append(rest)
            covered_us = rest.end_us
    return kept


def _within(block: Samples, start_us: int, end_us: int) -> Samples | None:
    """The block without whole seconds of it that lie outside, when such a cut falls on a microsecond."""
    hz = int(block.hz)
    if hz != block.hz or hz < LEAST_HZ:
        return block
    late = max((start_us - block.t0_us) // SECOND_US, 0)
    end = max(-((block.t0_us - end_us) // SECOND_US), 0)
    xyz = block.xyz[late * hz : end * hz]
    return Samples(block.t0_us + late * SECOND_US, block.hz, block.scale, xyz) if len(xyz) else None


def _pieces(
    blocks: Sequence[Sequence[Samples]],
    corrections: Sequence[Sequence[Correction]],
    within: Sequence[tuple[int, int]] | None,
) -> Iterator[tuple[int, list[Samples]]]:
    """What of one owner lies in one piece of time: no five seconds are in two of them."""
    for owner, own in enumerate(blocks):
        waiting: list[Samples] = []
        piece = None
        alone = without_overlaps(own)
        if within is not None:
            alone = [cut for block in alone if (cut := _within(block, *within[owner])) is not None]
        parts = _cut_at_pieces(alone)
        for part in corrected(parts, corrections[owner]) if corrections else parts:
            if waiting and part.t0_us // PIECE_US != piece:
                yield owner, waiting
                waiting = []
            piece = part.t0_us // PIECE_US
            waiting.append(part)
        if waiting:
            yield owner, waiting


def _cut_at_pieces(blocks: Sequence[Samples]) -> list[Samples]:
    parts: list[Samples] = []
    for block in blocks:
        n = len(block.xyz)
        last_us = block.t0_us + int((n - 1) * 1e6 / block.hz)
        if block.t0_us // PIECE_US == last_us // PIECE_US:
            parts.append(block)
            continue
        cuts = _cuts([block], PIECE_US)
        if len(cuts.first) == 1:  # only rounding put its last sample behind the edge
            parts.append(block)
            continue
        for first, end in pairwise([*cuts.first.tolist(), n]):
            t0_us = block.t0_us + round(first * 1e6 / block.hz)
            parts.append(Samples(t0_us, block.hz, block.scale, block.xyz[first:end]))
    return parts


@dataclass(frozen=True)
class _Cuts:
    """Epochs that hold samples: of which block, their number since 1970, first sample and count."""

    block: NDArray[np.int64]
    number: NDArray[np.int64]
    first: NDArray[np.int64]
    n: NDArray[np.int64]


def _cuts(blocks: Sequence[Samples], length_us: int) -> _Cuts:
    n = np.array([len(block.xyz) for block in blocks])
    t0_us = np.array([block.t0_us for block in blocks])
    hz = np.array([block.hz for block in blocks])
    first = t0_us // length_us
    rows = (t0_us + ((n - 1) * 1e6 / hz + EARLY_US).astype(np.int64)) // length_us - first + 1
    ends = np.cumsum(rows)
    block = np.repeat(np.arange(len(blocks)), rows)
    number = np.arange(len(block)) - (ends - rows - first)[block]
    into_us = number * length_us - t0_us[block]
    edges = np.ceil((into_us - EARLY_US) * hz[block] / 1e6 - 1e-6).astype(np.int64)
    edges = np.minimum(np.maximum(edges, 0), n[block])
    edges[ends - rows] = 0
    following = np.append(edges[1:], 0)
    following[ends - 1] = n
    filled = following > edges
    return _Cuts(block[filled], number[filled], edges[filled], (following - edges)[filled])


def angles(z: Values, level: Values) -> NDArray[np.float32]:
    """The z-angle of each sample [radians], `level` the square of what is level of it.

    In single precision, within 0.00001 degrees: a quarter of the time. The sum is for double, and to be cut
    at 90 degrees a sample: straight up comes out a little above.
    """
    flat = level.astype(np.float32)
    return np.arctan2(z.astype(np.float32), np.sqrt(flat, out=flat), out=flat)


def _sums(owned: Sequence[tuple[int, Samples]]) -> Sums:
    """Five seconds may be shared by the end of one block and the start of the owner's next."""
    parts = [part for _, part in owned]
    ends = np.cumsum([len(part.xyz) for part in parts])
    done = int(ends[-1])
    x, y, z = np.empty((3, done))
    for part, end in zip(parts, ends.tolist(), strict=True):
        begin = end - len(part.xyz)
        for axis, values in enumerate((x, y, z)):
            np.multiply(part.xyz[:, axis], part.scale, out=values[begin:end])
            if part.correction:
                values[begin:end] += part.correction.offset[axis]
                values[begin:end] *= part.correction.scale[axis]
    x *= x
    y *= y
    x += y  # the square of what is level
    np.multiply(z, z, out=y)
    y += x
    r_mg = np.sqrt(y, out=y)
    r_mg *= 1000
    angle = angles(z, x)
    cuts = _cuts(parts, FIVE_S_US)
    owner = np.array([owner for owner, _ in owned])[cuts.block]
    first = cuts.first + np.append(0, ends[:-1])[cuts.block]
    # Rows of one owner and number are neighbours, since blocks are in order of time.
    new = np.append(True, (np.diff(cuts.number) != 0) | (np.diff(owner) != 0))
    starts = first[new]
    n = np.diff(starts, append=done)
    sum_angle = np.degrees(np.add.reduceat(angle, starts, dtype=np.float64))
    mean = np.add.reduceat(r_mg, starts) / n
    enmo = np.maximum(np.subtract(r_mg, 1000, out=z), 0, out=z)
    sum_enmo = np.add.reduceat(enmo, starts)
    away = np.subtract(r_mg, np.repeat(mean, n), out=z)
    return Sums(
        owner=owner[new],
        start_us=cuts.number[new] * FIVE_S_US,
        n=n.astype(np.float64),
        seconds=np.add.reduceat(
            cuts.n / np.array([part.hz for part in parts])[cuts.block], np.flatnonzero(new)
        ),
        enmo=sum_enmo,
        angle=np.clip(sum_angle, -90 * n, 90 * n),
        deviation=np.add.reduceat(np.abs(away, out=away), starts),
    )
