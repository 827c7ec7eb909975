"""`actalgia plan`: a ward's plan from a file, checked and saved; what holds, and who is on duty."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from actalgia.commands.common import DataDirOption, JsonOption, instant, say, say_json, table

if TYPE_CHECKING:
    from ladder.plan import Plan

app = typer.Typer(
    help="A ward's plan: who is told of a case, in which order, and who is on duty.", no_args_is_help=True
)
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="TOML, as docs/plan.example.toml.")]
UNKNOWN = "No patient and no account is at a site `{}`: is that its name?"
SiteOption = Annotated[str, typer.Option("--site", help="The ward.")]


@app.command()
def check(file: FileArgument, as_json: JsonOption = False) -> None:
    """Say whether a file is a plan: every fault, what it does not cover, and its ladders in words."""
    plan = _read(file, as_json)
    warnings = _warnings(plan)
    if as_json:
        from ladder.in_words import ladders_in_words

        say_json({"ok": True, "faults": [], "warnings": warnings, "ladders": ladders_in_words(plan)})
        return
    say(f"{file} can be saved.")
    _say_ladders(plan)
    _say_warnings(warnings)


@app.command()
def save(
    file: FileArgument,
    site: SiteOption,
    by: Annotated[str, typer.Option("--by", help="Your name; it stands beside the plan.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it is changed, in one line.")],
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
) -> None:
    """Save a plan; it holds at once. One that cannot work is refused, with every reason."""
    plan = _read(file, as_json)
    from actalgia.system import find_system
    from store.alerts.ward_plans import save_plan, saved_plan, site_is_known
    from store.database import now, transaction

    with transaction(find_system(data_dir).engine()) as session:
        new = save_plan(session, site, plan, by, reason, now())
        saved = saved_plan(session, site)
        known = site_is_known(session, site)
    version = 0 if saved is None else saved.version
    warnings = _warnings(plan)
    if not known:
        warnings.insert(0, UNKNOWN.format(site))
    if as_json:
        say_json({"site": site, "version": version, "new": new, "warnings": warnings})
        return
    if new:
        say(f"Version {version} of the plan of {site} is saved and holds from now on.")
    else:
        say(f"This is version {version} of the plan of {site}, which holds already: nothing is changed.")
    _say_warnings(warnings)


@app.command()
def show(site: SiteOption, as_json: JsonOption = False, data_dir: DataDirOption = None) -> None:
    """The plan that holds at a site; addresses are masked."""
    from actalgia.system import find_system
    from ladder.document import masked_document
    from store.alerts.ward_plans import plan_in, saved_plan, site_is_known
    from store.database import transaction

    with transaction(find_system(data_dir).engine()) as session:
        saved, known = saved_plan(session, site), site_is_known(session, site)
    plan = None if saved is None else plan_in(saved)
    if as_json:
        document = None if plan is None else masked_document(plan)
        told: dict[str, Any] = {"site": site, "version": None, "plan": document}
        if saved is not None:
            about = {
                "saved_by": saved.saved_by,
                "saved_at": saved.saved_at.isoformat(),
                "reason": saved.reason,
            }
            told |= {"version": saved.version, **about}
        say_json(told)
        return
    if saved is None or plan is None:
        _say_usual(site, known)
        return
    at = saved.saved_at.astimezone(plan.tz)
    say(f"Version {saved.version}, saved by {saved.saved_by} on {at:%Y-%m-%d %H:%M %Z}: {saved.reason}")
    say(f"Times are those of {plan.tz.key}.")
    say("")
    persons = masked_document(plan)["persons"]
    table(
        ["person", "name", "channels"],
        [[one["id"], one["name"], ", ".join(one["channels"])] for one in persons],
    )
    _say_ladders(plan)
    _say_warnings(_warnings(plan))


@app.command()
def duty(
    site: SiteOption,
    at: Annotated[str | None, typer.Option("--at", metavar="TIME", help="RFC 3339; else now.")] = None,
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
) -> None:
    """Who is on duty at a site, and the next hand-overs, by the ward's clock."""
    from actalgia.system import find_system
    from ladder.calendar import duty_at
    from store.alerts.ward_plans import plan_of_site, site_is_known
    from store.database import now, transaction

    when = now() if at is None else instant(at, "--at")
    with transaction(find_system(data_dir).engine()) as session:
        plan, known = plan_of_site(session, site), site_is_known(session, site)
    if plan is None:
        if as_json:
            say_json({"site": site, "at": when.isoformat(), "zone": None, "on_duty": []})
        else:
            _say_usual(site, known)
        return
    roles = duty_at(plan, when, then=3)
    if as_json:
        on_duty = [
            {
                "role": one.role,
                "persons": one.persons,
                "until": None if one.until is None else one.until.isoformat(),
                "next": [{"at": then.start.isoformat(), "persons": then.persons} for then in one.then],
            }
            for one in roles
        ]
        say_json({"site": site, "at": when.isoformat(), "zone": plan.tz.key, "on_duty": on_duty})
        return

    def clock(instant: datetime) -> str:
        return f"{instant.astimezone(plan.tz):%a %Y-%m-%d %H:%M %Z}"

    say(f"On duty at {site}, {clock(when)}:")
    for one in roles:
        until = f" until {clock(one.until)}" if one.until else ", no change in 15 days"
        say(f"{one.role}: {_names(one.persons)}{until}")
        for then in one.then:
            say(f"  from {clock(then.start)}: {_names(then.persons)}")


def _read(file: Path, as_json: bool) -> Plan:
    """The plan in the file. Where it is none, its faults on standard output and the end of the command."""
    from ladder.apprise_address import unknown_services
    from ladder.reading import BadPlan, read_plan

    try:
        plan = read_plan(file)
        if unknown := unknown_services(plan):
            raise BadPlan(unknown)
        return plan
    except BadPlan as refusal:
        if as_json:
            say_json({"ok": False, "faults": list(refusal.sentences), "warnings": [], "ladders": None})
        elif len(refusal.sentences) > 1:
            for sentence in refusal.sentences:
                say(f"- {sentence}")
        faults = len(refusal.sentences)
        why = refusal.sentences[0] if faults == 1 else f"{faults} faults, each told above."
        raise typer.BadParameter(f"{file} cannot be saved as a plan: {why}") from refusal


def _warnings(plan: Plan) -> list[str]:
    from api.diary.words import languages
    from ladder.channel_address import resolved
    from ladder.coverage import warnings

    unset = {
        address for one in plan.persons for address in one.channels if resolved(address, os.environ) is None
    }
    return warnings(plan, tuple(languages())) + [
        f"`{address}` is not set here: the alerting process needs it in its environment."
        for address in sorted(unset)
    ]


def _say_ladders(plan: Plan) -> None:
    from ladder.in_words import ladders_in_words

    for severity, sentences in ladders_in_words(plan).items():
        say("")
        say(f"{severity}:")
        for sentence in sentences:
            say(f"  {sentence}")


def _say_warnings(warnings: list[str]) -> None:
    if warnings:
        say("")
    for one in warnings:
        say(f"Note: {one}")


def _say_usual(site: str, known: bool) -> None:
    from ladder.usual import usual_in_words

    say(f"Site {site} has saved no plan. What holds then:")
    for severity, sentences in usual_in_words().items():
        say("")
        say(f"{severity}:")
        for sentence in sentences:
            say(f"  {sentence}")
    if not known:
        _say_warnings([UNKNOWN.format(site)])


def _names(persons: tuple[str, ...]) -> str:
    return ", ".join(persons) if persons else "nobody"
