"""Plans for the tests: a small ward, and the document that it is read from."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

DOCUMENT: dict[str, Any] = {
    "zone": "Europe/Rome",
    "persons": [
        {"id": "anna", "name": "Anna Conti", "channels": ["env:ANNA", "log"]},
        {"id": "bruno", "name": "Bruno Serra", "channels": ["https://hooks.example.org/secret/bruno"]},
        {"id": "carla", "name": "Carla Neri", "channels": ["smtps://u:p@mail.example.org/?from=a@b&to=carla@b"]},
    ],
    "roles": [
        {
            "id": "nurse",
            "name": "Nurse",
            "shifts": [
                {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "07:00", "to": "19:00", "persons": ["anna"]},
                {"days": ["mon", "tue", "wed", "thu"], "from": "19:00", "to": "07:00", "persons": ["bruno"]},
            ],
        },
        {
            "id": "doctor",
            "name": "Doctor on call",
            "shifts": [
                {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "00:00", "to": "24:00", "persons": ["carla"]},
            ],
        },
    ],
    "ladders": {
        "high": {
            "rungs": [
                {"after_min": 0, "roles": ["nurse"]},
                {"after_min": 60, "roles": ["nurse", "doctor"]},
                {"after_min": 120, "persons": ["carla"]},
            ],
        },
        "medium": {"rungs": [{"after_min": 0, "roles": ["nurse"]}, {"after_min": 1440, "persons": ["carla"]}]},
        "low": {"rungs": [{"after_min": 0, "persons": ["anna"]}]},
    },
    "after_hours": {"en": "After 7 pm call the hospital.", "it": "Dopo le 19 chiami l’ospedale."},
}  # fmt: skip


def document(**changes: Any) -> dict[str, Any]:
    """The ward's document with other top entries."""
    return deepcopy(DOCUMENT) | changes


def always_on_duty() -> dict[str, Any]:
    """The ward with a nurse at every hour."""
    made = document()
    made["roles"][0]["shifts"] = deepcopy(made["roles"][1]["shifts"])
    return made


def nobody_on(*weekdays: int) -> dict[str, Any]:
    """The ward without a nurse on these weekdays (1 Monday to 7 Sunday), and with one at every other hour."""
    made = always_on_duty()
    days = [
        day
        for number, day in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), 1)
        if number not in weekdays
    ]
    made["roles"][0]["shifts"][0]["days"] = days
    return made
