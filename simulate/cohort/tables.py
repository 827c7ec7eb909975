"""A simulated group as CSV tables: what a screen reads, and apart from it the truth."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from simulate.cohort.members import Member, events_of, windows_of
from simulate.cohort.record import NUMBERS

#: Digits after the point, where a column has any.
_DIGITS = {"activity": 2, "wear_fraction": 3, "sleep_efficiency": 1, "io": 2, "ra": 3}
_TRUTH = ("what", "kind", "route", "onset", "end", "plus_two", "count_from", "count_to")
README = """Simulated: nobody's data, and no measure of how anything works on people.

daily.csv       what `actalgia screen` reads; some rows come twice
truth.csv       the scenario of each patient, its events and its windows; `end`, `count_to` are the day after
truth_days.csv  latent pain, what a check-in would be answered, when entries arrived, and by whom
attributes.csv  who the patients are
streams/        if asked for: the same as messages of devices, one JSON document a line
"""

Row = Sequence[object]


def write_tables(
    folder: Path, group: Sequence[Member], last_day: date, each: Callable[[], None] = lambda: None
) -> None:
    """Write the four tables and a README; `each` is called after every patient. Raises OSError.

    `last_day` is the date of the last day of every cohort of the group.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "README.txt").write_text(README, encoding="utf-8")
    kinds = list(group[0].cohort.attributes)
    with (
        (folder / "daily.csv").open("w", newline="", encoding="utf-8") as daily_file,
        (folder / "truth.csv").open("w", newline="", encoding="utf-8") as truth_file,
        (folder / "truth_days.csv").open("w", newline="", encoding="utf-8") as days_file,
        (folder / "attributes.csv").open("w", newline="", encoding="utf-8") as people_file,
    ):
        daily, truth = csv.writer(daily_file), csv.writer(truth_file)
        days, people = csv.writer(days_file), csv.writer(people_file)
        daily.writerow(["patient", "day", *NUMBERS, "device", "treatment"])
        truth.writerow(["patient", "scenario", "family", *_TRUTH])
        days.writerow(
            ["patient", "day", "pain", "reply_average", "reply_worst", "arrived_after_days", "proxy"]
        )
        people.writerow(["patient", *kinds])
        for member in group:
            daily.writerows(_daily_rows(member, last_day))
            truth.writerows(_truth_rows(member, last_day))
            days.writerows(_day_rows(member, last_day))
            values = member.cohort.attributes
            people.writerow([member.code, *(values[kind][member.index] for kind in kinds)])
            each()


def watch_of(member: Member, day: int) -> str:
    """The name of the device that the patient wore that day."""
    return f"{member.code.lower()}-watch-{member.cohort.device[member.index, day] + 1}"


def dates_of(member: Member, last_day: date) -> list[date]:
    """The date of each day."""
    days = member.cohort.shape[1]
    return [last_day - timedelta(days=days - 1 - k) for k in range(days)]


def _daily_rows(member: Member, last_day: date) -> Iterator[Row]:
    """One row a day, empty where unknown; none in hospital and after a death; some twice, as uploaded."""
    cohort, i = member.cohort, member.index
    columns = {name: getattr(cohort, name)[i] for name in NUMBERS}
    for day, when in enumerate(dates_of(member, last_day)):
        if not cohort.present[i, day]:
            continue
        numbers = [_text(float(values[day]), _DIGITS.get(name, 0)) for name, values in columns.items()]
        row = [member.code, when, *numbers, watch_of(member, day), cohort.treatment[i, day]]
        yield row
        if cohort.uploaded_twice[i, day]:
            yield row


def _truth_rows(member: Member, last_day: date) -> Iterator[Row]:
    """Events, then windows; a row without either where there is none, so that each patient is told of."""
    head = [member.code, member.cohort.scenario, member.cohort.family]
    first = dates_of(member, last_day)[0]
    told = 0
    for event in events_of(member):
        days = [
            first + timedelta(days=int(event[name]))
            for name in ("onset", "end", "plus_two", "count_from", "count_to")
        ]
        told += 1
        yield [*head, "event", event["kind"], event["route"], *days]
    for window in windows_of(member):
        days = [first + timedelta(days=int(window[name])) for name in ("first", "last")]
        told += 1
        yield [*head, "window", window["kind"], "", *days, "", "", ""]
    if not told:
        yield [*head, "nothing", *[""] * (len(_TRUTH) - 1)]


def _day_rows(member: Member, last_day: date) -> Iterator[Row]:
    cohort, i = member.cohort, member.index
    for day, when in enumerate(dates_of(member, last_day)):
        yield [
            member.code,
            when,
            _text(float(cohort.truth[i, day]), 2),
            *(_text(float(v[i, day]), 0) for v in (cohort.reply_average, cohort.reply_worst)),
            _text(float(cohort.arrived_after_days[i, day]), 0),
            int(cohort.proxy[i, day]),
        ]


def _text(value: float, digits: int) -> str:
    return "" if np.isnan(value) else f"{value:.{digits}f}"
