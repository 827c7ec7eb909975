"""When it is trouble that a patient's days cannot be judged, and how it is said. Pure.

Why: docs/decisions/0042-clocks-and-days-not-judged.md.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from alerting import trouble
from alerting.trouble import Key, Reason
from store.alerts.technical import CANNOT_JUDGE
from store.alerts.unjudged import Unjudged

_KEY = Reason(CANNOT_JUDGE, "", "").key
_SAID_BEFORE = "cannot judge: "


def unjudged_reason(one: Unjudged, at: datetime, had: Collection[Key]) -> Reason | None:
    """The reason that nothing can be said of a patient, None where that is no trouble (yet).

    `had` are the reasons that the patient's case has. What is there already stays until a day is judged: that
    the patient is asked again, or that a silence is to be reviewed, says nothing of how the patient is.
    """
    begins = one.now and one.lasts and at - one.watched_since >= trouble.WARM_UP
    if not begins and _KEY not in had:
        return None
    return Reason(CANNOT_JUDGE, "", _in_words(one))


def _in_words(one: Unjudged) -> str:
    # The silence of the devices is a reason beside this one: it is not told in other words.
    if one.silent:
        return "Ask how the patient is: while no device sends anything, no day can be judged"
    return f"Ask how the patient is: the last days cannot be judged, {one.reason.removeprefix(_SAID_BEFORE)}"
