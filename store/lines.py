"""A line at the end of a file that is only added to: whole, on the disk, or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path


def append_line(file: Path, line: str) -> None:
    """Add `line` and write it through to the disk. Raises `OSError`, then nothing of it is there."""
    descriptor = open_lines(file)
    try:
        write_line(descriptor, line)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_lines(file: Path) -> int:
    """The file, made where it is not there, for its owner alone; to be closed. Raises `OSError`."""
    return os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)


def write_line(descriptor: int, line: str) -> None:
    """Add `line`; it is not yet on the disk. Raises `OSError`.

    A full disk takes a part of it without a word: that part is cut off again. What a machine that stopped has
    left of a line is ended first, so that it spoils no other.
    """
    size = os.fstat(descriptor).st_size
    cut_off = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
    written = (b"\n" if cut_off else b"") + line.encode() + b"\n"
    if os.write(descriptor, written) != len(written):
        os.ftruncate(descriptor, size)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
