"""What a patient reads on the diary page when nobody of the ward is on duty."""

from __future__ import annotations

import pytest

from ladder.reading import plan_of
from store.alerts.ward_plans import save_plan
from store.database import now, transaction
from tests.ladder.wards import always_on_duty, document, nobody_on
from tests.pages.diaries import answer, given_link, opened_diary, seen

ENGLISH, ITALIAN = document()["after_hours"]["en"], document()["after_hours"]["it"]
USUAL = "Your care team sees this when they next open their list."


def closed() -> dict:
    """The ward without a nurse from yesterday to tomorrow."""
    return nobody_on(*{(now().isoweekday() + shift - 1) % 7 + 1 for shift in (-1, 0, 1)})


def save(engine, made, site="main"):
    with transaction(engine) as session:
        save_plan(session, site, plan_of(made), "root", "a test", now())


@pytest.fixture
def token(engine, cast) -> str:
    return given_link(engine, cast.rising)[1]


def saved_page(client, form: str) -> str:
    return seen(client.get(answer(client, form, worst="3").headers["location"]).text)


def test_after_hours_the_patient_reads_what_will_happen_on_the_form_and_after_saving(client, engine, token):
    save(engine, closed())
    form = opened_diary(client, token)
    assert f"Nobody is on duty now. {ENGLISH}" in seen(form)
    said = saved_page(client, form)
    assert ENGLISH in said and USUAL not in said
    assert "Nobody watches this page around the clock." in said


def test_in_the_language_of_the_page(client, engine, token):
    save(engine, closed())
    opened_diary(client, token)
    said = seen(client.get("/diary?language=it").text)
    assert f"In questo momento nessuno è in servizio. {ITALIAN}" in said and ENGLISH not in said


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(None, id="no plan"),
        pytest.param(always_on_duty, id="somebody is on duty"),
        pytest.param(lambda: closed() | {"after_hours": {"it": ITALIAN}}, id="no text in this language"),
    ],
)
def test_else_the_page_says_what_it_always_says(client, engine, token, made):
    if made:
        save(engine, made())
    form = opened_diary(client, token)
    assert "Nobody is on duty now" not in seen(form)
    said = saved_page(client, form)
    assert USUAL in said and ENGLISH not in said


def test_the_plan_of_another_ward_tells_a_patient_nothing(client, engine, token):
    save(engine, closed(), site="hill")
    assert ENGLISH not in seen(opened_diary(client, token))


def test_the_wards_text_is_text_and_nothing_else(client, engine, token):
    save(engine, closed() | {"after_hours": {"en": "Call <b>us</b> & wait."}})
    assert "Call &lt;b&gt;us&lt;/b&gt; &amp; wait." in opened_diary(client, token)
