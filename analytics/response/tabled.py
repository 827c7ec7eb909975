"""Responses of people who have tables: daily rows and treatments in, one document out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from analytics.response.event_rows import EventRow
from analytics.response.rules import METHOD, OPIOID, RULES, Rules
from analytics.response.treated import WORST, Measure, responded
from analytics.response.windows import Event, daily
from groups.responses import Treated, groups_of, summary

Column = Mapping[str, tuple[Sequence[date], Sequence[float | None]]]  #: days and values of each patient


def responses_of_tables(
    events: Sequence[EventRow],
    pain: Column,
    ome: Column | None,
    measures: Mapping[str, Column],
    rules: Rules = RULES,
) -> dict[str, Any]:
    """The response to each event in the order given, and the groups by kind and technique.

    A patient's last day is that of the last row. Raises ValueError where a patient has a day twice.
    """
    own: dict[str, list[Event]] = {}
    for number, row in enumerate(events, 1):
        own.setdefault(row.patient, []).append(Event(number, row.day, row.kind, row.technique))
    columns: dict[str, tuple[str | None, Column]] = {WORST: ("0-10", pain)}
    if ome is not None:
        columns[OPIOID] = ("mg", ome)
    columns |= {name: (None, column) for name, column in measures.items()}
    found = []
    for number, row in enumerate(events, 1):
        event = Event(number, row.day, row.kind, row.technique)
        series = [_measure(name, unit, column, row) for name, (unit, column) in columns.items()]
        dose = next((one.series for one in series if one.name == OPIOID), daily([], [], row.day))
        last = max(pain.get(row.patient, ((), ()))[0], default=row.day)
        today = (last - row.day).days
        told = responded(event, own[row.patient], today, series[0].series, dose, series, rules)
        if row.patient not in pain:  # a name that is written otherwise, it may be: not "too early"
            told["reason"] = "too little data: no daily rows of this patient"
        found.append({"patient": row.patient, "event": number, **told})
    return {
        "responses": found,
        "groups": _groups(events, found),
        "n_patients": len(own),
        "n_events": len(events),
        "method": METHOD,
        "rules": rules.document(),
    }


def _measure(name: str, unit: str | None, column: Column, row: EventRow) -> Measure:
    days, values = column.get(row.patient, ((), ()))
    try:
        return Measure(name, unit, daily(days, values, row.day))
    except ValueError as error:
        raise ValueError(f"patient {row.patient} has {error}") from None


def _groups(events: Sequence[EventRow], found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    groups = []
    for kind in sorted({row.kind for row in events}):
        own = [
            Treated(row.patient, row.day, row.technique, document)
            for row, document in zip(events, found, strict=True)
            if row.kind == kind
        ]
        groups += [{"kind": kind, **summary(group)} for group in groups_of(own, by_technique=True)]
    return groups
