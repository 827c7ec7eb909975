"""The pages in a real browser: with and without scripts, live, narrow, on paper, and only from our host."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from store.access import LoginSession
from store.alerts.cases import comment
from store.alerts.open_cases import open_or_join
from store.database import now, transaction
from tests.browser.chromium import in_a_browser
from tests.pages.minutes import send_minutes
from tests.pages.server import serving

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = in_a_browser
expect = playwright.expect
REASON = "Worst pain 8 today, 3 above the usual 5."


def opened(engine: sa.Engine, patient_id: int, reason: str = REASON) -> int:
    with transaction(engine) as session:
        return open_or_join(session, patient_id, "high", reason, {"reason": reason}, ["log"], now())[0]


def logged_in(browser, url: str, wanted: str = "/", **options) -> playwright.Page:
    page = browser.new_context(**options).new_page()
    page.set_default_timeout(8000)
    page.goto(url + wanted)
    page.get_by_label("Name").fill("anna")
    page.get_by_label("Password").fill("pw")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(url + wanted)
    return page


def test_a_nurse_logs_in_reads_why_and_nothing_comes_from_elsewhere(browser, served, cast, engine):
    opened(engine, cast.rising)
    send_minutes(engine, cast.watch_2, now() - timedelta(hours=20), [20.0] * 1200)
    context = browser.new_context()
    requests, complaints = [], []
    context.on("request", lambda request: requests.append(request.url))
    context.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page = context.new_page()
    page.goto(f"{served.url}/patients/P-rising")
    page.get_by_label("Name").fill("anna")
    page.get_by_label("Password").fill("pw")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="P-rising", exact=True)).to_be_visible()  # the deep link survived
    expect(page.get_by_role("img", name="Pain and activity of P-rising")).to_be_visible()
    page.get_by_role("link", name="Worklist").click()
    expect(page.get_by_role("row", name=re.compile("High P-rising"))).to_contain_text(REASON)
    page.wait_for_load_state("load")
    context.close()
    assert {url.split("/", 3)[2] for url in requests} == {served.url.split("/")[2]}
    assert complaints == []  # a breach of the content security policy would be one


def test_a_case_is_acknowledged_without_any_script(browser, served, cast, engine):
    opened(engine, cast.rising)
    page = logged_in(browser, served.url, java_script_enabled=False)
    page.get_by_role("button", name=re.compile("Acknowledge case .* of P-rising")).click()
    expect(page.get_by_role("row", name=re.compile("High P-rising"))).to_contain_text("acknowledged by anna")
    assert page.get_by_role("button", name=re.compile("Acknowledge")).count() == 0
    page.context.close()


def test_a_new_case_appears_in_every_tab_without_a_reload(browser, served, cast, engine):
    first = logged_in(browser, served.url)
    second = first.context.new_page()
    second.goto(served.url)
    for page in (first, second):
        page.evaluate("window.sameDocument = true")
        expect(page.get_by_text("Open cases")).to_have_count(0)
    opened(engine, cast.rising)
    for page in (first, second):
        expect(page.get_by_text(REASON)).to_be_visible(timeout=5000)
        assert page.evaluate("window.sameDocument")
    first.context.close()


def test_nothing_moves_under_a_hand_that_types(browser, served, cast, engine):
    case_id = opened(engine, cast.rising)
    page = logged_in(browser, served.url, "/patients/P-rising")
    page.get_by_label("Add a comment").fill("called, no ans")
    with transaction(engine) as session:
        comment(session, case_id, "doctor Berta", now(), "on my way")
    expect(page.get_by_role("status")).to_contain_text("There is news")
    assert page.get_by_label("Add a comment").input_value() == "called, no ans"
    page.get_by_label("Add a comment").fill("")
    page.get_by_label("Add a comment").blur()
    expect(page.get_by_text("on my way")).to_be_visible(timeout=5000)
    page.context.close()


def test_a_session_that_ran_out_takes_the_patients_off_the_screen(browser, served, cast, engine):
    page = logged_in(browser, served.url, "/patients/P-rising")
    with transaction(engine) as session:
        session.execute(sa.delete(LoginSession))
    opened(engine, cast.rising)  # the next hint finds nobody logged in
    page.wait_for_url(f"{served.url}/login?next=%2Fpatients%2FP-rising")
    page.context.close()


def test_a_lost_line_is_said_with_the_time_of_the_data(browser, cast, migrated_url):
    with serving(migrated_url) as short:
        page = logged_in(browser, short.url)
        expect(page.get_by_role("heading", name="Worklist")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text(re.compile(r"Connection lost, data as of \d+:\d\d"))
    page.context.close()


def test_a_page_fits_a_phone_and_a_sheet_of_paper(browser, served, cast, engine):
    opened(engine, cast.rising, REASON + " " + "And a reason that is long enough for several lines. " * 3)
    send_minutes(engine, cast.watch_2, now() - timedelta(days=5), [20.0] * 7000)
    page = logged_in(browser, served.url, viewport={"width": 390, "height": 800})
    for path in ("/", "/patients/P-rising"):
        page.goto(served.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    button = page.get_by_role("button", name="Acknowledge").bounding_box()
    assert button["height"] >= 38 and button["x"] + button["width"] <= 390
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))) == 1
    page.context.close()
