"""`actalgia equity`: whom the system sees worse, over tables and over stored history."""

from __future__ import annotations

import csv
import json
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from ladder.words import Outcome
from store import people
from store.alerts import case_acts
from store.alerts.open_cases import open_or_join
from store.attributes import Told, tell_attributes
from store.database import now, transaction
from store.diary import add_ward_report

Run = Callable[..., str]
DAY0 = date(2026, 3, 1)
DAYS = 60


def day(k: int) -> str:
    return (DAY0 + timedelta(days=k)).isoformat()


@pytest.fixture
def tables(tmp_path: Path) -> list[str]:
    """48 people with an event on day 40; of those of 75 and more one in two answers every other day, and no
    answer of theirs shows it. Everybody else answers each day, and says 8. The words for the three tables.
    """
    paths = [tmp_path / f"{name}.csv" for name in ("daily", "truth", "attributes")]
    with paths[0].open("w") as daily, paths[1].open("w") as truth, paths[2].open("w") as who:
        rows, events, people_of = csv.writer(daily), csv.writer(truth), csv.writer(who)
        rows.writerow(["patient", "day", "average", "worst", "wear_fraction"])
        events.writerow(["patient", "scenario", "family", "what", "kind", "route", "onset", "end", "plus_two", "count_from", "count_to"])  # fmt: skip
        people_of.writerow(["patient", "age_band", "sex"])
        for n in range(48):
            code, old = f"S-{n}", n % 2 == 0
            people_of.writerow([code, "75+" if old else "50-64", "female" if n % 4 < 2 else ""])
            events.writerow([code, "flare", "plain", "event", "flare", "pain", day(40), day(50), day(40), day(40), day(47)])  # fmt: skip
            events.writerow([code, "flare", "plain", "window", "chemo", "", day(10), day(16), "", "", ""])
            for k in range(DAYS):
                flare = 40 <= k < 50
                hidden = n % 4 == 0
                rows.writerow(
                    [code, day(k), "" if hidden and k % 2 else 8 if flare and not hidden else 3, "", 0.8]
                )
    return [word for option, path in zip(("--csv", "--truth", "--attributes"), paths, strict=True) for word in (option, str(path))]  # fmt: skip


@pytest.fixture
def run(command: Run) -> Run:
    return partial(command, "equity")


def group_of(found, attribute, value):
    (there,) = [a for a in found["attributes"] if a["attribute"] == attribute]
    return next(g for g in there["groups"] if g["value"] == value)


def test_who_answers_less_is_seen_worse_and_the_report_says_why(run, tables):
    found = json.loads(run(*tables, "--json"))
    assert (found["simulated"], found["n_patients"], found["n_events"]) == (True, 48, 48)
    old = group_of(found, "age_band", "75+")
    seen = old["measures"]["sensitivity"]
    assert seen["estimate"] == 0.5 and seen["rest"] == 1.0 and seen["difference_ci"][1] < 0
    said = found["sentences"][0]
    assert said.startswith("age band 75+, 24 patients: sensitivity 0.50 (95 % interval 0.")
    assert "its diaries are answered on 75 % of days against 100 %" in said
    assert "among patients with equally complete diaries" in said
    assert any(line.startswith("Around missed events") for line in found["sentences"])
    assert group_of(found, "sex", "not told")["n_patients"] == 24


def test_people_read_a_table_and_a_figure_is_drawn(run, tables, tmp_path):
    plot = tmp_path / "groups.svg"
    said = run(*tables, "--plot", str(plot))
    assert said.startswith("48 simulated patients, ") and "75+" in said and "50 % (" in said
    marks = [g for g in ET.parse(plot).iter("{http://www.w3.org/2000/svg}g") if g.get("class") == "group"]
    assert len(marks) == 4 * 5
    assert "simulated: daily.csv" in plot.read_text()


def test_other_settings_may_see_otherwise(run, tables, tmp_path):
    rules = tmp_path / "own.toml"
    rules.write_text('name = "deaf"\nversion = 1\nfloor_average = 10\nfloor_worst = 10\npage_score = 6\n')
    found = json.loads(run(*tables, "--json", "--rules", str(rules)))
    assert (found["settings"], found["n_seen"]) == ("deaf 1", 0)


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        (1, "patient,onset\nS-1,2026-03-01\n", "truth.csv has no column 'count_from'"),
        (1, "patient,onset,count_from,count_to\nS-1,March,2026-03-01,2026-03-02\n", "line 2 has no day like 2026-05-04 in onset"),
        (1, "patient,onset,count_from,count_to\nS-1,2026-03-01,2026-03-01,2026-03-01\n", "count_to that is not after"),
        (1, "patient,onset,count_from,count_to\nS-99,2026-03-01,2026-03-01,2026-03-03\n", "events of a patient of whom daily.csv has no row"),
        (2, "patient,age_band\nS-1,75+\nS-1,75+\n", "lines 2 and 3 are of one patient"),
        (2, "patient,height\nS-1,180\n", "tells nothing of anybody"),
        (2, "patient,sex\n,male\n", "line 2 names no patient"),
        (2, f"patient,sex\nS-1,{'x' * 65}\n", "a value of more than 64 characters"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_table_is_one_sentence_that_says_where(run, tables, file, content, says):
    Path(tables[2 * file + 1]).write_text(content)
    assert says in " ".join(run(*tables, code=2).split())


def test_tables_go_together(run, tables):
    assert "--csv goes with" in " ".join(run(*tables[:4], code=2).split())
    assert "go with --csv" in " ".join(run(*tables[2:], code=2).split())


@pytest.fixture
def ward(engine: sa.Engine) -> sa.Engine:
    """24 patients of two stages, each with a case on day 20 that was false, and one on day 65 that was acted on.

    Those of stage IV answer every other day, the others each day; 9 before both cases, but for one in four.
    """
    start = datetime.combine(now().date() - timedelta(days=70), time(18), UTC)
    with transaction(engine) as session:
        for n in range(24):
            code, late = f"P-{n}", n % 2 == 0
            who = people.enrol_patient(session, code, "Europe/Rome")
            tell_attributes(session, [Told(code, {"stage": "IV" if late else "II"})], "x", now())
            for k in range(0, 70, 2 if late else 1):
                worst = 9 if k in (20, 64) and n % 4 else 3
                at = start + timedelta(days=k)
                values = {"entry": uuid.uuid4(), "at": at, "received_at": at, "worst": worst}
                add_ward_report(session, who.id, values)
            for k, outcome in ((20, Outcome.FALSE), (65, Outcome.ACTED)):
                number, _ = open_or_join(session, who.id, "high", "r", {}, [], start + timedelta(days=k))
                case_acts.resolve(session, number, "nurse Anna", outcome, start + timedelta(days=k, hours=1))
    return engine


def test_over_history_an_event_is_a_case_that_was_acted_on(run, ward):
    found = json.loads(run("--json"))
    assert (found["n_patients"], found["n_events"], found["simulated"]) == (24, 24, False)
    late, early = (group_of(found, "stage", stage)["measures"] for stage in ("IV", "II"))
    assert (late["sensitivity"]["estimate"], early["sensitivity"]["estimate"]) == (0.5, 1.0)
    assert late["diary"]["estimate"] == pytest.approx(0.5, abs=0.02)
    assert 0 < late["false_pages_per_week"]["estimate"] < early["false_pages_per_week"]["estimate"]
    assert any("What nobody noticed is in no case" in line for line in found["sentences"])
    with ward.connect() as connection:
        (entry,) = connection.execute(
            sa.text("SELECT action, detail FROM audit_entry WHERE action = 'equity'")
        )
    assert entry.detail.startswith("shipped 2 since ")


def test_a_ward_of_nine_is_too_few_to_tell(run, engine):
    with transaction(engine) as session:
        for n in range(9):
            who = people.enrol_patient(session, f"P-{n}", "Europe/Rome")
            at = now() - timedelta(days=3)
            add_ward_report(session, who.id, {"entry": uuid.uuid4(), "at": at, "received_at": at, "worst": 3})
    found = json.loads(run("--json"))
    assert group_of(found, "site", "main") == {
        "value": "main", "n_patients": 9, "reason": "too few to tell: fewer than 10 patients",
    }  # fmt: skip
    assert found["all"]["diary"]["estimate"] is None


def test_without_history_there_is_nothing_to_say(run):
    assert "nobody has a day that is over" in " ".join(run(code=2).split())
