"""The watchdog: its synthetic patient, whom no view shows, and its rounds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

NAME = "actalgia-watchdog"

# The story of a case is only added to; that of a round of the watchdog goes with the round.
KEPT = """
    CREATE FUNCTION refuse_removal() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM public."case" c JOIN public.patient p ON p.id = c.patient_id
                   WHERE c.id = OLD.case_id AND p.synthetic) THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'rows of % are only added', TG_TABLE_NAME;
    END
    $$
"""
ONLY_ADDED = """
    CREATE TRIGGER case_event_is_only_added BEFORE {what} ON case_event
    EXECUTE FUNCTION refuse_change()
"""


# What a round leaves is no record of anybody, and goes with the round: the audit would grow by a million traces a
# year, and report each as removed.
PASSED_OVER = """
    CREATE FUNCTION audit_passes_over(tbl_as text, whose bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
        SELECT tbl_as IN ('decision', 'check_in', 'case', 'case_event', 'delivery')
            AND EXISTS (SELECT FROM public.patient p WHERE p.id = whose AND p.synthetic)
    $$
"""
#: Function of the audit (0026): what is there, and what is there afterwards.
NOT_TRACED = {
    "trace_row": (
        "        INSERT INTO public.audit_trace",
        "        IF public.audit_passes_over(TG_TABLE_NAME, whose) THEN\n"
        "            RETURN NULL;\n"
        "        END IF;\n"
        "        INSERT INTO public.audit_trace",
    ),
    "trace_found": (
        "WHERE newest.digest IS DISTINCT FROM t.digest ORDER",
        "WHERE newest.digest IS DISTINCT FROM t.digest AND NOT public.audit_passes_over($1, t.whose) ORDER",
    ),
}


def upgrade() -> None:
    op.add_column(
        "patient",
        sa.Column(
            "synthetic",
            sa.Boolean(),
            server_default=sa.false(),
            nullable=False,
            comment="the watchdog's: in no list of patients",
        ),
    )
    op.create_index("ix_patient_synthetic", "patient", ["id"], postgresql_where=sa.text("synthetic"))
    # One name for all: a ward that was called so would be told of nothing.
    op.create_check_constraint(
        op.f("ck_patient_synthetic_has_its_own_name"),
        "patient",
        f"synthetic = (code = '{NAME}') AND synthetic = (site = '{NAME}')",
    )
    op.execute(
        "CREATE TRIGGER patient_stays_synthetic_or_not BEFORE UPDATE ON patient FOR EACH ROW "
        "WHEN (OLD.synthetic IS DISTINCT FROM NEW.synthetic) EXECUTE FUNCTION refuse_change()"
    )
    op.create_table(
        "watch_round",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("every_s", sa.Double(), nullable=False, comment="how often there is to be one"),
        sa.Column(
            "legs", pg.JSONB(), nullable=False, comment="leg: seconds from the start until it was reached"
        ),
        sa.Column(
            "missing",
            sa.Text(),
            nullable=True,
            comment="the first leg not reached; none: it is good",
        ),
        sa.Column("detail", sa.Text(), nullable=True, comment="a sentence about that; nothing clinical"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch_round")),
    )
    op.create_index(op.f("ix_watch_round_ended_at"), "watch_round", ["ended_at"])
    op.create_table(
        "watch_message",
        sa.Column("idempotency_key", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("idempotency_key", name=op.f("pk_watch_message")),
    )
    op.execute("DROP TRIGGER case_event_is_only_added ON case_event")
    op.execute(ONLY_ADDED.format(what="UPDATE OR TRUNCATE"))
    op.execute(KEPT)
    op.execute(
        "CREATE TRIGGER case_event_is_kept BEFORE DELETE ON case_event FOR EACH ROW "
        "EXECUTE FUNCTION refuse_removal()"
    )
    op.execute(PASSED_OVER)
    for function, (before, after) in NOT_TRACED.items():
        _rewrite(function, before, after)
    # Each patient has a column more: what is written down of the row is written down anew.
    op.execute("SELECT trace_found('patient', '{id}', '{}')")
    for view, columns, definition in _views():
        without = _without(columns)
        if without is not None:
            op.execute(f"CREATE OR REPLACE VIEW reading.{view} AS SELECT v.* FROM ({definition}) v {without}")


def downgrade() -> None:
    for view, columns, definition in _views():
        if _without(columns) is not None:
            inside = definition[definition.index("FROM (") + len("FROM (") : definition.rindex(") v")]
            op.execute(f"CREATE OR REPLACE VIEW reading.{view} AS {inside}")
    for function, (before, after) in NOT_TRACED.items():
        _rewrite(function, after, before)
    op.execute("DROP FUNCTION audit_passes_over")
    op.execute("DROP TRIGGER case_event_is_kept ON case_event")
    op.execute("DROP FUNCTION refuse_removal")
    op.execute("DROP TRIGGER case_event_is_only_added ON case_event")
    op.execute(ONLY_ADDED.format(what="UPDATE OR DELETE OR TRUNCATE"))
    op.drop_table("watch_message")
    op.drop_table("watch_round")
    op.execute("DROP TRIGGER patient_stays_synthetic_or_not ON patient")
    op.drop_index("ix_patient_synthetic", "patient")
    op.drop_constraint(op.f("ck_patient_synthetic_has_its_own_name"), "patient")
    op.drop_column("patient", "synthetic")


def _rewrite(function: str, before: str, after: str) -> None:
    """Replace a function by itself with other words in one place."""
    text = op.get_bind().scalar(sa.text("SELECT pg_get_functiondef(:f ::regproc)"), {"f": function})
    if str(text).count(before) != 1:
        raise RuntimeError(f"{function} is not as it was")
    op.get_bind().exec_driver_sql(str(text).replace(before, after).replace("%", "%%"))


def _views() -> list[tuple[str, list[str], str]]:
    """(name, columns, definition) of what outsiders read."""
    rows = op.get_bind().execute(
        sa.text(
            """
            SELECT c.relname, pg_get_viewdef(c.oid),
                   array(SELECT attname::text FROM pg_attribute a
                         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum)
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'reading' AND c.relkind = 'v' ORDER BY c.oid
            """
        )
    )
    return [(name, list(columns), definition.rstrip().rstrip(";")) for name, definition, columns in rows]


def _without(columns: list[str]) -> str | None:
    """The condition that leaves the synthetic patient out; None: the view knows neither patient nor device."""
    for column in ("patient", "device"):
        if column in columns:
            return f"WHERE v.{column} IS DISTINCT FROM '{NAME}'"
    if "case_id" in columns:
        return (
            'WHERE NOT EXISTS (SELECT FROM public."case" c JOIN public.patient p ON p.id = c.patient_id '
            "WHERE p.synthetic AND c.id = v.case_id)"
        )
    return None
