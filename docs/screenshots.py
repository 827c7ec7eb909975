"""The pictures of the README, taken from a ward that runs: `make screenshots`.

Start one with `actalgia up --demo`, give it a few minutes, and name who logs in:
`ACTALGIA_PASSWORD=... make screenshots`. Only a ward of simulated patients is photographed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

IMAGES = Path(__file__).resolve().parent / "images"
DESK, PHONE = (1280, 800), (390, 844)


def log_in(page: Page, url: str, name: str, password: str) -> None:
    """To the worklist, as a person would. Exits with a sentence when there is nothing to photograph."""
    page.goto(f"{url}/login")
    page.fill("#name", name)
    page.fill("#password", password)
    page.click("main button")
    if page.locator(".wrong").count():
        sys.exit("Name and password do not fit: set ACTALGIA_NAME and ACTALGIA_PASSWORD.")
    if not page.locator(".demo").count():
        sys.exit("These patients may be real: pictures are taken of simulated ones only.")
    if not page.locator("table.list").count():
        sys.exit("The worklist is empty: give the ward a few minutes.")


def take(
    browser: Browser,
    url: str,
    who: tuple[str, str],
    size: tuple[int, int],
    suffix: str,
    out: Path,
    patient: str | None,
    dark: bool = False,
) -> None:
    """Worklist, patient page and page budget in one size of window; by itself also the report on pages, which
    says something when cases have been closed for some weeks."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        device_scale_factor=2 if size is PHONE else 1,
        color_scheme="dark" if dark else "light",
        java_script_enabled=False,  # nothing moves while the picture is taken
    )
    page = context.new_page()
    log_in(page, url, *who)
    page.screenshot(path=out / f"worklist{suffix}.png", full_page=True)
    # A ward worth a picture has a case; the first row is the most urgent.
    address = f"/patients/{patient}" if patient else page.locator("th.code a").first.get_attribute("href")
    page.goto(f"{url}{address}")
    page.screenshot(path=out / f"patient{suffix}.png", full_page=True)
    page.goto(f"{url}/budget")
    page.screenshot(path=out / f"budget{suffix}.png", full_page=True)
    if suffix:
        page.goto(f"{url}/alerts")
        page.screenshot(path=out / f"alerts{suffix}.png", full_page=True)
    context.close()


def diary(
    browser: Browser, url: str, who: tuple[str, str], language: str, out: Path, patient: str | None
) -> None:
    """The patient's own page on a phone, by a link that is made for the picture and then revoked."""
    ward = browser.new_context(java_script_enabled=False)
    page = ward.new_page()
    log_in(page, url, *who)
    address = f"/patients/{patient}" if patient else page.locator("th.code a").last.get_attribute("href")
    page.goto(f"{url}{address}")
    page.select_option("#link-language", language)
    page.get_by_role("button", name="New diary link").click()
    token = page.locator("#link").inner_text().rpartition("/")[2]
    phone = browser.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]}, device_scale_factor=2, java_script_enabled=False
    )
    own = phone.new_page()
    own.goto(f"{url}/diary/{token}")
    own.locator("input[name=worst][value='4']").check()
    own.locator("main").focus()
    own.evaluate("window.scrollTo(0, 0)")  # whom to call stands at the top
    own.screenshot(path=out / f"diary{'' if language == 'en' else '-' + language}.png")
    phone.close()
    page.goto(f"{url}{address}")
    page.get_by_role("button", name="Revoke diary link").first.click()
    ward.close()


def main() -> None:
    """Read where the ward is, and photograph it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data-dir", type=Path, default=Path("actalgia-data"))
    parser.add_argument("--url", help="instead of what DATA_DIR/up.json says")
    parser.add_argument("--name", default=os.environ.get("ACTALGIA_NAME", "admin"))
    parser.add_argument("--password", default=os.environ.get("ACTALGIA_PASSWORD", ""))
    parser.add_argument("--patient", help="whose page; else the first of the worklist")
    parser.add_argument("--out", type=Path, default=IMAGES)
    parser.add_argument("--all", action="store_true", help="phone and dark pictures, too, for a look at them")
    given = parser.parse_args()
    up = given.data_dir / "up.json"
    if given.url is None and not up.exists():
        sys.exit(f"There is no {up}: start `actalgia up --demo` first, or give --url.")
    url = given.url or json.loads(up.read_text())["http"]
    given.out.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    who = (given.name, given.password)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        take(browser, url, who, DESK, "", given.out, given.patient)
        for language in ("en", "it"):
            diary(browser, url, who, language, given.out, given.patient)
        if given.all:
            take(browser, url, who, PHONE, "-phone", given.out, given.patient)
            take(browser, url, who, DESK, "-dark", given.out, given.patient, dark=True)
        browser.close()


if __name__ == "__main__":
    main()
