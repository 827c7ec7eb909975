"""Why a day was judged as it was: numbers that a clinician knows, and one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan

import numpy as np
from numpy.typing import NDArray

from analytics.escalation.filter import WITNESSES, Filtered
from analytics.escalation.rows import DailyRows
from analytics.escalation.settings import Settings
from analytics.escalation.states import ESCALATION, STATES
from analytics.escalation.streams import AFTER_PROCEDURE_DAYS, ANSWERS, PROCEDURES
from analytics.escalation.tiers import Cause

LAST_DAYS = 7
FORTNIGHT = 14


@dataclass(frozen=True)
class Evidence:
    """Of one patient-day; nothing after that day is looked at."""

    rows: DailyRows
    filtered: Filtered
    patient: int
    day: int

    def today(self, name: str) -> float | None:
        """The number of that day, None where unknown."""
        # Not `rows.of`: of a name that is absent that would make an array of all patients, each time.
        found = self.rows.numbers.get(name)
        return None if found is None else _told(found[self.patient, self.day])

    def usual(self, name: str) -> float | None:
        """What was usual by the day before; the day itself is not its own measure."""
        return _told(self.filtered.usual[name][self.patient, max(self.day - 1, 0)])

    @property
    def usual_average(self) -> float:
        """The usual average pain, as far as known by that day."""
        return round(float(self.filtered.level[self.patient, self.day]), 1)

    @property
    def silent_days(self) -> int:
        """Days up to this one without an answer."""
        answered = self._answered()
        last = np.flatnonzero(answered)
        return self.day + 1 if len(last) == 0 else self.day - int(last[-1])

    @property
    def kind(self) -> str:
        """The likeliest escalation."""
        p = self.filtered.states[self.patient, self.day]
        by_name: dict[str, float] = {}
        for state, share in zip(STATES, p, strict=True):
            if state.escalation:
                by_name[state.name] = by_name.get(state.name, 0.0) + float(share)
        return max(by_name, key=by_name.__getitem__)

    @property
    def procedure(self) -> tuple[str, int] | None:
        """The last planned procedure of the week before, and how many days ago it was; None without one."""
        for ago in range(min(AFTER_PROCEDURE_DAYS, self.day + 1)):
            for kind in sorted(self.rows.treatments.get((self.patient, self.day - ago), ())):
                if kind in PROCEDURES:
                    return kind, ago
        return None

    def as_numbers(self) -> dict[str, object]:
        """Ready for JSON; None where something is unknown."""
        answered = self._answered()
        lately = slice(max(0, self.day - LAST_DAYS + 1), self.day + 1)
        spoke = self.filtered.spoke[self.patient, lately].sum(axis=0)
        steps, usual_steps = self.today("steps"), self.usual("log_movement")
        share = self.usual("answers")
        p = float(self.filtered.states[self.patient, self.day][ESCALATION].sum())
        return {
            "likeliest": self.kind,
            "probability": round(p, 3),
            "average": self.today("average"),
            "worst": self.today("worst"),
            "usual_average": self.usual_average,
            "usual_worst_above_average": self.usual("peak"),
            "last_averages": self._lately("average", lately),
            "breakthrough": self.today("breakthrough"),
            "usual_breakthrough": self.usual("episodes"),
            "answered_of_14_days": int(answered[max(0, self.day - FORTNIGHT + 1) :].sum()),
            "days_without_answer": self.silent_days,
            "usually_answers_percent": None if share is None else round(100 * share),
            "steps": steps,
            "usual_steps": None
            if usual_steps is None or steps is None
            else round(float(np.exp(usual_steps))),
            "sleep_efficiency": self.today("sleep_efficiency"),
            "usual_sleep_efficiency": self.usual("sleep_efficiency"),
            # log10: how often likelier the days of a week have made an escalation, stream by stream
            "spoke_for_it_in_7_days": {
                name: round(float(weight), 2) + 0.0 for name, weight in zip(WITNESSES, spoke, strict=True)
            },
        }

    def _answered(self) -> NDArray[np.bool_]:
        told = np.zeros(self.day + 1, dtype=bool)
        for name in ANSWERS:
            if (found := self.rows.numbers.get(name)) is not None:
                told |= ~np.isnan(found[self.patient, : self.day + 1])
        return told

    def _lately(self, name: str, days: slice) -> list[float | None]:
        found = self.rows.numbers.get(name)
        if found is None:
            return [None] * (days.stop - days.start)
        return [_told(x) for x in found[self.patient, days]]


def reason_of(cause: Cause, seen: Evidence, by: Settings) -> str:
    """One sentence for a clinician."""
    now = _pain(seen)
    match cause:
        case Cause.FLOOR:
            return f"severe now: {now}; average {by.floor_average:g} or worst {by.floor_worst:g} always pages"
        case Cause.KNOWN_LEVEL:
            return f"{now}: severe, and known: paged or accepted before, no step up since"
        case Cause.LIKELY:
            return _likely(seen)
        case Cause.SILENCE:
            share = seen.usual("answers")
            usually = "" if share is None else f", usually answers {100 * share:.0f} % of days"
            return f"no answer for {_days(seen.silent_days)}{usually}"
        case Cause.LESS_MOVEMENT:
            return "moves clearly less than usual for days, without a sign of more pain: look at function"
        case Cause.BAD_NIGHTS:
            return "nights are clearly worse than usual; poor sleep may come before more pain"
        case Cause.NOT_WORN:
            return f"the device has not been worn for {by.judge_days} days"
        case Cause.NO_ANSWER:
            silent = _days(seen.silent_days)
            return f"cannot judge: no answer for {silent}, and movement alone does not tell pain"
        case Cause.NO_DATA:
            answers = int(seen._answered().sum())
            if answers < by.least_answers:
                counted = "1 answered day" if answers == 1 else f"{answers} answered days"
                return f"cannot judge: {counted} so far, the least is {by.least_answers}"
            return f"cannot judge: no diary and no movement for {_days(by.judge_days)}"
        case _:
            return f"as usual: {now}"


def _likely(seen: Evidence) -> str:
    usual = f"usual average {seen.usual_average:g}"
    match seen.kind:
        case "breakthrough rise":
            often = seen.usual("episodes") or 0.0
            return f"more breakthrough episodes than the usual {often:.1f} a day: {_pain(seen)}, {usual}"
        case "slow rise":
            return f"pain has been rising slowly for days: {_pain(seen)}, {usual}"
        case "silent flare":
            silent = _days(seen.silent_days)
            return f"no answer for {silent}, and what came before and beside it fits more pain; {usual}"
        case "flare with bad nights":
            return f"more pain and worse nights than usual: {_pain(seen)}, {usual}"
        case _:
            return f"more pain than usual{_beyond(seen)}: {_pain(seen)}, {usual}"


def _beyond(seen: Evidence) -> str:
    """What the pain is more than, where some is expected."""
    if seen.procedure is None:
        return ""
    kind, ago = seen.procedure
    name = kind.replace("_", " ")
    return (
        f", and than is expected on the day of {name}"
        if ago == 0
        else (f", and than is expected {_days(ago)} after {name}")
    )


def _pain(seen: Evidence) -> str:
    parts = [
        f"{name} pain {value:g}" for name in ("average", "worst") if (value := seen.today(name)) is not None
    ]
    count = seen.today("breakthrough")
    if count:
        parts.append(f"{count:g} breakthrough episode{'' if count == 1 else 's'}")
    return ", ".join(parts) if parts else "no answer today"


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _told(value: float) -> float | None:
    return None if isnan(value) else round(float(value), 2)
