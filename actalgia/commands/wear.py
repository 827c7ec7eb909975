"""`actalgia wear`: who wears what."""

from __future__ import annotations

from typing import Annotated

import typer

from actalgia.commands.common import DataDirOption, instant, say, write_down


def wear(
    device: Annotated[str | None, typer.Argument(metavar="DEVICE")] = None,
    patient: Annotated[str | None, typer.Argument(metavar="PATIENT")] = None,
    start: Annotated[str | None, typer.Option("--from", help="RFC 3339 time.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="RFC 3339 time; open without it.")] = None,
    ended: Annotated[
        str | None, typer.Option("--end", metavar="DEVICE", help="Nobody wears it from --at on.")
    ] = None,
    at: Annotated[str | None, typer.Option("--at", help="RFC 3339 time.")] = None,
    data_dir: DataDirOption = None,
) -> None:
    """Say that a device belongs to a patient in [from, to); samples follow by their own time."""
    from actalgia.system import find_system
    from store import marks, people
    from store.database import now, transaction

    if ended is not None:
        if device or patient or start or end or not at:
            raise typer.BadParameter("give either DEVICE PATIENT --from, or --end DEVICE --at TIME")
        device_name, begins, stops = ended, instant(at, "--at"), None
    elif device and patient and start and not at:
        device_name, begins = device, instant(start, "--from")
        stops = instant(end, "--to") if end else None
    else:
        raise typer.BadParameter("give either DEVICE PATIENT --from, or --end DEVICE --at TIME")
    with transaction(find_system(data_dir).engine()) as session:
        worn = people.device_by_name(session, device_name)
        lost = [
            (code, max(first, begins), min(last, stops) if last and stops else last or stops)
            for code, first, last in people.worn_within(session, worn, begins, stops)
        ]
        # The days of those who wore it are stale, and of those who will have worn it.
        marks.mark_days_of_device(session, worn.id, begins, stops, now())
        if patient is not None:
            people.wear(session, worn, people.patient_by_code(session, patient), begins, stops)
        else:
            people.end_wearing(session, worn, begins)
        who = patient or "nobody"
        write_down(session, "wear", f"{device_name} {who} from {begins.isoformat()} to {stops or 'open'}")
        marks.mark_days_of_device(session, worn.id, begins, stops, now())
    for code, first, last in lost:
        if code != patient:
            until = f"to {last.isoformat()}" if last else "on"
            say(f"{device_name} is no longer {code}'s from {first.isoformat()} {until}.")
    if patient is not None:
        say(
            f"{device_name} belongs to {patient} from {begins.isoformat()}"
            + (f" to {stops.isoformat()}" if stops else "")
        )
    else:
        say(f"Nobody wears {device_name} from {begins.isoformat()} on.")
