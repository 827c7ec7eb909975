"""Compressed bytes unpacked piece by piece, up to a stated bound: a small file cannot fill the memory."""

from __future__ import annotations

import zipfile
import zlib

from analytics.recordings.recording import NotARecording

MOST_BYTES = 1 << 30  #: of one file or member once it is unpacked; 30 days at 50 Hz are 0.8 GB
PIECE = 1 << 16
_GZIP_WINDOW = 31  #: what zlib calls a gzip header and trailer


def unpack_gzip(data: bytes, name: str) -> bytes:
    """The content of a gzip file, all its members.

    Raises `NotARecording` where it is cut short or damaged, or larger than `MOST_BYTES`.
    """
    found = bytearray()
    while data:
        member = zlib.decompressobj(_GZIP_WINDOW)
        try:
            while not member.eof:
                piece = member.decompress(data, PIECE * 16)
                data = member.unconsumed_tail
                found += piece
                if len(found) > MOST_BYTES:
                    raise NotARecording(_too_large(name))
                if not piece and not data and not member.eof:
                    raise EOFError
        except (EOFError, zlib.error):
            raise NotARecording(f"{name} is cut short or damaged; copy or compress it again.") from None
        # Some writers pad the end with zeros.
        data = member.unused_data.lstrip(b"\0")
    return bytes(found)


def unpack_member(
    archive: zipfile.ZipFile, member: str, name: str, most: int = MOST_BYTES
) -> tuple[bytes, bool]:
    """A member of a zip archive as far as it can be read, and whether that is all of it and undamaged.

    Raises `NotARecording` where it is larger than `most` bytes.
    """
    found = bytearray()
    try:
        # Other methods unpack without a bound; no device uses them.
        if archive.getinfo(member).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            return b"", False
        with archive.open(member) as packed:
            while piece := packed.read(PIECE):
                found += piece
                if len(found) > most:
                    raise NotARecording(_too_large(name))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError):
        return bytes(found), False
    return bytes(found), True


def _too_large(name: str) -> str:
    return f"{name} unpacks to more than {MOST_BYTES >> 30} GiB; cut the recording into shorter ones."
