import numpy as np
import pytest

from analytics.indices.recording import recording_indices
from analytics.recordings.read import read_recording
from tests.recordings import axivity_files, geneactiv_files


def enmo_mg(xyz_g: np.ndarray) -> float:
    return float(np.maximum(np.linalg.norm(xyz_g, axis=1) - 1, 0).mean() * 1000)


@pytest.mark.parametrize("name", ["a.cwa", "a.bin"])
def test_a_file_of_a_device_has_indices(tmp_path, name):
    if name == "a.cwa":
        first_us = axivity_files.us("2026-05-04T12:00:00")
        sectors, xyz = axivity_files.recording([first_us + k * 1_200_000 for k in range(500)])
        content, moved_mg, tz = axivity_files.header() + b"".join(sectors), enmo_mg(xyz / 256), None
    else:
        parts, readings = geneactiv_files.recording(100)
        content, moved_mg, tz = b"".join(parts), enmo_mg(geneactiv_files.in_g(readings)), "-04:00"
    (tmp_path / name).write_bytes(content)
    document = recording_indices(read_recording(tmp_path / name))
    assert document["recording"]["worn_min"] == 10
    assert document["recording"]["mean_activity"] == pytest.approx(moved_mg, rel=0.01)
    assert (document["provenance"]["tz"], document["provenance"]["activity"]) == (tz, "enmo_mg")
