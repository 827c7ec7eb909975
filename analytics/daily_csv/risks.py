"""Risks of the days of a CSV, with what a validation or a look at drift asks of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.daily_csv.blocks import batches
from analytics.daily_csv.one_a_day import PatientDays
from analytics.daily_csv.outcomes import Outcomes
from analytics.escalation.risk import HORIZON_DAYS, came_within, p_flare_7d, risk_features
from analytics.escalation.risk_model import RiskModel
from analytics.escalation.risk_report import Asked
from analytics.escalation.rows import DailyRows, Floats
from analytics.escalation.screening import Screened, screen
from analytics.escalation.validation import Values

LITTLE = 0.5  #: share of a patient's days below which wear or diary is little
RISK = "p_flare_7d"


def asked_of(
    days: PatientDays,
    outcomes: Outcomes,
    attributes: Mapping[str, Mapping[str, str]],
    model: RiskModel,
    *,
    since: int = 0,
) -> Asked:
    """Every day that can be judged and whose week ahead is known, from the day number `since` on.

    A week is known if all its days are: to keep the others where an event came would make events too many.
    """
    parts: dict[str, list[NDArray[np.generic]]] = {}
    people = 0
    for judged in _judged(days):
        rows = judged.rows
        on, begins, known = outcomes.of(rows)
        comes, p = came_within(on), p_flare_7d(judged, model)
        used = ~np.isnan(p) & ~_week_unknown(known) & (_day_numbers(rows) >= since)
        who = np.broadcast_to(people + np.arange(rows.shape[0])[:, None], rows.shape)
        people += rows.shape[0]
        columns = {"p": p, "comes": comes, "begins": came_within(begins), "running": on, "patient": who}
        for name, values in columns.items():
            parts.setdefault(name, []).append(values[used])
        for name, of in groups_of(rows, attributes).items():
            parts.setdefault(f"group {name}", []).append(np.broadcast_to(of[:, None], rows.shape)[used])
    whole = {name: np.concatenate(of) for name, of in parts.items()}
    groups = {name.removeprefix("group "): of for name, of in whole.items() if name.startswith("group ")}
    empty = np.zeros(0, dtype=bool)
    return Asked(
        whole.get("p", np.zeros(0)).astype(np.float64),
        whole.get("comes", empty).astype(np.bool_),
        whole.get("begins", empty).astype(np.bool_),
        whole.get("running", empty).astype(np.bool_),
        whole.get("patient", np.zeros(0)).astype(np.int64),
        {name: of.astype(np.str_) for name, of in groups.items()},
    )


@dataclass(frozen=True)
class Recent:
    """Figures by name, (m,) each, of the days of the last weeks of a file that can be judged."""

    figures: dict[str, Values]
    patients: int
    first_day: int  #: 1 is 0001-01-01
    last_day: int


def recent_of(days: PatientDays, weeks: int, model: RiskModel) -> Recent:
    """What a look at drift compares: features of the model and risks, of the newest `weeks` of the file."""
    last = int(days.day.max()) if len(days.day) else 0
    first = last - 7 * weeks + 1
    parts: dict[str, list[Floats]] = {}
    patients = 0
    for judged in _judged(days):
        p = p_flare_7d(judged, model)
        used = ~np.isnan(p) & (_day_numbers(judged.rows) >= first)
        found = risk_features(judged)
        for name in model.features:
            parts.setdefault(name, []).append(found[name][used])
        parts.setdefault(RISK, []).append(p[used])
        patients += int(used.any(axis=1).sum())
    return Recent({name: np.concatenate(of) for name, of in parts.items()}, patients, first, last)


def _judged(days: PatientDays) -> Iterator[Screened]:
    for batch in batches(days):
        for rows in batch.blocks():
            yield screen(rows)


def _day_numbers(rows: DailyRows) -> NDArray[np.int64]:
    """(n, d), 1 is 0001-01-01."""
    start = np.array([one.toordinal() for one in rows.first_day], dtype=np.int64)
    return np.asarray(start[:, None] + np.arange(rows.shape[1])[None, :])


def _week_unknown(known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(n, d): one of the next seven days is not known, or lies beyond the last."""
    beyond = np.ones((len(known), HORIZON_DAYS), dtype=bool)
    return came_within(np.concatenate([~known, beyond], axis=1))[:, : known.shape[1]]


def groups_of(rows: DailyRows, attributes: Mapping[str, Mapping[str, str]]) -> dict[str, NDArray[np.str_]]:
    """What each patient (n,) is, "" where it is not told; and whether there was little wear or diary."""
    found = {
        name: np.array([of.get(patient, "") for patient in rows.patients], dtype=np.str_)
        for name, of in attributes.items()
    }
    inside = np.arange(rows.shape[1])[None, :] < rows.days[:, None]
    answered = ~(np.isnan(rows.of("average")) & np.isnan(rows.of("worst"))) & inside
    found["diary"] = _little(answered.sum(axis=1) / rows.days, "answered")
    wear = np.where(inside, np.nan_to_num(rows.of("wear_fraction")), 0.0)
    if "wear_fraction" in rows.numbers:
        found["wear"] = _little(wear.sum(axis=1) / rows.days, "worn")
    return found


def _little(share: Floats, what: str) -> NDArray[np.str_]:
    return np.where(share < LITTLE, f"under 50 % {what}", f"50 % {what} or more")
