"""What came of the run, as tables for people and as one document for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isnan
from typing import Any

from analytics.escalation.screening import RULE
from analytics.escalation.settings import SHIPPED
from benchmarks.escalation import foreseen
from benchmarks.escalation.draws import Figure
from benchmarks.escalation.figures import MEAN_OF
from benchmarks.escalation.groups import Group, groups
from benchmarks.escalation.rivals import Rival
from benchmarks.escalation.run import ANSWERED, SCREEN, Regimes
from benchmarks.escalation.seeds import HEADING, Regime
from benchmarks.escalation.targets import LINES, LINES_WITH_ANSWERS, Target, most, shown
from benchmarks.table import Table

_BESIDE = (
    *("calm pages a week", "all pages a week", *MEAN_OF, "mean", "chance (all pages)", "mean less chance"),
    *("chemo_flare", "noisy rater, calm a week", "non-wear week, calm", "chemo window, calm"),
    "PPV (all pages)",
)


class Report:
    """Of one run over whole regimes."""

    def __init__(self, found: Regimes, regimes: Sequence[Regime], rivals: Sequence[Rival], run: str) -> None:
        self.found, self.regimes, self.rivals, self.run = found, regimes, rivals, run
        self.document: dict[str, Any] = {
            "note": HEADING,
            "rule": RULE,
            "settings": SHIPPED.label,
            "run": run,
            "rows": [],
        }

    def tables(self) -> Iterator[Table]:
        """In the order of the issue; the document fills meanwhile."""
        yield self._targets()
        yield self.risk()
        for regime in self.regimes:
            yield self._beside(regime)
        if fixed := self._at_fixed_rates():
            yield fixed
        if answered := self._with_answers():
            yield answered
        yield self._causes()
        yield self._scenarios()
        yield self._groups()

    def _keep(self, part: str, what: str, regime: str, figure: Figure, target: Target | None = None) -> str:
        interval = figure.interval or (float("nan"), float("nan"))
        value, low, high = (None if isnan(x) else round(x, 5) for x in (figure.value, *interval))
        row: dict[str, Any] = {"part": part, "what": what, "regime": regime}
        row |= {"value": value, "low": low, "high": high}
        if target is not None:
            row |= {"target": target.words, "met": target.met(figure.value)}
        self.document["rows"].append(row)
        return ""

    def _targets(self) -> Table:
        table = Table(
            f"Escalation detection, settings {SHIPPED.label} ({HEADING})",
            ("What", "Target nominal", "Target stressed", *self.regimes),
        )
        for line in LINES:
            cells = []
            for regime in self.regimes:
                figure, target = line.of(self.found.figures(regime)), line.target(regime)
                self._keep("targets", line.what, regime, figure, target)
                cells.append(shown(figure, days=line.days, target=target))
            table.rows.append([line.what, *_asked(line.nominal, line.stressed), *cells])
        table.notes = [
            f"{self.run} Figure, 95 % interval (patients drawn again; Wilson for plain shares of patients), "
            "met or not by the figure itself. The second family is held to the stressed targets.",
            "Calm: on a day whose own report is not at the floor (average 7 or worst 9). The mean is of "
            "flare, drift, sleep_lead, mnar_flare and btp_rise.",
            *(
                f"mnar_flare, {regime}: {paged} of {n} paged in the window, "
                f"{heard} more only by an answered check-in."
                for regime in self.regimes
                for paged, heard, n in [self.found.figures(regime).heard("mnar_flare")]
            ),
        ]
        return table

    def risk(self) -> Table:
        """How well a flare is foretold; a sentence where that is not installed."""
        table = Table(
            f"Risk of a flare within seven days ({HEADING})",
            ("What", "Target nominal", "Target stressed", *self.regimes),
        )
        if not self.found.foreseen:
            table.notes = sorted(self.found.unforeseen)
            return table
        columns = [list(foreseen.lines(self.found.foreseen[regime])) for regime in self.regimes]
        for place, (what, _, targets) in enumerate(columns[0]):
            cells = []
            for regime, column in zip(self.regimes, columns, strict=True):
                target = None if targets is None else targets[regime != "nominal"]
                self._keep("risk", what, regime, column[place][1], target)
                cells.append(shown(column[place][1], target=target))
            table.rows.append([what, *_asked(*(targets or (None, None))), *cells])
        table.notes = [
            "All days of all scenarios with seven days to come. Events are far more common here than on a "
            "ward: calibration and net benefit are those of this mix."
        ]
        return table

    def _beside(self, regime: Regime) -> Table:
        table = Table(
            f"Beside simple rules, {regime} ({HEADING})",
            ("Detector", *_BESIDE),
        )
        for name in (SCREEN, *(rival.name for rival in self.rivals)):
            of = self.found.figures(regime, name)
            figures = [
                *(of.rate("stable", "calm"), of.rate("stable", "paged")),
                *(of.sensitivity(kind) for kind in MEAN_OF),
                *(of.mean_sensitivity(), of.mean_chance(strict=True), of.above_chance(strict=True)),
                *(of.sensitivity("chemo_flare"), of.rate("noisy_rater", "calm")),
                *(of.windows("nonwear", "nonwear"), of.windows("chemo", "chemo")),
                of.predictive_value("paged"),
            ]
            for what, figure in zip(_BESIDE, figures, strict=True):
                self._keep(f"detector {name}", what, regime, figure)
            table.rows.append([name, *map(_short, figures)])
        table.notes = [
            "Matched rules page as often as the screen does in stable patients of the tuning seeds, all "
            "pages counted; their thresholds are frozen there. They have no check-ins. Intervals: --json."
        ]
        return table

    def _at_fixed_rates(self) -> Table | None:
        names = [
            name for regime, name in self.found.tallies if regime == "nominal" and name.startswith("fixed")
        ]
        if not names:
            return None
        table = Table(
            f"At fixed rates of calm pages, nominal ({HEADING})",
            (
                "Page score chosen on tuning seeds for",
                "calm pages a week",
                *MEAN_OF,
                "mean",
                "mean less chance",
            ),
        )
        for name in names:
            of = self.found.figures("nominal", name)
            figures = [of.rate("stable", "calm"), *(of.sensitivity(kind) for kind in MEAN_OF)]
            figures += [of.mean_sensitivity(), of.above_chance()]
            for what, figure in zip(table.header[1:], figures, strict=True):
                self._keep(name, what, "nominal", figure)
            table.rows.append([name, *(shown(figure) for figure in figures)])
        return table

    def _with_answers(self) -> Table | None:
        if ("nominal", ANSWERED) not in self.found.tallies:
            return None
        table = Table(
            f"With the answers to check-ins entered, nominal ({HEADING})",
            ("What", "rows as they are", "answers entered"),
        )
        alone, entered = (self.found.figures("nominal", name) for name in (SCREEN, ANSWERED))
        for line in LINES_WITH_ANSWERS:
            figures = line.of(alone), line.of(entered)
            self._keep("answers entered", line.what, "nominal", figures[1])
            table.rows.append([line.what, *(shown(figure) for figure in figures)])
        table.notes = [
            "Daily rows alone know no answer to a check-in, so each is in vain there. Here an answer becomes "
            "the entry of its day, and the screen goes on from it."
        ]
        return table

    def _causes(self) -> Table:
        table = Table(
            f"Pages of stable patients by what they are about, a patient-week ({HEADING})",
            ("About", *self.regimes),
        )
        columns = {regime: self.found.figures(regime).by_cause("stable") for regime in self.regimes}
        for name in columns[self.regimes[0]]:
            for regime in self.regimes:
                self._keep("causes in stable", name, regime, columns[regime][name])
            table.rows.append([name, *(shown(columns[regime][name]) for regime in self.regimes)])
        return table

    def _scenarios(self) -> Table:
        asked = most(0.3, 0.3)[0]
        table = Table(
            f"Check-ins and pages by scenario, a patient-week ({HEADING})",
            (
                "Scenario",
                *(
                    f"{regime}: {what}"
                    for regime in self.regimes
                    for what in ("check-ins", "calm pages", "all pages")
                ),
            ),
        )
        for scenario in self.found.tallies[self.regimes[0], SCREEN]:
            cells = []
            for regime in self.regimes:
                of = self.found.figures(regime)
                for what in ("check_ins", "calm", "paged"):
                    target = asked if what == "check_ins" else None
                    self._keep(f"scenario {scenario}", what, regime, of.rate(scenario, what), target)
                    value = of.rate(scenario, what).value
                    late = target is not None and not target.met(value)
                    cells.append(f"**{value:.3f}**" if late else f"{value:.3f}")
            table.rows.append([scenario, *cells])
        table.notes = ["Bold: more than 0.3 check-ins a week."]
        return table

    def _groups(self) -> Table:
        table = Table(
            f"By what patients are and how much of them is known ({HEADING})",
            (
                *("Group", "patients", "days with an entry", "days worn"),
                *(
                    f"{regime}: {what}"
                    for regime in self.regimes
                    for what in ("sensitivity", "calm pages a week")
                ),
            ),
        )
        columns = {
            regime: {g.name: g for g in groups(self.found.tallies[regime, SCREEN])} for regime in self.regimes
        }
        for name, first in columns[self.regimes[0]].items():
            cells = [f"{first.patients}", f"{first.diary.value:.0%}", f"{first.wear.value:.0%}"]
            for regime in self.regimes:
                group = columns[regime].get(name)
                cells += ["none", "none"] if group is None else [shown(group.sensitivity), shown(group.calm)]
                if group is not None:
                    self._keep_group(regime, group)
            table.rows.append([name, *cells])
        table.notes = [
            "Sensitivity of the five events together; calm pages of stable patients and of others before "
            f"their event. Patients, entries and wear are of the {self.regimes[0]} regime."
        ]
        return table

    def _keep_group(self, regime: str, group: Group) -> None:
        for what in ("sensitivity", "calm", "diary", "wear"):
            self._keep(f"group {group.name}", what, regime, getattr(group, what))


def _short(figure: Figure) -> str:
    """Without its interval."""
    if isnan(figure.value):
        return "none"
    return f"{figure.value:.3f}" if figure.value < 0.1 else f"{figure.value:.2f}"


def _asked(nominal: Target | None, stressed: Target | None) -> tuple[str, str]:
    return "" if nominal is None else nominal.words, "" if stressed is None else stressed.words
