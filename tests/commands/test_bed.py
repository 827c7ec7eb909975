"""`actalgia indices --bed`: the person knows better than a rule when they were in bed."""

import json
import statistics
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from actalgia.cli import app


@pytest.fixture
def recording(tmp_path):
    """Four days of minutes over the night in which Rome's clock is set back; still from 23:00 to 07:00."""
    lines = ["timestamp,date,activity"]
    at = datetime(2026, 10, 23, 22, tzinfo=UTC)
    for _ in range(4 * 1440):
        local = at + timedelta(hours=2 if at < datetime(2026, 10, 25, 1, tzinfo=UTC) else 1)
        value = 5 if local.hour in (23, 0, 1, 2, 3, 4, 5, 6) else 200 + local.minute
        lines.append(f"{local:%Y-%m-%d %H:%M:%S},{local:%Y-%m-%d},{value}")
        at += timedelta(minutes=1)
    path = tmp_path / "night.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def indices(recording, tmp_path, bed, *words):
    times = tmp_path / "bed.csv"
    times.write_text(bed)
    return CliRunner().invoke(
        app, ["indices", str(recording), "--tz", "Europe/Rome", "--bed", str(times), *words]
    )


def test_in_bed_are_the_epochs_whose_local_start_lies_in_a_given_time(recording, tmp_path):
    # 02:30 to 03:00 comes twice: 60 minutes of night, beside 20 of day.
    bed = "start,end\n2026-10-25 12:00,2026-10-25 12:20\n2026-10-25T02:30,2026-10-25T03:00:00\n"
    found = indices(recording, tmp_path, bed, "--json")
    document = json.loads(found.stdout)
    rows = [line.split(",") for line in recording.read_text().splitlines()[1:]]
    spans = (("2026-10-25 12:00", "2026-10-25 12:20"), ("2026-10-25 02:30", "2026-10-25 03:00"))
    inside = [int(x) for at, _, x in rows if any(start <= at[:16] < end for start, end in spans)]
    outside = [int(x) for at, _, x in rows if not any(start <= at[:16] < end for start, end in spans)]
    assert len(inside) == 80
    below = sum(x < statistics.median(outside) for x in inside)
    assert 0 < below < 80
    assert document["recording"]["io"] == pytest.approx(100 * below / 80)
    assert document["provenance"]["in_bed"] == "given"
    assert document["provenance"]["nights_without_bed"] == ["2026-10-24", "2026-10-27"]
    assert "2026-10-24, 2026-10-27: out of bed" in document["provenance"]["notes"][-1]


def test_the_longest_stay_of_a_night_is_the_main_one(recording, tmp_path):
    bed = "start,end\n2026-10-24T22:00,2026-10-25T07:00\n2026-10-25T09:00,2026-10-25T10:00\n"
    document = json.loads(indices(recording, tmp_path, bed, "--json").stdout)
    day = document["days"][1]
    assert day["day"] == "2026-10-25"
    # The scorer adds to a minute some of its neighbours: a minute less at either end. The night has 9 h.
    assert (day["sleep_onset"], day["sleep_offset"]) == ("23:01", "06:59")
    assert (day["TST_min"], day["SOL_min"]) == (538, 61)
    rule = json.loads(
        CliRunner().invoke(app, ["indices", str(recording), "--tz", "Europe/Rome", "--json"]).stdout
    )
    assert rule["provenance"]["in_bed"] != "given" and rule["provenance"]["nights_without_bed"] == []


@pytest.mark.parametrize(
    "bed, sentence",
    [
        ("from,to\n1,2\n", "bed.csv needs the columns start,end in its first line."),
        ("start,end\n", "bed.csv has no time in bed"),
        ("start,end\n2026-10-24T22:00,\n", "row 1 has no end like 2026-03-28T22:45"),
        ("start,end\n2026-10-24T22:00Z,2026-10-25T07:00Z\n", "row 1 has no start like"),
        ("start,end\n2026-10-24T22:00,2026-10-25T07:00\n2026-02-30T22:00,2026-03-01T07:00\n", "row 2"),
        ('start,end\n"2026-10-24T22:00"x,2026-10-25T07:00\n', "bed.csv is no CSV that can be read"),
        ("start,end\n2026-10-25T07:00,2026-10-24T22:00\n", "row 1 does not end after it starts"),
    ],
)
def test_what_is_no_time_in_bed_is_refused_in_one_sentence(recording, tmp_path, bed, sentence):
    found = indices(recording, tmp_path, bed)
    assert found.exit_code != 0
    assert sentence in f"{found.exception} {found.output}"


def test_a_missing_file_of_times_is_one_sentence(recording, tmp_path):
    missing = tmp_path / "none.csv"
    found = CliRunner().invoke(app, ["indices", str(recording), "--bed", str(missing)])
    assert found.exit_code == 2 and "cannot be read" in found.output
