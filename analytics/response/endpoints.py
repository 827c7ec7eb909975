"""The international consensus endpoints of pain and analgesia after a treatment [1]_.

They compare the worst pain (0 to 10) and the daily oral morphine equivalent (OME) before and after:

- complete: pain 0 without more analgesia;
- partial: at least 2 points lower without more analgesia, or at least 25 % less analgesia without more pain;
- progression: at least 2 points higher with stable analgesia, or at least 25 % more analgesia with pain
  stable or one point higher;
- indeterminate: anything else.

Where the source leaves a choice, this is ours:

- More analgesia is 25 % more or above, less is 25 % less or below, stable is a change of less than 25 %.
  "Without more" is stable or less. Of a dose of 0 before, any dose after is more, and none is stable.
- "Without more pain" is not higher at all. Levels are medians and may lie between two scores: "stable or one
  point higher" is not lower, and less than 2 points higher, so that no level falls between two lines.
- Pain that was 0 before cannot become 0: it is no complete response. All lines are read by the letter:
  2 points higher with 25 % more analgesia stands in none of them and is indeterminate; the reason says so.

References
----------
.. [1] E. Chow et al., the update of 2012 of the international consensus on endpoints of palliative
   radiotherapy for bone metastases. The four lines are as stated above; they were not compared with the
   paper's own text, which speaks of pain at the treated site.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from analytics.response.rules import RULES, Rules


class Endpoint(StrEnum):
    """What a comparison came to."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    PROGRESSION = "progression"
    INDETERMINATE = "indeterminate"
    NOT_EVALUABLE = "not_evaluable"  #: too little is known; never read as indeterminate


class PainAlone(StrEnum):
    """What can be told of pain without knowing the analgesia; no endpoint."""

    GONE = "0 now"
    LOWER = "at least 2 points lower"
    HIGHER = "at least 2 points higher"
    NEITHER = "less than 2 points away"


RESPONSES = frozenset({Endpoint.COMPLETE, Endpoint.PARTIAL})


@dataclass(frozen=True, slots=True)
class Level:
    """The levels of one window; None is unknown."""

    pain: float | None  #: worst, 0 to 10
    ome: float | None = None  #: daily oral morphine equivalent [mg]


@dataclass(frozen=True, slots=True)
class Judged:
    """An endpoint and why; `pain_alone` is None where pain is unknown on a side."""

    endpoint: Endpoint
    reason: str
    pain_alone: PainAlone | None


def endpoint(before: Level, after: Level, rules: Rules = RULES) -> Judged:
    """The consensus endpoint of two levels.

    Unknown pain, or an unknown dose, on either side is `not_evaluable`: every line asks for both.
    """
    if before.pain is None or after.pain is None:
        side = "before" if before.pain is None else "after"
        return Judged(Endpoint.NOT_EVALUABLE, f"too little data: the pain {side} is not known", None)
    alone = _pain_alone(before.pain, after.pain, rules)
    if before.ome is None or after.ome is None:
        return Judged(Endpoint.NOT_EVALUABLE, _untold(before, after, alone), alone)
    rise = _rise(before.pain, after.pain)
    more, less = _analgesia(before.ome, after.ome, rules)
    dose = "more analgesia" if more else "less analgesia" if less else "stable analgesia"
    said = f"pain {_points(rise)}, {dose}"
    if before.pain > 0 and after.pain == 0 and not more:
        return Judged(Endpoint.COMPLETE, said, alone)
    if (rise <= -rules.points and not more) or (less and rise <= 0):
        return Judged(Endpoint.PARTIAL, said, alone)
    if (rise >= rules.points and not more and not less) or (more and 0 <= rise < rules.points):
        return Judged(Endpoint.PROGRESSION, said, alone)
    return Judged(Endpoint.INDETERMINATE, f"{said}{_no_line(rise, more, less, rules)}", alone)


def ome_change(before: Level, after: Level) -> float | None:
    """The change of the daily dose as a share of that before; None where unknown, or of a dose of 0."""
    if before.ome is None or after.ome is None or before.ome == 0:
        return None
    return (after.ome - before.ome) / before.ome


def _analgesia(before: float, after: float, rules: Rules) -> tuple[bool, bool]:
    """Whether the dose is more, and whether it is less."""
    if before == 0:
        return after > 0, False
    # A quarter of 0.1 mg steps is no exact binary number: 75 of 100 must be "25 % less".
    change, edge = (after - before) / before, rules.analgesia_share - 1e-9
    return change >= edge, change <= -edge


def _rise(before: float, after: float) -> float:
    """Points higher: 2.3 is 2 points above 0.3, also in binary numbers."""
    return round(after - before, 9)


def _pain_alone(before: float, after: float, rules: Rules) -> PainAlone:
    rise = _rise(before, after)
    if after == 0 and before > 0:
        return PainAlone.GONE
    if rise <= -rules.points:
        return PainAlone.LOWER
    return PainAlone.HIGHER if rise >= rules.points else PainAlone.NEITHER


def _untold(before: Level, after: Level, alone: PainAlone) -> str:
    sides = [side for side, level in (("before", before), ("after", after)) if level.ome is None]
    unknown = f"the daily opioid dose {' and '.join(sides)} is not known"
    told = {
        PainAlone.GONE: "pain is 0 now: complete, unless there is more analgesia",
        PainAlone.LOWER: "pain is at least 2 points lower: partial, unless there is more analgesia",
        PainAlone.HIGHER: "pain is at least 2 points higher: progression, if analgesia is stable",
        PainAlone.NEITHER: "pain changed by less than 2 points: the dose would decide",
    }
    return f"{unknown}; {told[alone]}"


def _no_line(rise: float, more: bool, less: bool, rules: Rules) -> str:
    if rise >= rules.points and (more or less):
        return "; the consensus has no line for both together"
    return ""


def _points(rise: float) -> str:
    if rise == 0:
        return "unchanged"
    size = abs(rise)
    return f"{size:g} point{'' if size == 1 else 's'} {'higher' if rise > 0 else 'lower'}"
