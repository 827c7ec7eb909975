"""The watchdog's patient with all that a patient can have: whatever is in the tables of somebody, once more."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database import now, transaction
from store.watch.reserved import SINK
from store.watch.synthetic import enrol_synthetic, synthetic_of

#: Columns that must not be twice, and what the copy has.
UNIQUE = {
    "idempotency_key": "gen_random_uuid()",
    "entry": "gen_random_uuid()",
    "diary_link.digest": "sha256(gen_random_uuid()::text::bytea)",
}
#: In this order: what refers to a row comes after it.
LATE = ("case_event", "delivery", "alert_silence")


def live(engine: sa.Engine, like_patient: int, like_device: int) -> set[str]:
    """Enrol it, and give it what that patient and that device have; the tables of which something was taken."""
    with transaction(engine) as session:
        enrol_synthetic(session, "hash", now())
        who = synthetic_of(session)
        assert who is not None
        columns = session.execute(_COLUMNS).all()
        tables: dict[str, dict[str, bool]] = {}
        for table, column, given in columns:
            tables.setdefault(table, {})[column] = given
        filled = set()
        for table in sorted(tables, key=lambda one: one in LATE):
            for key, like, new in (
                ("patient_id", like_patient, who.patient_id),
                ("device_id", like_device, who.device_id),
            ):
                if key in tables[table] and _copy(session, table, tables[table], key, like, new):
                    filled.add(table)
        case = session.scalar(
            sa.text('SELECT max(id) FROM "case" WHERE patient_id = :p'), {"p": who.patient_id}
        )
        for table in LATE:
            like = sa.text('SELECT max(id) FROM "case" WHERE patient_id = :p')
            old = session.scalar(like, {"p": like_patient})
            if _copy(session, table, tables[table], "case_id", old, case):
                filled.add(table)
        session.execute(
            sa.text("UPDATE delivery SET channel = :s WHERE case_id = :c"), {"s": SINK, "c": case}
        )
    return filled


def _copy(session: Session, table: str, columns: dict[str, bool], key: str, like: object, new: object) -> int:
    named = [column for column, given in columns.items() if not given]
    values = [
        ":new" if column == key else UNIQUE.get(f"{table}.{column}", UNIQUE.get(column, f'"{column}"'))
        for column in named
    ]
    names = ", ".join(f'"{column}"' for column in named)
    statement = (
        f'INSERT INTO "{table}" ({names}) SELECT {", ".join(values)} FROM "{table}" WHERE {key} = :like '
        "ON CONFLICT DO NOTHING"
    )
    with session.begin_nested() as inside:
        try:
            return session.execute(sa.text(statement), {"like": like, "new": new}).rowcount
        except sa.exc.IntegrityError:
            inside.rollback()
            return 0


#: (table, column, whether the database gives it) of every table.
_COLUMNS = sa.text(
    """
    SELECT c.table_name, c.column_name, c.is_identity = 'YES' OR c.is_generated = 'ALWAYS'
    FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.table_name <> 'wearing'
      AND c.table_name NOT LIKE 'audit%'
    ORDER BY 1, c.ordinal_position
    """
)
