"""What a patient took, each dose with its equivalent or the reason why there is none."""

from __future__ import annotations

import uuid
from datetime import date

from tests.api.house import House, save_index

PAIN = "/api/v1/patients/P-steady/pain"
DOSES = "/api/v1/patients/P-steady/doses"
WINDOW = {"from": "2026-05-04", "to": "2026-05-06"}


def dose(
    at: str,
    amount: float = 10,
    drug: str = "morphine",
    unit: str = "mg",
    route: str = "oral",
    rescue: bool = False,
):
    return {"drug": drug, "dose": amount, "unit": unit, "route": route, "at": at, "rescue": rescue}


def said(house: House, at: str, doses: list | None, entry: int) -> None:
    body = {"id": str(uuid.UUID(int=entry)), "at": at, "worst": 4, "doses": doses}
    assert house.client("anna").post(PAIN, json=body).status_code == 201


def asked(house: House, **query: str) -> dict:
    answer = house.client("anna").get(DOSES, params={**WINDOW, **query})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_each_dose_has_its_equivalent_or_a_reason_and_each_day_its_sum(house: House) -> None:
    evening, next_evening = "2026-05-04T20:00:00+02:00", "2026-05-05T20:00:00+02:00"
    said(house, evening, [
        dose("2026-05-04T08:00:00+02:00", 20, "ossicodone"),
        dose("2026-05-04T12:00:00+02:00", 25, "fentanyl", "mcg/h", "patch"),
        dose("2026-05-04T13:00:00+02:00", rescue=True),
    ], 1)  # fmt: skip
    said(house, next_evening, [dose("2026-05-05T08:00:00+02:00", 5, unit="ml")], 2)
    found = asked(house)
    assert [(d["drug"], d["day"], d["ome_mg"], d["ome_per"], d["ome_reason"]) for d in found["items"]] == [
        ("ossicodone", "2026-05-04", 30.0, "dose", None),
        ("fentanyl", "2026-05-04", 60.0, "day worn", None),
        ("morphine", "2026-05-04", 10.0, "dose", None),
        ("morphine", "2026-05-05", None, "dose", 'the unit "ml" of morphine says no mass'),
    ]
    assert (found["table"], found["method"], found["tz"]) == ("cdc-2022", "OME 2 cdc-2022", "Europe/Rome")
    assert "never for converting a patient from one opioid to another" in found["statement"]
    assert [(d["day"], d["ome_mg"], d["ome_rescue_mg"], d["ome_reason"]) for d in found["days"]] == [
        ("2026-05-04", 30 + 30 + 10, 10, None),
        ("2026-05-05", None, None, 'cannot be summed: the unit "ml" of morphine says no mass'),
        ("2026-05-06", None, None, "too little data: no diary entry of this day lists doses"),
    ]


def test_doses_come_in_pages_and_the_sums_with_each(house: House) -> None:
    said(house, "2026-05-04T20:00:00+02:00", [dose(f"2026-05-04T{hour:02}:00:00Z") for hour in range(5)], 1)
    pages, query = [], {"limit": "2"}
    while True:
        page = asked(house, **query)
        pages.append([item["at"][11:13] for item in page["items"]])
        assert page["days"][0]["ome_mg"] == 50
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert pages == [["00", "01"], ["02", "03"], ["04"]]


def test_a_patch_of_days_before_the_window_still_counts(house: House) -> None:
    said(
        house,
        "2026-05-03T20:00:00+02:00",
        [dose("2026-05-03T12:00:00+02:00", 25, "fentanyl", "mcg/h", "td")],
        1,
    )
    said(house, "2026-05-04T20:00:00+02:00", [], 2)
    found = asked(house)
    assert (found["items"], found["days"][0]["ome_mg"]) == ([], 60.0)


def test_the_days_of_the_api_have_the_sums_beside_the_wear_of_the_day(house: House) -> None:
    day = date(2026, 5, 4)
    save_index(house.engine, house.cast.steady, day, 900.0, "worn_min", unit="min")
    save_index(house.engine, house.cast.steady, day, 42.0, "OME_mg", unit="mg")
    items = house.client("anna").get("/api/v1/patients/P-steady/days", params=WINDOW).json()["items"]
    assert [(i["index"], i["value"], i["worn_min"]) for i in items] == [
        ("OME_mg", 42.0, 1400.0),
        ("worn_min", 900.0, 1400.0),
    ]
