"""Write docs/model-card-risk.md, with figures of seeds not trained on: `python -m docs.model_card_risk`.

Takes some minutes. The words are those of model-card-risk.template.md; the figures are of simulated people.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from analytics.daily_csv.risks import groups_of
from analytics.escalation.risk import HORIZON_DAYS, came_within, p_flare_7d, told
from analytics.escalation.risk_model import RiskModel, shipped_risk_model
from analytics.escalation.risk_report import Asked, validation
from analytics.figures.calibration_plot import calibration_plot
from benchmarks.risk_cohorts import DAYS, REGIMES, Regime, screened, truth_of
from simulate.cohort import SCENARIOS

HERE = Path(__file__).resolve().parent
WORDS = HERE / "model-card-risk.template.md"
PAGE, PICTURE = HERE / "model-card-risk.md", HERE / "images" / "risk-calibration.svg"
SEEDS, PATIENTS, EVERY, DRAWS = (901, 902), 40, 3, 200
MOST_WEIGHING = 15


def asked_of(regime: Regime, seeds: Iterable[int] = SEEDS, patients: int = PATIENTS) -> Asked:
    """Every third judged day of each patient whose week ahead was simulated."""
    parts: dict[str, list[Any]] = {}
    people = 0
    for seed in seeds:
        for _, cohort, found in screened(patients, seed, regime):
            n, d = cohort.shape
            day, who = np.arange(d)[None, :], np.arange(n)[:, None]
            used = told(found) & cohort.present & (day < d - HORIZON_DAYS) & ((day + who) % EVERY == 0)
            on, onset = truth_of(cohort)
            attributes = {
                name: dict(zip(cohort.patients, of.tolist(), strict=True))
                for name, of in cohort.attributes.items()
            }
            columns = {
                "p": p_flare_7d(found),
                "comes": came_within(on),
                "begins": came_within(onset),
                "running": on,
                "patient": np.broadcast_to(people + who, (n, d)),
                **{
                    f"group {name}": np.broadcast_to(of[:, None], (n, d))
                    for name, of in groups_of(found.rows, attributes).items()
                },
            }
            people += n
            for name, values in columns.items():
                parts.setdefault(name, []).append(values[used])
    whole = {name: np.concatenate(of) for name, of in parts.items()}
    groups = {
        name.removeprefix("group "): whole.pop(name) for name in list(whole) if name.startswith("group ")
    }
    return Asked(**whole, groups=groups)


def main() -> None:
    """Evaluate and write."""
    model = shipped_risk_model()
    found = {}
    for regime in REGIMES:
        asked = asked_of(regime)
        if regime is not REGIMES[0]:
            asked = Asked(asked.p, asked.comes, asked.begins, asked.running, asked.patient, {})
        found[regime.name] = validation(asked, draws=DRAWS)
    nominal = found["nominal"]
    counts = nominal["counts"]
    facts = f"simulated: {counts['patients']:,} patients, {counts['days']:,} days"
    PICTURE.write_text(
        calibration_plot(nominal["reliability"], f"{model.label}, nominal regime", facts), encoding="utf-8"
    )
    PAGE.write_text(
        WORDS.read_text(encoding="utf-8").format(
            label=model.label,
            checksum=model.checksum,
            seeds=", ".join(map(str, model.training["seeds"])),
            trained_patients=f"{model.training['patients']:,}",
            trained_days=f"{model.training['days']:,}",
            every=model.training["every_nth_day"],
            rate=f"{100 * model.training['event_rate']:.1f}",
            settings=model.training["settings"],
            folds=model.training["folds"],
            penalty="C {C:g}, l1 ratio {l1_ratio:g}".format(**model.training["penalty"]),
            n_features=len(model.features),
            bends=", ".join(f"{at:g}" for at in model.bends),
            screen_rule=model.screen_rule or "none: rows alone",
            asked=", ".join(map(str, SEEDS)),
            asked_patients=PATIENTS,
            scenarios=len(SCENARIOS),
            days=DAYS,
            asked_every=EVERY,
            draws=DRAWS,
            performance=_performance(found),
            benefit=_benefit(nominal),
            groups=_groups(nominal),
            weighing=_weighing(model),
        ),
        encoding="utf-8",
    )


def _performance(found: dict[str, dict[str, Any]]) -> str:
    names = {
        "auroc": "AUROC",
        "auprc": "AUPRC",
        "calibration_slope": "calibration slope",
        "calibration_intercept": "calibration intercept",
        "calibration_in_the_large": "calibration in the large",
        "brier": "Brier",
        "scaled_brier": "scaled Brier",
        "ece": "ECE",
    }
    rows = [["patients, days", *(f"{c['patients']:,}, {c['days']:,}" for c in _counts(found))]]
    rows.append(
        [
            "days with an event day within 7",
            *(f"{100 * c['days_before_or_in_event'] / c['days']:.1f} %" for c in _counts(found)),
        ]
    )
    rows += [
        [said, *(_figure(one["figures"][name]) for one in found.values())] for name, said in names.items()
    ]
    rows.append(["AUROC of onset alone", *(_figure(one["onset_auroc"]) for one in found.values())])
    return _table(["", *found], rows)


def _counts(found: dict[str, dict[str, Any]]) -> list[dict[str, int]]:
    return [one["counts"] for one in found.values()]


def _benefit(found: dict[str, Any]) -> str:
    rows = [
        [
            f"{one['threshold']:.2f}",
            f"{1000 * one['model']:.1f}",
            f"{1000 * one['treat_all']:.1f}",
            f"{1000 * one['over_the_better']:.1f} ({1000 * one['over_the_better_ci'][0]:.1f} to "
            f"{1000 * one['over_the_better_ci'][1]:.1f})",
            f"{100 * one['acted_on']:.1f} %",
        ]
        for one in found["net_benefit"]
    ]
    return _table(["risk acted on", "model", "act on all", "over the better of all and none", "days"], rows)


def _groups(found: dict[str, Any]) -> str:
    rows = []
    for name, values in found["subgroups"].items():
        for value, one in values.items():
            figures = [one["figures"][k] for k in ("auroc", "calibration_slope", "calibration_in_the_large")]
            people = one["counts"]["patients"]
            rows.append([f"{name}: {value}", f"{people:,}", *map(_figure, figures)])
    return _table(["", "patients", "AUROC", "slope", "in the large"], rows)


def _weighing(model: RiskModel) -> str:
    """How far the log odds go between one scale below the centre and two above."""
    ends = [
        model.coefficients[:, 0] * at
        + (np.maximum(at - model.bends, 0) - np.maximum(-model.bends, 0)) @ model.coefficients[:, 1:].T
        for at in (-1.0, 1.0, 2.0)
    ]
    most = np.argsort(-np.max(np.abs(ends), axis=0))[:MOST_WEIGHING]
    rows = [[f"`{model.features[k]}`", *(f"{end[k]:+.2f}" for end in ends)] for k in most.tolist()]
    return _table(["feature", "one scale below the centre", "one above", "two above"], rows)


def _figure(one: dict[str, Any]) -> str:
    if one["value"] is None:
        return str(one["reason"])
    interval = "" if one["ci"] is None else f" ({one['ci'][0]:.3f} to {one['ci'][1]:.3f})"
    return f"{one['value']:.3f}{interval}"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    main()
