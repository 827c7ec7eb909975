"""`actalgia notes`: what the lexicon finds in a file of notes, for whoever checks it on the own machine."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from actalgia.commands.common import JsonOption, say, say_json

if TYPE_CHECKING:
    from analytics.notes.finding import Reading


def notes(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="One note a line, in UTF-8; - is standard input.")
    ],
    language: Annotated[
        str | None,
        typer.Option("--language", metavar="en|it", help="Of all notes; else guessed for each."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Find qualities, sites, severity, time patterns and scores in patients' notes, one note a line.

    Nothing is stored and nothing leaves this machine. `docs/decisions/0025-notes.md` says how well it does.
    """
    from analytics.notes.lexicon import LANGUAGES, LEXICON
    from analytics.notes.reading import read_note

    if language is not None and language not in LANGUAGES:
        raise typer.BadParameter(f"--language is one of {', '.join(LANGUAGES)}")
    lines = _lines(file)
    read = [(line, read_note(line, language)) for line in lines]
    if as_json:
        say_json({"lexicon": LEXICON, "notes": [_document(line, reading) for line, reading in read]})
    else:
        for line, reading in read:
            _tell(line, reading)


def _lines(file: Path) -> list[str]:
    """The notes: lines that have anything in them."""
    try:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read: {error.strerror}") from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise typer.BadParameter(f"line {line} is not UTF-8: save the file as UTF-8") from None
    return [line for line in text.replace("\r\n", "\n").split("\n") if line.strip()]


def _document(note: str, reading: Reading) -> dict[str, Any]:
    findings = [{**asdict(one), "text": note[one.start : one.end]} for one in reading.findings]
    return {"note": note, "language": reading.language, "findings": findings}


def _tell(note: str, reading: Reading) -> None:
    say(f"{note}  [{reading.language}]")
    for one in reading.findings:
        flags = [name for name in ("negated", "uncertain", "other_person") if getattr(one, name)]
        side = f", {one.laterality}" if one.laterality else ""
        said = f" ({', '.join(flag.replace('_', ' ') for flag in flags)})" if flags else ""
        say(f"  {one.start}-{one.end} {note[one.start : one.end]!r}: {one.kind} {one.value}{side}{said}")
        say(f"      {one.rule}")
    if not reading.findings:
        say("  nothing recognised")
