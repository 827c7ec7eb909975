"""By which settings the patients of a site are screened."""

from __future__ import annotations

import pytest

from analytics.escalation.settings import SHIPPED
from analytics.jobs import site_settings
from analytics.jobs.site_settings import settings_of
from store.database import transaction
from store.page_budgets import budget_of, set_budget
from tests.cast import NOON
from tests.made_curve import CURVE


def chosen(engine, pages, site="main"):
    with transaction(engine) as session:
        set_budget(session, site, pages, "anna", NOON)


def test_a_site_without_a_budget_is_screened_as_shipped(engine):
    chosen(engine, 0.06, "hill")
    with transaction(engine) as session:
        assert settings_of(session, "main", CURVE) == SHIPPED


def test_a_budget_moves_the_page_score_and_nothing_else(engine):
    chosen(engine, 0.06)
    with transaction(engine) as session:
        settings = settings_of(session, "main", CURVE)
        assert settings.label == f"{SHIPPED.label}, budget {budget_of(session, 'main').id}"
    assert settings.page_score == pytest.approx(0.5)
    assert settings.check_in_score == SHIPPED.check_in_score
    assert (settings.floor_average, settings.floor_worst) == (7.0, 9.0)


def test_a_site_that_took_its_budget_back_is_screened_as_shipped(engine):
    chosen(engine, 0.06)
    chosen(engine, None)
    with transaction(engine) as session:
        assert settings_of(session, "main", CURVE) == SHIPPED


def test_without_a_curve_of_these_settings_the_shipped_score_holds(engine, monkeypatch):
    monkeypatch.setattr(site_settings, "shipped_curve", lambda: None)
    chosen(engine, 0.06)
    with transaction(engine) as session:
        assert settings_of(session, "main") == SHIPPED
