"""Until when something may hold: a few sensible instants on the patient's clock. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo

from api.pages import words
from days.cut import day_of, day_start
from ladder.timing import LONGEST_ALONE
from store.alerts.cases import Case

MORNING = time(8)  #: somebody is back then
SHORTEST = timedelta(minutes=15)  #: what is over sooner is not offered
DAYS = (3, 7, 14, 28)  #: two days short of the longest: there is time to send the form


def choices(now: datetime, zone: tzinfo) -> list[tuple[str, str]]:
    """(instant as RFC 3339, words): the end of the patient's day, the next mornings."""
    today = day_of(now, zone)
    end_of_day = day_start(today + timedelta(days=1), zone)
    offered = [(end_of_day, "the end of today")] if end_of_day - now >= SHORTEST else []
    for days in (1, *DAYS):
        morning = datetime.combine(today + timedelta(days=days), MORNING, zone).astimezone(UTC)
        name = "tomorrow morning, 08:00" if days == 1 else f"{words.short(morning, zone, now)} ({days} days)"
        offered.append((morning, name))
    return [(at.isoformat(), said) for at, said in offered]


def longest_of(case: Case, now: datetime) -> str | None:
    """The latest of these instants at which one person may have an urgent case; None: any of them."""
    return (now + LONGEST_ALONE).isoformat() if case.severity == "high" else None


def read(text: str) -> datetime | None:
    """What was chosen; None: the ward's own time. Raises `ValueError` for what is no instant with offset."""
    if not text:
        return None
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("no offset")
    return at.astimezone(UTC)
