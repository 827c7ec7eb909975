"""What was true of patients, for whoever counts pages: `truth.csv` as a simulator writes it.

`patient`, `onset`, `count_from`, `count_to` (a page counts for the event from `count_from` up to and without
`count_to`), and perhaps `what` (only `event` counts) and `route` (of these only `pain`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from analytics.association.daily_rows import NotDailyRows
from analytics.daily_csv.columns import PATIENT, Days
from analytics.daily_csv.lines import day_in, is_pain_event, lines_of
from analytics.escalation.watched import Event

_DAYS = ("onset", "count_from", "count_to")


@dataclass(frozen=True, slots=True)
class Truth:
    """The events of each patient: onset, the first day on which a page counts, the day after the last."""

    events: Mapping[str, list[tuple[int, int, int]]]  #: day numbers, 1 is 0001-01-01
    simulated: bool  #: the table says from which model the patients are

    def of(self, patient: str, first_day: date) -> list[Event]:
        """The patient's events, in days from `first_day`."""
        first = first_day.toordinal()
        return [Event(*(day - first for day in days)) for days in self.events.get(patient, ())]


def read_truth(file: Path) -> Truth:
    """The events in a table. Raises `NotDailyRows`, `OSError`."""
    found: dict[str, list[tuple[int, int, int]]] = {}
    days, simulated = Days(), False
    for line, row in lines_of(file, (PATIENT, *_DAYS)):
        simulated = simulated or bool(row.get("family"))
        if not is_pain_event(row):
            continue
        onset, begins, ends = (day_in(row, name, days, file, line) for name in _DAYS)
        if not begins < ends:
            raise NotDailyRows(f"{file.name}: line {line} has a count_to that is not after its count_from.")
        found.setdefault(row[PATIENT], []).append((onset, begins, ends))
    return Truth(found, simulated)
