"""`actalgia enrol`: patients and devices."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Annotated

import typer

from actalgia.commands.common import (
    DataDirOption,
    JsonOption,
    instant,
    say,
    say_json,
    write_down,
)

app = typer.Typer(help="Register patients and devices.", no_args_is_help=True)


@app.command()
def patient(
    code: Annotated[str, typer.Argument(metavar="ID")],
    tz: Annotated[str, typer.Option("--tz", help="IANA time zone, cuts the local days.")],
    site: Annotated[str, typer.Option("--site")] = "main",
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
) -> None:
    """Register a patient."""
    from actalgia.system import find_system
    from store.database import transaction
    from store.people import enrol_patient

    with transaction(find_system(data_dir).engine()) as session:
        enrol_patient(session, code, tz, site)
        write_down(session, "patient.enrol", code)
    if as_json:
        say_json({"patient": code, "tz": tz, "site": site})
    else:
        say(f"Patient {code} is enrolled at {site} (days in {tz}).")


@app.command()
def zone(
    code: Annotated[str, typer.Argument(metavar="PATIENT")],
    tz: Annotated[str, typer.Option("--tz", help="IANA time zone, cuts the local days.")],
    start: Annotated[str, typer.Option("--from", help="RFC 3339 time of arrival.")],
    end: Annotated[
        str | None, typer.Option("--until", help="RFC 3339 time; without it for good, or until told.")
    ] = None,
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
) -> None:
    """Say that a patient travels: the local days in [from, until) are cut in another zone.

    What was said before of that time gives way. Days that this touches are computed again.
    """
    from actalgia.system import find_system
    from store import marks, zones
    from store.database import now, transaction
    from store.people import patient_by_code

    begins, stops = instant(start, "--from"), instant(end, "--until") if end else None
    if stops is not None and stops <= begins:
        raise typer.BadParameter("--until is not after --from")
    with transaction(find_system(data_dir).engine()) as session:
        who = patient_by_code(session, code)
        # The days as they were cut are stale, and the days as they will be.
        marks.mark_days_of_patient(session, who.id, begins, stops, now())
        journey = zones.stay(session, who, tz, begins, stops)
        until = stops.isoformat() if stops else "open"
        write_down(session, "patient.zone", f"{code} {tz} from {begins.isoformat()} to {until}")
        marks.mark_days_of_patient(session, who.id, begins, stops, now())
    since = [None, *(change.isoformat() for change in journey.changes)]
    stays = [(place.key, at) for place, at in zip(journey.zones, since, strict=True)]
    if as_json:
        say_json({"patient": code, "zones": [{"tz": name, "from": at} for name, at in stays]})
        return
    for name, at in stays:
        say(f"{code}: {name}" + (f" from {at}" if at else ""))


@app.command()
def device(
    name: Annotated[str, typer.Argument(metavar="ID")],
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
) -> None:
    """Register a device; its password is printed this once."""
    (credential,) = _enrol_devices([name], data_dir)
    if as_json:
        say_json(credential)
    else:
        say(f"Device {name} is enrolled. It logs in as {name} with the password {credential['password']}")
        say("(shown this once; it is stored nowhere)")


@app.command()
def bulk(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="CSV device,patient,tz,from; - is standard input.")
    ],
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
) -> None:
    """Register many: all of the file or, when one line is wrong, nothing of it."""
    rows = _read_bulk(file)
    credentials = _enrol_devices([row["device"] for row in rows], data_dir, rows)
    if as_json:
        say_json(credentials)
        return
    writer = csv.writer(sys.stdout)
    writer.writerow(["device", "username", "password"])
    writer.writerows([c["device"], c["username"], c["password"]] for c in credentials)


@app.command()
def revoke(
    name: Annotated[str, typer.Argument(metavar="DEVICE")],
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
) -> None:
    """Shut a device out for good: its connection is cut, its password is void, what it sent stays."""
    from actalgia.enrolment import write_accounts
    from actalgia.system import find_system
    from store.database import now, transaction
    from store.people import revoke_device

    system = find_system(data_dir)
    engine = system.engine()
    with transaction(engine) as session:
        at = revoke_device(session, name, now())
        write_down(session, "device.revoke", name)
    # Also when it was revoked before: the broker may have been away then.
    write_accounts(system, engine)
    if as_json:
        say_json({"device": name, "revoked_at": at.isoformat()})
    else:
        say(f"Device {name} is revoked since {at.isoformat(timespec='seconds')}. Its number stays taken.")


@app.command()
def password(
    name: Annotated[str, typer.Argument(metavar="DEVICE")],
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
) -> None:
    """A new password for a device; the old one is void at once, and a connection with it is cut."""
    import broker
    from actalgia.enrolment import apply_accounts, refuse_where_devices_cannot_be_kept_apart
    from actalgia.system import find_system
    from store.database import transaction
    from store.people import change_password

    system = find_system(data_dir)
    refuse_where_devices_cannot_be_kept_apart(system)
    engine = system.engine()
    new = broker.new_password()
    with transaction(engine) as session:
        change_password(session, name, broker.password_hash(new))
        write_down(session, "device.password", name)
    apply_accounts(system, engine, name, new)
    if as_json:
        say_json({"device": name, "username": name, "password": new})
    else:
        say(f"Device {name} logs in with the password {new} from now on")
        say("(shown this once; it is stored nowhere)")


def _enrol_devices(
    names: list[str], data_dir: Path | None, rows: list[dict[str, str]] | None = None
) -> list[dict[str, str]]:
    import broker
    from actalgia.enrolment import apply_accounts, refuse_where_devices_cannot_be_kept_apart
    from actalgia.system import find_system
    from store import people
    from store.database import transaction

    for name in names:
        if not broker.is_device_name(name):
            raise typer.BadParameter(f"{name!r} is no device name: 1 to 64 letters, digits, - _ or .")
    system = find_system(data_dir)
    refuse_where_devices_cannot_be_kept_apart(system)
    engine = system.engine()
    credentials = [{"device": n, "username": n, "password": broker.new_password()} for n in names]
    hashes = [broker.password_hash(credential["password"]) for credential in credentials]
    with transaction(engine) as session:
        if rows is None:
            for name, hashed in zip(names, hashes, strict=True):
                people.enrol_device(session, name, hashed)
                write_down(session, "device.enrol", name)
        else:
            lines = [
                people.Enrolment(
                    row["device"], hashed, row["patient"], row["tz"], instant(row["from"], "from")
                )
                for row, hashed in zip(rows, hashes, strict=True)
            ]
            people.enrol_many(session, lines)
            write_down(session, "device.enrol", f"{len(lines)} devices with their patients, of a file")
    if credentials:
        apply_accounts(system, engine, credentials[-1]["username"], credentials[-1]["password"])
    return credentials


def _read_bulk(file: str) -> list[dict[str, str]]:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise typer.BadParameter(f"{file} does not exist") from error
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{file} cannot be read as text") from error
    reader = csv.DictReader(text.splitlines())
    if reader.fieldnames is None or not {"device", "patient", "tz", "from"} <= set(reader.fieldnames):
        raise typer.BadParameter(f"{file} needs the columns device,patient,tz,from")
    rows = list(reader)
    for number, row in enumerate(rows, start=2):
        if not all(row.get(key) for key in ("device", "patient", "tz", "from")):
            raise typer.BadParameter(f"line {number} of {file} lacks a value")
        instant(row["from"], f"line {number}: from")
    return rows
