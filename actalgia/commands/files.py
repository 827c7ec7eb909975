"""Commands for people who only have a file: no server, no database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from actalgia.commands.common import JsonOption, say, say_json, write_figure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def indices(
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    tz: Annotated[
        str | None, typer.Option("--tz", help="IANA zone of the wall clock; without it days have 24 h.")
    ] = None,
    bed: Annotated[
        Path | None,
        typer.Option("--bed", metavar="CSV", help="Known times in bed: columns start,end, local wall clock."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="SVG", help="Draw the actogram into this file.")
    ] = None,
    calibrate: Annotated[
        bool, typer.Option(help="Correct raw samples by their still windows, where these are enough.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """The rest-activity indices of a recording (any of docs/recordings.md)."""
    from analytics.figures.recording import recording_actogram
    from analytics.indices.recording import recording_indices
    from analytics.recordings.calibrated import calibrated
    from analytics.recordings.read import read_recording
    from analytics.recordings.recording import RawRecording
    from store.people import zone_of

    if tz is not None:
        zone_of(tz)
    recording = read_recording(file, tz)
    fit = None
    if calibrate and isinstance(recording, RawRecording):
        recording, fit = calibrated(recording)
    document = recording_indices(recording, in_bed=None if bed is None else _bed_times(bed))
    provenance = document["provenance"]
    assert isinstance(provenance, dict)
    notes = list(recording.notes)
    if fit is not None and not fit.accepted:
        notes.append(f"not calibrated: {fit.reason}")
    if unknown := provenance["nights_without_bed"]:
        notes.append(f"no time in bed is given for the nights that end on {', '.join(unknown)}: out of bed")
    if plot is not None:
        write_figure(recording_actogram(recording, document, file.name), plot)
    if as_json:
        say_json({**document, "provenance": {**provenance, "notes": notes}})
        return
    whole = document["recording"]
    assert isinstance(whole, dict)
    for name, value in whole.items():
        if not name.endswith("_reason"):
            shown = f"{value:.6g}" if isinstance(value, float) else value
            say(f"{name:16} {shown if shown is not None else whole[f'{name}_reason']}")
    for note in notes:
        say(f"note: {note}")


def _bed_times(file: Path) -> NDArray[np.int64]:
    from analytics.recordings.bed_times import read_bed_times

    try:
        return read_bed_times(file)
    except OSError as error:
        raise typer.BadParameter(
            f"{file} cannot be read: {error.strerror}; name a CSV with start,end"
        ) from error
