"""GENEActiv recordings (`.bin`): text with pages of 300 samples in hexadecimal digits.

Layout and calibration: GENEActiv Instructions for Use (Activinsights), "Understanding .bin files". A page
carries no checksum: it is believed when its lines are all there, its time is possible and its digits are
digits. Its time is that of its first sample on the wall clock of the zone that the header names.
"""

from __future__ import annotations

from datetime import tzinfo
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from analytics.recordings.blocks import Blocks, timeline
from analytics.recordings.broken import Broken
from analytics.recordings.geneactiv_header import Header, read_header
from analytics.recordings.geneactiv_pages import PAGE_SAMPLES, Pages, find_pages, readings
from analytics.recordings.naive_clock import instant_shift
from analytics.recordings.recording import NotARecording, RawRecording, Temperature
from analytics.recordings.written_offsets import zone_of
from analytics.signal.samples import Samples

SCALE_G = 1e-6  #: so fine that rounding the calibrated values loses nothing
FIT_US, SLACK_US = 100_000, 250_000  #: stamps are whole half seconds, at every rate the exact ones


def read_geneactiv(data: bytes, tz: str | None, name: str) -> RawRecording:
    """The acceleration and temperature of the bytes of a `.bin` file; light and button are not read.

    Raises `NotARecording` if it is another device's, its header is damaged or not one page can be read.
    """
    header = read_header(data, name)
    pages = find_pages(data)
    xyz, damaged = readings(data, pages, header.calibrated(SCALE_G))
    broken = Broken(
        "pages",
        pages.byte,
        {
            "with damaged lines": pages.digits_at == 0,
            "with an impossible time or rate": ~pages.possible,
            "with damaged samples": damaged,
        },
    )
    broken = broken.with_far_off(pages.clock_us[broken.good])
    good = broken.good
    if not len(good):
        raise NotARecording(f"{name} has no readable page; extract the recording from the device again.")
    notes = [*broken.notes(pages.clock_us[good]), *_cut_short(header, pages, good)]
    time = timeline(_blocks(pages, good), FIT_US, "pages")
    order = good[time.kept]
    if len(order) < len(pages.byte):
        chosen = np.zeros(len(pages.byte), bool)
        chosen[order] = True
        xyz = xyz[np.repeat(chosen, pages.samples)]
    at = np.r_[0, np.cumsum(pages.samples[order])].tolist()
    t_us = pages.clock_us[order]
    shift_us, shown, zone = _zone(header, t_us, tz)
    if header.utc_offset_us is None:
        notes.append("The header names no time zone; page times are taken like stamps without an offset.")
    return RawRecording(
        tuple(
            Samples(part.t0_us + shift_us, part.hz, SCALE_G, xyz[at[part.first] : at[part.end]])
            for part in time.stretches
        ),
        shown,
        zone,
        Temperature(t_us + shift_us, pages.celsius[order]),
        header.range_g,
        tuple(notes + time.notes),
    )


def _cut_short(header: Header, pages: Pages, good: NDArray[np.int64]) -> list[str]:
    notes = []
    if header.pages is not None and header.pages > len(pages.byte):
        notes.append(
            f"The file is cut short: its header promises {header.pages} pages, {len(pages.byte)} are there."
        )
    last = int(pages.samples[good[-1]])
    if last < PAGE_SAMPLES:
        notes.append(f"The last page is cut short; {last} of its {PAGE_SAMPLES} samples are there.")
    return notes


def _blocks(pages: Pages, good: NDArray[np.int64]) -> Blocks:
    hz = pages.hz[good]
    follows = (np.diff(pages.sequence[good]) == 1) & (np.diff(hz) == 0)
    slack_us = np.full(len(good), float(SLACK_US))
    return Blocks(pages.clock_us[good], pages.samples[good], hz, np.r_[False, follows], slack_us)


def _zone(header: Header, t_us: NDArray[np.int64], tz: str | None) -> tuple[int, str | None, tzinfo]:
    if header.utc_offset_us is None:
        return instant_shift(int(t_us[0]), tz)
    if tz is not None:
        return -header.utc_offset_us, tz, ZoneInfo(tz)
    return -header.utc_offset_us, *zone_of(t_us[:1], np.array([header.utc_offset_us], np.int64))
