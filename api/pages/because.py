"""What a decision rests on, and who was asked again, in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any

from api.pages import words
from store.alerts.cases import CaseEvent
from store.check_ins import CheckIn
from store.diary import Report

SPEAKS = 0.3  #: log10 of how much likelier: from twice as likely on a stream is named
#: Figures of the day, what is usual of them, and what they are called; the last is the unit.
_FIGURES = (
    ("Breakthrough episodes", "breakthrough", "usual_breakthrough", ""),
    ("Steps", "steps", "usual_steps", ""),
    ("Sleep efficiency", "sleep_efficiency", "usual_sleep_efficiency", " %"),
)


def because(evidence: Mapping[str, Any]) -> list[str]:
    """Sentences without a full stop, for a clinician; numbers that are unknown are left out."""
    found = []
    usual, days, of_days = (evidence.get(name) for name in ("usual_worst", "answered_days", "of_days"))
    if usual is not None:
        found.append(f"Worst pain of the {of_days} days before: median {usual:g}, of {days} answered days")
    elif days is not None:
        found.append(f"Worst pain of the {of_days} days before: {days} answered, too few for a median")
    averages = evidence.get("last_averages") or []
    if any(one is not None for one in averages):
        shown = ", ".join("–" if one is None else f"{one:g}" for one in averages)
        found.append(f"Average pain of the last {len(averages)} days: {shown}")
    for label, name, usually, unit in _FIGURES:
        value, own = evidence.get(name), evidence.get(usually)
        if value is not None and own is not None:
            found.append(f"{label} {words.figure(value)}{unit}, usually {words.figure(own)}{unit}")
    if (level := evidence.get("accepted_level")) is not None:
        found.append(f"Accepted as expected for this patient: up to {level:g}")
    if (share := evidence.get("probability")) is not None and share >= 0.1:
        found.append(
            f"Getting worse is {100 * share:.0f} % likely ({evidence.get('likeliest')}), "
            "by a model that was made with simulated patients"
        )
    streams = evidence.get("spoke_for_it_in_7_days") or {}
    spoke = [name for name, weight in streams.items() if weight is not None and weight >= SPEAKS]
    if spoke:
        found.append(f"What spoke for it in the last 7 days: {', '.join(spoke)}".replace("_", " "))
    return found


def of_case(events: Sequence[CaseEvent]) -> list[str]:
    """What the newest evidence of a case rests on."""
    for event in reversed(events):
        if found := because(event.evidence):
            return found
    return []


def asked_again(asked: Sequence[CheckIn], reports: Sequence[Report], zone: tzinfo) -> list[str]:
    """A sentence for each asking, the newest first, and whether an answer has come since."""
    found = []
    for one in asked:
        came = [
            report.received_at
            for report in reports
            if report.received_at >= one.asked_at
            and any(report.scores[name] is not None for name in ("worst", "average"))
        ]
        said = f"answered {words.local(min(came), zone)}" if came else "no answer yet"
        seen = "" if came or one.seen_at is not None else ", and the page was not opened since"
        found.append(f"Asked again on {words.local(one.asked_at, zone)}: {said}{seen}.")
    return found
