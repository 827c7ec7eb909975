"""Answers that were given before a question could name several indices are read as before."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import command

from store import schema
from store.associations import association
from store.database import engine_for, transaction
from tests.cast import NOON
from tests.conftest import new_database

ASKED = """
    INSERT INTO association (asked_at, asked_by, aggregate, patient_ids, "index", first, last, computed_at, method,
                             n_patients, n_days, result, reason)
    VALUES (:at, 'anna', true, '{1}', 'io', '2026-05-01', '2026-05-04', :at, 'links 1', 12, 50, :result, :reason)
"""


def test_an_earlier_answer_becomes_a_document_and_goes_back(server_url: str) -> None:
    url = new_database(server_url)
    command.upgrade(schema.config(url), "0012")
    engine = engine_for(url)
    link = {"r": -0.4, "p": 0.01, "lags": [{"lag": 0, "p": 0.01}]}
    with transaction(engine) as session:
        session.execute(sa.text(ASKED), {"at": NOON, "result": json.dumps(link), "reason": None})
        session.execute(sa.text(ASKED), {"at": NOON, "result": None, "reason": "too little data"})
    schema.upgrade(url)
    with transaction(engine) as session:
        known, none = association(session, 1, None), association(session, 2, None)
        assert known is not None and none is not None
        assert (known.indices, known.pain, known.claims) == (["io"], "worst", 0)
        [document] = known.documents or []
        assert document["rmcorr"] == {"r": -0.4, "p": 0.01} and document["lags"] == link["lags"]
        assert (document["n_patients"], document["method"]) == (12, "links 1")
        assert (none.documents, none.reason) == (None, "too little data")
    command.downgrade(schema.config(url), "0012")
    with transaction(engine) as session:
        rows = session.execute(sa.text('SELECT "index", result, reason FROM association ORDER BY id')).all()
    assert rows == [("io", link, None), ("io", None, "too little data")]
    engine.dispose()
