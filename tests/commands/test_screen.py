"""`actalgia screen`: daily rows of any number of patients in, decisions out, whatever the file looks like."""

import codecs
import csv
import gzip
import io
import json
import subprocess
import sys
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from actalgia.cli import app, main

FIRST = date(2026, 3, 1)
#: 25 quiet days, the last two at the clinical floor, then ten days on which nothing comes.
STORY = "patient,day,average,worst\n" + "".join(
    f"p1,{FIRST + timedelta(days=k)},{8 if k in (23, 24) else 2},{9 if k in (23, 24) else 3}\n"
    if k < 25
    else f"p1,{FIRST + timedelta(days=k)},,\n"
    for k in range(35)
)


def run(*words, **given):
    return subprocess.run(
        [sys.executable, "-m", "actalgia", "screen", *map(str, words)], capture_output=True, **given
    )


@pytest.fixture
def screened(tmp_path):
    """The document of a CSV, and what was said beside it."""

    def screened(content):
        path = tmp_path / "rows.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        done = run(path, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout), done.stderr.decode()

    return screened


@pytest.fixture(scope="module")
def story():
    """The document of `STORY`."""
    done = run("-", "--json", input=STORY.encode())
    assert done.returncode == 0 and not done.stderr
    return json.loads(done.stdout)


def tiers(document, tier):
    return [(one["patient"], one["day"]) for one in document["decisions"] if one["tier"] == tier]


def test_a_page_and_days_that_cannot_be_judged_are_decisions_with_their_evidence(screened):
    found, said = screened(STORY)
    assert set(found) == {"decisions", "risk"} and not said
    assert ("p1", "2026-03-24") in tiers(found, "page")
    silent = [one for one in found["decisions"] if one["reason"].startswith("cannot judge: ")]
    assert silent[-1]["day"] > "2026-03-25" and all(one["tier"] == "technical" for one in silent)
    for one in found["decisions"]:
        assert list(one) == ["patient", "day", "tier", "reason", "score", "evidence"]
        assert one["tier"] in ("page", "review", "check_in", "technical") and one["evidence"]
    assert all(set(one) == {"patient", "day", "p_flare_7d"} for one in found["risk"])


def test_decisions_stand_by_patient_as_the_file_first_names_them_and_by_day(screened):
    rows = [f"{who},2026-03-0{k},9" for k in (9, 1) for who in ("zoe", "adam", "mia")]
    found, _ = screened("patient,day,average\n" + "\n".join(rows))
    order = [(one["patient"], one["day"]) for one in found["decisions"]]
    assert order == sorted(order, key=lambda one: (["zoe", "adam", "mia"].index(one[0]), one[1]))
    assert {("zoe", "2026-03-01"), ("mia", "2026-03-01")} <= set(tiers(found, "page"))


def test_dates_without_a_row_are_days_without_data(screened):
    without, _ = screened("patient,day,average\np,2026-03-01,2\np,2026-03-20,2\n")
    empty = "".join(f"p,2026-03-{k:02},\n" for k in range(2, 20))
    written, _ = screened(f"patient,day,average\np,2026-03-01,2\n{empty}p,2026-03-20,2\n")
    assert without == written and ("p", "2026-03-19") in tiers(without, "technical")


def test_columns_come_in_any_order_and_unknown_ones_are_named_once(screened):
    plain, _ = screened("patient,day,average,worst\np,2026-03-01,2,9\n")
    mixed, said = screened("Worst ,ward,day,note,patient,average\n9,7,2026-03-01,well,p,2\n")
    assert mixed == plain and said == "note: columns that are not known here are ignored: ward, note.\n"


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(codecs.BOM_UTF8 + STORY.encode(), id="a mark in front"),
        pytest.param(STORY.encode("utf-16"), id="UTF-16"),
        pytest.param(STORY.replace("\n", "\r\n").encode(), id="lines of Windows"),
        pytest.param(STORY.replace("\n", "\r").encode(), id="lines of old Macs"),
        pytest.param(STORY.replace("\n", ",,\n").replace("worst,,", "worst").encode(), id="commas behind"),
        pytest.param(STORY.replace("\n", "\n\n,,,\n").encode(), id="lines without anything"),
        pytest.param(STORY.replace("p1", '" p1"').encode(), id="quotes"),
        pytest.param(STORY.replace(",,\n", ", NA,nan\n").encode(), id="words for missing"),
        pytest.param(gzip.compress(STORY.encode()), id="compressed"),
    ],
)
def test_the_same_rows_are_read_however_they_are_written(screened, story, written):
    assert screened(written) == (story, "")


def test_standard_input_is_a_file_too_and_may_be_compressed(story):
    done = run("-", "--json", input=gzip.compress(STORY.encode()))
    assert done.returncode == 0 and json.loads(done.stdout) == story


def test_rows_uploaded_twice_count_once_and_a_later_row_corrects_what_it_holds(screened):
    head = "patient,day,average,worst,steps\n"
    first = "p,2026-03-01,2,9,4000\n"
    expected, said = screened(head + first)
    assert tiers(expected, "page") == [("p", "2026-03-01")] and not said
    found, said = screened(head + first * 3)
    assert found == expected and "count once: 2." in said
    found, said = screened(head + first + "p,2026-03-01,,3,\n")
    assert not tiers(found, "page") and "the last in the file counts: 1." in said
    # The first upload once more does not take the correction back.
    found, said = screened(head + first + "p,2026-03-01,,3,\n" + first)
    assert not tiers(found, "page") and "count once: 1." in said


def test_a_year_between_two_rows_is_told_and_twenty_are_refused(screened, tmp_path):
    _, said = screened("patient,day,average\np,2024-03-01,2\n\np,2026-03-02,2\n")
    assert "between lines 2 and 4, 1 times in all; look for a wrong year" in said
    path = tmp_path / "rows.csv"
    path.write_text("patient,day,average\np,2026-03-01,2\nq,2026-03-01,2\np,2062-03-02,2\n")
    done = run(path, "--json")
    assert done.returncode == 2 and not done.stdout
    assert b"lines 2 and 4 are of one patient and more than 20 years apart" in done.stderr


LINES = "patient,day,average\np,2026-03-01,2\n"


@pytest.mark.parametrize(
    "content, says",
    [
        ("", "has no column 'patient': it has nothing"),
        ("who,day\n", "has no column 'patient': it has who, day"),
        ("patient,date\n", "has no column 'day': it has patient, date"),
        ("patient;day\n", "is separated by semicolons"),
        ("patient,day,worst,Worst\n", "has the column 'worst' twice"),
        (LINES + "p,2026-02-30,2\n", "line 3 has no day like 2026-05-04 in day"),
        (LINES + "p,20260302,2\n", "line 3 has no day like"),
        (LINES + "p,0206-03-02,2\n", "line 3 has no day like"),
        (LINES + "p,,2\n", "line 3 has no day like"),
        (LINES + ",2026-03-02,2\n", "line 3 names no patient"),
        (LINES + '"a\x1b[2J",2026-03-02,2\n', "line 3 names no patient"),
        (LINES + "p,2026-03-02,two\n", "line 3 has no number in average"),
        (LINES + "p,2026-03-02,1_0\n", "line 3 has no number in average"),
        (LINES + "\n\np,2026-03-02,11\n", "line 5 has a number in average that is not 0 to 10"),
        (LINES + "p,2026-03-02,inf\n", "line 3 has a number in average"),
        ('note,patient,day,worst\n"two\nlines",p,2026-03-02,-1\n', "line 3 has a number in worst"),
        (
            "patient,day,wear_fraction\np,2026-03-02,85\n",
            "line 2 has a number in wear_fraction that is not 0 to 1",
        ),
        ("patient,day,sleep_efficiency\np,2026-03-02,101\n", "sleep_efficiency that is not 0 to 100"),
        ("patient,day,steps\np,2026-03-02,-1\n", "line 2 has a number in steps"),
        ("patient,day,rescue_doses\np,2026-03-02,-1\n", "line 2 has a number in rescue_doses"),
        ("patient,day,utc_offset_min\np,2026-03-02,7200\n", "utc_offset_min that is not -900 to 900"),
        (LINES + "p,2026-03-02\n", "line 3 has 2 values for the 3 columns"),
        (LINES + "p,2026-03-02,2,3\n", "line 3 has 4 values for the 3 columns"),
        (LINES + 'p,"2026-03-02,2\n', "is no CSV that can be read"),
        (b"PK\x03\x04\0\0\0\0", "line 1 is no line of text"),
        ("patient,day\nMüller,2026-03-01\n".encode("latin-1"), "not text in UTF-8"),
        (gzip.compress(LINES.encode())[:-5], "is cut short or damaged"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_line_and_tells_no_value(
    tmp_path, monkeypatch, capsys, content, says
):
    path = tmp_path / "rows.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    monkeypatch.setattr("sys.argv", ["actalgia", "screen", str(path), "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert ended.value.code == 2 and says in said.err and said.err.count("\n") == 1 and not said.out


def test_a_file_that_is_not_there_is_one_line(tmp_path):
    for path in (tmp_path, tmp_path / "nowhere.csv"):
        done = run(path)
        assert done.returncode == 2 and b"cannot be read" in done.stderr and not done.stdout


def test_no_rows_are_no_decisions(screened):
    assert screened("patient,day,average\n") == ({"decisions": [], "risk": []}, "")


def test_people_read_how_often_and_what_is_newest(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(STORY.replace("p1", "[red]p1"))
    done = run(path, text=True)
    assert done.returncode == 0 and "1 patients, 35 days" in done.stdout
    (page,) = (line.split() for line in done.stdout.splitlines() if line.startswith("page "))
    assert float(page[2]) == pytest.approx(int(page[1]) / 5, abs=5e-4)
    assert "for each patient-week" in done.stdout and f"actalgia screen {path} --json" in done.stdout
    assert any(line.startswith("2026-03-24  [red]p1") and "page" in line for line in done.stdout.splitlines())
    path.write_text("patient,day\n")
    assert "nothing can be judged" in run(path, text=True).stdout


def test_a_reader_that_goes_away_is_no_fault(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(
        "patient,day\n" + "".join(f"p,{FIRST + timedelta(days=k)}\n" for k in range(3000)), encoding="utf-8"
    )
    done = subprocess.run(
        f"{sys.executable} -m actalgia screen {path} --json | head -c 10", shell=True, capture_output=True
    )
    assert b"Traceback" not in done.stderr and done.stdout.startswith(b'{"decision')


PAIN = st.one_of(st.just(""), st.sampled_from(["0", "1", "2", "2.5", "3", "4", "6", "7", "8", "9", "10"]))
ROW = st.tuples(
    PAIN,
    PAIN,
    st.sampled_from(["", "0", "2", "5"]),
    st.sampled_from(["", "300", "4000", "9000.5"]),
    st.sampled_from(["", "0.2", "0.95"]),
    st.sampled_from(["", "60", "91.5"]),
    st.sampled_from(["", "watch-1", "watch-2"]),
    st.sampled_from(["", "", "", "chemo", "opioid_up|Chemo", "yoga"]),
)
TITLES = [
    "patient",
    "day",
    "average",
    "worst",
    "breakthrough",
    "steps",
    "wear_fraction",
    "sleep_efficiency",
    "device",
    "treatment",
]


@st.composite
def tables(draw):
    """A few patients with rows on some of the days of two months; each patient-day once."""
    rows = []
    for who in draw(st.sampled_from([["a"], ["b", "a"], ["a", "b", "c"]])):
        for day in sorted(draw(st.sets(st.integers(0, 60), min_size=1, max_size=45))):
            rows.append((who, (FIRST + timedelta(days=day)).isoformat(), *draw(ROW)))
    return rows


def judged(rows):
    """The document, by the command in this process: hundreds of processes would take minutes."""
    file = io.StringIO()
    csv.writer(file).writerows([TITLES, *rows])
    done = CliRunner().invoke(app, ["screen", "-", "--json"], input=file.getvalue())
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def by_patient(entries):
    return sorted(entries, key=lambda one: (one["patient"], one["day"]))


@settings(deadline=None, max_examples=40)
@given(tables(), st.randoms(use_true_random=False))
def test_neither_the_order_of_rows_nor_what_is_uploaded_twice_changes_anything(rows, random):
    shuffled = rows + random.choices(rows, k=3)
    random.shuffle(shuffled)
    before, after = judged(rows), judged(shuffled)
    for part in ("decisions", "risk"):
        assert by_patient(after[part]) == by_patient(before[part])


@settings(deadline=None, max_examples=40)
@given(tables(), st.integers(0, 60))
def test_what_comes_later_never_changes_what_was_said(rows, cut):
    until = (FIRST + timedelta(days=cut)).isoformat()
    known = [row for row in rows if row[1] <= until]
    last = {row[0]: row[1] for row in known}
    whole, then = judged(rows), judged(known)
    for part in ("decisions", "risk"):
        said = [one for one in whole[part] if one["day"] <= last.get(one["patient"], "")]
        assert by_patient(said) == by_patient(then[part])


def test_other_settings_judge_otherwise_and_each_decision_names_them(tmp_path):
    rows, rules = tmp_path / "rows.csv", tmp_path / "own.toml"
    rows.write_text(STORY)
    rules.write_text('name = "deaf"\nversion = 3\nfloor_average = 10\nfloor_worst = 10\npage_score = 6\n')
    found = json.loads(run(rows, "--rules", rules, "--json").stdout)
    assert tiers(found, "page") == []
    assert {one["evidence"]["settings"] for one in found["decisions"]} == {"deaf 3"}
    rules.write_text('name = "deaf"\n')
    gone = run(rows, "--rules", tmp_path / "gone.toml", "--json")
    assert gone.returncode == 2 and b"gone.toml: the file does not exist" in gone.stderr
    refused = run(rows, "--rules", rules, "--json")
    assert refused.returncode == 2 and b"`version` is missing" in refused.stderr and not refused.stdout
