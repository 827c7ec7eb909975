"""The diary page on a phone, in a real browser: by touch, by keys, in two languages, without scripts."""

from __future__ import annotations

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from days.cut import day_of
from store.database import now, transaction
from store.diary_links import revoke_link
from tests.browser.chromium import in_a_browser
from tests.browser.contrast import CONTRASTS
from tests.pages.diaries import given_link, reports

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = in_a_browser
expect = playwright.expect
PHONE = {
    "viewport": {"width": 360, "height": 740},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
ROME = ZoneInfo("Europe/Rome")
SAID = {
    "en": {
        "worst": "Worst pain in the last 24 hours", "average": "Average pain in the last 24 hours", "save": "Save", "more": "Tell more, if you can",
        "saved": "Thank you. Your answer is saved.", "rescue": "How many extra doses of pain medicine did you take?", "back": "Lower back",
        "note": "Anything else that you want to tell", "change": "Change this answer", "not_today": "I do not want to answer today",
        "ill": "I feel too ill", "no_answer": "Save “no answer”", "skipped": "Thank you. It is noted that you did not want to answer.",
        "wrong": "Choose one number from 0 to 10 for the worst pain.", "sorry": "This link does not open a diary",
    },
    "it": {
        "worst": "Dolore più forte nelle ultime 24 ore", "average": "Dolore medio nelle ultime 24 ore", "save": "Salva", "more": "Se può, racconti di più",
        "saved": "Grazie. La risposta è salvata.", "rescue": "Quante dosi in più di antidolorifico ha preso?", "back": "Schiena, parte bassa",
        "note": "Altro che desidera raccontare", "change": "Modifica questa risposta", "not_today": "Oggi preferisco non rispondere",
        "ill": "Mi sento troppo male", "no_answer": "Salva «nessuna risposta»", "skipped": "Grazie. È annotato che ha preferito non rispondere.",
        "wrong": "Scelga un numero da 0 a 10 per il dolore più forte.", "sorry": "Questo link non apre un diario",
    },
}  # fmt: skip
languages = pytest.mark.parametrize("code", ["en", "it"])


@pytest.fixture
def phone(browser, served, cast, engine):
    """Opens the diary of Rising on a phone, by a link in that language."""
    contexts = []

    def opened(code: str = "en", **options) -> playwright.Page:
        context = browser.new_context(**{**PHONE, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(8000)
        page.goto(f"{served.url}/diary/{given_link(engine, cast.rising, code)[1]}")
        assert page.url == f"{served.url}/diary"  # the token is in no address and in no history
        return page

    yield opened
    for context in contexts:
        context.close()


def group(page, name: str):
    return page.get_by_role("group", name=name)


def number(page, name: str, score: int):
    return group(page, name).get_by_role("radio", name=str(score), exact=True)


def button(page, name: str):
    return page.get_by_role("button", name=name, exact=True).first


@languages
def test_worst_pain_is_told_with_two_taps_on_one_screen(phone, engine, code):
    page, said = phone(code), SAID[code]
    assert page.locator("html").get_attribute("lang") == code
    for needed in (number(page, said["worst"], 10), button(page, said["save"]), page.get_by_role("note")):
        box = needed.bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= 740  # without scrolling
    number(page, said["worst"], 7).tap()
    button(page, said["save"]).tap()
    expect(page.get_by_role("heading", name=said["saved"])).to_be_visible()
    expect(page.get_by_role("note")).to_be_visible()
    assert [report.worst for report in reports(engine)] == [7]


@languages
def test_everything_can_be_told_by_touch_and_is_there_to_be_changed(phone, engine, code):
    page, said = phone(code), SAID[code]
    number(page, said["worst"], 8).tap()
    page.get_by_text(said["more"]).tap()
    number(page, said["average"], 5).tap()
    page.get_by_label(said["rescue"]).fill("2")
    page.get_by_role("checkbox", name=said["back"]).tap()
    page.get_by_label(said["note"]).fill("stairs")
    page.get_by_role("button", name=said["save"], exact=True).last.tap()
    page.get_by_role("link", name=said["change"]).tap()
    expect(number(page, said["average"], 5)).to_be_checked()
    expect(page.get_by_role("checkbox", name=said["back"])).to_be_checked()
    expect(page.get_by_label(said["note"])).to_have_value("stairs")
    number(page, said["worst"], 3).tap()
    button(page, said["save"]).tap()
    expect(page.get_by_role("heading", name=said["saved"])).to_be_visible()
    first, second = reports(engine)
    assert (first.entry, first.worst, first.average, first.rescue_doses) == (second.entry, 8, 5, 2)
    assert (second.worst, second.average, second.detail) == (
        3,
        5,
        {"sites": ["lower back"], "note": "stairs"},
    )


@languages
def test_the_keyboard_alone_suffices_and_the_focus_is_seen(phone, engine, code):
    page, said = phone(code), SAID[code]
    page.keyboard.press("Tab")  # to the content
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(number(page, said["worst"], 0)).to_be_focused()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect(number(page, said["worst"], 4)).to_be_checked()
    outline = page.evaluate("getComputedStyle(document.activeElement.nextElementSibling).outlineWidth")
    assert float(outline.removesuffix("px")) >= 3
    page.keyboard.press("Tab")
    expect(button(page, said["save"])).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # opens what more there is
    page.keyboard.press("Tab")  # the chosen one of a group: "no answer"
    page.keyboard.press("ArrowRight")  # and round to 0
    expect(number(page, said["average"], 0)).to_be_checked()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=said["saved"])).to_be_visible()
    assert [(report.worst, report.average) for report in reports(engine)] == [(4, 0)]


@languages
@pytest.mark.parametrize("width", [320, 360, 1024])
def test_nothing_to_tap_is_smaller_than_48_px_and_nothing_hangs_over_the_side(phone, code, width):
    page, said = phone(code, viewport={"width": width, "height": 740}), SAID[code]
    for summary in page.locator("summary").all():
        summary.click()
    measured = check_targets(page, width)
    assert measured > 80  # 11 + 4 x 12 numbers, 17 sites, reasons, fields, days, buttons
    button(page, said["save"]).click()  # nothing chosen: the form with its mistakes
    expect(page.get_by_role("alert")).to_contain_text(said["wrong"])
    check_targets(page, width)
    number(page, said["worst"], 4).click()
    button(page, said["save"]).click()
    check_targets(page, width)


def check_targets(page, width: int) -> int:
    targets = page.locator("main :is(a, button, summary, input:not([type=hidden]), textarea), footer a")
    boxes = [target.bounding_box() for target in targets.all() if target.is_visible()]
    assert all(box["width"] >= 48 and box["height"] >= 48 for box in boxes), boxes
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    return len(boxes)


@languages
def test_text_may_grow_to_twice_its_size(phone, code):
    page = phone(code)
    for summary in page.locator("summary").all():
        summary.click()
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    cut = """[...document.querySelectorAll('main *')].filter(e => e.clientWidth > 1 && e.scrollWidth > e.clientWidth + 1
             && getComputedStyle(e).display !== 'inline' && !e.closest('.unseen')).map(e => e.outerHTML.slice(0, 90))"""
    assert page.evaluate(cut) == []


@languages
def test_it_works_without_scripts(phone, engine, code):
    page, said = phone(code, java_script_enabled=False), SAID[code]
    button(page, said["save"]).tap()
    expect(page.get_by_role("alert")).to_contain_text(said["wrong"])
    number(page, said["worst"], 6).tap()
    page.get_by_text(said["more"]).tap()
    page.get_by_label(said["note"]).fill("x")
    button(page, said["save"]).tap()
    expect(page.get_by_role("heading", name=said["saved"])).to_be_visible()
    assert [(report.worst, report.detail) for report in reports(engine)] == [(6, {"note": "x"})]


@languages
def test_who_does_not_want_to_answer_says_so_with_three_taps(phone, engine, code):
    page, said = phone(code), SAID[code]
    page.get_by_text(said["not_today"]).tap()
    page.get_by_role("radio", name=said["ill"]).tap()
    button(page, said["no_answer"]).tap()
    expect(page.get_by_role("heading", name=said["skipped"])).to_be_visible()
    assert [(report.skipped, report.worst) for report in reports(engine)] == [("too ill", None)]


@languages
def test_a_forgotten_day_is_filled_in(phone, engine, code):
    page, said = phone(code), SAID[code]
    page.get_by_role("navigation").get_by_role("link").nth(1).tap()  # the day before yesterday
    worst = {"en": "Worst pain on that day", "it": "Dolore più forte di quel giorno"}[code]
    number(page, worst, 5).tap()
    button(page, said["save"]).tap()
    expect(page.get_by_role("heading", name=said["saved"])).to_be_visible()
    [report] = reports(engine)
    local = report.at.astimezone(ROME)
    assert (local.date(), local.hour) == (day_of(now(), ROME) - timedelta(days=2), 20)


def test_reload_back_and_again_make_one_entry(phone, engine):
    page, said = phone(), SAID["en"]
    number(page, said["worst"], 7).tap()
    button(page, said["save"]).dblclick()
    expect(page.get_by_role("heading", name=said["saved"])).to_be_visible()
    page.reload()
    page.go_back()
    expect(number(page, said["worst"], 7)).to_be_checked()
    button(page, said["save"]).tap()
    expect(page.get_by_role("heading", name=said["saved"])).to_be_visible()
    assert [report.worst for report in reports(engine)] == [7]


@languages
def test_a_link_that_was_revoked_or_has_expired_is_told_kindly(browser, served, cast, engine, code):
    number_of, token = given_link(engine, cast.rising)
    expired = given_link(engine, cast.rising, days=1, ago=timedelta(days=2))[1]
    context = browser.new_context(**PHONE, locale={"en": "en-GB", "it": "it-IT"}[code])
    page = context.new_page()
    page.goto(f"{served.url}/diary/{token}")
    expect(page.get_by_role("radio").first).to_be_visible()
    with transaction(engine) as session:
        revoke_link(session, number_of, "anna", now())
    page.reload()  # what was open is shut
    expect(page.get_by_role("heading", name=SAID[code]["sorry"])).to_be_visible()
    for path in (f"/diary/{expired}", f"/diary/{token}"):
        page.goto(served.url + path)
        expect(page.get_by_role("heading", name=SAID[code]["sorry"])).to_be_visible()
        assert page.locator("html").get_attribute("lang") == code
        check_targets(page, 360)
    context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_link_in_a_mail_that_is_read_in_the_browser_opens_the_diary(browser, served, cast, engine, scripts):
    """A strict cookie is not sent on a way that began at another site, not even after our redirect."""
    context = browser.new_context(**PHONE, java_script_enabled=scripts)
    page = context.new_page()
    link = f"{served.url}/diary/{given_link(engine, cast.rising)[1]}"
    page.goto(f"data:text/html,<a href='{link}'>your diary</a>")
    page.get_by_role("link").click()
    expect(page.get_by_role("heading", name="How is your pain?")).to_be_visible()
    assert page.url == f"{served.url}/diary"
    context.close()


def test_every_control_has_a_name_and_nothing_is_asked_of_other_hosts(phone, served):
    page, complaints, requests = phone(), [], []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.context.on("request", lambda request: requests.append(request.url))
    page.reload()
    for summary in page.locator("summary").all():
        summary.click()
    snapshot = page.locator("main").aria_snapshot()
    names = re.findall(r"- (?:radio|checkbox|textbox|button|link)(.*)", snapshot)
    assert len(names) > 80 and all(re.match(r' "[^"✓]', name) for name in names), snapshot
    assert len(re.findall(r'- group "', snapshot)) == 7  # questions with several controls have their legend
    assert len(re.findall('radio "no answer" \\[checked\\]', snapshot)) == 4
    assert complaints == []  # a breach of the content security policy would be one
    assert {url.split("/", 3)[2] for url in requests} == {served.url.split("/")[2]}


def test_the_language_is_switched_on_the_page(phone):
    page = phone("it")
    page.get_by_role("link", name="English").tap()
    expect(page.get_by_role("heading", name="How is your pain?")).to_be_visible()
    page.goto(page.url.split("?")[0])
    assert page.locator("html").get_attribute("lang") == "en"


@pytest.mark.parametrize("page_of", ["form", "wrong", "saved", "sorry"])
def test_text_stands_out_from_its_ground(phone, served, page_of):
    """Contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3) for every piece of text, as the browser paints it."""
    page, said = phone(), SAID["en"]
    if page_of in ("wrong", "saved"):
        if page_of == "saved":
            number(page, said["worst"], 7).tap()
        button(page, said["save"]).tap()
        page.wait_for_selector(".wrong.all, .card")
    if page_of == "sorry":
        page.goto(f"{served.url}/diary/nothing")
    for summary in page.locator("summary").all():
        summary.click()
    if page_of == "form":
        number(page, said["worst"], 7).tap()
    assert page.evaluate(CONTRASTS) == []


def test_a_nurse_makes_a_link_hands_it_over_and_takes_it_back(browser, served, cast, engine):
    ward = browser.new_context().new_page()
    ward.goto(f"{served.url}/patients/P-rising")
    ward.get_by_label("Name").fill("anna")
    ward.get_by_label("Password").fill("pw")
    ward.keyboard.press("Enter")
    ward.get_by_label("Language").select_option("Italiano")
    ward.get_by_role("button", name="New diary link").click()
    picture = ward.get_by_role("img", name="QR code of the link").locator("svg").bounding_box()
    assert picture["width"] == picture["height"] >= 200
    assert len(re.findall(rb"/Type\s*/Page\b", ward.pdf(prefer_css_page_size=True))) == 1
    phone = browser.new_context(**PHONE).new_page()
    phone.goto(ward.locator("#link").inner_text())
    expect(phone.get_by_role("heading", name="Come va il dolore?")).to_be_visible()
    ward.get_by_role("link", name="Back to P-rising").click()
    ward.get_by_role("button", name="Revoke diary link 1 of P-rising").click()
    expect(ward.get_by_text("No personal link")).to_be_visible()
    phone.reload()
    expect(phone.get_by_role("heading", name="This link does not open a diary")).to_be_visible()
    ward.context.close()
    phone.context.close()
