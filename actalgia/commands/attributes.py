"""`actalgia enrol attributes`: what is told of patients, so that nobody is seen worse without notice."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from actalgia.commands.common import DataDirOption, JsonOption, by_whom, say, say_json

if TYPE_CHECKING:
    from store.attributes import Told


def attributes(
    code: Annotated[str | None, typer.Argument(metavar="[PATIENT]")] = None,
    age_band: Annotated[
        str | None, typer.Option("--age-band", help="0-17, 18-49, 50-64, 65-74 or 75+.")
    ] = None,
    sex: Annotated[str | None, typer.Option("--sex", help="female, male or other.")] = None,
    language: Annotated[str | None, typer.Option("--language", help="ISO 639, such as it.")] = None,
    stage: Annotated[str | None, typer.Option("--stage", help="Of the disease: I, II, III or IV.")] = None,
    bulk: Annotated[
        str | None,
        typer.Option(
            "--bulk",
            metavar="FILE",
            help="CSV patient,age_band,sex,language,stage (any of the last four; - is standard input).",
        ),
    ] = None,
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
) -> None:
    """Say of patients what a fairness report tells them apart by. `not_told` takes a value back.

    Optional, all of it: what is not named, or left empty in a file, stays as it is.
    """
    from actalgia.system import find_system
    from store.access import record
    from store.attributes import Told, tell_attributes
    from store.database import now, transaction

    given = {"age_band": age_band, "sex": sex, "language": language, "stage": stage}
    said = {name: value for name, value in given.items() if value is not None}
    if (code is None) == (bulk is None) or (bulk is not None and said):
        raise typer.BadParameter("give either PATIENT with what is told, or --bulk FILE")
    if code is not None and not said:
        raise typer.BadParameter("say at least one of --age-band, --sex, --language, --stage")
    told = [Told(code, said)] if code is not None else _read(bulk or "")
    at = now()
    with transaction(find_system(data_dir).engine()) as session:
        changed = tell_attributes(session, told, by_whom(), at)
        names = {one.patient: ", ".join(one.values) for one in told}
        for who, patient_id in changed:  # which attributes, never their values: an audit is read by others
            record(session, at, by_whom(), "patient.attributes", patient_id, f"{who}: {names[who]}")
    if as_json:
        say_json({"told": len(told), "changed": [who for who, _ in changed]})
    else:
        say(f"Told of {_patients(len(told))}; of {len(changed)} something is new.")


def _patients(count: int) -> str:
    return f"{count} patient{'' if count == 1 else 's'}"


def _read(file: str) -> list[Told]:
    from store.attributes import NAMES, Told
    from store.database import StoreError

    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise typer.BadParameter(f"{file} does not exist") from error
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{file} cannot be read as text") from error
    reader = csv.DictReader(text.splitlines())
    columns = [name.strip() for name in reader.fieldnames or ()]
    reader.fieldnames = columns
    if "patient" not in columns or not set(columns) & set(NAMES):
        raise typer.BadParameter(f"{file} needs the column patient and some of {', '.join(NAMES)}")
    if unknown := sorted(set(columns) - {"patient", *NAMES}):
        # A birth date in a further column would be read by nobody; better that it is not handed over at all.
        raise typer.BadParameter(f"{file} has a column {unknown[0]!r} that is no attribute: take it out")
    told = []
    for number, row in enumerate(reader, start=2):
        if not (who := (row.get("patient") or "").strip()):
            raise typer.BadParameter(f"line {number} of {file} lacks its patient")
        values = {name: (row.get(name) or "").strip() for name in columns if name != "patient"}
        try:
            told.append(Told(who, {name: value for name, value in values.items() if value}))
        except StoreError as error:
            raise typer.BadParameter(f"line {number} of {file}: {error}") from error
    return told
