"""`actalgia risk drift` on the history of a site: real days, by month, beside the cases that were acted on."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
import sqlalchemy as sa

from store import people
from store.alerts import case_acts, cases
from store.alerts.open_cases import open_or_join
from store.database import transaction
from store.diary import add_ward_report
from tests.cast import Cast, enrol_cast

Run = Callable[..., str]
DAYS = 75
SINCE = date.today() - timedelta(days=DAYS)  # noqa: DTZ011
HOUR = timedelta(hours=1)


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    return enrol_cast(engine)


def evening(k: int) -> datetime:
    return datetime.combine(SINCE + timedelta(days=k), time(18), UTC)


def diary(engine: sa.Engine, patient: int, worst: int = 3, late: timedelta = timedelta()) -> None:
    with transaction(engine) as session:
        for k in range(-20, DAYS):
            entry = {"entry": uuid.uuid4(), "at": evening(k), "received_at": evening(k) + late}
            add_ward_report(session, patient, {**entry, "worst": worst, "average": worst - 1})


def ward(engine: sa.Engine, count: int, simulated: bool = False) -> list[int]:
    ids = []
    for k in range(count):
        with transaction(engine) as session:
            one = people.enrol_patient(session, f"P-{k:02}", "Europe/Rome", "north")
            one.demonstration = simulated
            ids.append(one.id)
        diary(engine, ids[-1])
    return ids


def drifted(command: Run, *words: str) -> dict:
    return json.loads(command("risk", "drift", "--since", SINCE.isoformat(), *words, "--json"))


def test_a_site_sees_its_risks_and_features_against_training_month_by_month(command, engine, cast):
    ward(engine, 4)
    diary(engine, cast.elsewhere, worst=8)
    found = drifted(command, "--site", "north")
    assert (found["patients"], found["site"], found["simulated"]) == (4, "north", False)
    assert found["days"] == 4 * DAYS
    assert [one["month"] for one in found["months"]] == sorted(
        {str(SINCE + timedelta(days=k))[:7] for k in range(DAYS)}
    )
    assert sum(one["days"] for one in found["months"]) == found["days"]
    told = {one["name"]: one for one in found["figures"]}
    assert told["io_z_3"]["verdict"] == "missing", "nobody wears a watch"
    assert told["p_flare_7d"]["index"] is not None and len(found["model"]["sha256"]) == 64


def test_cases_that_were_acted_on_are_what_came(command, engine, cast):
    first, second, *_ = ward(engine, 3)
    for patient, outcome in ((first, cases.Outcome.ACTED), (second, cases.Outcome.FALSE)):
        with transaction(engine) as session:
            number, _ = open_or_join(session, patient, "high", "r", {}, [], evening(30))
            case_acts.resolve(session, number, "nurse Anna", outcome, evening(32))
    large = drifted(command, "--site", "north")["in_the_large"]
    assert large["days"] == 3 * (DAYS - 7) - 2 * 3
    assert large["observed"] == pytest.approx(7 / large["days"])
    assert large["intercept"] is None and large["reason"].startswith(
        "too little data: 7 days before an event"
    )


def test_each_day_is_judged_by_what_was_known_when_it_ended(command, engine, cast):
    diary(engine, cast.elsewhere)
    assert drifted(command, "--site", "hill")["days"] == DAYS
    with transaction(engine) as session:
        session.execute(sa.text("UPDATE pain_report SET received_at = received_at + interval '30 days'"))
    assert drifted(command, "--site", "hill")["days"] == 0


def test_until_ends_the_period_and_what_came_after_it_still_counts(command, engine, cast):
    (patient,) = ward(engine, 1)
    with transaction(engine) as session:
        number, _ = open_or_join(session, patient, "high", "r", {}, [], evening(33))
        case_acts.resolve(session, number, "nurse Anna", cases.Outcome.ACTED, evening(34))
    found = drifted(command, "--site", "north", "--until", (SINCE + timedelta(days=29)).isoformat())
    assert found["days"] == 30 and found["in_the_large"]["days"] == 30
    assert found["in_the_large"]["observed"] == pytest.approx(4 / 30)


def test_people_read_a_line_a_month_and_what_moved(command, engine, cast):
    ward(engine, 4, simulated=True)
    said = command("risk", "drift", "--since", SINCE.isoformat(), "--site", "north")
    assert f"{SINCE} to" in said and "4 simulated patients, 300 days" in said
    assert "figures are like those of training." in said and "io_z_3" in said
    assert "Calibration in the large: none, too little data: 0 days before an event" in said
    assert "Note: Each day has what was received before it ended" in said
    assert "P-0" not in said, "no patient is named"


def test_where_nothing_can_be_judged_it_is_one_sentence_with_the_next_step(command, engine, cast):
    said = command("risk", "drift", "--site", "north")
    assert len(said.splitlines()) == 1 and said.startswith("No day from ")
    assert "at north can be judged: give an earlier --since, or come back after a few days of diary." in said
    assert drifted(command)["reason"].startswith("No day from ")


def test_who_looked_is_written_down(command, engine, cast):
    command("risk", "drift", "--site", "hill", "--since", "2026-01-01", "--until", "2026-02-01")
    with engine.connect() as connection:
        (entry,) = connection.execute(sa.text("SELECT action, detail FROM audit_entry")).all()
    assert (entry.action, entry.detail) == ("risk.drift", "flare 7 d 1 2026-01-01 to 2026-02-01, hill")


@pytest.mark.parametrize(
    "words, why",
    [
        (("--since", "2026-03-01", "--until", "2026-02-01"), "--since is after --until"),
        (("--since", "soon"), "--since is not a day like"),
        (("--outcome", "flare"), "are for a CSV: of what is stored, cases tell it"),
        (("rows.csv", "--site", "main"), "are for what is stored: leave out the CSV"),
    ],
)
def test_words_that_do_not_fit_are_one_sentence(command, engine, cast, words, why):
    assert why in " ".join(command("risk", "drift", *words, code=2).replace("│", " ").split())


def test_a_table_without_a_day_that_can_be_judged_is_one_sentence_too(command, engine, tmp_path):
    rows = tmp_path / "rows.csv"
    rows.write_text("patient,day,average\nA,2026-05-01,3\n")
    said = command("risk", "drift", str(rows))
    assert (
        said
        == "No day of these rows can be judged: give rows with at least three days of diary (docs/screen.md).\n"
    )
    assert json.loads(command("risk", "drift", str(rows), "--json"))["figures"] == []
