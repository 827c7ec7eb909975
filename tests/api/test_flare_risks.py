"""The risk of a flare over the API: a probability with its model, or a reason."""

from __future__ import annotations

from datetime import date, timedelta

from store.database import transaction
from store.flare_risks import Foreseen, Maker, tell_risks
from tests.api.house import House
from tests.cast import NOON

RISK = "/api/v1/patients/P-steady/risk"
WINDOW = {"from": "2026-05-01", "to": "2026-05-31"}
DAY = timedelta(days=1)
FIRST = date(2026, 5, 1)


def told(house: House, patient: int, *chances: float | None) -> None:
    days = [
        Foreseen(FIRST + k * DAY, p, None if p is not None else "too little data: no diary")
        for k, p in enumerate(chances)
    ]
    with transaction(house.engine) as session:
        tell_risks(session, patient, days, (FIRST, FIRST), Maker("flare", 1, 64 * "a", "likelihood 1"), NOON)


def asked(house: House, **query: str) -> dict:
    answer = house.client("anna").get(RISK, params={**WINDOW, **query})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_each_day_has_its_probability_or_a_reason_and_the_model_that_said_so(house: House) -> None:
    told(house, house.cast.steady, 0.125, None)
    found = asked(house)
    said, silent = found["items"]
    assert (said["day"], said["p_flare_7d"], said["reason"]) == ("2026-05-01", 0.125, None)
    assert (silent["p_flare_7d"], silent["reason"]) == (None, "too little data: no diary")
    assert (said["model"], said["model_version"], said["model_sha256"]) == ("flare", 1, 64 * "a")
    assert said["rule"] == "likelihood 1"
    assert (found["patient"], found["tz"], found["next"]) == ("P-steady", "Europe/Rome", None)
    assert "simulated patients only" in found["statement"]


def test_days_come_in_pages(house: House) -> None:
    told(house, house.cast.steady, 0.1, 0.2, 0.3, None, 0.5)
    pages, query = [], {"limit": "2"}
    while True:
        page = asked(house, **query)
        pages.append([item["day"][-2:] for item in page["items"]])
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert pages == [["01", "02"], ["03", "04"], ["05"]]


def test_a_patient_of_whom_nothing_was_told_has_no_days(house: House) -> None:
    told(house, house.cast.rising, 0.1)
    assert asked(house)["items"] == []
