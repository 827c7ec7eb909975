"""The days that a question of associations is about: indices, pain, wear and treatments of some patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from store.associations import PAIN
from store.copying import rows_with_arrays
from store.own_reports import own_reports, superseded
from store.zones import local_day, zone_at

Values = NDArray[np.float64]
Numbers = NDArray[np.int64]
TREATED_BEFORE = timedelta(days=60)  #: a treatment may act on the window for as long before it
_FAR = 4_000_000  #: more days than there are between the years 2000 and 9000
_ZERO = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class DaysTogether:
    """One row for each patient and local day that has an index or pain, by patient and day.

    NaN: there is no such value on that day. A day with an index and without pain was not answered.
    """

    patient: Numbers  #: id
    day: NDArray[np.datetime64]
    indices: dict[str, Values]  #: each in its newest method
    pain: Values  #: of the newest report of that day that gave it
    worn_min: Values  #: NaN where no index is there
    units: dict[str, list[str]]  #: of each index; counts and mg must not be pooled
    treatments: list[tuple[int, date, str]]  #: (patient, local day, kind), from 60 days before the window on


def days_together(
    session: Session, patient_ids: Sequence[int], indices: Sequence[str], pain: str, first: date, last: date
) -> DaysTogether:
    """What these patients have in the local days [first, last]; each kind of thing is read once.

    Raises ValueError for a measure of pain that reports do not have.
    """
    if pain not in PAIN:
        raise ValueError(f"reports have no {pain}")
    # Local days reach at most 14 hours into the neighbouring UTC days, also on a journey.
    low = datetime.combine(first, time(), UTC) - timedelta(days=1)
    high = datetime.combine(last, time(), UTC) + timedelta(days=2)
    asked = {"p": list(patient_ids), "indices": list(indices), "zero": _ZERO, "first": first, "last": last}
    measured = rows_with_arrays(session, _INDICES, asked)
    felt = {**asked, "low": low, "high": high}
    ((pain_keys, score),) = rows_with_arrays(session, _PAIN.replace(":pain", f'own."{pain}"'), felt)
    known = {name: [part for part in measured if part[0] == name] for name in indices}
    keys_with_x = [keys[~np.isnan(value)] for _, _, keys, value, *_ in measured]
    rows = np.unique(np.concatenate([pain_keys, *keys_with_x]))
    table = {}
    units = {}
    worn_min = np.full(len(rows), np.nan)
    for name, parts in known.items():
        table[name], worn, units[name] = _newest(rows, parts)
        worn_min = np.where(np.isnan(worn), worn_min, worn)
    scores = np.full(len(rows), np.nan)
    scores[np.searchsorted(rows, pain_keys)] = score
    return DaysTogether(
        patient=rows // _FAR,
        day=(rows % _FAR).astype("timedelta64[D]") + np.datetime64(_ZERO),
        indices=table,
        pain=scores,
        worn_min=worn_min,
        units=units,
        treatments=_treatments(session, patient_ids, first, last),
    )


def _newest(rows: Numbers, parts: Sequence[tuple[Any, ...]]) -> tuple[Values, Values, list[str]]:
    """Of one index at `rows` the newest value, the worn minutes beside it, and in which units they are."""
    value, worn, unit = (np.full(len(rows), np.nan) for _ in range(3))
    if parts and len(rows):
        keys, values, worns, computed_at = (np.concatenate([part[k] for part in parts]) for k in range(2, 6))
        of_unit = np.repeat(np.arange(len(parts)), [len(part[2]) for part in parts])
        newest_last = np.argsort(computed_at, kind="stable")
        place = np.minimum(np.searchsorted(rows, keys), len(rows) - 1)
        there = newest_last[(rows[place] == keys)[newest_last]]
        # Of several values for one place the last one stays.
        value[place[there]], worn[place[there]] = values[there], worns[there]
        unit[place[there]] = of_unit[there]
    used = np.unique(unit[~np.isnan(value)]).astype(int)
    return value, worn, sorted(parts[k][1] for k in used)


def _treatments(
    session: Session, patient_ids: Sequence[int], first: date, last: date
) -> list[tuple[int, date, str]]:
    begin = first - TREATED_BEFORE
    rows = session.execute(
        _TREATMENTS,
        {
            "p": list(patient_ids),
            "first": begin,
            "last": last,
            "low": datetime.combine(begin, time(), UTC) - timedelta(days=1),
            "high": datetime.combine(last, time(), UTC) + timedelta(days=2),
        },
    )
    return [(patient, day, kind) for patient, day, kind in rows]


_KEY = f"{{patient}} * {_FAR} + (day - :zero)"  # of a patient and a day, in one number

# Arrays instead of rows, in no order: 3.6 million values are read in seconds, and which of several methods is
# the newest is told in memory. NaN, as an array with nulls is no numpy array.
_INDICES = f"""
    SELECT "index", unit, array_agg({_KEY.format(patient="patient_id")}),
           array_agg(CASE WHEN abs(value) < 'Infinity' THEN value ELSE 'NaN' END), array_agg(worn_min::real),
           array_agg(computed_at)
    FROM day_index
    WHERE patient_id = ANY(:p) AND day BETWEEN :first AND :last AND "index" = ANY(:indices)
    GROUP BY "index", unit
"""

_PAIN = f"""
    WITH own AS ({own_reports("= ANY(:p)", ":low", ":high")}
    ), pain AS (
        SELECT DISTINCT ON (own.whose, {local_day("own.true_at")})
               own.whose, {local_day("own.true_at")} AS day, :pain AS score
        FROM own JOIN patient p ON p.id = own.whose {zone_at("own.true_at")}
        WHERE :pain IS NOT NULL AND NOT {superseded("own")}
        ORDER BY own.whose, {local_day("own.true_at")}, own.true_at DESC, own.id DESC
    )
    SELECT coalesce(array_agg({_KEY.format(patient="whose")}), '{{}}'),
           coalesce(array_agg(score::float8), '{{}}')
    FROM pain WHERE day BETWEEN :first AND :last
"""

_TREATMENTS = sa.text(
    f"""
    SELECT t.patient_id, {local_day("t.at")} AS day, t.kind
    FROM treatment t JOIN patient p ON p.id = t.patient_id {zone_at("t.at")}
    WHERE t.patient_id = ANY(:p) AND t.withdrawn_at IS NULL AND t.at >= :low AND t.at < :high
      AND {local_day("t.at")} BETWEEN :first AND :last
    ORDER BY 1, 2, t.id
    """
)
