"""Wall clocks that a device counted itself, to instants.

Most devices take the wall clock of the computer that starts them and count on, through changes to and from
summer time; software that exports their epochs may follow these changes. The stamps themselves tell: read
as the wall clock of a zone, the counted-on kind has hours twice or a hole, and the other way round.
"""

from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from analytics.recordings.stamps import Stamps, instants_of_wall, refuse_impossible, rising
from analytics.recordings.written_offsets import zone_of


def read_walls(wall_us: NDArray[np.int64], tz: str | None, name: str, offset_us: int | None = None) -> Stamps:
    """Wall clocks [microseconds] in the order of their rows, as instants.

    `offset_us` is what the file itself says of its clock: wall clock minus UTC. Without it the wall clock is
    that of `tz`, either followed through changes of offset or counted on from the first row, whichever leaves
    more rows at the usual distance; without `tz` every day has 24 h.
    """
    refuse_impossible(wall_us, name)
    if offset_us is not None:
        t_us = wall_us - offset_us
        if tz is not None:
            return rising(t_us, tz, ZoneInfo(tz))
        return rising(t_us, *zone_of(t_us[:1], np.array([offset_us], np.int64)))
    if tz is None:
        return rising(wall_us, None, UTC)
    zone = ZoneInfo(tz)
    instants = instants_of_wall(wall_us, zone)
    followed = rising(instants, tz, zone)
    counted_on = rising(wall_us - (wall_us[0] - instants[0]), tz, zone)
    usual_us = int(np.median(np.diff(wall_us))) if len(wall_us) > 1 else 0
    return max(followed, counted_on, key=lambda stamps: int((np.diff(stamps.t_us) == usual_us).sum()))
