"""What a plain table says that cannot be, and what is left out of it."""

import numpy as np
import pytest

from analytics.recordings.read import read_recording
from analytics.recordings.recording import NotARecording

MINUTE_US = 60_000_000
START = 1_777_888_800_000_000


def table(tmp_path, rows, header="t_us,counts"):
    path = tmp_path / "plain.csv"
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")
    return path


def minutes(n, step_us=MINUTE_US):
    return [(START + i * step_us, i % 7) for i in range(n)]


def test_rows_that_are_not_later_than_one_above_are_left_out_and_said(tmp_path):
    rows = minutes(30)
    rows[10], rows[11] = rows[11], rows[10]
    recording = read_recording(table(tmp_path, rows))
    assert len(recording.t_us) == 29
    assert recording.notes == (
        "1 rows, the first of them row 12, are not later than a row above: they were left out.",
    )
    assert read_recording(table(tmp_path, minutes(30))).notes == ()


@pytest.mark.parametrize(
    "rows, header, says",
    [
        pytest.param(minutes(30)[::-1], "t_us,counts", "sort them by time", id="newest first"),
        pytest.param(minutes(30, 60), "t_us,counts", "t_us is in microseconds", id="seconds instead"),
        pytest.param([*minutes(3), (START + 9e18 // 10, 3)], "t_us,counts", "before 1900 or after 2199|whole", id="no year"),
        pytest.param([*minutes(30, 5_000_000), (START + 5 * 10**15, 3)], "t_us,counts", "wrong date", id="158 years later"),
        pytest.param([*minutes(3), (START + 3 * MINUTE_US, "1e300")], "t_us,counts", "beyond 1e.09 in row 4", id="huge"),
        pytest.param([*minutes(3), (START + 3 * MINUTE_US, "inf")], "t_us,counts", "in row 4", id="infinite"),
        pytest.param([*minutes(3), (START + 3 * MINUTE_US, "many")], "t_us,counts", "no number in row 4", id="text"),
        pytest.param([("2026-05-04T08:00:00", 1)], "time;counts", "separated by semicolons", id="semicolons"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_is_refused_in_one_sentence(tmp_path, rows, header, says):
    with pytest.raises(NotARecording, match=says):
        read_recording(
            table(
                tmp_path,
                [
                    (row[0] if header[4] != ";" else ";".join(map(str, row)),) if header[4] == ";" else row
                    for row in rows
                ],
                header,
            )
        )


def test_a_folder_is_no_recording(tmp_path):
    with pytest.raises(NotARecording, match="is a folder"):
        read_recording(tmp_path)


def test_a_rate_in_a_row_of_one_is_a_rate(tmp_path):
    path = tmp_path / "raw.npz"
    np.savez(path, t0_us=START, hz=np.array([50.0]), xyz=np.tile([0.0, 0.0, 1.0], (500, 1)))
    assert read_recording(path).segments[0].hz == 50
