"""How the pages say times, ages and states. Pure; the words are for a nurse in a hurry."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from days.itinerary import Itinerary
from store.calibrations import ShownCalibration
from store.clocks import offset_in_words
from store.diary_days import Kept

SEVERITY = {"high": "High", "medium": "Medium", "low": "Low", "info": "Info"}
SHAPE = {"high": "▲", "medium": "◆", "low": "●", "info": "○"}  # colour is never alone
STATE = {
    "opened": "open, nobody told yet",
    "notified": "sent, waits for an answer",
    "acknowledged": "acknowledged",
    "in_progress": "in progress",
    "resolved": "closed",
}
TECHNICAL_STATE = STATE | {"opened": "open"}  # nobody is told of it, ever
STATE_ON_CHART = {
    "opened": "open",
    "notified": "sent",
    "acknowledged": "acknowledged",
    "in_progress": "in progress",
    "resolved": "closed",
}
OUTCOME = {
    "acted": "Acted: treatment or plan changed",
    "no_action": "Seen, no action needed",
    "expected_level": "Expected level for this patient",
    "false": "False: the data did not show pain",
    "technical": "Technical: device or data",
    "other": "Other",
}


DIARY = {
    "answered": "answered",
    "late": "arrived late",
    "backfilled": "back-filled",
    "corrected": "corrected",
    "skipped": "skipped",
    "missed": "missed",
    "not_asked": "not asked",
    "open": "not yet",
}


def diary_kept(days: int, how: Kept) -> str:
    """How the diary was kept on the last `days` local days, in one sentence."""
    unasked = days - how.asked - how.states["open"]
    if not how.asked:
        return "Asked from today on." if how.states["open"] else f"Not asked on any of these {days} days."
    missed = how.states["missed"]
    skipped = how.asked - how.answered - missed
    came = [f"answered {how.answered}"]
    came += [f"{what} {count}" for what, count in (("skipped", skipped), ("missed", missed)) if count]
    beyond = f" Not asked on {unasked}." if unasked else ""
    return f"Asked on {how.asked} of {days} days: {', '.join(came)}.{beyond}"


def age(span: timedelta) -> str:
    """A span in its largest sensible unit: `40 s`, `3 min`, `9 h`, `2 d`; a negative one is `0 s`."""
    seconds = max(0, int(span.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    if seconds < 48 * 3600:
        return f"{seconds // 3600} h"
    return f"{seconds // 86400} d"


def device_clock(device: str, offset: timedelta | None) -> str:
    """What is known of a device's clock; an offset above 0: it is behind."""
    if offset is None:
        return f"The clock of {device} was never checked (no status came); times are as it gave them."
    if not offset:
        return f"The clock of {device} is right within 5 s."
    return f"The clock of {device} is {offset_in_words(offset)}; its times are corrected."


def device_calibration(one: ShownCalibration) -> str:
    """How far a device that streams raw acceleration is calibrated."""
    if one.version is None:
        return f"{one.device} is not calibrated: {one.reason}."
    errors = f"error {one.error_before_mg:.1f} mg before, {one.error_after_mg:.1f} mg after"
    more = f"; {one.reason}" if one.reason else ""
    return f"{one.device} is calibrated (version {one.version}, {errors}){more}."


def local(at: datetime, zone: tzinfo) -> str:
    """An instant on the patient's clock, with its zone: `Mon 4 May, 14:05 CEST`."""
    there = at.astimezone(zone)
    return f"{there:%a} {there.day} {there:%b}, {there:%H:%M} {there:%Z}"


def dated(at: datetime, zone: tzinfo) -> str:
    """The same with its year, for what may lie far back: `4 May 2026, 14:05 CEST`."""
    there = at.astimezone(zone)
    return f"{there.day} {there:%b %Y}, {there:%H:%M} {there:%Z}"


def short(at: datetime, zone: tzinfo, now: datetime) -> str:
    """An instant on the patient's clock: `14:05` today, else `Mon 4 May, 14:05`."""
    there = at.astimezone(zone)
    clock = f"{there:%H:%M}"
    return (
        clock
        if there.date() == now.astimezone(zone).date()
        else f"{there:%a} {there.day} {there:%b}, {clock}"
    )


def journeys(zone: tzinfo, start: datetime, end: datetime) -> list[str]:
    """What an itinerary says of (start, end]: `Until Sun 10 May, 14:00 CEST the zone was Europe/Rome.`"""
    if not isinstance(zone, Itinerary):
        return []
    return [
        f"Until {local(change, before)} the zone was {before.key}."
        for before, change in zip(zone.zones[:-1], zone.changes, strict=True)
        if start < change <= end
    ]


def figure(value: float) -> str:
    """A number with three digits that matter, never in powers of ten."""
    if abs(value) >= 100:
        return f"{value:,.0f}".replace(",", "\u202f")
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def minutes(value: float) -> str:
    """Minutes as hours and minutes: `22 h 05`."""
    whole = round(value)
    return f"{whole // 60} h {whole % 60:02d}"


def round_figure(value: float) -> str:
    """The end of an axis, as short as it is exact."""
    return f"{value:g}"


def sentence(text: str) -> str:
    """The text with a capital at its beginning."""
    return text[:1].upper() + text[1:]
