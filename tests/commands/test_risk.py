"""`actalgia risk`: validate the risk on other data, and see whether it drifts. Simulated rows; nobody's data."""

import csv
import gzip
import xml.etree.ElementTree as ET
from datetime import date
from functools import partial

import pytest

from simulate.cohort.members import members
from simulate.cohort.tables import write_tables
from tests.commands import process

run = partial(process.run, "risk")
document = partial(process.document, "risk")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Another site: 68 people of all scenarios, with what became of them and who they are."""
    folder = tmp_path_factory.mktemp("site")
    write_tables(folder, members(68, 120, 77, scenarios()), date(2026, 5, 4))
    return folder


def scenarios():
    from simulate.cohort import MIXED

    return MIXED


@pytest.fixture(scope="module")
def with_outcome(site):
    """The daily rows with a column that says which days lay in a flare."""
    events = {}
    with (site / "truth.csv").open() as handle:
        for row in csv.DictReader(handle):
            if row["what"] == "event" and row["route"] == "pain":
                events.setdefault(row["patient"], []).append((row["onset"], row["end"]))
    path = site / "with_outcome.csv"
    with (site / "daily.csv").open() as handle, path.open("w", newline="") as out:
        rows = csv.DictReader(handle)
        write = csv.DictWriter(out, [*rows.fieldnames, "Flare"])
        write.writeheader()
        for row in rows:
            on = any(a <= row["day"] < b for a, b in events.get(row["patient"], []))
            write.writerow({**row, "Flare": int(on)})
    return path


@pytest.mark.parametrize("cut", [7, 40])
def test_a_damaged_file_of_events_is_one_sentence(site, tmp_path, cut):
    damaged = tmp_path / "events.csv.gz"
    damaged.write_bytes(gzip.compress((site / "truth.csv").read_bytes())[:cut])
    done = run("validate", site / "daily.csv", "--events", damaged)
    assert done.returncode == 2
    assert "events.csv.gz is cut short or damaged" in " ".join(done.stderr.replace("│", " ").split())


def test_one_command_tells_discrimination_calibration_net_benefit_and_subgroups(site, tmp_path):
    plot = tmp_path / "calibration.svg"
    found = document(
        "validate",
        site / "daily.csv",
        "--events",
        site / "truth.csv",
        "--attributes",
        site / "attributes.csv",
        "--plot",
        plot,
        "--draws",
        100,
    )
    auroc = found["figures"]["auroc"]
    assert 0.6 < auroc["ci"][0] < auroc["value"] < auroc["ci"][1] < 1
    assert found["figures"]["calibration_slope"]["value"] > 0.3
    assert found["figures"]["brier"]["value"] < 0.2
    assert [one["threshold"] for one in found["net_benefit"]] == [0.05, 0.10, 0.15, 0.20, 0.25, 0.30]
    assert sum(one["days"] for one in found["reliability"]) == found["counts"]["days"]
    assert {"sex", "age_band", "site", "stage", "language", "wear", "diary"} <= set(found["subgroups"])
    women = found["subgroups"]["sex"]["female"]
    assert women["counts"]["patients"] < found["counts"]["patients"] == 68
    assert "100 of each" in found["cautions"][0]
    assert len(found["model"]["sha256"]) == 64
    circles = ET.parse(plot).getroot().findall(".//{*}circle[@class='group']")
    assert len(circles) == len(found["reliability"])


def test_an_outcome_column_and_a_file_of_events_say_the_same(site, with_outcome):
    by_events = document("validate", site / "daily.csv", "--events", site / "truth.csv", "--draws", 100)
    by_column = document("validate", with_outcome, "--outcome", "flare", "--draws", 100)
    # Days in hospital have no row: the column cannot say what came on them, the events can.
    assert by_column["counts"]["days"] <= by_events["counts"]["days"]
    assert by_column["figures"]["auroc"]["value"] == pytest.approx(
        by_events["figures"]["auroc"]["value"], abs=0.02
    )


def test_people_read_tables(site):
    done = run("validate", site / "daily.csv", "--events", site / "truth.csv", "--draws", 100)
    assert done.returncode == 0, done.stderr
    for words in ("auroc", "Calibration, days in groups", "Net benefit", "By diary", "simulated patients"):
        assert words in done.stdout


def test_few_events_are_too_little_data_and_no_figure(site, tmp_path):
    few = tmp_path / "events.csv"
    few.write_text("patient,onset,last\n")
    found = document("validate", site / "daily.csv", "--events", few, "--draws", 100)
    assert found["figures"]["auroc"]["value"] is None and found["reliability"] is None
    assert found["figures"]["auroc"]["reason"].startswith("too little data: 0 patients with an event")
    told = run("validate", site / "daily.csv", "--events", few)
    assert told.returncode == 0 and "No figures: too little data" in told.stdout
    drawn = run("validate", site / "daily.csv", "--events", few, "--plot", tmp_path / "a.svg")
    assert drawn.returncode == 2 and "cannot be drawn: too little data" in drawn.stderr


@pytest.mark.parametrize(
    "content, why",
    [
        ("patient,onset,last\nnobody,2026-02-01,2026-02-05\n", "has events of nobody in the daily rows"),
        ("patient,onset,last\nS,2026-02-05,2026-02-01\n", "line 2 ends before it begins"),
        ("patient,onset,last\nS,soon,2026-02-01\n", "line 2 has no day like"),
        ("patient,begin\nS,2026-02-01\n", "has no column 'onset'"),
    ],
)
def test_events_that_cannot_be_are_one_sentence(site, tmp_path, content, why):
    file = tmp_path / "events.csv"
    file.write_text(content)
    done = run("validate", site / "daily.csv", "--events", file)
    assert done.returncode == 2 and why in done.stderr and len(done.stderr.splitlines()) == 1


def test_drift_does_not_take_the_events_of_other_people_for_none(site, tmp_path):
    file = tmp_path / "events.csv"
    file.write_text("patient,onset,last\nnobody,2026-02-01,2026-02-05\n")
    done = run("drift", site / "daily.csv", "--events", file)
    assert done.returncode == 2 and "has events of nobody in the daily rows" in done.stderr


def test_a_table_of_people_with_two_lines_of_one_is_one_sentence(site):
    done = run(
        "validate", site / "daily.csv", "--events", site / "truth.csv", "--attributes", site / "truth.csv"
    )
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert "are of one patient; a table of people has one line each" in done.stderr


def test_it_must_be_said_what_came_of_them(site, with_outcome, tmp_path):
    done = run("validate", site / "daily.csv")
    assert done.returncode == 2 and "--outcome COLUMN or --events FILE" in done.stderr
    done = run("validate", site / "daily.csv", "--outcome", "flare")
    assert done.returncode == 2 and "has no column 'flare'" in done.stderr
    done = run("validate", with_outcome, "--outcome", "average")
    assert done.returncode == 2 and "neither 1 nor 0 in average" in done.stderr
    done = run("validate", tmp_path / "none.csv", "--outcome", "flare")
    assert done.returncode == 2 and "cannot be read" in done.stderr


def test_drift_says_of_each_figure_whether_it_moved(site, with_outcome, tmp_path):
    found = document("drift", site / "daily.csv", "--weeks", 17, "--events", site / "truth.csv")
    told = {one["name"]: one for one in found["figures"]}
    assert told["p_flare_7d"]["verdict"] == "alike"
    assert found["in_the_large"]["intercept"] is not None
    path = tmp_path / "half.csv"
    with (site / "daily.csv").open() as handle, path.open("w", newline="") as out:
        rows = csv.DictReader(handle)
        write = csv.DictWriter(out, rows.fieldnames)
        write.writeheader()
        write.writerows({**row, "io": "", "sleep_efficiency": ""} for row in rows)
    without = document("drift", path, "--weeks", 17)
    told = {one["name"]: one for one in without["figures"]}
    assert {one["verdict"] for name, one in told.items() if name.startswith("io_")} == {"missing"}
    assert without["in_the_large"] is None and "no outcomes" in without["in_the_large_reason"]
    assert "Calibration in the large: none" in run("drift", path).stdout
