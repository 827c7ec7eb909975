"""The worklist in groups: open cases, what is to be reviewed, who is asked again, who cannot be judged,
everybody else. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from api.pages import words
from api.pages.standing import Standing, standing, why_no_news
from store.people import zone_of
from store.worklist import Row

GROUPS = (
    (Standing.CASE, "Open cases", ""),
    (Standing.STALE, "For review: nothing new for 14 days", "nobody is told of these any more; close them"),
    (Standing.REVIEW, "To review", "nobody was called; look within three days"),
    (Standing.ASKED_AGAIN, "Asked again", "no answer yet, on the patient's own diary page"),
    (Standing.CANNOT_JUDGE, "Cannot be judged", "too little data to say anything"),
)
_APART = {standing for standing, _, _ in GROUPS}
#: Where a patient's own row says that nothing can be judged: the case that says it, too, stands there.
_OWN_ROW = (Standing.REVIEW, Standing.ASKED_AGAIN, Standing.CANNOT_JUDGE)


@dataclass(frozen=True, slots=True)
class WorklistPage:
    """What the template shows; the order of the rows is the query's."""

    groups: list[tuple[str, str, list[tuple[Row, Standing]]]]  #: (title, hint, members)
    gaps: dict[int, list[str]]  #: for each patient, what is missing for a calm word
    technical: list[Row]  #: open technical cases, the oldest first: apart from the groups
    own_row: set[int]  #: those that stand in the row of their patient instead
    as_of: str


def grouped(rows: Sequence[Row], now: datetime, stale: Collection[int] = ()) -> WorklistPage:
    """Rows as they come out of the query, each with its standing at `now`; `stale`: numbers of cases."""
    placed = [(row, Standing.STALE if row.case_id in stale else standing(row, now)) for row in rows]
    zones = Counter(row.tz for row in rows).most_common(1)
    own_row = {
        row.technical_id
        for row, place in placed
        if row.technical_id is not None and row.technical_unjudged and place in _OWN_ROW
    }
    return WorklistPage(
        groups=[
            *(
                (title, hint, [one for one in placed if one[1] is standing])
                for standing, title, hint in GROUPS
            ),
            ("No open case", "", [one for one in placed if one[1] not in _APART]),
        ],
        gaps={row.patient_id: why_no_news(row, now) for row in rows},
        technical=sorted(
            (row for row in rows if row.technical_id is not None and row.technical_id not in own_row),
            key=lambda row: (row.technical_at, row.code),
        ),
        own_row=own_row,
        as_of=words.local(now, zone_of(zones[0][0] if zones else "UTC")),
    )
