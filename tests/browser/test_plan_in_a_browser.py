"""A ward's plan in a real browser: by keys, on a phone, without scripts; and what a patient reads after hours."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from pwdlib import PasswordHash

from ladder.reading import plan_of
from store.access import Role, create_account
from store.alerts.ward_plans import save_plan
from store.database import now, transaction
from tests.browser.chromium import in_a_browser
from tests.browser.contrast import CONTRASTS
from tests.cast import Cast, enrol_cast
from tests.ladder.wards import document, nobody_on
from tests.pages.diaries import given_link

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = in_a_browser
expect = playwright.expect


def closed() -> dict:
    """The ward without a nurse from yesterday to tomorrow, with quiet hours and a holiday."""
    made = nobody_on(*{(now().isoweekday() + shift - 1) % 7 + 1 for shift in (-1, 0, 1)})
    holiday = {"date": (now() + timedelta(days=2)).date().isoformat(), "name": "Patron of the town"}
    return made | {"quiet_hours": {"from": "22:00", "to": "07:00"}, "holidays": [holiday]}


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    cast = enrol_cast(engine, since=now() - timedelta(days=40))
    with transaction(engine) as session:
        create_account(session, "anna", PasswordHash.recommended().hash("pw"), Role.CLINICIAN, "main")
        save_plan(session, "main", plan_of(document()), "root", "the first rota", now())
        save_plan(session, "main", plan_of(closed()), "root", "the nurse is away", now())
    return cast


@pytest.fixture
def opened(browser, served, cast):
    contexts = []

    def opened(path: str = "/plan", **options) -> playwright.Page:
        context = browser.new_context(**{"java_script_enabled": False, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(8000)
        page.goto(served.url + path)
        if path == "/plan":
            page.get_by_label("Name").fill("anna")
            page.get_by_label("Password").fill("pw")
            page.get_by_role("button", name="Log in").click()
            expect(page.get_by_role("heading", name="Plan of site main")).to_be_visible()
        return page

    yield opened
    for context in contexts:
        context.close()


def test_a_nurse_finds_the_plan_in_the_navigation_and_sees_who_is_on_duty(opened):
    page = opened()
    page.get_by_role("link", name="Worklist").click()
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Plan").click()
    now_on_duty = page.get_by_role("region", name="On duty now").get_by_role("row")
    expect(now_on_duty.filter(has_text="Nurse")).to_contain_text("nobody")
    expect(now_on_duty.filter(has_text="Doctor on call")).to_contain_text("Carla Neri")
    expect(page.get_by_text("Nobody is on duty who would be told first")).to_be_visible()


def test_the_week_the_ladders_and_the_reasons_are_read_in_words(opened):
    page = opened()
    week = page.get_by_role("region", name="The next seven days")
    expect(week.get_by_role("row")).to_have_count(8)
    expect(week.get_by_role("row").filter(has_text="Patron of the town")).to_have_count(1)
    expect(week.get_by_role("columnheader")).to_have_text(["Day", "Nurse", "Doctor on call"])
    expect(page.get_by_text("After 2 hours without an answer: Carla Neri.")).to_be_visible()
    expect(page.get_by_text("Quiet hours, 22:00 to 07:00")).to_be_visible()
    told = page.get_by_role("list").filter(has_text="Version 2").get_by_role("listitem")
    expect(told.first).to_contain_text("the nurse is away")
    expect(told.last).to_contain_text("the first rota")


def test_wide_tables_are_reached_and_moved_by_the_keyboard(opened):
    page = opened(viewport={"width": 360, "height": 740})
    reached = set()
    for _ in range(25):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.getAttribute('aria-label')"))
    assert {"On duty now", "The next seven days", "Persons and their channels"} <= reached


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_hangs_over_the_side(opened, width):
    page = opened(viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(opened, scheme):
    page = opened(java_script_enabled=True, color_scheme=scheme)
    assert page.evaluate(CONTRASTS) == []


def test_text_may_grow_to_twice_its_size(opened):
    page = opened(java_script_enabled=True, viewport={"width": 360, "height": 740})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_browser_has_nothing_to_complain_of_and_asks_nobody_else(opened, served):
    page = opened(java_script_enabled=True)
    complaints, requests = [], []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.context.on("request", lambda request: requests.append(request.url))
    page.reload()
    expect(page.get_by_role("heading", name="Plan of site main")).to_be_visible()
    assert complaints == []
    assert {url.split("/", 3)[2] for url in requests} == {served.url.split("/")[2]}


@pytest.mark.parametrize(
    "language, said", [("en", "After 7 pm call the hospital."), ("it", "Dopo le 19 chiami l’ospedale.")]
)
def test_a_patient_with_a_phone_reads_what_will_happen_after_hours(opened, engine, cast, language, said):
    _, token = given_link(engine, cast.rising, language)
    page = opened(
        f"/diary/{token}", java_script_enabled=True, viewport={"width": 320, "height": 640}, has_touch=True
    )
    note = page.locator(".after-hours")
    expect(note).to_contain_text(said)
    assert page.evaluate(CONTRASTS) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.locator("label.pick", has_text="3").first.tap()
    page.locator("button").first.tap()
    expect(page.get_by_text(said)).to_be_visible()
    assert page.evaluate(CONTRASTS) == []
