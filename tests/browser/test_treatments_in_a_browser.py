"""A treatment written down in a real browser, without scripts, at a desk and on a phone."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from store.database import now
from tests.browser.chromium import in_a_browser
from tests.cast import Cast
from tests.pages.visits import moved, reported

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = in_a_browser


@pytest.fixture
def cast(engine: sa.Engine, cast: Cast) -> Cast:
    for days, worst in enumerate((3, 4, 7, 7, 6, 3, 2, 3)):
        reported(engine, cast.rising, worst, timedelta(days=20 - 2 * days))
    moved(engine, cast.watch_2, timedelta(minutes=5), minutes=300)
    return cast


@pytest.mark.parametrize("width", [pytest.param(1280, id="desk"), pytest.param(390, id="phone")])
def test_a_nurse_writes_down_a_course_without_scripts_and_takes_it_back(served, browser, engine, cast, width):
    page = browser.new_context(java_script_enabled=False, viewport={"width": width, "height": 900}).new_page()
    page.set_default_timeout(8000)
    page.goto(served.url + "/patients/P-rising")
    page.get_by_label("Name").fill("anna")
    page.get_by_label("Password").fill("pw")
    page.get_by_role("button", name="Log in").click()
    page.get_by_text("Write down a treatment").click()
    page.get_by_label("What was done").select_option("radiotherapy")
    page.get_by_label("When").fill(f"{now() - timedelta(days=12):%Y-%m-%dT09:00}")
    page.get_by_label("Technique").fill("SBRT")
    page.get_by_label("Fractions").fill("3")
    page.get_by_label("Last day").fill(f"{now() - timedelta(days=8):%Y-%m-%d}")
    page.get_by_role("button", name="Write down").click()
    listed = page.locator("#treatments table")
    playwright.expect(listed).to_contain_text("SBRT, 3 fractions, until")
    playwright.expect(page.locator("svg text.treatment")).to_have_text("✳ radiotherapy")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
    page.get_by_text("Entered wrongly?").click()
    page.get_by_role("button", name="Withdraw").click()
    playwright.expect(page.locator("#treatments")).to_contain_text("No treatment is written down")
