"""By which settings the patients of a site are screened."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analytics.escalation.settings import SHIPPED
from analytics.jobs import site_settings
from analytics.jobs.screen import ask_for_judgement, screen
from analytics.jobs.site_settings import settings_of
from store.database import transaction
from store.decisions import newest_decision
from store.page_budgets import budget_of, set_budget
from tests.cast import NOON, enrol_cast
from tests.made_curve import CURVE, USUAL


def chosen(engine, pages, site="main"):
    with transaction(engine) as session:
        set_budget(session, site, pages, "anna", NOON)


def test_a_site_without_a_budget_is_screened_as_shipped(engine):
    chosen(engine, 0.06, "hill")
    with transaction(engine) as session:
        assert settings_of(session, "main", curve=CURVE) == SHIPPED


def test_a_budget_moves_the_page_score_and_nothing_else(engine):
    chosen(engine, 0.06)
    with transaction(engine) as session:
        settings = settings_of(session, "main", curve=CURVE)
        assert settings.label == f"{SHIPPED.label}, budget {budget_of(session, 'main').id}"
    assert settings.page_score == pytest.approx(USUAL - 0.1)
    assert settings.check_in_score == SHIPPED.check_in_score
    assert (settings.floor_average, settings.floor_worst) == (7.0, 9.0)


def test_a_site_that_took_its_budget_back_is_screened_as_shipped(engine):
    chosen(engine, 0.06)
    chosen(engine, None)
    with transaction(engine) as session:
        assert settings_of(session, "main", curve=CURVE) == SHIPPED


def test_without_a_curve_of_these_settings_the_shipped_score_holds(engine, monkeypatch):
    monkeypatch.setattr(site_settings, "shipped_curve", lambda: None)
    chosen(engine, 0.06)
    with transaction(engine) as session:
        assert settings_of(session, "main") == SHIPPED


def test_settings_that_the_curve_does_not_belong_to_are_left_alone(engine):
    other = replace(SHIPPED, version=SHIPPED.version + 1)
    chosen(engine, 0.06)
    with transaction(engine) as session:
        assert settings_of(session, "main", other, CURVE) == other


def test_each_decision_names_the_budget_of_the_patients_own_site(engine, monkeypatch):
    cast = enrol_cast(engine)
    monkeypatch.setattr(site_settings, "shipped_curve", lambda: CURVE)
    chosen(engine, 0.06, "hill")
    chosen(engine, 0.1)
    ask_for_judgement(engine, NOON)
    while screen(engine, NOON):
        pass
    with transaction(engine) as session:
        budget = budget_of(session, "main")
        decision = newest_decision(session, cast.rising)
    assert decision.evidence["settings"] == f"{SHIPPED.label}, budget {budget.id}"
    assert decision.evidence["page_score"] == pytest.approx(CURVE.at_budget(0.1).page_score)
