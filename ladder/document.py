"""A plan as a document: what is stored, and what is shown with the addresses masked."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import timedelta
from typing import Any

from ladder.channel_address import masked
from ladder.entries import WEEKDAYS
from ladder.plan import Plan, Rung, Shift

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


def document_of(plan: Plan) -> dict[str, Any]:
    """The plan as `reading.plan_of` reads it, of texts, numbers, lists and tables only."""
    found: dict[str, Any] = {
        "zone": plan.tz.key,
        "persons": [{"id": one.id, "name": one.name, "channels": list(one.channels)} for one in plan.persons],
        "roles": [
            {
                "id": role.id,
                "name": role.name,
                "shifts": [
                    {"days": [WEEKDAYS[day - 1] for day in one.days], **_shift(one)} for one in role.shifts
                ],
            }
            for role in plan.roles
        ],
        "holidays": [
            {
                "date": one.day.isoformat(),
                "name": one.name,
                "like": WEEKDAYS[one.like - 1],
                "shifts": [{"role": role, **_shift(shift)} for role, shift in one.shifts],
            }
            for one in plan.holidays
        ],
        "swaps": [
            {
                "role": one.role,
                "from": one.start.isoformat(timespec="minutes"),
                "to": one.end.isoformat(timespec="minutes"),
                "persons": list(one.persons),
                **({} if one.instead_of is None else {"instead_of": one.instead_of}),
            }
            for one in plan.swaps
        ],
        "ladders": {
            severity: {
                "rungs": [_rung(rung) for rung in ladder.rungs],
                "repeats": ladder.repeats,
                "repeat_after_min": ladder.repeat_after // _MINUTE,
                "hold_h": ladder.hold // _HOUR,
            }
            for severity, ladder in plan.ladders.items()
        },
        "after_hours": dict(plan.after_hours),
    }
    if plan.useful_share is not None:
        found["useful_share"] = plan.useful_share
    if plan.quiet is not None:
        found["quiet_hours"] = {"from": _clock(plan.quiet.start), "to": _clock(plan.quiet.end)}
    return found


def masked_document(plan: Plan) -> dict[str, Any]:
    """The same without what is secret in the addresses."""
    found = document_of(plan)
    for person in found["persons"]:
        person["channels"] = [masked(address) for address in person["channels"]]
    return found


def with_kept_addresses(document: Any, before: Plan | None) -> Any:
    """The document with each masked address replaced by the one that it was made from, so that what was shown
    can be changed and saved again. What fits none of that person, or several and not the one
    at its place, stays masked."""
    if before is None or not isinstance(document, Mapping) or not isinstance(document.get("persons"), list):
        return document
    addresses = {one.id: one.channels for one in before.persons}
    found = deepcopy(dict(document))
    for person in found["persons"]:
        if isinstance(person, dict) and isinstance(person.get("channels"), list):
            known = addresses.get(str(person.get("id")), ())
            person["channels"] = [_kept(one, place, known) for place, one in enumerate(person["channels"])]
    return found


def _kept(address: Any, place: int, known: tuple[str, ...]) -> Any:
    if known[place : place + 1] and masked(known[place]) == address:
        return known[place]
    fits = [one for one in known if masked(one) == address]
    return fits[0] if len(fits) == 1 else address


def _shift(one: Shift) -> dict[str, Any]:
    return {"from": _clock(one.start), "to": _clock(one.end), "persons": list(one.persons)}


def _rung(rung: Rung) -> dict[str, Any]:
    return {
        "after_min": rung.after // _MINUTE, "roles": list(rung.roles), "persons": list(rung.persons),
    }  # fmt: skip


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
