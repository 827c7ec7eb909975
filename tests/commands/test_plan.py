"""`actalgia plan`: a file is checked and saved, what holds is shown, and who is on duty."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from ladder.coverage import warnings
from ladder.reading import read_plan
from ladder.rota import on_duty
from store.access import AuditEntry
from store.alerts.ward_plans import plan_of_site, saved_plans
from store.database import transaction
from tests.cast import enrol_cast

EXAMPLE = Path(__file__).parents[2] / "docs" / "plan.example.toml"
WHO = ("--site", "main", "--by", "Anna Conti", "--reason", "Rota of December")


@pytest.fixture
def run(engine: sa.Engine, command):
    """What follows `actalgia plan`."""
    enrol_cast(engine)
    return partial(command, "plan")


@pytest.fixture
def broken(tmp_path) -> str:
    text = EXAMPLE.read_text()
    text = text.replace('zone = "Europe/Rome"', 'zone = "Rome"').replace(
        "\nafter_min = 60", "\nafter_min = 0"
    )
    file = tmp_path / "broken.toml"
    file.write_text(text)
    return str(file)


def test_the_example_of_the_documentation_is_a_plan_in_which_no_hour_is_uncovered():
    plan = read_plan(EXAMPLE)
    assert warnings(plan, ("en", "it")) == []
    assert [one.id for one in plan.roles] == ["nurse", "doctor"]


def test_a_file_is_checked_without_a_system(run):
    said = run("check", str(EXAMPLE))
    assert "can be saved" in said
    assert "After 60 minutes without an answer: whoever is on duty as Nurse or Doctor on call." in said
    assert "`env:ACTALGIA_TO_ANNA` is not set here" in said
    told = json.loads(run("check", str(EXAMPLE), "--json"))
    assert (
        told["ok"]
        and told["faults"] == []
        and "Then Dora Valli 3 times more, every 60 minutes." in " ".join(told["ladders"]["high"])
    )


def test_every_fault_is_told_and_nothing_is_saved(run, engine, broken, capsys):
    assert "2 faults" in run("check", broken, code=2)
    assert run("save", broken, *WHO, code=2).count("\n") == 1
    with transaction(engine) as session:
        assert saved_plans(session, "main") == []


def test_the_faults_of_a_file_are_in_the_document_for_programs(command, engine, broken, capsys, monkeypatch):
    from actalgia import cli

    monkeypatch.setattr("sys.argv", ["actalgia", "plan", "check", broken, "--json"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr()
    assert ended.value.code == 2
    told = json.loads(said.out)
    assert not told["ok"] and len(told["faults"]) == 2
    assert (
        "Rung 2 of `high` cannot be reached: it is due after 0 minutes, and rung 1 after 0." in told["faults"]
    )


def test_a_file_that_is_not_there_is_one_sentence(run):
    assert "There is no such file" in run("check", "none.toml", code=2)


def test_a_plan_is_saved_shown_and_the_same_again_changes_nothing(run, engine):
    assert "Version 1 of the plan of main is saved and holds from now on." in run("save", str(EXAMPLE), *WHO)
    assert "nothing is changed" in run("save", str(EXAMPLE), *WHO)
    said = run("show", "--site", "main")
    assert "saved by Anna Conti" in said and "Rota of December" in said
    assert "smtps://mail.example.org/…" in said and "dora.valli@" not in said
    with transaction(engine) as session:
        assert plan_of_site(session, "main") == read_plan(EXAMPLE)
        [entry] = session.scalars(sa.select(AuditEntry)).all()
    assert (entry.actor, entry.action, entry.detail) == ("Anna Conti", "plan.save", "site main: version 1")


def test_for_programs_the_plan_is_one_document_with_masked_addresses(run):
    assert json.loads(run("show", "--site", "main", "--json")) == {
        "site": "main",
        "version": None,
        "plan": None,
    }
    assert json.loads(run("save", str(EXAMPLE), *WHO, "--json"))["new"] is True
    told = json.loads(run("show", "--site", "main", "--json"))
    assert (told["version"], told["saved_by"], told["plan"]["zone"]) == (1, "Anna Conti", "Europe/Rome")
    assert "dora.valli" not in json.dumps(told)


def test_a_site_that_nobody_belongs_to_is_pointed_out(run):
    for words in (("show",), ("duty",), ("save", str(EXAMPLE), "--by", "Anna", "--reason", "new")):
        said = run(*words, "--site", "mian")
        assert "No patient and no account is at a site `mian`" in said


@pytest.mark.parametrize("who", [("--by", " ", "--reason", "new"), ("--by", "Anna", "--reason", " ")])
def test_a_plan_without_a_name_or_a_reason_is_not_saved(run, who):
    assert "Give the" in run("save", str(EXAMPLE), "--site", "main", *who, code=2)


def test_who_is_on_duty_is_told_by_the_wards_clock_with_the_next_hand_overs(run):
    run("save", str(EXAMPLE), *WHO)
    said = run("duty", "--site", "main", "--at", "2026-12-07T18:30:00Z")  # 19:30 in Rome, Bruno has swapped
    assert "Nurse: Carla Neri until Tue 2026-12-08 07:00 CET" in said
    assert "from Tue 2026-12-08 07:00 CET: Anna Conti" in said
    assert "Doctor on call: Dora Valli until Mon 2026-12-07 20:00 CET" in said
    told = json.loads(run("duty", "--site", "main", "--at", "2026-12-25T10:00:00Z", "--json"))
    assert [one["persons"] for one in told["on_duty"]] == [["Carla Neri"], []]  # a Sunday's shifts
    assert len(told["on_duty"][0]["next"]) == 3
    plan = read_plan(EXAMPLE)
    assert on_duty(plan, "nurse", plan.swaps[0].start.replace(tzinfo=plan.tz)) == ("Carla Neri",)


def test_a_site_without_a_plan_is_told_what_holds_then(run):
    for words in (("show",), ("duty",)):
        said = run(*words, "--site", "main")
        assert "has saved no plan" in said
        assert "At once: the channels of this installation." in said
    assert "needs an offset" in run("duty", "--site", "main", "--at", "2026-12-25T10:00:00", code=2)
