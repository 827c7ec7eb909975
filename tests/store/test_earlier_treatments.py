"""A database that goes back to before treatments had particulars keeps what they say, and no mistake of theirs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import command

from store import people, schema
from store.database import engine_for, transaction
from store.treatments import Particulars, add_treatment, withdraw_treatment
from tests.cast import NOON
from tests.conftest import new_database


def test_what_was_withdrawn_does_not_come_back_with_the_earlier_schema(server_url: str) -> None:
    url = new_database(server_url)
    schema.upgrade(url)
    engine = engine_for(url)
    with transaction(engine) as session:
        patient = people.enrol_patient(session, "P-1", "UTC").id
        said = Particulars(technique="SBRT", fractions=3, site="spine")
        kept, _ = add_treatment(session, patient, "radiotherapy", NOON, None, "anna", NOON, said)
        wrong, _ = add_treatment(session, patient, "chemo", NOON, "not this one", "anna", NOON)
        plain, _ = add_treatment(session, patient, "surgery", NOON, None, "anna", NOON)
        withdraw_treatment(session, patient, wrong.id, "anna", NOON)
    command.downgrade(schema.config(url), "0012")
    with transaction(engine) as session:
        rows = session.execute(sa.text("SELECT id, kind, detail FROM treatment ORDER BY id")).all()
    assert rows == [(kept.id, "radiotherapy", "SBRT, 3 fractions, spine"), (plain.id, "surgery", None)]
    schema.upgrade(url)
    with transaction(engine) as session:
        again = session.scalars(sa.text("SELECT treatment_id FROM response ORDER BY 1")).all()
    assert again == [kept.id, plain.id]
    engine.dispose()
