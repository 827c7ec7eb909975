"""`actalgia alerts`."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from ladder.reading import plan_of
from store import people
from store.access import AuditEntry
from store.alerts.ward_plans import save_plan
from store.database import now, transaction
from tests.ladder.wards import document
from tests.made_pages import SCORE, a_ward_of_pages, page

SINCE = str(now().date() - timedelta(days=80))


def test_a_ward_is_told_what_became_of_its_pages_and_which_rule_to_look_at(command, engine):
    a_ward_of_pages(engine, now())
    said = command("alerts", "--site", "main", "--since", SINCE)
    assert "38 pages, 12 patients watched for 12" in said
    assert "FOR REVIEW likelihood 1 (shipped 1): 8 of 24 pages were useful, 33 %" in said
    assert "severe 1 (shipped 1)" in said and "100 % (76 to 100)" in said
    assert "Pages by hour, on the ward's clock: " in said
    assert "R-1" not in said


def test_as_json_it_is_one_document_with_the_figures_of_the_api(command, engine):
    a_ward_of_pages(engine, now())
    found = json.loads(command("alerts", "--site", "main", "--since", SINCE, "--json"))
    assert found["whole"]["useful"]["n"] == 20
    assert found["definitions"]["too_few_below"] == 10
    assert found["beside"]["suppressed"] == 0
    assert [group["value"] for group in found["by_site"]] == ["main"]


def test_without_a_ward_all_of_them_stand_side_by_side(command, engine):
    a_ward_of_pages(engine, now())
    with transaction(engine) as session:
        far = people.enrol_patient(session, "H-1", "Europe/Rome", "hill").id
    page(engine, far, now() - timedelta(days=3), "acted", SCORE)
    found = json.loads(command("alerts", "--since", SINCE, "--json"))
    assert {group["value"]: group["figures"]["pages"] for group in found["by_site"]} == {
        "hill": 1,
        "main": 38,
    }


def test_simulated_patients_are_called_so_and_only_asked_for_by_their_ward(command, engine):
    a_ward_of_pages(engine, now(), "demo", demonstration=True)
    with transaction(engine) as session:
        people.enrol_patient(session, "P-1", "Europe/Rome")
    assert "simulated patients" in command("alerts", "--site", "demo", "--since", SINCE)
    assert command("alerts", "--since", SINCE).split(":")[1].startswith(" 0 pages")


def test_another_share_may_be_asked_of_a_rule(command, engine, monkeypatch):
    a_ward_of_pages(engine, now())
    monkeypatch.setenv("ACTALGIA_USEFUL_SHARE", "0.3")
    assert "FOR REVIEW" not in command("alerts", "--site", "main", "--since", SINCE)
    monkeypatch.setenv("ACTALGIA_USEFUL_SHARE", "1.5")
    assert "ACTALGIA_USEFUL_SHARE" in command("alerts", "--site", "main", "--since", SINCE, code=2)


def test_the_share_and_the_times_are_those_of_the_wards_plan_and_it_says_so(command, engine, monkeypatch):
    a_ward_of_pages(engine, now())
    monkeypatch.setenv("ACTALGIA_USEFUL_SHARE", "0.9")
    with transaction(engine) as session:
        save_plan(session, "main", plan_of(document(useful_share=0.3)), "anna", "made for a test", now())
    said = command("alerts", "--site", "main", "--since", SINCE)
    assert "FOR REVIEW" not in said
    assert "For review: below 30 % useful pages (version 1 of the ward's plan)." in said
    assert (
        "In time: within 60 min (high), 24 h (medium), 72 h (low) (the installation's own times, without a "
        "plan; pages: 38)." in said
    ), "the pages were decided before there was a plan"
    assert "(version 1 of the ward's plan; pages: 0)." in said
    below = json.loads(command("alerts", "--since", SINCE, "--json"))["definitions"]["review_below_from"]
    assert (below["share"], below["plan_version"]) == (0.3, 1), "the only ward there is"
    with transaction(engine) as session:
        people.enrol_patient(session, "H-1", "Europe/Rome", "hill")
    said = command("alerts", "--since", SINCE)
    assert "below 90 % useful pages (the setting ACTALGIA_USEFUL_SHARE, for several wards together" in said
    assert "(ward hill, the installation's own times, without a plan; pages: 0)." in said


@pytest.mark.parametrize(
    "words, said",
    [
        (("--site", "moon", "--since", SINCE), "there are no patients of moon"),
        (("--since", "soon"), "--since is not a day like 2026-05-04"),
        (("--since", "2030-01-01"), "--since is not in the past"),
        (("--since", "2026-05-04", "--until", "2026-05-03"), "--since is after --until"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(command, words, said):
    assert said in command("alerts", *words, code=2)


def test_each_look_is_written_down(command, engine):
    a_ward_of_pages(engine, now())
    command("alerts", "--since", "2026-05-04", "--until", "2026-05-31")
    with transaction(engine) as session:
        entries = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "alerts.report")).all()
        assert [entry.detail for entry in entries] == ["all sites from=2026-05-04 to=2026-05-31"]
