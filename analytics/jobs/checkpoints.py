"""Where the screens of patients stand, so that a night costs its new days and not half a year again.

In memory alone: after a restart everybody is walked once from the first day. A checkpoint is used only while
the rows that it was made from, and the settings, are the same to the last bit: late data, a correction or
other settings change the digest, and the walk begins anew.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import astuple

from analytics.escalation.evidence import LAST_DAYS
from analytics.escalation.rows import DailyRows
from analytics.escalation.screening import Checkpoint, Screened, go_on
from analytics.escalation.settings import Settings
from analytics.escalation.thresholds import Thresholds
from analytics.jobs.days_read import DaysRead

AT_MOST = 2_000  #: patients, of 25 kB each with the shipped settings, and 45 kB of rows and answers
STILL_OPEN = 2  #: the running day and the day before it: these are walked each time
ANSWERS_REACH = 14  #: days that an answer may look back and be late, by the bounds of the thresholds


class Checkpoints:
    """Of the patients that were judged last, at most `at_most`; safe for threads."""

    def __init__(self, at_most: int = AT_MOST) -> None:
        self.walked = 0  #: days so far, of all patients
        self.days = DaysRead(at_most)  #: of the same patients
        self._at_most = at_most
        self._kept: OrderedDict[int, tuple[bytes, Checkpoint]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def screen(
        self, patient_id: int, rows: DailyRows, settings: Settings, thresholds: Thresholds
    ) -> Screened:
        """What the screen says of the rows of this one patient, to the last bit what `screen` says.

        Days that no decision looks back at may have been forgotten: they are NaN, and -1 in place of a tier.
        """
        keep = kept_days(settings, thresholds)
        end = rows.shape[1]
        until = max(0, end - STILL_OPEN)
        since = self._of(patient_id, rows, settings, keep, until)
        screened, checkpoint = go_on(rows, settings, since, until, keep)
        digest = digest_of(rows, settings, keep, until)
        with self._lock:
            self.walked += end - (0 if since is None else since.days)
            self._kept[patient_id] = digest, checkpoint
            self._kept.move_to_end(patient_id)
            while len(self._kept) > self._at_most:
                self._kept.popitem(last=False)
        return screened

    def _of(
        self, patient_id: int, rows: DailyRows, settings: Settings, keep: int, until: int
    ) -> Checkpoint | None:
        """Where this very history stood, None where that is not known."""
        with self._lock:
            digest, checkpoint = self._kept.get(patient_id, (b"", None))
        if checkpoint is None or checkpoint.days > until:
            return None
        return checkpoint if digest == digest_of(rows, settings, keep, checkpoint.days) else None


def kept_days(settings: Settings, thresholds: Thresholds) -> int:
    """As far back as `judgement` looks, and more: at pages of a cool-down, each with the week before it as
    evidence, and at the day of an answer."""
    return settings.cool_down_days + LAST_DAYS + thresholds.stale_after_days + ANSWERS_REACH + STILL_OPEN


def digest_of(rows: DailyRows, settings: Settings, keep: int, days: int) -> bytes:
    """sha256 of all that the first `days` days are judged by."""
    given = sorted((place, sorted(kinds)) for place, kinds in rows.treatments.items() if place[1] < days)
    digest = hashlib.sha256(
        repr((rows.patients, rows.first_day, days, given, astuple(settings), keep)).encode()
    )
    for name in sorted(rows.numbers):
        digest.update(f"{name} ".encode())
        digest.update(rows.numbers[name][:, :days].tobytes())
    digest.update(rows.device[:, :days].tobytes())
    return digest.digest()
