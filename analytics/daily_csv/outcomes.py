"""What became of patients, for a validation: the days of flares.

A column of the daily rows says of each day whether it lay in a flare (1, 0; empty is not known), or a file of
events says `patient`, `onset` and either `last` (the last day) or `end` (the day after it, as `actalgia
simulate` writes it; empty: it went on until the patient's last row). `truth.csv` of a simulated group can be
given as it is. No message repeats a cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analytics.association.daily_rows import MISSING, NotDailyRows
from analytics.daily_csv.columns import DAY, PATIENT, Days
from analytics.daily_csv.lines import day_in, is_pain_event, lines_of
from analytics.escalation.rows import DailyRows

YES, NO = {"1", "1.0", "true", "yes"}, {"0", "0.0", "false", "no"}
Yes = NDArray[np.bool_]
_LATEST = 1 << 30


@dataclass(frozen=True)
class Outcomes:
    """Of each patient the days (1 is 0001-01-01) of flares, or those with their answer."""

    said: dict[str, dict[int, bool]] | None
    events: dict[str, list[tuple[int, int]]]  #: onset and the day after the last

    def of(self, rows: DailyRows) -> tuple[Yes, Yes, Yes]:
        """(n, d) each: the day lies in a flare, a flare begins, and whether that is known."""
        on, begins, known = (np.zeros(rows.shape, dtype=bool) for _ in range(3))
        for place, patient in enumerate(rows.patients):
            first, days = rows.first_day[place].toordinal(), int(rows.days[place])
            if self.said is None:
                known[place, :days] = True
                for onset, end in self.events.get(patient, []):
                    on[place, max(0, onset - first) : max(0, min(end - first, days))] = True
                    if 0 <= onset - first < days:
                        begins[place, onset - first] = True
                continue
            for day, yes in self.said.get(patient, {}).items():
                known[place, day - first], on[place, day - first] = True, yes
            begins[place, 1:] = on[place, 1:] & ~on[place, :-1]
        return on, begins, known


def read_outcome_column(file: Path, column: str) -> Outcomes:
    """From a column of the daily rows. Raises `NotDailyRows`, `OSError`.

    Of several rows of a day the last one that says something counts, as of all values.
    """
    said: dict[str, dict[int, bool]] = {}
    days = Days()
    wanted = column.strip().lower()
    for line, row in lines_of(file, (PATIENT, DAY, wanted)):
        word = row[wanted].lower()
        if word in MISSING:
            continue
        if word not in YES | NO:
            raise NotDailyRows(
                f"{file.name}: line {line} has neither 1 nor 0 in {column}; leave it empty if unknown."
            )
        said.setdefault(row[PATIENT], {})[days[row[DAY]]] = word in YES
    if not said:
        raise NotDailyRows(f"{file.name} says nothing in {column}: there is no outcome to compare with.")
    return Outcomes(said, {})


def read_events(file: Path) -> Outcomes:
    """From a file of events. Raises `NotDailyRows`, `OSError`."""
    found: dict[str, list[tuple[int, int]]] = {}
    days = Days()
    for line, row in lines_of(file, (PATIENT, "onset")):
        if not is_pain_event(row):
            continue
        onset, until = day_in(row, "onset", days, file, line), _LATEST
        if row.get("last"):
            until = day_in(row, "last", days, file, line) + 1
        elif row.get("end"):
            until = day_in(row, "end", days, file, line)
        if until <= onset:
            raise NotDailyRows(
                f"{file.name}: line {line} ends before it begins; `end` is the day after the last."
            )
        found.setdefault(row[PATIENT], []).append((onset, until))
    return Outcomes(None, found)
