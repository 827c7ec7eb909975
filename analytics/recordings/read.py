"""The one door for files: a path in, a recording out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from analytics.recordings.actigraph_epochs import holds_sqlite, read_agd
from analytics.recordings.actigraph_raw import holds_gt3x, read_gt3x
from analytics.recordings.actigraph_text import holds_actilife, read_actilife
from analytics.recordings.actiwatch import holds_awd, read_awd
from analytics.recordings.archive import read_archive
from analytics.recordings.axivity import holds_axivity, read_axivity
from analytics.recordings.axivity_text import holds_seconds, read_seconds
from analytics.recordings.condor import holds_condor, read_condor
from analytics.recordings.geneactiv import read_geneactiv
from analytics.recordings.geneactiv_header import holds_geneactiv
from analytics.recordings.recording import EpochRecording, NotARecording, RawRecording
from analytics.recordings.respironics import holds_actiware, read_actiware
from analytics.recordings.table import read_table
from analytics.recordings.text import text_of
from analytics.recordings.unpacking import unpack_gzip

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
TEXT_ENDINGS = (".csv", ".txt", ".dat")

Recording = EpochRecording | RawRecording


@dataclass(frozen=True)
class Format:
    """One kind of file: how it is called, the endings of its names, how its bytes are known and read."""

    called: str
    endings: tuple[str, ...]
    holds: Callable[[bytes], bool]
    read: Callable[[bytes, str | None, str], Recording]
    tried: bool = False  #: by its name alone, too: it reads on behind a beginning that is damaged


#: The first one that recognises the bytes reads them.
FORMATS = (
    Format("GENEActiv recording", (".bin",), holds_geneactiv, read_geneactiv, tried=True),
    Format("Axivity recording", (".cwa",), holds_axivity, read_axivity, tried=True),
    Format("ActiGraph recording", (".gt3x",), holds_gt3x, read_gt3x),
    Format("numpy archive", (".npz",), lambda data: data.startswith(ZIP), read_archive),
    Format("ActiGraph database", (".agd",), holds_sqlite, read_agd),
    Format("Actiwatch recording", (".awd",), holds_awd, read_awd),
    Format("ActTrust report", TEXT_ENDINGS, holds_condor, read_condor),
    Format("ActiLife export", TEXT_ENDINGS, holds_actilife, read_actilife),
    Format("Actiware export", TEXT_ENDINGS, holds_actiware, read_actiware),
    Format("Axivity export", TEXT_ENDINGS, holds_seconds, read_seconds),
)


def read_recording(path: str | Path, tz: str | None = None) -> Recording:
    """Read any of the kinds of docs/recordings.md, each also as `.gz`.

    What the file holds decides; a name that says something else is refused. `tz` is the zone of stamps
    without offset and, where given, the zone that the days are cut in.

    Raises `NotARecording` with one sentence, and `zoneinfo.ZoneInfoNotFoundError` for an unknown zone.
    """
    path = Path(path)
    name = path.name
    if path.is_dir():
        raise NotARecording(f"{name} is a folder; name a file in it.")
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
        data = unpack_gzip(data, name)
    held = next((kind for kind in FORMATS if kind.holds(data)), None)
    named = [kind for kind in FORMATS if said in kind.endings and said not in TEXT_ENDINGS]
    if held is None and named and named[0].tried:
        held = named[0]
    # Any archive begins like numpy's: one whose name says something else is rather a damaged one of that.
    if named and (held is None or (held not in named and held.read is read_archive)):
        raise NotARecording(
            f"{name} is not the {named[0].called} its name says; it may be damaged, copy or save it again."
        )
    if held is None:
        return read_table(text_of(data, name), tz, name)
    if (named and held not in named) or (said in TEXT_ENDINGS and said not in held.endings):
        raise NotARecording(
            f"{name} holds something else than its name says ({held.called}); "
            f"rename it so that it ends in {held.endings[0]}."
        )
    return held.read(data, tz, name)
