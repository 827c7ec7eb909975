"""The page on which a ward chooses how many pages it bears."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.pages.budget_words import how_often, how_soon, kind_in_words
from api.settings import ApiSettings
from store.database import transaction
from store.page_budgets import budget_of, set_budget
from tests.cast import NOON
from tests.made_curve import CURVE
from tests.pages.visits import HTML, audit, log_in, post, words_of


@pytest.fixture
def ward(cast, migrated_url):
    app = create_app(ApiSettings(migrated_url, "http://testserver", curve=CURVE))
    with TestClient(app, headers=HTML, follow_redirects=False) as client:
        log_in(client)
        yield client


def chosen(engine, site="main"):
    with transaction(engine) as session:
        found = budget_of(session, site)
        return None if found is None else found.pages_per_patient_week


def checked(page):
    return re.findall(r'<input type="radio" name="pages"[^>]* value="([^"]*)"[^>]* checked', page)


def test_what_is_shipped_holds_until_somebody_chooses(ward, engine):
    page = ward.get("/budget").text
    assert checked(page) == ["shipped"]
    assert "Nobody has chosen yet: what is shipped holds." in words_of(page)


def test_a_choice_is_kept_shown_and_written_down(ward, engine):
    answer = post(ward, "/budget", pages="0.1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/budget?saved=1")
    page = ward.get("/budget?saved=1").text
    assert checked(page) == ["0.1"] and chosen(engine) == 0.1
    assert "anna chose 0.1 pages for each patient and week" in words_of(page)
    assert "It holds from the next judgement" in words_of(page)
    [entry] = audit(engine, "budget.set")
    assert (entry.actor, entry.detail) == ("anna", "site main: as shipped to 0.1 pages a patient-week")
    assert entry.reason is None
    post(ward, "/budget", pages="shipped", reason="two nurses at night")
    assert {one.reason for one in audit(engine, "budget.set")} == {None, "two nurses at night"}
    assert checked(ward.get("/budget").text) == ["shipped"] and chosen(engine) is None


def test_beside_each_step_stands_what_it_is_expected_to_find_and_that_it_is_simulated(ward, engine):
    page = ward.get("/budget").text
    words = words_of(page)
    assert "Simulated, not measured on patients." in words
    figures = re.findall(r'<div class="figure".*?</div>', page, re.S)
    assert len(figures) == page.count('type="radio"') >= 5
    at = next(
        i for i, value in enumerate(re.findall(r'id="step-\d+" value="([^"]*)"', page)) if value == "0.1"
    )
    told = words_of(figures[at])
    assert "About 1 page in 5 weeks for your 2 patients, while they are stable" in told
    assert "about 92 are found in time (simulated)" in told
    assert "Sudden worse pain 95 of 100 , typically on the same day" in told
    assert "Slow rise over weeks 90 of 100 , typically after 5 days" in told
    assert "never switched off: about 1 page in 10 weeks because average pain is 7 or more" in told


@pytest.mark.parametrize("wrong", ["many", "0.9", "-1", "nan", "inf", "0,05"])
def test_what_cannot_be_chosen_comes_back_with_a_sentence(ward, engine, wrong):
    answer = post(ward, "/budget", pages=wrong)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text and chosen(engine) is None


def test_another_site_has_its_own_budget(ward, engine):
    with transaction(engine) as session:
        set_budget(session, "hill", 0.1, "hilda", NOON)
    page = ward.get("/budget").text
    assert checked(page) == ["shipped"] and "hilda" not in page


def test_an_administrator_may_choose_and_a_researcher_may_not(ward, engine):
    log_in(ward, "root")
    assert 'href="/budget"' in ward.get("/").text
    assert post(ward, "/budget", pages="0.1").status_code == 303
    log_in(ward, "rita")
    assert 'href="/budget"' not in ward.get("/").text
    assert ward.get("/budget").status_code == 403
    assert post(ward, "/budget", pages="0.05").status_code == 403
    assert chosen(engine) == 0.1


def test_a_form_of_another_site_of_the_web_changes_nothing(ward, engine):
    assert ward.post("/budget", data={"pages": "0.1"}).status_code == 403
    assert chosen(engine) is None


def test_without_a_curve_the_page_says_so_and_offers_nothing(cast, migrated_url):
    app = create_app(ApiSettings(migrated_url, "http://testserver", curve=None))
    with TestClient(app, headers=HTML, follow_redirects=False) as client:
        log_in(client)
        page = client.get("/budget").text
    assert "is not known for this version of the detector" in page
    assert 'type="radio"' not in page


@pytest.mark.parametrize(
    "rate, words",
    [
        (0.0, "fewer than 1 page a year"),
        (0.05, "about 1 page in 20 weeks"),
        (0.7, "about 2 pages in 3 weeks"),
        (0.9, "about 1 page a week"),
        (0.96, "about 1 page a week"),
        (2.04, "about 2 pages a week"),
        (2.5, "about 2.5 pages a week"),
        (40.4, "about 40 pages a week"),
    ],
)
def test_a_rate_is_told_as_a_person_says_it(rate, words):
    assert how_often(rate, "page") == words


def test_a_delay_and_a_kind_are_told_as_a_person_says_them():
    assert [how_soon(days) for days in (None, 0.4, 1, 11.6, -1, -2)] == [
        "", "on the same day", "after 1 day", "after 12 days", "1 day before", "2 days before",
    ]  # fmt: skip
    assert kind_in_words("early_onset") == "Early onset"
