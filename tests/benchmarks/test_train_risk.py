"""A risk model is fitted, written, read and scored. Simulated people."""

import json

import numpy as np
import pytest

from analytics.escalation.risk import p_flare_7d
from analytics.escalation.risk_model import CHECKSUM, checksum, read_risk_model, shipped_risk_model
from analytics.escalation.risk_report import Asked, validation
from benchmarks.risk_cohorts import NOMINAL, days_of, screened


@pytest.mark.filterwarnings("ignore")  # of so few days the fit need not converge
def test_a_model_that_is_fitted_can_be_read_and_scored(tmp_path):
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    from benchmarks.train_risk import train

    document = train(patients=3, seeds=(3,))
    assert document[CHECKSUM] == checksum(document)
    file = tmp_path / "risk.json"
    file.write_text(json.dumps(document, indent=1))
    model = read_risk_model(file)
    assert "held_out_auroc" in model.training and set(model.features) < set(model.reference)
    _, _, found = next(screened(3, 5, NOMINAL))
    p = p_flare_7d(found, model)
    assert ((p > 0) & (p < 1)).sum() > 200 and np.isnan(p).tolist() == np.isnan(found.score).tolist()


def test_the_shipped_model_tells_days_before_events_from_others_on_seeds_it_was_not_fitted_to():
    seed = 950
    assert seed not in shipped_risk_model().training["seeds"]
    days = days_of(6, [seed], NOMINAL, every=3)
    p = 1 / (1 + np.exp(-shipped_risk_model().log_odds_of(days.features)))
    found = validation(Asked(p, days.comes, days.begins, days.running, days.patient, {}), draws=100)
    # 102 people: the interval is wide; the model card has the figures of many.
    assert found["figures"]["auroc"]["value"] > 0.70
    low, high = found["figures"]["calibration_slope"]["ci"]
    assert low < 1.15 and high > 0.85
