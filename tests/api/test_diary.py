"""How a diary was kept, over the API."""

from __future__ import annotations

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import ApiSettings
from days.cut import day_of
from severity.cut_points import shipped
from store.asked import ask_daily
from store.database import now, transaction
from store.people import zone_of
from tests.api.house import BASE, House

DIARY, PAIN = "/api/v1/patients/P-steady/diary", "/api/v1/patients/P-steady/pain"
DAY = timedelta(days=1)


@pytest.fixture
def today(house: House):
    """The patient was asked for eight days: four answers, a skip, two missed, and today is open."""
    today = day_of(now(), zone_of("Europe/Rome"))
    client = house.client("anna")
    with transaction(house.engine) as session:
        ask_daily(session, house.cast.steady, today - 7 * DAY, "anna", now())
    said = {9: {"worst": 3}, 7: {"worst": 0}, 6: {"worst": 5}, 5: {"worst": 9}, 4: {"worst": 7}}
    said[3] = {"skipped": "asleep"}
    for back, answer in said.items():
        at = f"{today - back * DAY}T12:00:00Z"
        entry = {"id": f"0190a5f0-0000-7000-8000-00000000000{back}", "at": at, "entered_at": at, **answer}
        assert client.post(PAIN, json=entry).status_code == 201
    return today


def test_each_day_says_what_became_of_it_and_what_its_worst_pain_is_called(house: House, today) -> None:
    said = house.client("anna").get(DIARY).json()
    days = [
        (item["day"], item["state"], item["asked"], item["worst"], item["severity"]) for item in said["items"]
    ]
    assert days == [
        (str(today - 9 * DAY), "late", False, 3, "mild"),
        (str(today - 8 * DAY), "not_asked", False, None, None),
        (str(today - 7 * DAY), "late", True, 0, "none"),
        (str(today - 6 * DAY), "late", True, 5, "moderate"),
        (str(today - 5 * DAY), "late", True, 9, "severe"),
        (str(today - 4 * DAY), "late", True, 7, "severe"),
        (str(today - 3 * DAY), "skipped", True, None, None),
        (str(today - 2 * DAY), "missed", True, None, None),
        (str(today - 1 * DAY), "missed", True, None, None),
        (str(today), "open", True, None, None),
    ]  # fmt: skip
    assert {state: n for state, n in said["counts"].items() if n} == {
        "late": 5, "not_asked": 1, "skipped": 1, "missed": 2, "open": 1,
    }  # fmt: skip
    assert (said["asked_days"], said["answered_share"]) == (7, pytest.approx(4 / 7))
    assert (said["cut_points"], said["tz"]) == ({"name": "esas", "version": 1}, "Europe/Rome")


def test_a_window_counts_itself_also_where_it_is_read_in_pages(house: House, today) -> None:
    window = {"from": str(today - 7 * DAY), "to": str(today - DAY), "limit": "3"}
    client, query, found = house.client("anna"), dict(window), []
    while True:
        page = client.get(DIARY, params=query).json()
        assert (page["asked_days"], page["counts"]["missed"], len(page["items"]) <= 3) == (7, 2, True)
        found += [item["day"] for item in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert found == [str(today - back * DAY) for back in range(7, 0, -1)]


def test_of_whom_nobody_asked_nothing_is_counted(house: House) -> None:
    said = house.client("anna").get(DIARY).json()
    assert (said["items"], said["asked_days"], said["answered_share"]) == ([], 0, None)


def test_the_cut_points_that_an_operator_chose_are_named_and_used(house: House, today, migrated_url) -> None:
    app = create_app(ApiSettings(migrated_url, BASE, cut_points=shipped()["chow-2016"]))
    headers = {"Authorization": f"Bearer {house.tokens['anna']}"}
    with TestClient(app, BASE, headers=headers) as client:
        answers = [client.get(path).json() for path in (DIARY, PAIN)]
    for said in answers:
        assert said["cut_points"] == {"name": "chow-2016", "version": 1}
        called = [item["severity"] for item in said["items"] if item["worst"] is not None]
        assert called == ["mild", "none", "moderate", "severe", "moderate"]


@pytest.mark.parametrize("query", [{"cursor": "x"}, {"from": "2026-05-05", "to": "2026-05-04"}, {"from": "1999-01-01"}, {"from": "2024-01-01", "to": "2026-05-04"}])  # fmt: skip
def test_a_window_that_cannot_be_is_refused(house: House, query: dict[str, str]) -> None:
    assert house.client("anna").get(DIARY, params=query).status_code == 422
