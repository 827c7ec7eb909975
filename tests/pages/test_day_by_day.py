"""How a patient's pain and activity go together, asked with a button and read in words."""

from __future__ import annotations

import uuid
from datetime import timedelta

import numpy as np
import pytest
import sqlalchemy as sa

from analytics.jobs.associate import associate
from store.associations import Association
from store.database import now, transaction
from store.diary import add_ward_report
from store.results import save_day_indices
from tests.pages.visits import audit, log_in, post, words_of

PAGE = "/patients/P-steady"
ASK = f"{PAGE}/day-by-day"


def lived(engine: sa.Engine, patient_id: int, days: int, slope: float) -> None:
    """Days up to yesterday on which the worst pain follows activity."""
    chance, at = np.random.default_rng(4), now()
    with transaction(engine) as session:
        for back in range(1, days + 1):
            x, then = chance.normal(), at - timedelta(days=back)
            worst = int(np.clip(round(5 + slope * x + chance.normal()), 0, 10))
            save_day_indices(session, [{
                "patient_id": patient_id, "day": then.date(), "index": "mean_activity", "method": "day-1", "value": 20 + x, "unit": "mg",
                "reason": None, "worn_min": 1400.0, "input_digest": b"", "provenance_id": None, "computed_at": at,
            }])  # fmt: skip
            values = {"entry": uuid.uuid4(), "at": then, "received_at": then, "worst": worst}
            add_ward_report(session, patient_id, values)


@pytest.mark.parametrize(
    "slope, said",
    [(-2.0, "lower."), (2.0, "higher."), (0.0, "not clearly different.")],
)
def test_the_answer_is_a_sentence_with_what_it_rests_on(client, cast, engine, slope, said):
    lived(engine, cast.steady, 60, slope)
    log_in(client)
    assert "Not worked out for this patient yet." in words_of(client.get(PAGE).text)
    asked = post(client, ASK, back=PAGE)
    assert (asked.status_code, asked.headers["location"]) == (303, f"{PAGE}#day-by-day")
    assert "The answer is here in a few seconds" in words_of(client.get(PAGE).text)
    assert associate(engine, now()) == 1
    page = client.get(PAGE).text
    shown = words_of(page)
    assert f"On days with more activity the worst pain was {said}" in shown
    for fact in ("95 % interval", "60 days with both", "independent days", "need not cause"):
        assert fact in shown
    [entry] = audit(engine, "association.ask")
    assert entry.patient_id == cast.steady
    picture = page.split('href="/api/v1/cohorts/associations/')[1].split('"')[0]
    found = client.get(f"/api/v1/cohorts/associations/{picture}")
    assert found.status_code == 200 and found.text.startswith("<svg")


def test_with_too_few_days_nothing_is_said_but_why(client, cast, engine):
    lived(engine, cast.steady, 12, -2.0)
    log_in(client)
    post(client, ASK, back=PAGE)
    associate(engine, now())
    shown = words_of(client.get(PAGE).text)
    assert "Nothing can be said yet of" in shown and "12 complete days; a p value needs 30" in shown
    assert "worst pain was" not in shown and " r " not in shown.split("day by day")[1].split("Work out")[0]


def test_asked_twice_it_is_asked_once_and_without_its_form_not_at_all(client, cast, engine):
    log_in(client)
    for _ in range(2):
        assert post(client, ASK, back=PAGE).status_code == 303
    assert client.post(ASK, data={"back": PAGE}).status_code == 403
    with transaction(engine) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Association)) == 1


def test_nobody_asks_about_another_sites_patient(client, cast, engine):
    log_in(client, "hilda")
    assert post(client, ASK, back=PAGE).status_code == 404
    log_in(client, "rita")
    assert post(client, ASK, back=PAGE).status_code == 403
    with transaction(engine) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Association)) == 0
