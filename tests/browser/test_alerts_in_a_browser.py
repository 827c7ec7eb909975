"""The page on how useful pages were in a real browser: narrow, large, printed, and without scripts."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from store.database import now
from tests.browser.chromium import in_a_browser
from tests.browser.contrast import CONTRASTS
from tests.cast import Cast
from tests.made_pages import a_ward_of_pages

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = in_a_browser
expect = playwright.expect


@pytest.fixture
def cast(cast: Cast, engine: sa.Engine) -> Cast:
    a_ward_of_pages(engine, now())
    return cast


@pytest.fixture
def opened(browser, served, cast):
    contexts = []

    def opened(**options) -> playwright.Page:
        context = browser.new_context(**{"java_script_enabled": False, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(8000)
        page.goto(served.url + "/login")
        page.get_by_label("Name").fill("anna")
        page.get_by_label("Password").fill("pw")
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("link", name="Our pages").click()
        expect(page.get_by_role("heading", name="How useful our pages were")).to_be_visible()
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_hangs_over_the_side_and_charts_can_be_read(opened, width):
    page = opened(viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    charts = page.locator("figure.chart svg").all()
    assert len(charts) == 4
    for chart in charts:
        box = chart.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
        letters = chart.locator("text").first.evaluate("e => e.getBoundingClientRect().height")
        assert letters >= 9, "small print"
    targets = page.locator("main form button, main form input, .unclosed a").all()
    assert all(target.bounding_box()["height"] >= 38 for target in targets)


def test_text_in_charts_does_not_run_into_other_text(opened):
    page = opened(viewport={"width": 320, "height": 800})
    overlapping = """() => [...document.querySelectorAll('figure.chart svg')].flatMap(svg => {
        const boxes = [...svg.querySelectorAll('text')].map(e => [e.textContent, e.getBoundingClientRect()]);
        const frame = svg.getBoundingClientRect();
        return boxes.flatMap(([name, a], i) => [
            ...(a.left < frame.left - 1 || a.right > frame.right + 1 ? [name + ' is cut'] : []),
            ...boxes.slice(i + 1).filter(([, b]) => a.left < b.right && b.left < a.right
                && a.top + 3 < b.bottom && b.top + 3 < a.bottom).map(([other]) => name + ' / ' + other)]);
    })"""
    context = page.context.browser.new_context(
        viewport={"width": 320, "height": 800}, storage_state=page.context.storage_state()
    )
    scripted = context.new_page()
    scripted.goto(page.url)
    assert scripted.evaluate(overlapping) == []
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(opened, scheme):
    page = opened(java_script_enabled=True, color_scheme=scheme)
    assert page.evaluate(CONTRASTS) == []


def test_text_may_grow_to_twice_its_size(opened):
    page = opened(java_script_enabled=True, viewport={"width": 360, "height": 740})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_thumb_chooses_another_period(opened):
    page = opened(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page.get_by_role("link", name="4 weeks").tap()
    expect(page.get_by_text("in 28 days.")).to_be_visible()
    day = (now().date() - timedelta(days=3)).isoformat()
    page.get_by_label("From").fill(day)
    page.get_by_role("button", name="Show").tap()
    expect(page.get_by_text("in 4 days.")).to_be_visible()


def test_on_paper_there_are_the_figures_and_no_form(opened):
    page = opened(viewport={"width": 760, "height": 1000})
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Show")).to_be_hidden()
    expect(page.locator("figure.chart svg").first).to_be_visible()
    expect(page.get_by_text("For review:")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 760
    assert len(page.pdf(format="A4")) > 10_000


def test_the_spreadsheet_is_downloaded_and_the_browser_has_nothing_to_complain_of(opened, served):
    page = opened(java_script_enabled=True, accept_downloads=True)
    complaints, requests = [], []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.context.on("request", lambda request: requests.append(request.url))
    page.reload()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download as CSV").click()
    assert waiting.value.suggested_filename.startswith("pages-")
    assert complaints == []
    assert {url.split("/", 3)[2] for url in requests} == {served.url.split("/")[2]}
