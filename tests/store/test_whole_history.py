"""A look at some weeks of a diary reads those weeks, however long the patient has kept one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from store.associations import newest_alone
from store.database import transaction
from store.days_together import _PAIN
from store.diary import _REPORTS
from tests.cast import NOON, enrol_cast

DAYS, A_DAY, SEEN = 1000, 3, 28
YEARS = """
    INSERT INTO pain_report (entry, device_id, boot, seq, at, received_at, worst, detail)
    SELECT gen_random_uuid(), :device, 0, n, t, t, n % 11, '{}' FROM generate_series(1, :n) n,
         LATERAL (SELECT :noon ::timestamptz - n * interval '8 hours') x(t)
"""


def scans(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Where the window is read; `b` are the other revisions of what was found, in a table as small as here
    by a look at all of it."""
    if node.get("Relation Name") == "pain_report" and not node["Alias"].startswith("b"):
        yield node
    for child in node.get("Plans", ()):
        yield from scans(child)


def rows_looked_at(engine: sa.Engine, query: str, values: dict[str, object]) -> float:
    with engine.connect() as connection:
        (plan,) = connection.execute(sa.text(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}"), values).scalar_one()
    return sum(
        (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        for node in scans(plan["Plan"])
    )


@pytest.fixture
def patient(engine: sa.Engine) -> int:
    """Rising's phone has sent three entries a day for years."""
    cast = enrol_cast(engine, since=NOON - timedelta(days=DAYS))
    with transaction(engine) as session:
        values = {"device": cast.phone_2, "n": DAYS * A_DAY - 1, "noon": NOON}
        session.execute(sa.text(YEARS), values)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in ("pain_report", "wearing", "device", "patient"):
            connection.exec_driver_sql(f"ANALYZE {table}")
    return cast.rising


def test_the_reports_of_four_weeks_cost_four_weeks(engine: sa.Engine, patient: int) -> None:
    values = {"patient": patient, "start": NOON - timedelta(days=SEEN), "end": NOON}
    assert 80 < rows_looked_at(engine, str(_REPORTS), values) < 2 * SEEN * A_DAY


def test_the_pain_of_an_association_costs_its_window(engine: sa.Engine, patient: int) -> None:
    last = NOON.date()
    values = {"p": [patient], "zero": date(2000, 1, 1), "first": last - timedelta(days=SEEN), "last": last}
    felt = {**values, "low": NOON - timedelta(days=SEEN), "high": NOON}
    looked_at = rows_looked_at(engine, _PAIN.replace(":pain", 'own."worst"'), felt)
    assert 80 < looked_at < 2 * SEEN * A_DAY


COHORTS = """
    INSERT INTO association (asked_at, asked_by, aggregate, patient_ids, indices, first, last, computed_at, method, reason)
    SELECT :noon, 'anna', false, CASE n WHEN 1 THEN ARRAY[:p ::bigint] ELSE ARRAY[:p ::bigint, n] END, '{io}',
           '2026-05-01', '2026-05-04', :noon, 'links 1', 'too little data' FROM generate_series(1, 2000) n
"""


def test_the_newest_answer_about_one_patient_is_found_past_those_about_cohorts(
    engine: sa.Engine, patient: int
) -> None:
    with transaction(engine) as session:
        session.execute(sa.text(COHORTS), {"noon": NOON, "p": patient})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE association")
    asked: list[tuple[str, Any]] = []
    noted = lambda *given: asked.append((given[2], given[3]))  # noqa: E731
    sa.event.listen(engine, "before_cursor_execute", noted)
    with transaction(engine) as session:
        answered, waits = newest_alone(session, patient, "io", "worst")
        assert answered is not None and answered.patient_ids == [patient] and waits is None
    sa.event.remove(engine, "before_cursor_execute", noted)
    query, values = next(one for one in asked if "association" in one[0])
    with engine.connect() as connection:
        lines = connection.exec_driver_sql(f"EXPLAIN (COSTS OFF) {query}", values).scalars().all()
    assert any("ix_association_alone" in line for line in lines), lines
