"""Where a patient stands on the worklist. Old data is never read as "well". Pure: `now` is an argument."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from store.worklist import CANNOT_JUDGE, CHECK_IN, FIRE, Row

# Watches send every minute: two hours without movement is a sign, half a day is no basis for calm.
MOVEMENT_OLD = timedelta(hours=2)
MOVEMENT_TOO_OLD = timedelta(hours=12)
# The diary asks daily: a day and a half leaves room for one late answer.
REPORT_OLD = timedelta(hours=36)


class Standing(StrEnum):
    """What the worklist says of a patient; there is no "well" among them."""

    CASE = "case"
    STALE = "for review"  #: a case of which nothing new was heard for long
    REVIEW = "review"  #: something to look at within days, no case
    ASKED_AGAIN = "asked again"  #: silent, and the patient's own page asks again
    CANNOT_JUDGE = "cannot judge"
    SIGN = "sign"  #: the rule fires and no case is open: it was closed, or is about to be opened
    NO_NEWS = "no news"  #: nothing fired, but what it rests on is old or missing
    QUIET = "quiet"  #: nothing fired on recent reports and recent movement


def standing(row: Row, now: datetime) -> Standing:
    """The one word for this patient now."""
    if row.case_id is not None:
        return Standing.CASE
    if row.verdict == FIRE:
        return Standing.SIGN
    if row.review_at is not None:
        return Standing.REVIEW
    if row.tier == CHECK_IN:
        return Standing.ASKED_AGAIN
    if row.verdict == CANNOT_JUDGE:
        return Standing.CANNOT_JUDGE
    return Standing.NO_NEWS if why_no_news(row, now) else Standing.QUIET


def why_no_news(row: Row, now: datetime) -> list[str]:
    """What is missing for a calm word; empty when nothing is."""
    missing = []
    if row.technical_id is not None:
        missing.append("a technical case is open")
    if row.verdict is None:
        missing.append("nothing was judged yet")
    if row.reported_at is None:
        missing.append("no pain report yet")
    elif is_old(row.reported_at, now, REPORT_OLD):
        missing.append("the last pain report is old")
    elif row.skipped is not None:
        missing.append("the last pain question was not answered")
    if row.moved_at is None:
        missing.append("no movement data yet")
    elif is_old(row.moved_at, now, MOVEMENT_TOO_OLD):
        missing.append("the last movement data is old")
    elif row.worn is False:
        missing.append("the watch is not worn")
    return missing


def is_old(at: datetime, now: datetime, limit: timedelta) -> bool:
    """Whether `at` lies more than `limit` back."""
    return now - at > limit
