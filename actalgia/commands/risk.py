"""`actalgia risk`: how good the probability of a flare is on your own data, and whether it drifts."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from actalgia.commands.common import DataDirOption, JsonOption, say, say_json, table, write_figure
from actalgia.commands.given import days_given, read_given
from actalgia.commands.risk_history import drift_of_history

if TYPE_CHECKING:
    from analytics.daily_csv.one_a_day import PatientDays
    from analytics.daily_csv.outcomes import Outcomes
    from analytics.escalation.risk_model import RiskModel

app = typer.Typer(help="The probability of a flare within 7 days: validate it on your data, watch it drift.")
MOST_DRAWS = 10_000
NOTE = "The model was fitted to simulated patients. Nothing here is a reason to act on it alone."
NOTHING = "No day of these rows can be judged: give rows with at least three days of diary (docs/screen.md)."

FileArgument = Annotated[Path, typer.Argument(metavar="CSV", help="Daily rows (docs/screen.md), also .gz.")]
OutcomeOption = Annotated[
    str | None,
    typer.Option("--outcome", metavar="COLUMN", help="Column of the CSV: 1 on days of a flare, else 0."),
]
EventsOption = Annotated[
    Path | None,
    typer.Option(
        "--events", metavar="FILE", help="CSV instead: patient, onset, and last or end (the day after)."
    ),
]
ModelOption = Annotated[
    Path | None, typer.Option("--model", metavar="JSON", help="Another model than the shipped one.")
]


@app.command("validate")
def validate(
    file: FileArgument,
    outcome: OutcomeOption = None,
    events: EventsOption = None,
    attributes: Annotated[
        Path | None,
        typer.Option("--attributes", metavar="FILE", help="CSV: patient, and columns such as sex, age_band."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="SVG", help="Draw the calibration into this file.")
    ] = None,
    model: ModelOption = None,
    draws: Annotated[
        int, typer.Option("--draws", min=100, max=MOST_DRAWS, help="Bootstraps of the intervals.")
    ] = 300,
    as_json: JsonOption = False,
) -> None:
    """Discrimination, calibration and net benefit of the risks on your own data, with subgroups.

    Each day is scored by the rows up to it; it counts if it can be judged and its next seven days are known.
    Nothing leaves this machine.
    """
    from analytics.daily_csv.attributes import read_attributes
    from analytics.daily_csv.outcomes import read_events, read_outcome_column
    from analytics.daily_csv.risks import asked_of
    from analytics.escalation.risk_report import validation
    from analytics.figures.calibration_plot import calibration_plot

    if (outcome is None) == (events is None):
        raise typer.BadParameter("say what came of them: --outcome COLUMN or --events FILE, one of the two")
    scorer = _model(model)
    days = days_given(file)
    came: Outcomes
    if events is not None:
        came = read_given(events, read_events)
        _must_know(set(came.events), days, events)
    else:
        came = read_given(file, lambda path: read_outcome_column(path, str(outcome)))
    people = {} if attributes is None else read_given(attributes, read_attributes)
    found = validation(asked_of(days, came, people, scorer), draws=draws)
    document = {"model": _told(scorer), "note": NOTE, **found}
    if plot is not None:
        if found["reliability"] is None:
            raise typer.BadParameter(f"--plot cannot be drawn: {found['reliability_reason']}")
        facts = _facts(found["counts"])
        write_figure(
            calibration_plot(found["reliability"], f"{scorer.label}, {file.name}", facts, [NOTE]), plot
        )
    if as_json:
        say_json(document)
    else:
        _tell(document)


@app.command("drift")
def drift(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[CSV]", help="Daily rows (docs/screen.md), also .gz; none: what is stored."),
    ] = None,
    weeks: Annotated[
        int, typer.Option("--weeks", min=1, max=520, help="How many of the newest weeks are looked at.")
    ] = 4,
    outcome: OutcomeOption = None,
    events: EventsOption = None,
    model: ModelOption = None,
    site: Annotated[str | None, typer.Option("--site", help="Only the patients of this site.")] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DAY", help="The first stored day, like 2026-05-04.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DAY", help="The last stored day; usually yesterday.")
    ] = None,
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
) -> None:
    """Whether recent days are still like those that the model was fitted to.

    The population stability index of each feature and of the risks, the share of days without them, and with
    --outcome or --events whether as many events come as the risks say. Without a CSV: of the stored history,
    month by month, beside the cases that were acted on; this leaves an audit entry.
    """
    from dataclasses import asdict

    from analytics.daily_csv.outcomes import read_events, read_outcome_column
    from analytics.daily_csv.risks import RISK, asked_of, recent_of
    from analytics.escalation.risk_drift import drift as drift_of
    from analytics.escalation.risk_drift import in_the_large

    if outcome is not None and events is not None:
        raise typer.BadParameter("say what came of them by --outcome COLUMN or --events FILE, not by both")
    scorer = _model(model)
    if file is None:
        if outcome is not None or events is not None:
            raise typer.BadParameter("--outcome and --events are for a CSV: of what is stored, cases tell it")
        drift_of_history(scorer, site, since, until, weeks, data_dir, as_json=as_json)
        return
    if site is not None or since is not None or until is not None:
        raise typer.BadParameter("--site, --since and --until are for what is stored: leave out the CSV")
    days = days_given(file)
    recent = recent_of(days, weeks, scorer)
    told = drift_of(scorer, recent.figures)
    document: dict[str, Any] = {
        "model": _told(scorer),
        "from": _date(recent.first_day),
        "to": _date(recent.last_day),
        "patients": recent.patients,
        "figures": [{**asdict(one), "verdict": one.verdict} for one in told],
        "in_the_large": None,
        "in_the_large_reason": "no outcomes were given: --outcome or --events",
    }
    if outcome is not None or events is not None:
        came = (
            read_given(events, read_events)
            if events is not None
            else read_given(file, lambda path: read_outcome_column(path, str(outcome)))
        )
        if events is not None:
            _must_know(set(came.events), days, events)
        asked = asked_of(days, came, {}, scorer, since=recent.first_day)
        document["in_the_large"] = asdict(
            in_the_large(asked.p, asked.comes, len(set(asked.patient.tolist())))
        )
        del document["in_the_large_reason"]
    nothing = not len(recent.figures.get(RISK, ()))
    if nothing:
        document |= {"figures": [], "reason": NOTHING}
    if as_json:
        say_json(document)
    elif nothing:
        say(NOTHING)
    else:
        _tell_drift(document)


def _model(file: Path | None) -> RiskModel:
    from analytics.escalation.risk_model import BadRiskModel, read_risk_model, shipped_risk_model

    try:
        return shipped_risk_model() if file is None else read_risk_model(file)
    except BadRiskModel as error:
        raise typer.BadParameter(str(error)) from error


def _must_know(patients: set[str], days: PatientDays, events: Path) -> None:
    """A file of events of other people would make everybody well."""
    if patients and not patients & set(days.patients):
        raise typer.BadParameter(f"{events.name} has events of nobody in the daily rows: look at `patient`")


def _told(model: RiskModel) -> dict[str, Any]:
    return {"name": model.name, "version": model.version, "sha256": model.checksum}


def _date(ordinal: int) -> str | None:
    return date.fromordinal(ordinal).isoformat() if ordinal > 0 else None


def _facts(counts: dict[str, int]) -> str:
    return (
        f"{counts['patients']:,} patients ({counts['patients_with_event']:,} with an event), "
        f"{counts['days']:,} days, {counts['days_before_or_in_event']:,} of them with an event day within 7"
    )


def _tell(document: dict[str, Any]) -> None:
    model = document["model"]
    say(f"{model['name']} {model['version']}: {_facts(document['counts'])}")
    say(document["note"])
    for caution in document["cautions"]:
        say(f"caution: {caution}.")
    say("")
    figures = {**document["figures"], "onset alone, auroc": document["onset_auroc"]}
    reasons = {one["reason"] for one in document["figures"].values() if one.get("reason")}
    if len(reasons) == 1 and all(one["value"] is None for one in document["figures"].values()):
        say(f"No figures: {reasons.pop()}.")
        return
    table(["figure", "value", "95 %"], [[name, *_cells(one)] for name, one in figures.items()])
    if document["reliability"]:
        say("\nCalibration, days in groups of alike risk:")
        rows = [
            [f"{g['days']:,.0f}", f"{g['predicted']:.3f}", f"{g['observed']:.3f}"]
            for g in document["reliability"]
        ]
        table(["days", "risk", "came"], rows)
    if document["net_benefit"]:
        say("\nNet benefit, true alarms for each 1,000 days; to act on nobody is 0:")
        rows = [
            [
                f"{one['threshold']:.2f}",
                f"{1000 * one['model']:.1f}",
                f"{1000 * one['treat_all']:.1f}",
                f"{1000 * one['over_the_better']:.1f}",
                _interval(one["over_the_better_ci"], 1000, 1),
                f"{one['acted_on']:.3f}",
            ]
            for one in document["net_benefit"]
        ]
        table(["risk", "model", "act on all", "over the better", "95 %", "days acted on"], rows)
    for name, values in document["subgroups"].items():
        say(f"\nBy {name}:")
        table(
            ["", "patients", "with event", "came", "risk", "auroc", "slope"],
            [[value, *_group_cells(one)] for value, one in values.items()],
        )


def _group_cells(one: dict[str, Any]) -> list[str]:
    figures = one["figures"]
    if (auroc := figures["auroc"])["value"] is None:
        told = [auroc["reason"], ""]
    else:
        told = [" ".join(_cells(figures[name])) for name in ("auroc", "calibration_slope")]
    shares = ["" if one[name] is None else f"{one[name]:.3f}" for name in ("event_rate", "mean_risk")]
    return [str(one["counts"]["patients"]), str(one["counts"]["patients_with_event"]), *shares, *told]


def _cells(figure: dict[str, Any]) -> list[str]:
    if figure["value"] is None:
        return ["none", figure["reason"]]
    return [f"{figure['value']:.3f}", _interval(figure["ci"], 1, 3)]


def _interval(ci: list[float] | None, times: float, digits: int) -> str:
    if ci is None:
        return "(no interval: too few patients)"
    return f"({times * ci[0]:.{digits}f} to {times * ci[1]:.{digits}f})"


def _tell_drift(document: dict[str, Any]) -> None:
    model = document["model"]
    between = f"{document['from']} to {document['to']}"
    say(f"{model['name']} {model['version']}: {between}, {document['patients']:,} patients")
    rows = [
        [
            one["name"],
            one["verdict"],
            "none" if one["index"] is None else f"{one['index']:.3f}",
            f"{one['missing']:.2f}",
            f"{one['missing_before']:.2f}",
            one["reason"] or "",
        ]
        for one in document["figures"]
    ]
    table(["figure", "", "index", "missing", "in training", ""], rows)
    large = document["in_the_large"]
    if large is None:
        say(f"Calibration in the large: none, {document['in_the_large_reason']}.")
    elif large["intercept"] is None:
        say(f"Calibration in the large: none, {large['reason']}.")
    else:
        say(
            f"Calibration in the large: {large['intercept']:+.2f} on log odds; the risks say "
            f"{large['expected']:.3f}, {large['observed']:.3f} came, over {large['days']:,} days."
        )
