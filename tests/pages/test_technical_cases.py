"""Trouble of devices on the pages: apart from pain, and in no colour of a severity."""

from __future__ import annotations

import re

from store.alerts.technical import open_technical
from store.database import now, transaction
from store.identity import hold, settle
from tests.pages.visits import HOUR, decided, log_in, moved, opened, post, reported, words_of

REASON = "Data are missing: messages 120 to 150 of the movement stream of watch-1, since Mon 4 May, 14:05"


def in_trouble(engine, patient_id):
    with transaction(engine) as session:
        return open_technical(session, patient_id, REASON, [], now() - HOUR)


UNJUDGED = "Ask how the patient is: the last days cannot be judged, no answer for 5 days"


def cannot_be_judged(engine, patient_id, verdict="no evidence", reason="cannot judge: no answer for 5 days"):
    """The case and the decision that it rests on."""
    decided(engine, patient_id, verdict, reason)
    reasons = [{"kind": "cannot_judge", "device": "", "text": UNJUDGED}, {"kind": "gap", "device": "watch-1"}]
    with transaction(engine) as session:
        return open_technical(session, patient_id, f"{UNJUDGED}. {REASON}", reasons, now() - HOUR)


def test_a_patient_who_cannot_be_judged_is_told_once_with_the_case_and_its_button(client, cast, engine):
    case = cannot_be_judged(engine, cast.rising)
    log_in(client)
    page = client.get("/").text
    words = words_of(page)
    assert (
        f"? Cannot judge P-rising {UNJUDGED}. {REASON} technical case {case} · open for 1 h · open" in words
    )
    assert words.count("no answer for 5 days") == 1 and "Technical cases: about devices" not in words
    assert f'action="/cases/{case}/acknowledge"' in page
    post(client, f"/cases/{case}/acknowledge", back="/")
    page = client.get("/").text
    assert "acknowledged by anna" in words_of(page) and f'action="/cases/{case}/acknowledge"' not in page


def test_the_patients_page_tells_it_once_too_above_all_where_nothing_else_is_open(client, cast, engine):
    case = cannot_be_judged(engine, cast.rising)
    log_in(client)
    page = client.get("/patients/P-rising").text
    above, _ = page.split("<h2>Pain and activity, last")
    assert f'<a href="#case-{case}">case {case}</a> below' in above and f'id="case-{case}"' in above
    assert "This does not say that the patient is well" in above
    assert words_of(page).count(f"{UNJUDGED}. {REASON}") == 1
    assert "cannot judge: no answer" not in words_of(above).casefold()
    opened(engine, cast.rising)
    above, below = client.get("/patients/P-rising").text.split("<h2>Pain and activity, last")
    assert f'href="#case-{case}"' in above and UNJUDGED not in words_of(above)
    assert f'id="case-{case}"' in below.partition("<h2>Devices and data")[2]


def test_too_little_data_without_a_case_stands_there_as_before_and_devices_below(client, cast, engine):
    decided(engine, cast.rising, "no evidence", "cannot judge: 2 answered days so far, the least is 3")
    in_trouble(engine, cast.rising)
    log_in(client)
    patients, devices = client.get("/").text.split('<section class="technical">')
    assert "2 answered days so far" in words_of(patients) and REASON not in words_of(patients)
    assert REASON in words_of("<main" + devices)


def test_beside_an_open_clinical_case_it_is_told_below_and_pointed_at_above(client, cast, engine):
    opened(engine, cast.rising)
    case = cannot_be_judged(engine, cast.rising)
    log_in(client)
    page = client.get("/").text
    patients, devices = page.split('<section class="technical">')
    assert f"cannot be judged now: case {case} below" in words_of(patients)
    assert words_of(page).count("no answer for 5 days") == 1
    assert UNJUDGED in words_of("<main" + devices)


def test_a_clock_in_trouble_stands_under_devices_and_on_the_patients_page(client, cast, engine):
    said = "Sync the clock of watch-1: 41 messages were refused for their time"
    with transaction(engine) as session:
        reasons = [{"kind": "clock", "device": "watch-1", "text": said, "rule": "refused"}]
        open_technical(session, cast.steady, said, reasons, now() - HOUR)
    log_in(client)
    assert said in words_of("<main" + client.get("/").text.split('<section class="technical">')[1])
    assert said in words_of(client.get("/patients/P-steady").text)


def part(html, title):
    """The section of the page with that heading."""
    return next(
        one for one in re.findall(r"<section.*?(?=<section|</main|\Z)", html, re.S) if f"<h2>{title}" in one
    )


def test_the_worklist_lists_technical_cases_apart(client, cast, engine):
    clinical, technical = opened(engine, cast.rising), in_trouble(engine, cast.rising)
    in_trouble(engine, cast.elsewhere)
    log_in(client)
    page = client.get("/").text
    patients, devices = page.split('<section class="technical">')
    assert f"case {clinical} " in words_of(patients) and "Data are missing" not in words_of(patients)
    assert f"⚙ Technical P-rising {REASON} case {technical} · open for 1 h · open" in words_of(
        "<main" + devices
    )
    assert "P-elsewhere" not in page
    assert not re.search(r'class="[^"]*\b(high|medium|low)\b', devices), "no colour of a severity"
    assert "Acknowledge" in devices


def test_a_patient_with_a_technical_case_alone_is_no_open_case_and_not_calm(client, cast, engine):
    decided(engine, cast.steady, "quiet", "worst pain 3, as usual")
    moved(engine, cast.watch_1, ago=HOUR / 20)
    reported(engine, cast.steady, 3, HOUR)
    log_in(client)
    assert "No sign P-steady" in words_of(client.get("/").text)
    in_trouble(engine, cast.steady)
    words = words_of(client.get("/").text)
    assert "No news P-steady A technical case is open" in words and "Open cases" not in words


def test_the_patients_page_shows_it_under_devices_and_not_on_the_chart(client, cast, engine):
    opened(engine, cast.rising)
    technical = in_trouble(engine, cast.rising)
    log_in(client)
    page = client.get("/patients/P-rising").text
    section = page[page.index('<section class="technical">') :]
    assert REASON in section and f"⚙ Technical Case {technical}" in words_of("<main" + section)
    assert 'class="card case technical"' in section
    assert not re.search(r'class="(chip|card case) (high|medium|low)', section)
    assert f"case {technical}, " not in page[page.index("<svg") : page.index("</svg>")]


def test_a_clinician_acknowledges_and_closes_it_with_the_buttons_there_are(client, cast, engine):
    technical = in_trouble(engine, cast.rising)
    log_in(client)
    assert post(client, f"/cases/{technical}/acknowledge", back="/").status_code == 303
    assert "acknowledged by anna" in words_of(client.get("/").text)
    post(client, f"/cases/{technical}/resolve", outcome="technical", comment="charged", back="/")
    assert "Data are missing" not in client.get("/").text
    closed = words_of(client.get("/patients/P-rising").text)
    assert f"⚙ Technical case {technical}, opened" in closed


def test_missing_messages_are_said_before_there_is_a_case(client, cast, engine):
    keys = {(cast.watch_1, "raw", 2): [0, 3, 5, 7, 9, 11], (cast.watch_1, "epoch", 2): [0, 1, 2]}
    at = now()
    with transaction(engine) as session:
        hold(session, [(key, 0) for key in keys], at)
        settle(session, keys, (), at)
    log_in(client)
    words = words_of(client.get("/patients/P-steady").text)
    said = "Data are missing: messages 1 to 2, 4, 6 and 2 more stretches of the movement stream of watch-1, since"
    assert said in words and "activity stream" not in words
