"""Shares, times and rates as a person reads them; where they are too few, the counts and that. Pure."""

from __future__ import annotations

from groups.measures import AnswerTimes
from groups.paged import Rate, Share, Waited

TOO_FEW = "too few to say"


def share_in_words(one: Share) -> str:
    """`33 % (18 to 53)`, or `3 of 7, too few to say`; `none yet` of nobody."""
    if one.share is None or one.ci is None:
        return f"{one.n} of {one.of}, {TOO_FEW}" if one.of else "none yet"
    low, high = one.ci
    return f"{100 * one.share:.0f} % ({100 * low:.0f} to {100 * high:.0f})"


def rate_in_words(one: Rate | None) -> str:
    """`0.21 (0.15 to 0.29)` for each patient and week; "" where it has no meaning."""
    if one is None:
        return ""
    if one.rate is None or one.ci is None:
        return TOO_FEW
    low, high = one.ci
    return f"{one.rate:.2f} ({low:.2f} to {high:.2f})"


def times_in_words(one: Waited) -> str:
    """`25 min, 90 % within 4 h`, or why not."""
    if one.n + one.waiting + one.ended == 0:
        return "none yet"
    if one.median_min is None:
        few = one.reason is not None and one.reason.startswith(TOO_FEW)
        return f"{one.n} of {one.n + one.waiting + one.ended}, {TOO_FEW}" if few else "most still wait"
    if one.p90_min is None:
        return f"{span(one.median_min)}, more than 1 in 10 still wait"
    return f"{span(one.median_min)}, 90 % within {span(one.p90_min)}"


def within_in_words(one: AnswerTimes) -> str:
    """`within 60 min (high), 24 h (medium), 72 h (low)`."""
    return "within " + ", ".join(f"{span(minutes)} ({name})" for name, minutes in one.within_min.items())


def span(minutes: float) -> str:
    """`25 min`, `4 h`, `3 d`: two digits at most."""
    if minutes < 99.5:
        return f"{minutes:.0f} min"
    hours = minutes / 60
    if hours < 72.5:
        return f"{hours:.1f} h" if hours < 9.5 and round(hours, 1) % 1 else f"{hours:.0f} h"
    return f"{hours / 24:.0f} d"
