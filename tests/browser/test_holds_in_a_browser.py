"""Snoozing and handing over in a real browser, without scripts, also on a narrow screen."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from store import holds
from store.database import now, transaction
from store.open_cases import open_or_join
from tests.browser.chromium import in_a_browser

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = in_a_browser
expect = playwright.expect
PICTURES = os.environ.get("ACTALGIA_TEST_PICTURES")


def kept(page: playwright.Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)


def test_a_nurse_asks_for_a_snooze_and_hands_the_case_over_on_a_narrow_screen(browser, served, cast, engine):
    reason = "Worst pain 8 today, 3 above the usual 5."
    with transaction(engine) as session:
        open_or_join(session, cast.rising, "high", reason, {"reason": reason}, ["log"], now())
        until = now() + timedelta(days=2)
        holds.silence_patient(session, cast.rising, "berta", until, "on holiday, called on Sunday", now())
    page = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 700}).new_page()
    page.goto(f"{served.url}/patients/P-rising")
    page.get_by_label("Name").fill("anna")
    page.get_by_label("Password").fill("pw")
    page.keyboard.press("Enter")
    expect(page.get_by_text("If nobody answers, step 2 is told at")).to_be_visible()
    page.get_by_text("Hand over or snooze").click()
    page.get_by_label("Tell nobody until").select_option(label="tomorrow morning, 08:00")
    page.get_by_label("Why nobody is to be told").fill("waits for the scan")
    page.get_by_role("button", name="Snooze").click()
    expect(page.get_by_text("Not in force")).to_be_visible()
    kept(page, "snooze-320")
    assert page.locator("main").evaluate("main => main.scrollWidth <= 320"), (
        "nothing reaches beyond the screen"
    )
    page.get_by_text("Hand over or snooze").click()
    page.get_by_label("Hand it to").select_option("anna")
    page.get_by_role("button", name="Hand over").click()
    expect(page.get_by_text("anna has it until")).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 900})
    kept(page, "case-1280")
    page.goto(served.url)
    kept(page, "worklist-1280")
    page.context.close()
