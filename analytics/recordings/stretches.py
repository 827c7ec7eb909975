"""Stamped samples to unbroken stretches."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analytics.recordings.recording import NotARecording
from analytics.recordings.whole_numbers import as_whole_numbers
from analytics.signal.samples import Samples


def in_stretches(
    t_us: NDArray[np.int64], xyz_g: NDArray[np.float64], name: str, gap_steps: float = 1.5
) -> tuple[Samples, ...]:
    """Samples (n, 3) in g at rising stamps. A step over `gap_steps` usual ones is a gap, a missing value too.

    A stretch has one rate, from its first to its last sample.
    """
    measured = np.isfinite(xyz_g).all(axis=1)
    t_us, xyz_g = t_us[measured], xyz_g[measured]
    if len(t_us) < 2:
        raise NotARecording(f"{name} has fewer than two samples, so its rate is unknown; export it again.")
    whole, scale = as_whole_numbers(xyz_g, name)
    usual_us = float(np.median(np.diff(t_us)))
    cuts = np.r_[0, np.flatnonzero(np.diff(t_us) > gap_steps * usual_us) + 1, len(t_us)]
    segments = []
    for first, end in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
        n = end - first
        hz = (n - 1) * 1e6 / float(t_us[end - 1] - t_us[first]) if n > 1 else 1e6 / usual_us
        segments.append(Samples(int(t_us[first]), hz, scale, whole[first:end]))
    return tuple(segments)
