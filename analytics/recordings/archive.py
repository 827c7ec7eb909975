"""Raw recordings kept as numpy archives (`.npz`).

Keys: `t0_us` (first sample, microseconds since the Unix epoch), `hz`, and `xyz` of shape (n, 3), either
floating point in g (NaN is missing) or int16 with `scale` in g for each step. Also accepted, as archives
from elsewhere name them: `fs` for `hz`, `start` (an ISO stamp, read like any stamp of a file) for `t0_us`,
and `mg`, whole thousandths of g, for `xyz` with `scale`.
"""

from __future__ import annotations

import io
import zipfile
import zlib

import numpy as np
from numpy.typing import NDArray

from analytics.recordings.recording import NotARecording, RawRecording
from analytics.recordings.stamps import Stamps, read_instants, read_times
from analytics.recordings.whole_numbers import as_whole_numbers
from analytics.signal.samples import Samples

Arrays = dict[str, NDArray[np.generic]]


def read_archive(data: bytes, tz: str | None, name: str) -> RawRecording:
    """A raw recording out of the bytes of a numpy archive."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            arrays: Arrays = {key: archive[key] for key in archive.files}
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, KeyError):
        raise NotARecording(
            f"{name} is a damaged or foreign archive; save it again with numpy.savez."
        ) from None
    hz = _rate(arrays, name)
    start = _start(arrays, tz, name)
    whole, scale, measured = _samples(arrays, name)
    edges = np.flatnonzero(np.diff(np.r_[False, measured, False]))
    segments = tuple(
        Samples(int(start.t_us[0]) + round(first * 1e6 / hz), hz, scale, whole[first:end])
        for first, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    )
    if not segments:
        raise NotARecording(f"{name} holds no samples; save it again.")
    return RawRecording(segments, start.tz, start.zone)


def _rate(arrays: Arrays, name: str) -> float:
    given = arrays.get("hz", arrays.get("fs"))
    hz = (
        float(given.astype(float).item())
        if given is not None and given.size == 1 and given.dtype.kind in "fiu"
        else 0.0
    )
    if not 1 <= hz <= 400:
        raise NotARecording(f"{name} has no rate hz from 1 to 400; add it and save the archive again.")
    return hz


def _start(arrays: Arrays, tz: str | None, name: str) -> Stamps:
    t0_us, start = arrays.get("t0_us"), arrays.get("start")
    if t0_us is not None and t0_us.shape == () and t0_us.dtype.kind in "iu":
        return read_instants([str(t0_us)], tz, name)
    if start is not None and start.shape == () and start.dtype.kind == "U":
        return read_times([str(start)], tz, name)
    raise NotARecording(f"{name} has no whole number t0_us; add it and save the archive again.")


def _samples(arrays: Arrays, name: str) -> tuple[NDArray[np.int16], float, NDArray[np.bool_]]:
    """Whole numbers, their scale and which rows were measured."""
    xyz, scale = (arrays["mg"], 0.001) if "mg" in arrays else (arrays.get("xyz"), _scale(arrays))
    if xyz is None or xyz.ndim != 2 or xyz.shape[1] != 3:
        raise NotARecording(f"{name} has no array xyz of three columns; add it and save the archive again.")
    if xyz.dtype == np.int16 and scale > 0:
        return xyz.astype(np.int16), scale, np.ones(len(xyz), bool)
    if xyz.dtype.kind != "f":
        raise NotARecording(f"{name}: xyz must be in g, or int16 with a scale above 0; save it again.")
    floats = xyz.astype(np.float32 if xyz.dtype.itemsize < 8 else np.float64)
    measured = np.isfinite(floats).all(axis=1)
    whole, step = as_whole_numbers(np.where(measured[:, None], floats, 0), name)
    return whole, step, measured


def _scale(arrays: Arrays) -> float:
    scale = arrays.get("scale")
    known = scale is not None and scale.shape == () and scale.dtype.kind in "fiu"
    return float(scale.astype(float)) if scale is not None and known else 0.0
