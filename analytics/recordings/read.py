"""The one door for files: a path in, a recording out."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from analytics.recordings.archive import read_archive
from analytics.recordings.axivity import holds_axivity, read_axivity
from analytics.recordings.geneactiv import read_geneactiv
from analytics.recordings.geneactiv_header import holds_geneactiv
from analytics.recordings.recording import EpochRecording, NotARecording, RawRecording
from analytics.recordings.table import read_table

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
DEVICES = (
    (".bin", "a GENEActiv recording", holds_geneactiv, read_geneactiv),
    (".cwa", "an Axivity recording", holds_axivity, read_axivity),
)


def read_recording(path: str | Path, tz: str | None = None) -> EpochRecording | RawRecording:
    """Read any format of docs/recordings.md, also as `.gz`.

    What the file holds decides; a name that says something else is refused. `tz` is the zone of stamps
    without offset and, where given, the zone that the days are cut in.

    Raises `NotARecording` with one sentence, and `zoneinfo.ZoneInfoNotFoundError` for an unknown zone.
    """
    path = Path(path)
    name = path.name
    try:
        data = path.read_bytes()
    except OSError:
        raise NotARecording(f"{name} cannot be opened; look whether it exists and may be read.") from None
    if not data:
        raise NotARecording(f"{name} is empty; export the recording again.")
    said = path.suffix.lower()
    if data.startswith(GZIP) != (said == ".gz"):
        raise NotARecording(f"{name} is not what its name says; .gz is for gzip files, and for those only.")
    if said == ".gz":
        said = Path(path.stem).suffix.lower()
        try:
            data = gzip.decompress(data)
        except (EOFError, OSError, zlib.error):
            raise NotARecording(f"{name} is cut short or damaged; copy or compress it again.") from None
    held = [kind for kind in DEVICES if kind[2](data)] or [kind for kind in DEVICES if kind[0] == said]
    for ending, called, _, read in held:
        if said != ending:
            raise NotARecording(f"{name} holds {called}; rename it so that it ends in {ending}.")
        return read(data, tz, name)
    if data.startswith(ZIP):
        if said == ".csv":
            raise NotARecording(f"{name} is an archive and not the text its name says; rename it to .npz.")
        return read_archive(data, tz, name)
    if said == ".npz":
        raise NotARecording(f"{name} is not the numpy archive its name says; save it again with numpy.savez.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise NotARecording(
            f"{name} is in a format that is not known here; export it as CSV with the columns "
            "time and x,y,z, counts or enmo_mg."
        )
    return read_table(text, tz, name)
