"""Snoozing and handing over in a real browser, without scripts, also on a narrow screen."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from pwdlib import PasswordHash

from ladder.words import Outcome
from store.access import Role, create_account
from store.alerts import case_acts, holds
from store.alerts.open_cases import open_or_join
from store.database import now, transaction
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


def test_a_nurse_silences_the_ward_and_a_colleague_agrees_and_ends_it(browser, served, cast, engine):
    """On a phone of 390 px, then at a desk; nothing reaches beyond the screen."""
    reason = "Worst pain 8 today, 3 above the usual 5."
    with transaction(engine) as session:
        create_account(session, "berta", PasswordHash.recommended().hash("pw"), Role.CLINICIAN, "main")
        case, _ = open_or_join(session, cast.rising, "high", reason, {"worst": 8}, ["log"], now())
        case_acts.resolve(session, case, "anna", Outcome.EXPECTED_LEVEL, now(), "known since the scan")
        holds.silence_patient(session, cast.steady, "anna", now() + timedelta(days=2), "on holiday", now())
    phone = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800}).new_page()
    phone.goto(f"{served.url}/silences")
    log_in(phone, "anna")
    expect(phone.get_by_text("The ward is not silenced.")).to_be_visible()
    phone.get_by_text("Have nobody told of any patient of the ward").click()
    phone.get_by_label("Until").select_option(label="tomorrow morning, 08:00")
    phone.get_by_label("Why").fill("the pump of the ward is exchanged, everybody is at the bedside")
    kept(phone, "silence-form-390")
    phone.get_by_role("button", name="Silence the ward").click()
    expect(phone.get_by_text("Ward main silenced by anna")).to_be_visible()
    expect(phone.get_by_role("button", name="Agree")).to_have_count(0)
    for path, name in (("/silences", "silences"), ("/", "worklist"), ("/patients/P-rising", "patient")):
        phone.goto(served.url + path)
        expect(phone.get_by_text("Ward main silenced by anna")).to_be_visible()
        kept(phone, f"ward-silenced-{name}-390")
        assert phone.locator("main").evaluate("main => main.scrollWidth <= 390"), path
    phone.context.close()
    desk = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    desk.goto(f"{served.url}/")
    log_in(desk, "berta")
    desk.get_by_role("navigation").get_by_role("link", name="Silences").click()
    desk.get_by_role("button", name="Agree: Ward main silenced by anna").click()
    expect(desk.get_by_text("Ward main silenced by anna (berta agrees)")).to_be_visible()
    expect(desk.get_by_text("Urgent pages are not sent either.")).to_be_visible()
    desk.get_by_role("button", name="Agree: Expected level, up to 8, by anna").click()
    expect(desk.get_by_text("Expected level, up to 8, by anna (berta agrees)")).to_be_visible()
    kept(desk, "silences-1280")
    desk.get_by_role("button", name="End now: Ward main").click()
    expect(desk.get_by_text("The ward is not silenced.")).to_be_visible()
    kept(desk, "silences-over-1280")
    desk.goto(served.url)
    expect(desk.get_by_text("Ward main silenced")).to_have_count(0)
    kept(desk, "worklist-after-1280")
    desk.context.close()


def log_in(page: playwright.Page, name: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill("pw")
    page.keyboard.press("Enter")
