"""What is said of the link of two measures: the document of `actalgia associate`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.association.daily_rows import DailyRows
from analytics.association.links import LAGS, METHOD, Link, Links, links
from analytics.association.mixed import Mixed, Slope, within_between
from analytics.association.panel import Panel, panel_of
from analytics.association.partial import adjusted
from analytics.association.prewhitening import prewhitened
from analytics.association.repeated_measures import RepeatedMeasures, repeated_measures_correlation
from analytics.association.unanswered import sensitivity

Document = dict[str, Any]
FEW_PATIENTS = 20  #: below that even a bootstrap of patients is a rough guess
NO_ORDER = "rows without days have no order: name their column with --day"


def association(
    rows: DailyRows, lags: Sequence[int] = LAGS, *, weekday: bool = False, prewhiten: bool = False
) -> Document:
    """`{"rmcorr", "mixed", "lags", "n_patients", "n_days", "provenance"}`; a null value has `<name>_reason`.

    With days, `p` and `ci` allow for days in a row being alike, and `unanswered` says what the link would be
    if y was worse where it is missing; without, they are the textbook values and `p_method` says `iid`. What
    `rows.others` and `weekday` explain is taken away in `partial`; `prewhitened` is there if asked for.
    Raises ValueError as `panel_of` does, and for weekdays of days that are numbers.
    """
    textbook = repeated_measures_correlation(rows.patient, rows.x, rows.y)
    if rows.day is None:
        panel = _in_file_order(rows)
    else:
        others = [column for _, columns in rows.others for column in columns]
        panel = panel_of(rows.patient, rows.day, rows.x, rows.y, others)
    if weekday and (rows.day is None or rows.numbered):
        raise ValueError("weekday needs days that are dates")
    link = linked(textbook, None if rows.day is None else panel, lags)
    more: Document = {}
    names = [name for name, _ in rows.others] + ["weekday"] * weekday
    if rows.day is not None and names:
        more["partial"] = partial(panel, names, lags, weekday=weekday)
    elif names:
        more |= _pair("partial", None, NO_ORDER)
    if rows.day is not None and prewhiten:
        more["prewhitened"] = whitened(panel, lags)
    elif prewhiten:
        more |= _pair("prewhitened", None, NO_ORDER)
    p_within = None if rows.day is None else link["rmcorr"]["p"]
    return {
        "rmcorr": link["rmcorr"],
        "mixed": _mixed(within_between(panel, p_within)),
        "lags": link["lags"],
        **({"lags_reason": NO_ORDER} if rows.day is None else {"unanswered": supposing(panel)}),
        **more,
        "n_patients": textbook.n_patients,
        "n_days": textbook.n_days,
        "provenance": {
            "method": METHOD,
            "rows": len(rows.patient),
            "missing_share": _share_missing(panel) if rows.day is not None else _incomplete(rows),
            "first_day": None if rows.day is None or not len(rows.day) else rows.written(rows.day.min()),
            "last_day": None if rows.day is None or not len(rows.day) else rows.written(rows.day.max()),
        },
    }


def linked(textbook: RepeatedMeasures, panel: Panel | None, lags: Sequence[int] = LAGS) -> Document:
    """`{"rmcorr", "lags"}` of the same rows; without a panel of days only what needs no order."""
    rmcorr = _textbook(textbook)
    if panel is None:
        rmcorr |= _pair("p", textbook.p_iid, textbook.reasons.get("p_iid"))
        rmcorr |= _pair("ci", _listed(textbook.ci_iid), textbook.reasons.get("ci_iid"))
        return {"rmcorr": rmcorr | {"p_method": "iid", "ci_method": "iid"}, "lags": []}
    found, same_day = _links(panel, lags)
    rmcorr |= _pair("n_eff", same_day.n_eff, same_day.reasons.get("n_eff"))
    rmcorr |= _pair("p", same_day.p, same_day.reasons.get("p"))
    rmcorr |= _pair("ci", _listed(same_day.ci), same_day.reasons.get("ci"))
    rmcorr |= {"p_method": found.p_method, "ci_method": found.ci_method}
    if 1 < found.n_patients < FEW_PATIENTS:
        rmcorr["caution"] = f"only {found.n_patients} patients: another such group may well say otherwise"
    return {"rmcorr": rmcorr, "lags": [_lag(link) for link in found.lags]}


def partial(
    panel: Panel,
    names: Sequence[str],
    lags: Sequence[int] = LAGS,
    *,
    weekday: bool = False,
    episodes: NDArray[np.int64] | None = None,
) -> Document:
    """The link without what `panel.z`, weekday and episodes explain; `names` says what these are."""
    without = adjusted(panel, weekday=weekday, episodes=episodes)
    return {"adjusted_for": list(names)} | _same_day_and_lags(without, lags)


def whitened(panel: Panel, lags: Sequence[int] = LAGS) -> Document:
    """The link after a filter that makes x white: `phi` says which."""
    filtered, phi = prewhitened(panel)
    if np.isnan(phi):
        return _pair("phi", None, "too little data: no two days in a row are known")
    return {"phi": phi} | _same_day_and_lags(filtered, lags)


def supposing(panel: Panel) -> Document:
    """`{"n", "n_patients", "share", "supposed": [{"delta", "r", "ci"}], "tipping_delta"}`: y on days with x
    alone."""
    found = sensitivity(panel)
    reasons = found.reasons
    told: list[Document] = [
        {"delta": one.delta}
        | _pair("r", one.r, "y would not vary")
        | _pair("ci", _listed(one.ci), reasons.get("ci"))
        for one in found.supposed
    ]
    return (
        {"n": found.n_unanswered, "n_patients": found.n_patients}
        | _pair("share", found.share, reasons.get("supposed"))
        | _pair("supposed", told or None, reasons.get("supposed"))
        | _pair("tipping_delta", found.tipping_delta, reasons.get("tipping_delta"))
    )


def _same_day_and_lags(panel: Panel, lags: Sequence[int]) -> Document:
    """What `linked` gives, but for the textbook values: these rest on days that are independent."""
    found, same_day = _links(panel, lags)
    told: Document = {"n_patients": found.n_patients, "n_days": found.n_days}
    for name in ("r", "n_eff", "p"):
        told |= _pair(name, getattr(same_day, name), same_day.reasons.get(name))
    told |= _pair("ci", _listed(same_day.ci), same_day.reasons.get("ci"))
    told |= {"p_method": found.p_method, "ci_method": found.ci_method}
    return told | {"lags": [_lag(link) for link in found.lags]}


def _links(panel: Panel, lags: Sequence[int]) -> tuple[Links, Link]:
    """The links at these lags, and that of the same day, whose p is its own and not of the family."""
    found = links(panel, lags)
    if 0 in lags:
        return found, found.lags[list(lags).index(0)]
    return found, links(panel, (0,)).lags[0]


def _in_file_order(rows: DailyRows) -> Panel:
    """Each patient's rows as if they were days: for what does not look at their order."""
    seen: dict[str, int] = {}
    number = []
    for patient in rows.patient:
        number.append(seen.get(patient, 0))
        seen[patient] = number[-1] + 1
    return panel_of(rows.patient, np.array(number, np.int64).astype("datetime64[D]"), rows.x, rows.y)


def _share_missing(panel: Panel) -> float | None:
    """Of the days from each patient's first to last those on which a measure is missing."""
    days = int(panel.spans.sum())
    return 1 - float((~np.isnan(panel.x) & ~np.isnan(panel.y)).sum()) / days if days else None


def _incomplete(rows: DailyRows) -> float | None:
    return float((np.isnan(rows.x) | np.isnan(rows.y)).mean()) if len(rows.patient) else None


def _textbook(found: RepeatedMeasures) -> Document:
    return (
        _pair("r", found.r, found.reasons.get("r"))
        | _pair("dof", found.dof, found.reasons.get("dof"))
        | _pair("p_iid", found.p_iid, found.reasons.get("p_iid"))
        | _pair("ci_iid", _listed(found.ci_iid), found.reasons.get("ci_iid"))
    )


def _mixed(found: Mixed) -> Document:
    return {
        "within": _slope(found.within),
        "between": _slope(found.between),
        **_pair("spread", found.spread, found.spread_reason),
        "converged": found.converged,
        "method": found.method,
    }


def _slope(slope: Slope) -> Document:
    reasons = slope.reasons
    return (
        _pair("estimate", slope.estimate, reasons.get("estimate"))
        | _pair("se", slope.se, reasons.get("se"))
        | _pair("p", slope.p, reasons.get("p"))
        | _pair("ci", _listed(slope.ci), reasons.get("ci"))
    )


def _lag(link: Link) -> Document:
    told: Document = {"lag": link.lag, "n": link.n, "n_patients": link.n_patients}
    for name in ("n_eff", "r", "p", "p_adjusted"):
        told |= _pair(name, getattr(link, name), link.reasons.get(name))
    return told | _pair("ci", _listed(link.ci), link.reasons.get("ci"))


def _pair(name: str, value: Any, reason: str | None) -> Document:
    """The value, and why there is none."""
    return {name: value} if value is not None else {name: None, f"{name}_reason": reason or "not known"}


def _listed(ci: tuple[float, float] | None) -> list[float] | None:
    return None if ci is None else list(ci)
