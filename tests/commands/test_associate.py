"""`actalgia associate`: a table of daily rows in, one document out."""

import csv
import xml.etree.ElementTree as ET
from functools import partial

import numpy as np
import pytest

from tests.commands import process
from tests.conftest import SHARED

REPEATED = SHARED / "data/actigraphy/repeated"


run = partial(process.run, "associate")
document = partial(process.document, "associate")


@pytest.fixture
def diary(tmp_path):
    """Twelve patients for 40 days; y follows x within them; a few answers are missing."""
    rng = np.random.default_rng(1)
    path = tmp_path / "diary.csv"
    with path.open("w", newline="") as handle:
        write = csv.writer(handle)
        write.writerow(["patient", "day", "steps", "pain"])
        for p in range(12):
            for d in np.arange("2026-03-01", "2026-04-10", dtype="datetime64[D]"):
                x = rng.normal()
                pain = "" if rng.random() < 0.1 else f"{4 - 0.5 * x + rng.normal():.3f}"
                write.writerow([f"P-{p}", d, f"{x:.4f}", pain])
    return path


def test_with_days_the_finding_allows_for_days_that_are_alike(diary):
    found = document(
        diary, "--patient", "patient", "--x", "steps", "--y", "pain", "--day", "day", "--lags", "-3..7"
    )
    assert [lag["lag"] for lag in found["lags"]] == list(range(-3, 8))
    assert found["rmcorr"]["p_method"].startswith("circular shifts") and found["rmcorr"]["p"] < 0.01
    assert found["rmcorr"]["ci"][1] < 0 and found["rmcorr"]["ci"] != found["rmcorr"]["ci_iid"]
    assert found["mixed"]["within"]["estimate"] == pytest.approx(-0.5, abs=0.15)
    assert found["mixed"]["within"]["p"] == found["rmcorr"]["p"]
    assert found["n_patients"] == 12 and found["provenance"]["first_day"] == "2026-03-01"
    assert 0.05 < found["provenance"]["missing_share"] < 0.15


@pytest.mark.recordings
@pytest.mark.parametrize(
    "name, columns, r, dof, p, low, high",
    [
        ("bland1995", ("Subject", "PaCO2", "pH"), -0.5067697422, 38, 0.0008471081091, -0.7067146, -0.2318631),
        (
            "raz2005",
            ("Participant", "Age", "Volume"),
            -0.7044076985,
            71,
            3.561006882e-12,
            -0.8041530,
            -0.5660800,
        ),
        ("gilden2010", ("sub", "rt", "acc"), -0.4060970321, 32, 0.01716871381, -0.6543958, -0.0787453),
    ],
)
def test_without_days_the_textbook_values_are_those_published(name, columns, r, dof, p, low, high):
    path = REPEATED / f"rmcorr_{name}.csv"
    if not path.exists():
        pytest.skip("the shared data are not here")
    patient, x, y = columns
    found = document(path, "--patient", patient, "--x", x, "--y", y)
    link = found["rmcorr"]
    assert link["r"] == pytest.approx(r, abs=1e-9) and link["dof"] == dof
    assert link["p_iid"] == link["p"] == pytest.approx(p, rel=1e-9)
    assert link["ci_iid"] == pytest.approx([low, high], abs=1e-7) and link["p_method"] == "iid"
    assert found["lags"] == [] and "--day" in found["lags_reason"]
    if name == "bland1995":
        within, between = found["mixed"]["within"], found["mixed"]["between"]
        assert within["estimate"] == pytest.approx(-0.1083230471, abs=1e-9)
        assert within["se"] == pytest.approx(0.0299, abs=5e-5)
        assert between["estimate"] == pytest.approx(0.0317306, abs=1e-5)
        assert between["se"] == pytest.approx(0.157, abs=5e-4)


def test_people_read_a_table(diary):
    done = run(diary, "--patient", "patient", "--x", "steps", "--y", "pain", "--day", "day")
    assert done.returncode == 0 and "12 patients" in done.stdout and "circular shifts" in done.stdout
    assert "only 12 patients: another such group may well say otherwise" in done.stdout


def test_a_small_slope_is_read_with_its_digits_and_one_that_is_not_known_with_its_reason_once(tmp_path):
    path, rng = tmp_path / "rows.csv", np.random.default_rng(2)
    columns = ("--patient", "patient", "--x", "steps", "--y", "pain", "--day", "day")
    for patients in (10, 2):
        with path.open("w", newline="") as handle:
            write = csv.writer(handle)
            write.writerow(["patient", "day", "steps", "pain"])
            for p, d in np.ndindex(patients, 30):
                steps = rng.normal(3000, 1000)
                write.writerow([p, d, f"{steps:.0f}", f"{5 - 0.0005 * (steps - 3000) + rng.normal():.1f}"])
        told = run(path, *columns).stdout.splitlines()
        within, between = (
            next(line for line in told if line.startswith(f"slope {n}")) for n in ("within", "between")
        )
        assert "0.000 to" not in within and float(within.split(" 95 % ")[1].split(" to ")[0]) < -0.0003
    assert between.split("none: ")[1] == "too few patients: 2; a slope between patients needs 8"


def test_lags_and_lines_are_drawn_beside_the_document(diary, tmp_path):
    lags, within = tmp_path / "lags.svg", tmp_path / "within.svg"
    columns = ("--patient", "patient", "--x", "steps", "--y", "pain", "--day", "day")
    found = document(diary, *columns, "--plot", lags, "--plot-within", within)
    assert found["n_patients"] == 12
    described = ET.parse(lags).getroot()[1].text
    assert f"lag 0: r {found['rmcorr']['r']:.2f}" in described and "lag +7" in described
    assert ET.parse(within).getroot()[1].text.startswith(f"12 patients, {found['n_days']} complete days")


@pytest.mark.parametrize(
    "words, says",
    [
        (("--plot", "out.svg"), "rows without days have none"),
        (("--plot-within", "out.svg"), "two days on which both are known"),
        (("--day", "d", "--plot", "nowhere/out.svg"), "cannot be written"),
    ],
)
def test_a_figure_that_cannot_be_drawn_is_one_line(tmp_path, words, says):
    path = tmp_path / "rows.csv"
    path.write_text("a,d,x,y\n1,1,2,3\n")
    words = [str(tmp_path / word) if word.endswith(".svg") else word for word in words]
    done = run(path, "--patient", "a", "--x", "x", "--y", "y", *words)
    assert done.returncode == 2 and says in done.stderr and done.stderr.count("\n") == 1 and not done.stdout


@pytest.mark.parametrize(
    "content, words, says",
    [
        (
            "a,x,y\n1,2,3\n",
            ("--patient", "who", "--x", "x", "--y", "y"),
            "has no column 'who': it has a, x, y",
        ),
        ("a,x,y\n1,two,3\n", ("--patient", "a", "--x", "x", "--y", "y"), "row 1 has no number in x"),
        ("a,x,y\n,2,3\n", ("--patient", "a", "--x", "x", "--y", "y"), "row 1 names no a"),
        (
            "a,d,x,y\n1,2026-02-30,2,3\n",
            ("--patient", "a", "--day", "d", "--x", "x", "--y", "y"),
            "no day like",
        ),
        (
            "a,d,x,y\n1,3,2,3\n1,3,2,3\n",
            ("--patient", "a", "--day", "d", "--x", "x", "--y", "y"),
            "same day twice",
        ),
        ("a,x,y\n", ("--patient", "a", "--x", "x", "--y", "y", "--lags", "7"), "--lags is not a range"),
        (
            "a,d,x,y\n1,3,2,3\n",
            ("--patient", "a", "--day", "d", "--x", "x", "--y", "y", "--adjust", "weekday"),
            "weekday needs days that are dates",
        ),
        (
            "a,x,y\n1,2,3\n",
            ("--patient", "a", "--x", "x", "--y", "y", "--adjust", "x"),
            "--adjust names a column that is asked about itself",
        ),
        (
            "a,d,x,y,w\n" + "".join(f"1,{k},2,3,word{k}\n" for k in range(30)),
            ("--patient", "a", "--day", "d", "--x", "x", "--y", "y", "--adjust", "w"),
            "w has 30 different words; at most 20",
        ),
    ],
)
def test_a_mistake_is_one_line(tmp_path, content, words, says):
    path = tmp_path / "rows.csv"
    path.write_text(content)
    done = run(path, *words)
    assert done.returncode == 2 and says in done.stderr and done.stderr.count("\n") == 1 and not done.stdout


def test_nobody_is_an_answer_with_reasons(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("a,x,y\n")
    found = document(path, "--patient", "a", "--x", "x", "--y", "y")
    assert found["rmcorr"]["r"] is None and "too little data" in found["rmcorr"]["r_reason"]


def test_what_weekday_wear_and_treatment_do_to_both_is_taken_away_on_request(tmp_path):
    rng = np.random.default_rng(2)
    path = tmp_path / "diary.csv"
    with path.open("w", newline="") as handle:
        write = csv.writer(handle)
        write.writerow(["patient", "day", "steps", "pain", "wear", "arm"])
        for p in range(15):
            for k, d in enumerate(np.arange("2026-03-01", "2026-04-30", dtype="datetime64[D]")):
                arm = "after" if k >= 30 else "before"
                wear = rng.normal()
                both = 0.8 * wear + 1.5 * (arm == "after") + 0.8 * (d.astype(object).weekday() >= 5)
                worn = "" if rng.random() < 0.05 else f"{wear:.4f}"
                write.writerow(
                    [f"P-{p}", d, f"{rng.normal() + both:.4f}", f"{rng.normal() + both:.4f}", worn, arm]
                )
    words = (path, "--patient", "patient", "--x", "steps", "--y", "pain", "--day", "day")
    words += ("--adjust", "wear", "--adjust", "weekday", "--adjust", "arm", "--prewhiten")
    found = document(*words)
    assert found["rmcorr"]["p"] < 0.01 and found["rmcorr"]["r"] > 0.4
    assert found["partial"]["adjusted_for"] == ["wear", "arm", "weekday"]
    assert found["partial"]["p"] > 0.05 and found["partial"]["n_days"] < found["n_days"]
    assert [lag["lag"] for lag in found["partial"]["lags"]] == list(range(-3, 8))
    assert -1 < found["prewhitened"]["phi"] < 1 and found["prewhitened"]["r"] > 0.2
    assert "only 15 patients" in found["rmcorr"]["caution"]
    told = run(*words)
    assert "wear, arm, weekday" in told.stdout and "prewhitened" in told.stdout


def test_days_without_an_answer_are_supposed_worse(diary):
    words = (diary, "--patient", "patient", "--x", "steps", "--y", "pain", "--day", "day")
    found = document(*words)["unanswered"]
    assert found["n"] > 20 and [one["delta"] for one in found["supposed"]] == [0, 0.5, 1, 2]
    assert all(one["ci"][0] < one["r"] < one["ci"][1] < 0 for one in found["supposed"])
    assert found["tipping_delta"] is None and "stays away from 0" in found["tipping_delta_reason"]
    assert "were it higher there" in run(*words).stdout
