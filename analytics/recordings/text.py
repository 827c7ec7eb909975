"""The text of a file that people or export programs wrote."""

from __future__ import annotations

import codecs

from analytics.recordings.recording import NotARecording


def text_of(data: bytes, name: str, legacy: str | None = None) -> str:
    """Text in UTF-8 or, with its mark, UTF-16; else in the encoding `legacy` where one is given.

    Raises `NotARecording` for bytes that are no text.
    """
    tried = ["utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"]
    for encoding in [*tried, *([legacy] if legacy else [])]:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise NotARecording(
        f"{name} is in a format that is not known here; export it as CSV with the columns "
        "time and x,y,z, counts or enmo_mg."
    )
