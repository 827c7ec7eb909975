"""The section "After treatment" on the page of a patient."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from analytics.response.treated import responded
from analytics.response.windows import Event, daily
from api.pages.after_treatment import told
from store.database import now, transaction
from store.responses import Done, Response, Shown
from store.treatments import Particulars, add_treatment
from tests.cast import NOON
from tests.pages.visits import log_in, words_of

DAY0 = NOON.date()
ROME = ZoneInfo("Europe/Rome")


def shown(after=4, before=7, dose=60.0, technique="8 Gy x 1", events=(), today=40):
    days = [DAY0 + timedelta(days=k) for k in range(-7, today + 1)]
    worst = daily(days, [before if day <= DAY0 else after for day in days], DAY0)
    ome = daily(days, [None if dose is None else 60.0 if day <= DAY0 else dose for day in days], DAY0)
    result = responded(Event(1, DAY0, "radiotherapy", technique), list(events), today, worst, ome, [])
    return Shown(Done(1, 1, "radiotherapy", NOON, technique), NOON, "response 1", result)


@pytest.mark.parametrize(
    ("one", "says"),
    [
        (shown(), "Radiotherapy (8 Gy x 1) on 4 May: better (partial response) since 11 May. Worst pain 7 before, 4 in the week up to 13 Jun."),
        (shown(0, technique=None), "Radiotherapy on 4 May: pain gone (complete response) since 11 May. Worst pain 7 before, 0 in the week up to 13 Jun."),
        (shown(7, dose=120.0), "Radiotherapy (8 Gy x 1) on 4 May: worse (pain progression). Worst pain 7 before, 7 in the week up to 13 Jun."),
        (shown(6), "Radiotherapy (8 Gy x 1) on 4 May: no clear change (indeterminate). Worst pain 7 before, 6 in the week up to 13 Jun."),
        (shown(dose=None), "Radiotherapy (8 Gy x 1) on 4 May: cannot be judged: the daily opioid dose before and after is not known; pain is at least 2 points lower: partial, unless there is more analgesia. Worst pain 7 before, 4 in the week up to 13 Jun."),
        (shown(today=3), "Radiotherapy (8 Gy x 1) on 4 May: cannot be judged: too early: the first assessment is of day 7."),
        (shown(events=[Event(2, DAY0 + timedelta(days=9), "opioid_up")]), "Radiotherapy (8 Gy x 1) on 4 May: better (partial response) since 11 May. Worst pain 7 before, 4 in the week up to 13 Jun. Near it there was also: opioid up."),
        (Shown(Done(1, 1, "nerve_block", NOON, None), None, None, None), "Nerve block on 4 May: not judged yet."),
    ],
)  # fmt: skip
def test_a_sentence_says_what_became_of_it(one, says):
    assert told(one, ROME) == says


def test_the_page_has_the_section_only_with_treatments(client, cast, engine):
    log_in(client)
    assert "After treatment" not in words_of(client.get("/patients/P-rising").text)
    with transaction(engine) as session:
        at = now() - timedelta(days=41)
        kept, _ = add_treatment(
            session, cast.rising, "radiotherapy", at, None, "anna", at, Particulars("<b>8 Gy</b>")
        )
        values = {"computed_at": now(), "method": "response 1", "result": shown().result}
        session.add(Response(treatment_id=kept.id, patient_id=cast.rising, due_at=None, **values))
    page = client.get("/patients/P-rising").text
    assert "&lt;b&gt;8 Gy&lt;/b&gt;" in page
    assert "better (partial response) since 11 May. Worst pain 7 before, 4 in the week up to" in words_of(
        page
    )
