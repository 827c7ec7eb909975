"""How long it took half of a group, when of some it is only known that it took longer."""

from __future__ import annotations

from collections.abc import Sequence


def median_time(times: Sequence[tuple[float, bool]]) -> float | None:
    """The median of Kaplan and Meier [1]_: the first time at which at most half still wait.

    `times` are (time, seen): seen, or censored: it had not happened by then. None where more than half still
    wait at the end, or nobody does. Who is censored at a time of an event was still waiting then.

    References
    ----------
    .. [1] E. L. Kaplan, P. Meier, "Nonparametric estimation from incomplete observations,"
       J. Am. Stat. Assoc. 53:457-481, 1958.
    """
    waiting, left = len(times), 1.0
    for time in sorted({time for time, _ in times}):
        here = [seen for at, seen in times if at == time]
        left *= 1 - sum(here) / waiting
        if left <= 0.5 + 1e-12:
            return time
        waiting -= len(here)
    return None
