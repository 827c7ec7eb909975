"""Journeys for tests: anywhere, across the date line both ways, on nights when clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from days.itinerary import Itinerary

PLACES = (
    "Europe/Rome",
    "America/New_York",
    "Atlantic/Azores",  # midnight comes twice when summer time ends
    "America/St_Johns",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",  # summer time of half an hour
    "Asia/Tokyo",
    "Pacific/Kiritimati",  # 25 h ahead of the next
    "Pacific/Pago_Pago",
    "Pacific/Apia",
)
#: Before summer time begins, and ends, in Europe and in America.
NIGHTS = tuple(datetime(2026, *day, tzinfo=UTC) for day in ((3, 7), (3, 28), (10, 24), (10, 31)))
MINUTE = timedelta(minutes=1)


@st.composite
def itineraries(draw: st.DrawFn) -> Itinerary:
    """Up to five changes of zone within two days, mostly at whole minutes."""
    start = draw(st.sampled_from(NIGHTS))
    minutes = sorted(draw(st.sets(st.integers(0, 2 * 24 * 60), min_size=1, max_size=5)))
    odd = draw(st.sampled_from([timedelta(), timedelta(microseconds=1), timedelta(seconds=29.5)]))
    names = [draw(st.sampled_from(PLACES)) for _ in range(len(minutes) + 1)]
    return Itinerary([ZoneInfo(name) for name in names], [start + at * MINUTE + odd for at in minutes])


def instants_around(itinerary: Itinerary) -> st.SearchStrategy[datetime]:
    """Instants from two days before the first change to two days after the last, and the changes themselves."""
    first, last = itinerary.changes[0] - timedelta(days=2), itinerary.changes[-1] + timedelta(days=2)
    edges = [
        change + beside for change in itinerary.changes for beside in (timedelta(), -timedelta.resolution)
    ]
    anywhen = st.integers(0, (last - first) // timedelta(seconds=1)).map(
        lambda s: first + timedelta(seconds=s)
    )
    return st.one_of(anywhen, st.sampled_from(edges))
