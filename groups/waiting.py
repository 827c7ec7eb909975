"""How long it took a share of a group, when of some it is only known that it took longer."""

from __future__ import annotations

from collections.abc import Sequence


def median_time(times: Sequence[tuple[float, bool]]) -> float | None:
    """By when half have come to it: `times_by` with a share of a half."""
    return times_by(times, (0.5,))[0]


def times_by(times: Sequence[tuple[float, bool]], shares: Sequence[float]) -> list[float | None]:
    """By when each of these shares, in order of size, has come to it, by Kaplan and Meier [1]_: the first
    time at which at most the rest still wait.

    `times` are (time, seen): seen, or censored: it had not happened by then. None where more still wait at
    the end, or nobody does. Who is censored at a time of an event was still waiting then.

    References
    ----------
    .. [1] E. L. Kaplan, P. Meier, "Nonparametric estimation from incomplete observations,"
       J. Am. Stat. Assoc. 53:457-481, 1958.
    """
    in_order = sorted(times)
    found: list[float | None] = []
    left, place = 1.0, 0
    while place < len(in_order) and len(found) < len(shares):
        waiting, time, happened = len(in_order) - place, in_order[place][0], 0
        while place < len(in_order) and in_order[place][0] == time:
            happened += in_order[place][1]
            place += 1
        left *= 1 - happened / waiting
        while len(found) < len(shares) and left <= 1 - shares[len(found)] + 1e-12:
            found.append(time)
    return found + [None] * (len(shares) - len(found))
