"""`actalgia risk drift` without a table: whether the risk still fits the history that is stored."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from actalgia.commands.common import local_date, say, say_json, table, write_down

if TYPE_CHECKING:
    from analytics.escalation.risk_model import RiskModel

NOTES = (
    "Each day has what was received before it ended, and its risk is told anew by this model: what the night "
    "stored may differ.",
    "A flare is a case that was opened and acted on; open cases, and those closed as other or technical, are "
    "not counted either way. What nobody noticed is in no case: what came is then too low.",
    "Risks are of a flare in progress, too; days on which a case is open are left out of what came.",
)


def drift_of_history(
    model: RiskModel,
    site: str | None,
    since: str | None,
    until: str | None,
    weeks: int,
    data_dir: Path | None,
    *,
    as_json: bool,
) -> None:
    """Print it for a person, or as one document."""
    from actalgia.commands.backtest import progress
    from actalgia.system import find_system
    from analytics.escalation.risk_history import document
    from analytics.jobs.past_risks import past_risks
    from store.database import now, transaction
    from store.outcomes import people_with_history

    last = None if until is None else local_date(until, "--until")
    first = None if since is None else local_date(since, "--since")
    engine, at = find_system(data_dir).engine(), now()
    last = at.date() - timedelta(days=1) if last is None else last
    first = last - timedelta(days=7 * weeks - 1) if first is None else first
    if first > last:
        raise typer.BadParameter("--since is after --until")
    with transaction(engine) as session:
        ids, simulated = people_with_history(session, site)
        write_down(session, "risk.drift", f"{model.label} {first} to {last}, {site or 'all sites'}")
    with progress("patients", len(ids)) as done:
        found = document(model, past_risks(engine, ids, first, last, at, model, done))
    told = {
        "model": {"name": model.name, "version": model.version, "sha256": model.checksum},
        "site": site,
        "since": first.isoformat(),
        "until": last.isoformat(),
        "simulated": simulated,
        **found,
        "notes": list(NOTES),
    }
    if not found["days"]:
        told |= {"figures": [], "in_the_large": None, "reason": _nothing(site, first, last)}
    if as_json:
        say_json(told)
    elif not found["days"]:
        say(told["reason"])
    else:
        _tell(told)


def _nothing(site: str | None, first: date, last: date) -> str:
    where = f" at {site}" if site else ""
    return (
        f"No day from {first} to {last}{where} can be judged: give an earlier --since, or come back after a "
        "few days of diary."
    )


def _tell(told: dict[str, Any]) -> None:
    model, people = told["model"], "simulated patients" if told["simulated"] else "patients"
    say(
        f"{model['name']} {model['version']}: {told['since']} to {told['until']}, "
        f"{told['patients']:,} {people}, {told['days']:,} days"
    )
    heads = ["month", "days", "patients", "risk", "index", "", "features not alike"]
    table([*heads, "known days", "expected", "came", "in the large"], [_cells(one) for one in told["months"]])
    unlike = [one for one in told["figures"] if one["verdict"] != "alike"]
    alike = len(told["figures"]) - len(unlike)
    say(f"\n{alike} of {len(told['figures'])} figures are like those of training.")
    if unlike:
        rows = [
            [
                one["name"],
                one["verdict"],
                _index(one),
                f"{one['missing']:.2f}",
                f"{one['missing_before']:.2f}",
            ]
            for one in unlike
        ]
        table(["figure", "", "index", "missing", "in training"], rows)
    large = told["in_the_large"]
    if large["intercept"] is None:
        say(f"Calibration in the large: none, {large['reason']}.")
    else:
        say(
            f"Calibration in the large: {large['intercept']:+.2f} on log odds; the risks say "
            f"{large['expected']:.3f}, {large['observed']:.3f} came, over {large['days']:,} days."
        )
    for note in told["notes"]:
        say(f"Note: {note}")


def _cells(one: dict[str, Any]) -> list[str]:
    large, few = one["in_the_large"], one["in_the_large"]["days"] == 0
    return [
        one["month"],
        f"{one['days']:,}",
        str(one["patients"]),
        f"{one['mean_risk']:.3f}",
        _index(one["risk"]),
        one["risk"]["verdict"],
        str(sum(figure["verdict"] not in ("alike", "cannot tell") for figure in one["figures"])),
        f"{large['days']:,}",
        "none" if few else f"{large['expected']:.3f}",
        "none" if few else f"{large['observed']:.3f}",
        "too little data" if large["intercept"] is None else f"{large['intercept']:+.2f}",
    ]


def _index(one: dict[str, Any]) -> str:
    return "none" if one["index"] is None else f"{one['index']:.3f}"
