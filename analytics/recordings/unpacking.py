"""Compressed bytes unpacked piece by piece, up to a stated bound: a small file cannot fill the memory."""

from __future__ import annotations

import struct
import zipfile
import zlib

from analytics.recordings.recording import NotARecording

MOST_BYTES = 1 << 30  #: of one file or member once it is unpacked; 30 days at 50 Hz are 0.8 GB
PIECE, MOST_AT_ONCE = 1 << 16, 1 << 20

#: What zipfile raises for archives that are damaged, cut short or made up.
BAD_ARCHIVE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
    KeyError,
)
_GZIP_WINDOW = 31  #: what zlib calls a gzip header and trailer


def unpack_gzip(data: bytes, name: str) -> bytes:
    """The content of a gzip file, all its members.

    Raises `NotARecording` where it is cut short or damaged, or larger than `MOST_BYTES`.
    """
    found = bytearray()
    member = zlib.decompressobj(_GZIP_WINDOW)
    try:
        for low in range(0, len(data), PIECE):
            piece = data[low : low + PIECE]
            while piece:
                if member.eof:
                    # Some writers pad the end with zeros; anything else is one more member.
                    piece = piece.lstrip(b"\0")
                    if not piece:
                        break
                    member = zlib.decompressobj(_GZIP_WINDOW)
                found += member.decompress(piece, MOST_AT_ONCE)
                if len(found) > MOST_BYTES:
                    raise NotARecording(_too_large(name))
                piece = member.unused_data if member.eof else member.unconsumed_tail
        while not member.eof and (rest := member.decompress(b"", MOST_AT_ONCE)):
            found += rest
            if len(found) > MOST_BYTES:
                raise NotARecording(_too_large(name))
        if not member.eof:
            raise EOFError
    except (EOFError, zlib.error):
        raise NotARecording(f"{name} is cut short or damaged; copy or compress it again.") from None
    return bytes(found)


def unpack_member(
    archive: zipfile.ZipFile, member: str, name: str, most: int | None = None
) -> tuple[bytes, bool]:
    """A member of a zip archive as far as it can be read, and whether that is all of it and undamaged.

    Raises `NotARecording` where it is larger than `most` bytes (`MOST_BYTES`).
    """
    found = bytearray()
    try:
        # Other methods unpack without a bound; no device uses them.
        if archive.getinfo(member).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            return b"", False
        with archive.open(member) as packed:
            while piece := packed.read(PIECE):
                found += piece
                if len(found) > (MOST_BYTES if most is None else most):
                    raise NotARecording(_too_large(name))
    except BAD_ARCHIVE:
        return bytes(found), False
    return bytes(found), True


def _too_large(name: str) -> str:
    return f"{name} unpacks to more than {MOST_BYTES >> 30} GiB; cut the recording into shorter ones."
