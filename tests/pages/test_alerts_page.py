"""The page on how useful pages were."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from store.access import Role, create_account
from store.database import now, transaction
from tests.made_pages import FLOOR, a_ward_of_pages, page
from tests.pages.visits import HASHED, audit, log_in, words_of


@pytest.fixture
def ward(client, cast, engine):
    a_ward_of_pages(engine, now())
    log_in(client)
    return client


def test_the_page_is_in_the_navigation_and_says_how_many_were_useful(ward):
    assert 'href="/alerts"' in ward.get("/").text
    told = words_of(ward.get("/alerts").text)
    assert "38 pages about 12 patients in 84 days." in told
    assert "Of 36 whose cases say so, 20 were useful: 56 % (40 to 70)" in told
    assert "Pages for each patient and week" in told and "patient-weeks" in told


def test_a_rule_for_review_stands_above_the_figures_with_its_numbers(ward):
    told = words_of(ward.get("/alerts").text)
    flag = "For review: likelihood 1 (shipped 1): 8 of 24 pages were useful, 33 % (95 % interval 18 to 53)"
    assert flag in told and "it may be chance" in told
    assert told.index(flag) < told.index("All figures")


def test_cases_without_an_outcome_are_apart_and_lead_to_the_case(ward):
    text = ward.get("/alerts").text
    assert "2 cases have no outcome yet and count neither as useful nor as useless" in words_of(text)
    links = re.findall(r'<a href="(/cases/\d+)">(R-\d+)</a>', text)
    assert [code for _, code in links] == ["R-1", "R-0"]
    assert ward.get(links[0][0]).headers["location"].startswith("/patients/R-1#case-")


def test_charts_say_in_words_what_they_show(ward):
    text = ward.get("/alerts").text
    assert text.count('role="img"') == 4
    described = re.findall(r"<desc[^>]*>(.*?)</desc>", text)
    assert "likelihood 1 (shipped 1): 33 % (18 to 53); severe 1 (shipped 1): 100 % (76 to 100)." in described
    assert any(said.startswith("38 pages; most of them, ") for said in described)
    assert any("High (wanted: 60 min): " in said for said in described)


def test_with_few_pages_there_are_no_shares_on_the_page(client, cast, engine):
    page(engine, cast.rising, now() - timedelta(days=2), "acted", FLOOR)
    log_in(client)
    told = words_of(client.get("/alerts").text)
    assert "1 page about 1 patient" in told
    assert "Were they useful? Too few to say: 1 of at least 10 closed cases." in told
    assert "100 % (" not in told


def test_a_ward_without_pages_is_told_so_and_sees_no_empty_charts(client, cast):
    log_in(client)
    text = client.get("/alerts").text
    assert "Nobody was paged for a patient of this site in these 84 days." in words_of(text)
    assert "<svg" not in text


def test_another_period_is_chosen_by_its_days(ward):
    today = now().date()
    told = words_of(
        ward.get("/alerts", params={"from": str(today - timedelta(days=2)), "to": str(today)}).text
    )
    assert "2 pages about 2 patients in 3 days." in told


@pytest.mark.parametrize(
    "period, sentence",
    [
        ({"from": "soon"}, "A day is written like 2026-05-04."),
        ({"from": "2026-05-04", "to": "2026-05-01"}, "`from` is after `to`."),
        ({"from": "2001-01-01"}, "At most 732 days at once: ask for less."),
    ],
)
def test_a_period_that_cannot_be_comes_back_with_a_sentence(ward, period, sentence):
    answer = ward.get("/alerts", params=period)
    assert answer.status_code == 422
    assert sentence in words_of(answer.text) and "38 pages" in words_of(answer.text)


def test_the_spreadsheet_is_a_link_of_the_same_period(ward):
    link = re.search(r'href="(/api/v1/sites/main/alerts[^"]+)" download', ward.get("/alerts").text)[1]
    answer = ward.get(link.replace("&amp;", "&"))
    assert answer.status_code == 200 and answer.text.startswith("by,value,version,pages,")


def test_an_administrator_sees_the_figures_and_no_patient_and_a_researcher_nothing(ward):
    log_in(ward, "root")
    text = ward.get("/alerts").text
    assert "38 pages about 12 patients" in words_of(text)
    assert "R-1" not in text and "/cases/" not in text
    log_in(ward, "rita")
    assert 'href="/alerts"' not in ward.get("/").text
    assert ward.get("/alerts").status_code == 403


def test_another_ward_sees_its_own_pages_only(ward):
    log_in(ward, "hilda")
    text = ward.get("/alerts").text
    assert "Site hill" in words_of(text) and "R-1" not in text
    assert "Nobody was paged for a patient of this site" in words_of(text)


def test_a_ward_of_simulated_patients_is_told_that_nobody_was_in_pain(client, cast, engine):
    a_ward_of_pages(engine, now(), "demo", demonstration=True)
    with transaction(engine) as session:
        create_account(session, "dora", HASHED, Role.CLINICIAN, "demo")
    log_in(client, "dora")
    told = words_of(client.get("/alerts").text)
    assert "Simulated patients. Nobody was in pain" in told and "38 pages about 12 patients" in told
    log_in(client)
    assert "38 pages" not in client.get("/alerts").text


def test_each_look_is_written_down(ward, engine):
    ward.get("/alerts", params={"from": "2026-05-01", "to": "2026-05-31"})
    (entry,) = audit(engine, "alerts.report")
    assert (entry.actor, entry.detail) == ("anna", "site main from=2026-05-01 to=2026-05-31")


def test_the_page_has_no_style_or_script_inside_itself(ward):
    text = ward.get("/alerts").text
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script", text)
