"""A raw recording with the calibration that its own still windows give."""

from __future__ import annotations

from dataclasses import dataclass, replace

from analytics.recordings.recording import RawRecording
from analytics.signal.calibration import Calibration, calibrate
from analytics.signal.fives import without_overlaps
from analytics.signal.samples import Axes
from analytics.signal.still import WINDOW_US, still_windows


@dataclass(frozen=True)
class WholeFile:
    """A correction that holds for all of a recording."""

    scale: Axes
    offset: Axes
    from_us: int = -(2**62)


def calibrated(recording: RawRecording) -> tuple[RawRecording, Calibration]:
    """The recording with its correction, or as it is where calibration is refused; and the calibration."""
    still = still_windows(without_overlaps(recording.segments))
    fit = calibrate(still.g, still.looked_at * WINDOW_US / 3.6e9)
    if not fit.accepted:
        return recording, fit
    x, y, z = fit.scale.tolist()
    a, b, c = fit.offset.tolist()
    return replace(recording, correction=WholeFile((x, y, z), (a, b, c))), fit
