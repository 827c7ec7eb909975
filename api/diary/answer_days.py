"""Which local days a patient may answer for, and the instant that stands for each. Pure.

The server's clock counts, never the phone's; the zone is where the patient is (`store.zones`).
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo

from days.cut import day_of, day_start

BACK = 3  #: past local days that can be filled in or corrected
EVENING = time(20)  #: when a past day's answer is taken to have been given
_MOMENT = timedelta(seconds=1)
_DAY = timedelta(days=1)


def open_days(now: datetime, zone: tzinfo) -> list[date]:
    """Today and the `BACK` local days before it, newest first. A date that a journey skipped is no day."""
    day = day_of(now, zone)
    found = [day]
    while len(found) <= BACK:
        day -= _DAY
        if day_start(day, zone) < day_start(day + _DAY, zone):
            found.append(day)
    return found


def instant_of(day: date, now: datetime, zone: tzinfo) -> datetime:
    """When the answer for `day` counts as given: now for today, else 20:00 of that day on its own clock.

    Where a journey left that day without 20:00, the nearest instant of the day. Never after `now`.
    """
    first, end = day_start(day, zone), day_start(day + _DAY, zone)
    if first <= now < end:
        return now
    evening = datetime.combine(day, EVENING, zone).astimezone(now.tzinfo)
    return min(max(evening, first), end - _MOMENT, now)
