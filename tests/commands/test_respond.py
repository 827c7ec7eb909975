"""`actalgia respond`: daily rows and events in, responses out."""

import csv
import json
import xml.etree.ElementTree as ET
from datetime import date, timedelta
from functools import partial

import pytest

from tests.commands import process

DAY0 = date(2026, 3, 1)
COLUMNS = ("--patient", "patient", "--day", "day", "--pain", "worst")


run = partial(process.run, "respond")


@pytest.fixture
def rows(tmp_path):
    """P-1 goes from 7 to 4 on 60 mg, P-2 from 5 to 5 on 40 then 60 mg, P-3 answers twice; steps rise in P-1."""
    path = tmp_path / "rows.csv"
    with path.open("w", newline="") as handle:
        write = csv.writer(handle)
        write.writerow(["patient", "day", "worst", "ome", "steps"])
        for d in range(-28, 41):
            day = DAY0 + timedelta(days=d)
            write.writerow(["P-1", day, 7 if d <= 0 else 4, 60, 2000 + 37 * (d * d % 11) + 900 * (d > 0)])
            write.writerow(["P-2", day, 5, 40 if d <= 0 else 60, ""])
            if d in (-2, 20):
                write.writerow(["P-3", day, 6, "", ""])
    return path


@pytest.fixture
def events(tmp_path):
    path = tmp_path / "events.csv"
    lines = ["patient,day,kind,technique", *(f"P-{k},{DAY0},radiotherapy,8 Gy x 1" for k in (1, 2, 3))]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_each_event_has_its_endpoint_with_the_reason(rows, events):
    done = run(rows, *COLUMNS, "--ome", "ome", "--events", events, "--measures", "steps", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    first, second, third = found["responses"]
    assert (first["endpoint"], first["time_to_response_days"], first["duration_days"]) == ("partial", 7, 33)
    assert (second["endpoint"], second["reason"]) == ("progression", "pain unchanged, more analgesia")
    assert third["endpoint"] == "not_evaluable" and third["reason"].startswith("too little data")
    steps = next(one for one in first["measures"] if one["name"] == "steps")
    assert steps["level_change_ci"][0] < 900 < steps["level_change_ci"][1]
    (group,) = found["groups"]
    assert (group["n_patients"], group["last"]["rate"], group["last"]["rate_of_all"]) == (
        3,
        0.5,
        pytest.approx(1 / 3),
    )
    assert (found["method"], found["rules"]["analgesia_share"]) == ("response 1", 0.25)


def test_without_the_dose_what_pain_tells_is_said(rows, events):
    found = json.loads(run(rows, *COLUMNS, "--events", events, "--json").stdout)["responses"]
    assert {one["endpoint"] for one in found} == {"not_evaluable"}
    assert found[0]["last"]["pain_alone"] == "at least 2 points lower"


def test_a_patient_without_daily_rows_is_said_to_have_none(rows, events):
    events.write_text(events.read_text() + f"p-1,{DAY0},radiotherapy,8 Gy x 1\n")  # the rows have P-1
    found = json.loads(run(rows, *COLUMNS, "--events", events, "--json").stdout)["responses"][-1]
    assert (found["endpoint"], found["reason"]) == (
        "not_evaluable",
        "too little data: no daily rows of this patient",
    )


def test_a_dose_below_0_is_refused(rows, events):
    rows.write_text(rows.read_text() + "P-4,2026-03-01,5,-10,\n")
    done = run(rows, *COLUMNS, "--ome", "ome", "--events", events)
    assert done.returncode == 2 and "has a ome below 0" in done.stderr and not done.stdout


def test_people_read_a_table_and_a_waterfall_is_drawn(rows, events, tmp_path):
    plot = tmp_path / "out.svg"
    done = run(rows, *COLUMNS, "--ome", "ome", "--events", events, "--plot", plot)
    assert done.returncode == 0, done.stderr
    assert (
        "33 d and on" in done.stdout
        and "1 of 2 evaluable responded (50 %, 95 % interval 9 to 91)" in done.stdout
    )
    bars = [g for g in ET.parse(plot).iter("{http://www.w3.org/2000/svg}g") if g.get("class") == "bar"]
    assert [bar.get("data-endpoint") for bar in bars] == ["progression", "partial"]


def test_days_may_be_numbers_in_both_files(tmp_path):
    rows, events = tmp_path / "rows.csv", tmp_path / "events.csv"
    lines = [f"1,{d},{7 if d <= 100 else 4},60" for d in range(80, 131)]
    rows.write_text("\n".join(["patient,day,worst,ome", *lines]) + "\n")
    events.write_text("patient,day,kind\n1,100,chemo\n")
    done = run(rows, *COLUMNS, "--ome", "ome", "--events", events, "--json")
    (found,) = json.loads(done.stdout)["responses"]
    assert (found["day"], found["responded_on"], found["baseline"]["first"]) == (100, 107, 93)
    assert found["technique"] is None and found["assessments"][0]["date"] == 128


@pytest.mark.parametrize(
    ("content", "events", "says"),
    [
        ("patient,day,worst\nP,2026-03-01,11\n", "patient,day,kind\nP,2026-03-01,chemo\n", "not from 0 to 10"),
        ("patient,day,worst\nP,2026-03-01,5\n", "patient,day,what\nP,2026-03-01,chemo\n", "has no column 'kind'"),
        ("patient,day,worst\nP,2026-03-01,5\n", "patient,day,kind\nP,1 March,chemo\n", "row 1 needs a day like 2026-05-04"),
        ("patient,day,worst\nP,1,5\n", "patient,day,kind\nP,2026-03-01,chemo\n", "row 1 needs a whole number"),
        ("patient,day,worst\nP,2026-03-01,5\n", "patient,day,kind\n,2026-03-01,chemo\n", "row 1 lacks its patient"),
        ("patient,day,worst\nP,2026-03-01,5\nP,2026-03-01,6\n", "patient,day,kind\nP,2026-03-01,chemo\n", "same day twice"),
        ("patient,day,worst\nP,-999999,5\n", "patient,day,kind\nP,3,chemo\n", "too far from 0"),
        ("patient,day,pain\nP,2026-03-01,5\n", "patient,day,kind\nP,2026-03-01,chemo\n", "has no column 'worst'"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence_that_says_where(tmp_path, content, events, says):
    rows, done_at = tmp_path / "rows.csv", tmp_path / "events.csv"
    rows.write_text(content)
    done_at.write_text(events)
    done = run(rows, *COLUMNS, "--events", done_at, "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr and len(done.stderr.strip().splitlines()) == 1


def test_a_file_that_is_not_there_is_said(rows, tmp_path):
    done = run(rows, *COLUMNS, "--events", tmp_path / "none.csv")
    assert done.returncode == 2 and "cannot be read" in done.stderr
