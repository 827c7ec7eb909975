"""The rows of the issue's table: what is asked, and whether it was reached."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isnan

from benchmarks.escalation.draws import Figure
from benchmarks.escalation.figures import ABRUPT, NEVER, Figures
from benchmarks.escalation.seeds import Regime


@dataclass(frozen=True)
class Target:
    """From `least` up to `most`."""

    least: float = float("-inf")
    most: float = float("inf")

    def met(self, value: float) -> bool:
        """NaN meets nothing."""
        return self.least <= value <= self.most

    @property
    def words(self) -> str:
        """As it is printed."""
        if self.least > float("-inf") and self.most < float("inf"):
            return f"{self.least:g} to {self.most:g}"
        return f">= {self.least:g}" if self.least > float("-inf") else f"<= {self.most:g}"


@dataclass(frozen=True)
class Line:
    """One row; without targets it is told and not judged. The second family is held to `stressed`."""

    what: str
    of: Callable[[Figures], Figure]
    nominal: Target | None = None
    stressed: Target | None = None
    days: bool = False

    def target(self, regime: Regime) -> Target | None:
        """What is asked in that regime."""
        return self.nominal if regime == "nominal" else self.stressed


def least(nominal: float, stressed: float) -> tuple[Target, Target]:
    """At least so much."""
    return Target(least=nominal), Target(least=stressed)


def most(nominal: float, stressed: float) -> tuple[Target, Target]:
    """At most so much."""
    return Target(most=nominal), Target(most=stressed)


LINES: tuple[Line, ...] = (
    Line("calm pages a patient-week, stable", lambda f: f.rate("stable", "calm"), *most(0.03, 0.03)),
    Line("all pages a patient-week, stable", lambda f: f.rate("stable", "paged"), *most(0.08, 0.08)),
    Line("mean sensitivity of the five events", lambda f: f.mean_sensitivity(), *least(0.90, 0.85)),
    Line("the same less chance capture (of calm pages)", lambda f: f.above_chance(), *least(0.84, 0.80)),
    Line("chance capture (of calm pages)", lambda f: f.mean_chance()),
    Line(
        "mean sensitivity less chance capture of all pages and check-ins",
        lambda f: f.above_chance(strict=True),
    ),
    Line("mean sensitivity by pages alone", lambda f: f.mean_sensitivity(pages_alone=True)),
    Line("flare", lambda f: f.sensitivity("flare"), *least(0.92, 0.88)),
    Line("sleep_lead", lambda f: f.sensitivity("sleep_lead"), *least(0.92, 0.88)),
    Line("drift", lambda f: f.sensitivity("drift"), *least(0.90, 0.85)),
    Line("btp_rise", lambda f: f.sensitivity("btp_rise"), *least(0.80, 0.75)),
    Line("mnar_flare, page or answered check-in", lambda f: f.sensitivity("mnar_flare"), *least(0.85, 0.75)),
    Line("mnar_flare by pages alone", lambda f: f.sensitivity("mnar_flare", pages_alone=True)),
    Line("chemo_flare", lambda f: f.sensitivity("chemo_flare"), *least(0.88, 0.80)),
    Line("procedure_flare (1 to 4 days after a procedure)", lambda f: f.sensitivity("procedure_flare")),
    Line(
        "early_flare (within two weeks of enrolment)",
        lambda f: f.sensitivity("early_flare"),
        *least(0.80, 0.70),
    ),
    Line(
        "second_flare (20 days after the first)", lambda f: f.sensitivity("second_flare"), *least(0.80, 0.70)
    ),
    Line("median delay, abrupt", lambda f: f.delay(ABRUPT), *most(1, 2), days=True),
    Line("median delay, abrupt, missed = never", lambda f: f.delay(ABRUPT, missed=True), days=True),
    Line("sleep_lead found by the day of onset, of those found", lambda f: f.by_onset("sleep_lead")),
    Line("median delay, drift, from its start", lambda f: f.delay(("drift",)), *most(15, 16), days=True),
    Line("median delay, drift, missed = never", lambda f: f.delay(("drift",), missed=True), days=True),
    Line("non-wear week with a calm page", lambda f: f.windows("nonwear", "nonwear"), *most(0.03, 0.04)),
    Line("chemo window with a calm page", lambda f: f.windows("chemo", "chemo"), *most(0.05, 0.06)),
    Line(
        "procedure window with a calm page", lambda f: f.windows("procedure", "procedure"), *most(0.05, 0.07)
    ),
    Line("travel with a calm page", lambda f: f.windows("tz_shift", "travel"), *most(0.05, 0.07)),
    Line("device week with a calm page", lambda f: f.windows("device_swap", "device"), *most(0.05, 0.07)),
    Line("noisy rater, calm pages a week", lambda f: f.rate("noisy_rater", "calm"), *most(0.06, 0.08)),
    Line("noisy rater, check-ins a week", lambda f: f.rate("noisy_rater", "check_ins"), *most(0.3, 0.3)),
    Line("stable, check-ins a week", lambda f: f.rate("stable", "check_ins"), *most(0.3, 0.3)),
    Line("PPV at 0.06 events a week, against calm pages", lambda f: f.predictive_value("calm")),
    Line("PPV at 0.06 events a week, against all pages", lambda f: f.predictive_value("paged")),
    Line("func_decline on the worklist within 14 days", lambda f: f.told_of_function()),
    Line("func_decline with a calm page afterwards", lambda f: f.windows("func_decline", "function")),
    Line("opioid_relief fortnight with a calm page", lambda f: f.windows("opioid_relief", "relief")),
    Line("severe_stable, pages of a patient in 120 days", lambda f: f.each("severe_stable", "paged")),
    Line("severe_stable, calm pages of a patient", lambda f: f.each("severe_stable", "calm")),
    Line("severe_stable, reviews of a patient", lambda f: f.each("severe_stable", "reviews")),
)
LINES_WITH_ANSWERS = tuple(
    line
    for line in LINES
    if line.what.startswith(("calm pages", "all pages", "mnar_flare", "noisy rater", "stable, check-ins"))
)
AUROC = (Target(least=0.78), Target(least=0.76))
SLOPE = (Target(0.9, 1.1), Target(0.8, 1.2))


def shown(figure: Figure, *, days: bool = False, target: Target | None = None) -> str:
    """The figure with its interval, and whether it meets the target."""
    if isnan(figure.value):
        return "none"
    digits = 0 if days else 2 if abs(figure.value) >= 10 else 3
    text = _number(figure.value, digits)
    if figure.interval is not None:
        text += " ({} to {})".format(*(_number(end, digits) for end in figure.interval))
    if target is not None:
        text += ", met" if target.met(figure.value) else ", **not met**"
    return text


def _number(value: float, digits: int) -> str:
    return "never" if value == NEVER else f"{value:.{digits}f}"
