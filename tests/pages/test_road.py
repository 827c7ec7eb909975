"""Pages and checks say when the whole road was travelled last, and are never calm when it was not."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import ApiSettings
from ladder.reading import plan_of
from patrol.legs import LEGS
from store.alerts.ward_plans import save_plan
from store.database import now, transaction
from store.heartbeat import beat
from store.watch.rounds import KEPT_FOR, WatchRound, add_round, forget_rounds, road
from tests.ladder.wards import DOCUMENT
from tests.pages.visits import HTML, log_in, opened, words_of

MINUTE = timedelta(minutes=1)
PATHS = ("/", "/patients/P-rising", "/budget", "/nothing/here")


def travelled(engine, ago, missing=None, detail=None):
    at = now() - ago
    with transaction(engine) as session:
        legs = {leg: 0.5 * (k + 1) for k, leg in enumerate(LEGS)}
        add_round(session, at - timedelta(seconds=4.1), at, 300.0, legs, missing, detail)


@pytest.fixture
def pages(cast, migrated_url):
    """The texts of some pages, of a server that starts now."""

    def read(*paths, name="anna"):
        app = create_app(ApiSettings(migrated_url, "http://testserver"))
        with TestClient(app, headers=HTML, follow_redirects=False) as client:
            log_in(client, name)
            return [client.get(path).text for path in paths or PATHS]

    return read


def check(migrated_url, name="road"):
    app = create_app(ApiSettings(migrated_url, "http://testserver"))
    with TestClient(app) as client:
        answer = client.get("/readyz")
    (found,) = [one for one in answer.json()["checks"] if one["name"] == name]
    return found["ok"], found["detail"]


def test_where_there_is_no_watchdog_nothing_is_said_of_one(engine, pages, migrated_url):
    assert not [text for text in pages() if "onitored" in text or "Whole road" in text]
    assert check(migrated_url) == (True, "No watchdog has made a round here: nobody checks the whole road.")


def test_every_page_of_staff_says_when_the_road_was_checked(engine, pages, migrated_url):
    travelled(engine, 2 * MINUTE)
    worklist, patient, budget = pages(*PATHS[:3])
    # Of a ward whose patients live in Rome, on its own clock; a page without a script has no age that would stand.
    assert re.search(r"Whole road checked at \d\d:\d\d CES?T, 2 min ago\.", worklist)
    assert re.search(r"Whole road checked at \d\d:\d\d CES?T, 2 min ago\.", patient)
    assert re.search(r"Whole road checked at \d\d:\d\d CES?T\.", budget)
    for text in (worklist, patient, budget):
        assert "Not monitored since" not in words_of(text) and "UTC" not in words_of(text)
    ok, detail = check(migrated_url)
    assert ok and detail == "The last round trip took 4.1 s, 2 minutes ago."


def test_after_two_periods_every_page_says_since_when_nobody_watches(engine, cast, pages, migrated_url):
    opened(engine, cast.rising)
    travelled(engine, 11 * MINUTE)
    travelled(engine, MINUTE, "decision", "a severe answer is stored and not judged: look at analytics")
    texts = [*pages(), *pages("/", "/accounts", name="root"), *pages("/?fragment=1")]
    for text in texts:
        assert re.search(
            r'class="notice shut" role="alert">Not monitored since \d\d:\d\d CES?T: a severe', text
        )
        assert "Whole road checked" not in text
    ok, detail = check(migrated_url)
    assert not ok and detail.endswith("stored and not judged: look at analytics.")


def test_whoever_is_not_logged_in_reads_it_too(engine, cast, migrated_url):
    travelled(engine, 11 * MINUTE)
    app = create_app(ApiSettings(migrated_url, "http://testserver"))
    with TestClient(app, headers=HTML) as client:
        assert "Not monitored since" in words_of(client.get("/login").text)


def test_a_watchdog_that_is_gone_is_what_is_wrong(engine, migrated_url, cast):
    travelled(engine, 3 * timedelta(days=1))
    ok, detail = check(migrated_url)
    assert not ok and "the watchdog makes no rounds" in detail and re.search(r"since \d{4}-", detail)


def test_before_the_first_round_is_good_two_periods_pass(engine, migrated_url, cast):
    travelled(engine, 5 * MINUTE, "broker", "the broker does not take the watchdog's messages")
    assert check(migrated_url) == (True, "The watchdog makes its first rounds.")
    travelled(engine, 11 * MINUTE, "broker", "the broker does not take the watchdog's messages")
    assert not check(migrated_url)[0]


def test_rounds_are_kept_for_a_week_and_the_last_good_one_for_longer(engine):
    travelled(engine, KEPT_FOR + 3 * MINUTE)
    travelled(engine, KEPT_FOR + 2 * MINUTE)
    travelled(engine, KEPT_FOR + MINUTE, "day", "no")
    for _ in range(2):
        travelled(engine, 0 * MINUTE, "day", "no")
    with transaction(engine) as session:
        assert session.query(WatchRound).count() == 3
        assert road(session).good_at is not None
        forget_rounds(session)
        assert road(session) is None


def test_the_legs_are_in_the_metrics(engine, cast, migrated_url):
    travelled(engine, 2 * MINUTE)
    app = create_app(ApiSettings(migrated_url, "http://testserver"))
    with TestClient(app, client=("127.0.0.1", 1)) as client:
        text = client.get("/metrics").text
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert 119 < families["actalgia_road_age_seconds"].samples[0].value < 140
    legs = {one.labels["leg"]: one.value for one in families["actalgia_road_leg_seconds"].samples}
    assert set(legs) == set(LEGS) and legs["delivery"] == 3.5


def test_a_page_that_stays_open_says_by_itself_when_the_check_is_too_long_ago(engine, pages):
    travelled(engine, 2 * MINUTE)
    (worklist,) = pages("/")
    (line,) = re.findall(r'<span data-since="\d+" data-limit="600" data-fresh="Whole road [^>]*>', worklist)
    assert 'data-old="Not monitored since ' in line


def test_a_clock_that_was_put_back_leaves_no_page_calm_and_the_next_round_counts(engine, pages, migrated_url):
    travelled(engine, -60 * MINUTE)
    ok, detail = check(migrated_url)
    assert not ok and "the clock was put back" in detail
    assert "Not monitored: the last check was at" in words_of(pages("/")[0])
    travelled(engine, 0 * MINUTE, "block", "look at ingest")
    assert not check(migrated_url)[0], "a round that failed now is newer than one of a later hour"
    travelled(engine, 0 * MINUTE)
    assert check(migrated_url)[0]


@pytest.mark.parametrize("key, on_pages", [("answers", True), ("messages", True), ("audit", False)])
def test_what_waits_though_the_road_is_open_is_told(engine, pages, migrated_url, key, on_pages):
    travelled(engine, MINUTE)
    since = now() - 15 * MINUTE
    with transaction(engine) as session:
        shown = [{"key": key, "since": since.isoformat()}]
        beat(session, "watchdog", now(), True, {"troubles": 1, "shown": shown})
    ok, detail = check(migrated_url, "waiting")
    assert not ok and f"since {since:%H:%M} UTC" in detail
    assert check(migrated_url)[0], "the road is open"
    text = words_of(pages("/")[0])
    assert ("since" in text and "What is shown may be old" in text) == on_pages
    with transaction(engine) as session:
        beat(session, "watchdog", now() - 11 * MINUTE, True, {"troubles": 1, "shown": shown})
    assert check(migrated_url, "waiting")[0], "a watchdog that is silent knows of nothing"


def test_a_ward_with_a_plan_reads_the_clock_of_its_plan(engine, pages):
    with transaction(engine) as session:
        plan = plan_of({**DOCUMENT, "zone": "Asia/Tokyo"})
        save_plan(session, "main", plan, "anna", "a test", now())
    travelled(engine, MINUTE)
    # In the first minute of a day in Tokyo it names the day.
    assert re.search(r"checked at [^<.]*\d\d:\d\d JST", pages("/budget")[0])
