"""How one patient's pain and activity go together from day to day, in words for the ward. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from api.pages import words
from store.associations import Association

INDEX, PAIN, DAYS = "mean_activity", "worst", 90
LEVEL = 0.05
NOT_ASKED = "Not worked out for this patient yet."


@dataclass(frozen=True, slots=True)
class DayByDay:
    """What the section says."""

    sentence: str
    figures: str | None = None  #: what the sentence rests on
    waits: bool = False  #: asked again would be asked twice
    picture: str | None = None  #: address of the lag plot


def day_by_day(answered: Association | None, waits: Association | None, zone: tzinfo) -> DayByDay:
    """The newest answer about the patient alone, or why there is none."""
    if waits is not None:
        asked = f"Asked {words.local(waits.asked_at, zone)}"
        return DayByDay(f"{asked}. The answer is here in a few seconds: open the page again.", waits=True)
    if answered is None:
        return DayByDay(NOT_ASKED)
    document = next((one for one in answered.documents or [] if one["index"] == INDEX), None)
    link: dict[str, Any] = {} if document is None else document["rmcorr"]
    if document is None or link.get("r") is None or link.get("p") is None:
        why = link.get("r_reason") or link.get("p_reason") or answered.reason or "not computed"
        return DayByDay(f"Nothing can be said yet of {_window(answered)} ({why}).")
    return DayByDay(
        f"On days with more activity the worst pain was {_direction(link)}.",
        f"{_numbers(link)}; {document['n_days']} days with both, {_window(answered)}",
        picture=f"/api/v1/cohorts/associations/{answered.id}/lags.svg?index={INDEX}",
    )


def _direction(link: dict[str, Any]) -> str:
    if link["p"] >= LEVEL:
        return "not clearly different"
    return "lower" if link["r"] < 0 else "higher"


def _numbers(link: dict[str, Any]) -> str:
    said = [f"r {_signed(link['r'])}"]
    if link.get("ci") is not None:
        said.append(f"95 % interval {_signed(link['ci'][0])} to {_signed(link['ci'][1])}")
    said.append(f"p {link['p']:.3f}")
    if link.get("n_eff") is not None:
        said.append(f"as sure as {link['n_eff']:.0f} independent days")
    return ", ".join(said)


def _window(one: Association) -> str:
    return f"{one.first:%-d %b} to {one.last:%-d %b %Y}"


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "\N{MINUS SIGN}")
