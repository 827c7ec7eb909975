"""The page budget in a real browser: by keys, by touch, narrow, and without scripts."""

from __future__ import annotations

import pytest

from store.database import transaction
from store.page_budgets import budget_of
from tests.browser.chromium import in_a_browser
from tests.browser.contrast import CONTRASTS
from tests.made_curve import CURVE
from tests.pages.server import serving

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = in_a_browser
expect = playwright.expect


@pytest.fixture(scope="module")
def served(migrated_url):
    with serving(migrated_url, curve=CURVE) as served:
        yield served


@pytest.fixture
def opened(browser, served, cast):
    contexts = []

    def opened(**options) -> playwright.Page:
        context = browser.new_context(**{"java_script_enabled": False, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(8000)
        page.goto(served.url + "/budget")
        page.get_by_label("Name").fill("anna")
        page.get_by_label("Password").fill("pw")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("heading", name="Page budget of site main")).to_be_visible()
        return page

    yield opened
    for context in contexts:
        context.close()


def chosen(engine):
    with transaction(engine) as session:
        found = budget_of(session, "main")
        return None if found is None else found.pages_per_patient_week


def figure(page):
    """What is shown beside the chosen step: one figure, never two."""
    expect(page.locator(".figure:visible")).to_have_count(1)
    return page.locator(".figure:visible")


@pytest.mark.parametrize("scripts", [True, False])
def test_the_keyboard_moves_along_the_steps_and_the_figure_follows(opened, engine, scripts):
    page = opened(java_script_enabled=scripts)
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.get_by_role("radio", checked=True).evaluate("e => e === document.activeElement"):
            break
    outline = page.evaluate("getComputedStyle(document.activeElement.nextElementSibling).outlineWidth")
    assert float(outline.removesuffix("px")) >= 3
    before = figure(page).inner_text()
    page.keyboard.press("ArrowRight")
    assert figure(page).inner_text() != before
    while page.locator("input:checked").get_attribute("value") != "0.1":
        page.keyboard.press("ArrowRight")
    expect(figure(page)).to_contain_text("Sudden worse pain")
    expect(figure(page)).to_contain_text("95 of 100")
    page.keyboard.press("Tab")
    page.keyboard.type("fewer interruptions")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Choose this budget")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Saved")
    assert chosen(engine) == 0.1
    assert page.locator("input:checked").get_attribute("value") == "0.1"


def test_a_thumb_chooses_with_two_taps(opened, engine):
    phone = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
    page = opened(**phone)
    page.locator("label", has_text="0.03").first.tap()
    expect(figure(page)).to_contain_text("are found in time (simulated)")
    page.get_by_role("button", name="Choose this budget").tap()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    assert chosen(engine) == 0.03


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_hangs_over_the_side_and_nothing_to_tap_is_too_small(opened, width):
    page = opened(viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    targets = page.locator(".stops > label, main button").all()
    boxes = [target.bounding_box() for target in targets]
    assert len(boxes) >= 6
    assert all(box["width"] >= 48 and box["height"] >= 48 for box in boxes), boxes
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(opened, scheme):
    page = opened(java_script_enabled=True, color_scheme=scheme)
    page.locator("label", has_text="0.03").first.click()
    assert page.evaluate(CONTRASTS) == []


def test_text_may_grow_to_twice_its_size(opened):
    page = opened(java_script_enabled=True, viewport={"width": 360, "height": 740})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_every_step_is_named_and_described_and_the_browser_has_nothing_to_complain_of(opened, served):
    page = opened(java_script_enabled=True)
    complaints, requests = [], []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.context.on("request", lambda request: requests.append(request.url))
    page.reload()
    expect(page.get_by_role("note")).to_contain_text("Simulated, not measured on patients.")
    group = page.get_by_role("group", name="Pages for each patient and week")
    for step in group.get_by_role("radio").all():
        described = page.locator("#" + step.get_attribute("aria-describedby"))
        assert "are found in time" in described.text_content()
        assert page.locator(f"label[for={step.get_attribute('id')}]").inner_text()
    assert complaints == []
    assert {url.split("/", 3)[2] for url in requests} == {served.url.split("/")[2]}
