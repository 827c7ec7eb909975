"""Requested associations: how indices and daily pain move together within patients."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
import structlog

from analytics.association.asked_together import asked_together
from analytics.association.daily_rows import DailyRows
from analytics.association.document import Document
from analytics.association.links import LAGS, METHOD
from analytics.association.phases import Treated
from analytics.figures.lag_plot import lag_plot
from analytics.figures.within_plot import within_plot
from store.associations import (
    MOST_CLAIMS,
    MOST_SVG_BYTES,
    Answer,
    Association,
    claim_association,
    give_back,
    save_association,
)
from store.cohorts import SMALLEST_GROUP, TOO_FEW
from store.database import transaction
from store.days_together import DaysTogether, days_together
from store.people import codes_of

log = structlog.get_logger()
PAIN_NAMES = {
    "worst": "worst pain",
    "average": "average pain",
    "least": "least pain",
    "now": "pain now",
    "interference": "interference",
}
COUNTED = {"breakthrough": "breakthrough episodes", "rescue_doses": "rescue doses"}


def associate(engine: sa.Engine, at: datetime) -> int:
    """Answer the oldest question; 0 when none waits.

    `p` and `ci` allow for days in a row being alike. The textbook ones take them as independent, so they are
    given under their own names (`p_iid`, `ci_iid`) and are no finding. Lags of -3 to +7 days stand beside it.
    What takes long is done outside of any transaction.
    """
    with transaction(engine) as session:
        asked = claim_association(session, at)
    if asked is None:
        return 0
    if asked.claims > MOST_CLAIMS:
        why = f"it could not be computed: {MOST_CLAIMS} tries ended without an answer; tell the operator"
        answer = Answer(None, why, 0, 0, METHOD, {})
    else:
        try:
            with transaction(engine) as session:
                days = days_together(
                    session, asked.patient_ids, asked.indices, asked.pain, asked.first, asked.last
                )
                codes = {} if asked.aggregate else codes_of(session, asked.patient_ids)
            answer = answered(asked, days, codes)
        except Exception:
            with transaction(engine) as session:
                give_back(session, asked)
            raise
    with transaction(engine) as session:
        if not save_association(session, asked, answer, at):
            log.warning("another worker answered the question", action="association_late", question=asked.id)
    return 1


def answered(asked: Association, days: DaysTogether, codes: dict[int, str]) -> Answer:
    """The answer to a question from its days; without `codes`, no figure in which a person could be seen."""
    units = {index: days.units.get(index, []) for index in asked.indices}
    rows = {index: _rows(days, index) for index in asked.indices if len(units[index]) < 2}
    treated = [Treated(str(who), np.datetime64(day), kind) for who, day, kind in days.treatments]
    found = asked_together(rows, treated)
    if asked.aggregate:
        found = _of_enough_people(found, rows, treated)
    documents: list[dict[str, Any]] = []
    figures: dict[tuple[str, str], str] = {}
    for index in asked.indices:
        if index not in rows:
            documents.append(_in_several_units(index, units[index]))
            continue
        document = {
            "index": index,
            "unit": "".join(units[index]),
            **{key: value for key, value in found[index].items() if key != "provenance"},
            "missing_share": found[index]["provenance"]["missing_share"],
            "method": found[index]["provenance"]["method"],
        }
        documents.append(document)
        if document["rmcorr"]["r"] is not None:
            figures |= _figures(asked, document, rows[index], codes)
    known = [document for document in documents if document["rmcorr"]["r"] is not None]
    largest = max(documents, key=lambda document: (document["n_patients"], document["n_days"]))
    return Answer(
        documents=documents,
        reason=None if known else "; ".join(dict.fromkeys(one["rmcorr"]["r_reason"] for one in documents)),
        n_patients=largest["n_patients"],
        n_days=largest["n_days"],
        method=METHOD,
        figures={which: svg for which, svg in figures.items() if len(svg.encode()) <= MOST_SVG_BYTES},
    )


def _of_enough_people(
    found: dict[str, Document], rows: dict[str, DailyRows], treated: Sequence[Treated]
) -> dict[str, Document]:
    """The same without what fewer than ten people give: an index, or a lag.

    That is left out before p is adjusted, not only unsaid: an adjusted p of what is told would speak of it.
    """
    kept = {name: rows[name] for name, one in found.items() if one["n_patients"] >= SMALLEST_GROUP}
    few = {lag["lag"] for name in kept for lag in found[name]["lags"] if lag["n_patients"] < SMALLEST_GROUP}
    told = found if len(kept) == len(found) and not few else {}
    if kept and not told:
        told = asked_together(kept, treated, [lag for lag in LAGS if lag not in few])
    for document in told.values():
        partial = document["partial"]
        if any(lag["n_patients"] < SMALLEST_GROUP for lag in partial["lags"]):
            partial |= {"lags": [], "lags_reason": TOO_FEW}
        # Without the days of so few people it would be the link itself: the difference is theirs.
        if 0 < document["unanswered"]["n_patients"] < SMALLEST_GROUP:
            document |= {"unanswered": None, "unanswered_reason": TOO_FEW}
        if few:
            document["lags_reason"] = f"of lags that are not here: {TOO_FEW}"
    return {name: told[name] if name in told else _of_too_few(one) for name, one in found.items()}


def _of_too_few(found: Document) -> Document:
    counts = {name: found[name] for name in ("n_patients", "n_days", "provenance")}
    return {"rmcorr": {"r": None, "r_reason": TOO_FEW}, "mixed": None, "lags": [], **counts}


def _rows(days: DaysTogether, index: str) -> DailyRows:
    """The days with this index or with pain: what another index has is nothing to this one."""
    x = days.indices[index]
    own = ~(np.isnan(x) & np.isnan(days.pain))
    who = tuple(map(str, days.patient[own].tolist()))
    return DailyRows(
        who, days.day[own], x[own], days.pain[own], others=(("worn_min", (days.worn_min[own],)),)
    )


def _in_several_units(index: str, units: list[str]) -> dict[str, Any]:
    why = f"the patients' values are in different units ({', '.join(units)}): ask for one unit's"
    return {
        "index": index,
        "unit": None,
        "rmcorr": {"r": None, "r_reason": why},
        "mixed": None,
        "lags": [],
        "n_patients": 0,
        "n_days": 0,
        "missing_share": None,
        "method": METHOD,
    }


def _figures(
    asked: Association, document: dict[str, Any], rows: DailyRows, codes: dict[int, str]
) -> dict[tuple[str, str], str]:
    index, unit = document["index"], document["unit"]
    pain = PAIN_NAMES.get(asked.pain) or COUNTED[asked.pain]
    x_name = index if unit in ("1", "") else f"{index} [{unit}]"
    y_name = f"{pain} (0 to 10)" if asked.pain in PAIN_NAMES else f"{pain} in 24 h"
    window = f"{asked.first} to {asked.last}"
    drawn = {
        (index, "lags"): lag_plot(
            document["lags"],
            f"{index} and {pain}, {window}",
            f"{document['n_patients']} patients, {document['n_days']} complete days; {document['method']}",
            "p_adjusted_family" if len(asked.indices) > 1 else "p_adjusted",
        )
    }
    if codes:
        who = [codes[int(patient)] for patient in rows.patient]
        drawn[index, "within"] = within_plot(
            who, rows.x, rows.y, x_name, y_name, f"{index} and {pain} within patients, {window}"
        )
    return drawn
