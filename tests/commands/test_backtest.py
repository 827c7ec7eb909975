"""`actalgia backtest`: settings held against stored history, as it was known at the time."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from actalgia.commands.backtest import _tell
from ladder.words import Outcome
from store import people
from store.alerts import case_acts
from store.alerts.open_cases import open_or_join
from store.database import now, transaction
from store.diary import add_ward_report
from tests.cast import Cast, enrol_cast

Run = Callable[..., str]
SINCE = date.today() - timedelta(days=60)  # noqa: DTZ011
HOUR = timedelta(hours=1)


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    return enrol_cast(engine)


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A set by which worst pain of 8 is at the floor."""
    file = tmp_path / "own.toml"
    file.write_text('name = "ward 3"\nversion = 2\nfloor_worst = 8\n')
    return file


@pytest.fixture
def run(command: Run, cast: Cast, rules: Path) -> Run:
    """What follows `actalgia backtest --rules FILE --since DAY`."""
    return partial(command, "backtest", "--rules", str(rules), "--since", SINCE.isoformat())


def evening(k: int) -> datetime:
    """18 h UTC on day k of the 60."""
    return datetime.combine(SINCE + timedelta(days=k), time(18), UTC)


def say_pain(
    engine: sa.Engine, patient: int, scores: dict[int, int], late: timedelta = timedelta(), quiet: int = 3
) -> None:
    """Worst pain on every one of the days -20 to 49 but the last ten: `scores`, else `quiet`."""
    with transaction(engine) as session:
        for k in range(-20, 50):
            worst = scores.get(k, quiet)
            arrived = evening(k) + (late if k in scores else timedelta())
            add_ward_report(
                session,
                patient,
                {"entry": uuid.uuid4(), "at": evening(k), "received_at": arrived, "worst": worst},
            )


def case_of(engine: sa.Engine, patient: int, k: int, outcome: Outcome | None) -> None:
    """A case opened on day k, and closed a day later."""
    with transaction(engine) as session:
        number, _ = open_or_join(session, patient, "high", "r", {}, [], evening(k))
        if outcome is not None:
            case_acts.resolve(session, number, "nurse Anna", outcome, evening(k + 1))


def test_a_ward_sees_its_own_settings_beside_the_shipped_ones_and_what_happened(run, engine, cast):
    say_pain(engine, cast.steady, {2: 8, 45: 9})  # more than six weeks apart: not a level that is known
    say_pain(engine, cast.rising, {10: 8})
    case_of(engine, cast.steady, 46, Outcome.ACTED)
    case_of(engine, cast.rising, 12, Outcome.FALSE)
    found = json.loads(run("--json"))
    own, shipped = found["rules"]
    assert (own["settings"], shipped["settings"]) == ("ward 3 2", "shipped 2")
    assert (own["floor_pages"], shipped["floor_pages"]) == (3, 1)
    assert found["happened"]["outcomes"] == {"acted": 1, "false": 1}
    assert own["outcomes"]["acted"]["earlier"] == 1 and own["outcomes"]["acted"]["median_days_after"] == -1
    assert own["outcomes"]["false"]["paged"] == 1 and shipped["outcomes"]["false"]["not_paged"] == 1
    floor = [page for page in found["pages"] if page["floor"]]
    assert floor == [
        {"patient": "P-steady", "day": str(SINCE + timedelta(days=2)), "floor": True, "outcome": None},
        {"patient": "P-rising", "day": str(SINCE + timedelta(days=10)), "floor": True, "outcome": "false"},
        {"patient": "P-steady", "day": str(SINCE + timedelta(days=45)), "floor": True, "outcome": "acted"},
    ]
    assert found["n_patients"] == 2 and found["simulated"] is False


def test_an_entry_that_came_days_later_helps_nobody(run, engine, cast):
    say_pain(engine, cast.steady, {5: 9}, late=timedelta(days=2))
    say_pain(engine, cast.rising, {10: 9})
    found = json.loads(run("--json"))
    assert [page["patient"] for page in found["pages"] if page["floor"]] == ["P-rising"]


def test_a_correction_that_came_later_takes_nothing_back(run, engine, cast):
    say_pain(engine, cast.rising, {})
    with transaction(engine) as session:
        entry = {"entry": uuid.uuid4(), "at": evening(8) + HOUR, "worst": 9}
        add_ward_report(session, cast.rising, entry | {"received_at": evening(8) + HOUR})
        add_ward_report(session, cast.rising, entry | {"worst": 2, "received_at": evening(20)})
    found = json.loads(run("--json"))
    assert [p["day"] for p in found["pages"] if p["floor"]] == [str(SINCE + timedelta(days=8))]


def test_a_patient_who_left_is_not_counted_for_the_time_since(run, engine, cast):
    say_pain(engine, cast.steady, {})
    say_pain(engine, cast.rising, {})
    weeks = json.loads(run("--json"))["patient_weeks"]
    assert weeks == pytest.approx(2 * 60 / 7, abs=0.5)  # 50 days with an answer, and ten that are over
    with transaction(engine) as session:
        session.execute(sa.text("DELETE FROM pain_report WHERE patient_id = :p AND at > :t"), {"p": cast.rising, "t": evening(19)})  # fmt: skip
    assert json.loads(run("--json"))["patient_weeks"] == pytest.approx((60 + 20 + 14) / 7, abs=0.5)


def test_one_site_is_one_site_and_the_audit_says_who_looked(run, engine, cast):
    say_pain(engine, cast.steady, {5: 9})
    say_pain(engine, cast.elsewhere, {7: 9})
    found = json.loads(run("--json", "--site", "hill"))
    assert {page["patient"] for page in found["pages"]} == {"P-elsewhere"}
    with engine.connect() as connection:
        entries = connection.execute(sa.text("SELECT action, detail FROM audit_entry")).all()
    assert entries == [("backtest", f"ward 3 2 since {SINCE}, hill")]


def test_people_read_two_columns_and_no_health_data(run, engine, cast):
    say_pain(engine, cast.steady, {2: 8, 45: 9})  # more than six weeks apart: not a level that is known
    say_pain(engine, cast.rising, {10: 8})
    case_of(engine, cast.steady, 46, Outcome.NO_ACTION)
    said = run()
    assert "2 patients, " in said and "ward 3 2" in said and "shipped 2" in said
    assert "no_action" in said and "P-rising" in said and "worst pain" not in said
    assert "Note: Each day has what was received before it ended" in said


def test_reasons_are_health_data_and_shown_on_a_terminal_only(run, engine, cast, monkeypatch):
    say_pain(engine, cast.steady, {5: 9})
    say_pain(engine, cast.rising, {})
    assert "only on a terminal" in " ".join(run("--reasons", code=2).split())
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert "only on a terminal" in " ".join(run("--reasons", "--json", code=2).split())
    assert "9" in run("--reasons").split("why", 1)[1]


def test_where_there_are_only_simulated_patients_it_says_so(run, engine, cast):
    with transaction(engine) as session:
        for person in session.scalars(sa.select(people.Patient)):
            person.demonstration = True
    say_pain(engine, cast.steady, {5: 9})
    say_pain(engine, cast.rising, {})
    assert "2 simulated patients" in run()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('name = "x"\n', "`version` is missing"),
        ('name = "x"\nversion = 1\nfloor = 3\n', "`floor` is no setting"),
        ('name = "shipped"\nversion = 1\nfloor_worst = 8\n', "the name shipped is taken"),
    ],
)
def test_settings_that_cannot_be_are_said_before_anything_is_read(run, rules, content, says):
    rules.write_text(content)
    assert says in " ".join(run(code=2).split())


def test_without_any_day_that_is_over_there_is_nothing_to_say(run, engine, cast, command, rules):
    assert "nobody has a day that is over" in " ".join(run(code=2).split())
    tomorrow = (now() + timedelta(days=1)).date().isoformat()
    late = command("backtest", "--rules", str(rules), "--since", tomorrow, code=2)
    assert "--since is not in the past" in late


def test_history_of_which_most_cannot_be_judged_is_told_to_say_little(run, engine, cast, capsys):
    say_pain(engine, cast.steady, {})
    found = json.loads(run("--json"))
    found["rules"][1]["cannot_judge"]["estimate"] = 0.976
    _tell(found, [])
    assert (
        "These figures say little: on 97.6 % of the days nothing could be judged" in capsys.readouterr().out
    )
    assert "These figures say little" not in run()
