"""`actalgia enrol diary-link`: the personal link with which a patient opens the own diary page."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from actalgia.commands.common import DataDirOption, JsonOption, by_whom, say, say_json, table

if TYPE_CHECKING:
    from actalgia.system import System
    from store.diary_links import DiaryLink


def diary_link(
    code: Annotated[str, typer.Argument(metavar="PATIENT")],
    language: Annotated[str, typer.Option("--language", help="In which the page greets: en, it.")] = "en",
    days: Annotated[int, typer.Option("--days", min=1, max=366, help="Until the link expires.")] = 90,
    address: Annotated[
        str | None, typer.Option("--address", help="Of the pages, as the phone reaches them: https://...")
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="Show the patient's links instead.")] = False,
    revoked: Annotated[
        int | None, typer.Option("--revoke", metavar="NUMBER", help="End a link of the patient instead.")
    ] = None,
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
) -> None:
    """Make a personal link to the diary page; it is printed this once."""
    if listed and revoked is not None:
        raise typer.BadParameter("give either --list or --revoke")
    if listed:
        _list(code, as_json, data_dir)
    elif revoked is not None:
        _revoke(code, revoked, as_json, data_dir)
    else:
        _create(code, language, days, address, as_json, data_dir)


def _create(
    code: str, language: str, days: int, address: str | None, as_json: bool, data_dir: Path | None
) -> None:
    from actalgia.system import find_system
    from api.diary.entrance import base_address, diary_of
    from api.diary.words import languages
    from store.access import record
    from store.database import now, transaction
    from store.diary_links import create_link
    from store.people import patient_by_code

    if language not in languages():
        raise typer.BadParameter(f"--language is one of: {', '.join(languages())}")
    system = find_system(data_dir)
    base = base_address(address or _address(system))
    with transaction(system.engine()) as session:
        patient, at = patient_by_code(session, code), now()
        link, token = create_link(session, patient.id, language, by_whom(), at, timedelta(days=days))
        record(session, at, by_whom(), "diary_link.create", patient.id, f"link {link.id}")
    url = diary_of(base, token)
    if as_json:
        shown = {
            key: value for key, value in _shown(link).items() if key in ("link", "language", "expires_at")
        }
        say_json({"patient": code, "url": url, **shown})
        return
    say(url)
    say(f"(link {link.id} of {code}, until {_time(link.expires_at)}; shown this once, it is stored nowhere)")


def _list(code: str, as_json: bool, data_dir: Path | None) -> None:
    from actalgia.system import find_system
    from store.access import record
    from store.database import now, transaction
    from store.diary_links import links_of
    from store.people import patient_by_code

    with transaction(find_system(data_dir).engine()) as session:
        patient = patient_by_code(session, code)
        links = links_of(session, patient.id)
        record(session, now(), by_whom(), "diary_link.list", patient.id, f"{len(links)} links")
    if as_json:
        say_json([_shown(link) for link in links])
        return
    table(
        ["link", "language", "created", "by", "expires", "last used", "revoked"],
        [
            [
                str(link.id),
                link.language,
                _time(link.created_at),
                link.created_by,
                _time(link.expires_at),
                _time(link.last_used_at) or "never",
                _time(link.revoked_at),
            ]
            for link in links
        ],
    )


def _revoke(code: str, number: int, as_json: bool, data_dir: Path | None) -> None:
    from actalgia.system import find_system
    from store.access import record
    from store.database import StoreError, now, transaction
    from store.diary_links import links_of, revoke_link
    from store.people import patient_by_code

    with transaction(find_system(data_dir).engine()) as session:
        patient = patient_by_code(session, code)
        if number not in {link.id for link in links_of(session, patient.id)}:
            raise StoreError(f"{code} has no diary link {number}: --list shows which there are.")
        link = revoke_link(session, number, by_whom(), now())
        record(session, now(), by_whom(), "diary_link.revoke", patient.id, f"link {number}")
    if as_json:
        say_json(_shown(link))
    else:
        say(f"Diary link {number} of {code} is revoked: it opens nothing any more, on no phone.")


def _address(system: System) -> str:
    """Where browsers reach the pages, as far as this machine knows."""
    if system.settings.base_url:
        return system.settings.base_url
    if system.data is None:
        raise typer.BadParameter("Say with --address (or ACTALGIA_BASE_URL) where phones reach the pages.")
    return str(system.data.running()["http"])


def _shown(link: DiaryLink) -> dict[str, Any]:
    times = {name: getattr(link, name) for name in ("created_at", "expires_at", "revoked_at", "last_used_at")}
    said = {name: at.isoformat() if at else None for name, at in times.items()}
    return {"link": link.id, "language": link.language, "created_by": link.created_by, **said}


def _time(at: datetime | None) -> str:
    return at.isoformat(timespec="minutes") if at else ""
