"""The page of a ward's plan."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from ladder.reading import plan_of
from store.alerts.ward_plans import save_plan
from store.database import now, transaction
from tests.ladder.wards import always_on_duty, document, nobody_on
from tests.pages.visits import audit, log_in, words_of


def save(engine, made=None, site="main", reason="the new rota"):
    with transaction(engine) as session:
        save_plan(session, site, plan_of(made or document()), "root", reason, now())


@pytest.fixture
def ward(client, engine):
    log_in(client)
    return client


def test_a_ward_without_a_plan_is_told_what_holds_then_and_how_to_save_one(ward):
    said = words_of(ward.get("/plan").text)
    assert "This site has saved no plan" in said and "actalgia plan save FILE --site main" in said
    assert "At once: the channels of this installation." in said
    assert "After 60 minutes without an answer" in said
    assert "Nobody has saved a plan yet." in said


def test_a_plan_is_shown_in_words_with_who_saved_it_when_and_why(ward, engine):
    save(engine)
    save(engine, document(useful_share=0.4), reason="fewer pages")
    page = ward.get("/plan").text
    said = words_of(page)
    assert "Times are those of Europe/Rome." in said
    assert "After 2 hours without an answer: Carla Neri." in said
    assert "An acknowledgement holds for 4 hours" in said
    assert "fri 19:00 to mon 07:00" in said
    assert said.index("fewer pages") < said.index("the new rota") and "Version 2" in said
    assert "UTC" not in said.partition("Who saved it")[2].partition("Whole road")[0], "times are the ward's"
    assert page.count('<th scope="row">Mon ') == 1
    [entry] = audit(engine, "plan.view")
    assert (entry.actor, entry.detail) == ("anna", "site main")


def test_no_address_is_on_the_page_with_its_secret(ward, engine):
    save(engine)
    page = ward.get("/plan").text
    assert "https://hooks.example.org/…" in page and "env:ANNA" in page
    assert "secret" not in page.replace("what is secret in them", "") and "u:p" not in page


def test_who_is_on_duty_now_is_told_and_when_nobody_is(ward, engine):
    save(engine, always_on_duty())
    assert "Nurse Carla Neri no change in 15 days" in words_of(ward.get("/plan").text)
    assert "Nobody is on duty who would be told first" not in ward.get("/plan").text
    save(engine, nobody_on(*_around_today()))
    said = words_of(ward.get("/plan").text)
    assert "Nurse nobody" in said
    assert "Nobody is on duty who would be told first of a high case" in said


def _around_today() -> set[int]:
    return {(now().isoweekday() + shift - 1) % 7 + 1 for shift in (-1, 0, 1)}


def test_quiet_hours_and_the_texts_for_patients_are_shown(ward, engine):
    save(
        engine,
        document(quiet_hours={"from": "22:00", "to": "07:00"}, after_hours={"it": "Chiami <il> reparto."}),
    )
    page = ward.get("/plan").text
    assert "Quiet hours, 22:00 to 07:00" in words_of(page)
    assert '<li lang="it">' in page and "Chiami &lt;il&gt; reparto." in page
    assert "Patients who read `en` get no text" in words_of(page)


def test_the_plan_of_another_site_is_not_shown(ward, engine):
    save(engine, site="hill", reason="of the hill")
    assert "of the hill" not in ward.get("/plan").text


def test_an_administrator_sees_the_page_and_a_researcher_does_not(ward):
    assert 'href="/plan"' in ward.get("/").text
    log_in(ward, "root")
    assert ward.get("/plan").status_code == 200 and 'href="/plan"' in ward.get("/").text
    log_in(ward, "rita")
    assert ward.get("/plan").status_code == 403 and 'href="/plan"' not in ward.get("/").text


def test_a_plan_that_cannot_be_read_is_said_and_the_page_stays(ward, engine):
    with engine.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO ward_plan VALUES ('main', 1, cast(:d AS jsonb), 'root', now(), 'test')"),
            {"d": json.dumps(document(zone="Atlantis/Main"))},
        )
    answer = ward.get("/plan")
    assert answer.status_code == 200
    assert "cannot be read by this version" in words_of(answer.text)
