"""The days of patients that were read before, so that a night reads its new days and not half a year again.

In memory alone: after a restart everybody is read once. What was read is used only while the database says
that all that it was made from is as it was (`store/row_stamps.py`); else the half year is read again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from store.daily_rows import Person, every_day, people
from store.patient_rows import PatientRows
from store.row_stamps import Stamp, stamps_before


@dataclass(frozen=True, slots=True)
class _Read:
    """The days of one patient before `cut`, none of which was running when they were read."""

    whose: Mapping[int, Person]
    rows: PatientRows
    cut: date
    stamp: Stamp


class DaysRead:
    """Of the patients that were read last, at most `at_most`; safe for threads."""

    def __init__(self, at_most: int) -> None:
        self.read = 0  #: days so far, of all patients
        self._at_most = at_most
        self._kept: OrderedDict[int, _Read] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, session: Session, patient_id: int, first: date, today: date, at: datetime) -> PatientRows:
        """What `store.daily_rows.daily_rows` says of [first, today]; `at` lies in `today`.

        The running day and the one before it are read each time.
        """
        cut = today - timedelta(days=1)
        with self._lock:
            kept = self._kept.get(patient_id)
        if kept is not None and (kept.rows.first != first or kept.cut > cut):
            kept = None
        before, stamp = stamps_before(session, patient_id, first, kept.cut if kept else cut, cut)
        if kept is not None and kept.stamp == before:
            whose = kept.whose
            (new,) = every_day(session, whose, kept.cut, today, at)
            rows = kept.rows.followed_by(new)
        else:
            whose = people(session, [patient_id])
            (rows,) = (new,) = every_day(session, whose, first, today, at)
        with self._lock:
            self.read += new.days
            self._kept[patient_id] = _Read(whose, rows.until(cut), cut, stamp)
            self._kept.move_to_end(patient_id)
            while len(self._kept) > self._at_most:
                self._kept.popitem(last=False)
        return rows.from_first_known()
