"""The audit is a chain: what the database itself sees changing, and the seals of what was written down."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

# What counts of a row. Without nulls: a column that is added later does not change rows that lack it.
CONTENT = """
    CREATE FUNCTION audit_content(row_as jsonb, ignored text[]) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
        SELECT sha256(convert_to(jsonb_strip_nulls(row_as - ignored)::text, 'UTF8'))
    $$
"""

# Arguments: columns of the key; columns that are no change; columns whose values are told (never clinical, never
# a secret); the column that names who adds; the column of a reason that may be told.
TRACE_ROW = """
    CREATE FUNCTION trace_row() RETURNS trigger LANGUAGE plpgsql
    SET timezone = 'UTC' SET datestyle = 'ISO, MDY' SET bytea_output = 'hex' SET extra_float_digits = 1 AS $$
    DECLARE
        ignored text[] := string_to_array(TG_ARGV[1], ',');
        before jsonb;
        shown jsonb;
        differs text;
        whose bigint;
    BEGIN
        IF TG_OP = 'DELETE' THEN
            shown := to_jsonb(OLD);
        ELSE
            shown := to_jsonb(NEW);
        END IF;
        IF TG_OP = 'UPDATE' THEN
            before := to_jsonb(OLD);
            IF before - ignored = shown - ignored THEN
                RETURN NULL;
            END IF;
            SELECT string_agg(key, ',' ORDER BY key) INTO differs FROM jsonb_each(shown - ignored)
            WHERE value IS DISTINCT FROM before -> key;
        END IF;
        IF TG_TABLE_NAME = 'patient' THEN
            whose := shown ->> 'id';
        ELSE
            whose := shown ->> 'patient_id';
            IF whose IS NULL AND shown ? 'case_id' THEN
                SELECT patient_id INTO whose FROM public."case" WHERE id = (shown ->> 'case_id')::bigint;
            END IF;
        END IF;
        INSERT INTO public.audit_trace
            (at, actor, tbl, key, op, patient_id, columns, detail, reason, digest)
        VALUES (
            clock_timestamp(),
            coalesce(
                CASE WHEN TG_OP = 'INSERT' THEN shown ->> TG_ARGV[3] END,
                'database:' || session_user || ' ' || current_setting('application_name')
            ),
            TG_TABLE_NAME,
            CASE WHEN TG_ARGV[0] = 'id' THEN shown ->> 'id' ELSE
                (SELECT string_agg(shown ->> c, ',') FROM unnest(string_to_array(TG_ARGV[0], ',')) c)
            END,
            CASE TG_OP WHEN 'INSERT' THEN 'added' WHEN 'UPDATE' THEN 'changed' ELSE 'removed' END,
            whose,
            differs,
            (SELECT left(string_agg(c || '=' || (shown ->> c), ' '), 500)
             FROM unnest(string_to_array(TG_ARGV[2], ',')) c),
            shown ->> TG_ARGV[4],
            CASE WHEN TG_OP <> 'DELETE' THEN public.audit_content(shown, ignored) END
        );
        RETURN NULL;
    END
    $$
"""

# For rows that were there before their table was traced, and for a later migration that gives them new content.
TRACE_FOUND = """
    CREATE FUNCTION trace_found(tbl_as text, keys text[], ignored text[]) RETURNS bigint LANGUAGE plpgsql
    SET timezone = 'UTC' SET datestyle = 'ISO, MDY' SET bytea_output = 'hex' SET extra_float_digits = 1 AS $$
    DECLARE
        n bigint;
    BEGIN
        EXECUTE format($sql$
            WITH there AS (
                SELECT (SELECT string_agg(j ->> c, ',') FROM unnest($2) c) AS key,
                       CASE WHEN $1 = 'patient' THEN (j ->> 'id')::bigint ELSE coalesce(
                           (j ->> 'patient_id')::bigint,
                           (SELECT patient_id FROM public."case" k WHERE k.id = (j ->> 'case_id')::bigint)
                       ) END AS whose,
                       public.audit_content(j, $3) AS digest
                FROM (SELECT to_jsonb(r) AS j FROM public.%I r) rows
            ), newest AS (
                SELECT DISTINCT ON (key) key, digest FROM public.audit_trace WHERE tbl = $1
                ORDER BY key, id DESC
            )
            INSERT INTO public.audit_trace (at, actor, tbl, key, op, patient_id, digest)
            SELECT clock_timestamp(), 'migration', $1, t.key, 'found', t.whose, t.digest
            FROM there t LEFT JOIN newest USING (key)
            WHERE newest.digest IS DISTINCT FROM t.digest ORDER BY length(t.key), t.key
        $sql$, tbl_as) USING tbl_as, keys, ignored;
        GET DIAGNOSTICS n = ROW_COUNT;
        RETURN n;
    END
    $$
"""

# Has a table traced. A later migration calls it for a table of its own; a second call changes the words.
TRACE_TABLE = """
    CREATE FUNCTION trace_table(tbl_as text, keys text, ignored text, told text, actor text, reason text)
    RETURNS bigint LANGUAGE plpgsql AS $$
    BEGIN
        EXECUTE format('DROP TRIGGER IF EXISTS %I ON public.%I', tbl_as || '_is_traced', tbl_as);
        EXECUTE format(
            'CREATE TRIGGER %I AFTER INSERT OR UPDATE OR DELETE ON public.%I '
            'FOR EACH ROW EXECUTE FUNCTION public.trace_row(%L, %L, %L, %L, %L)',
            tbl_as || '_is_traced', tbl_as, keys, ignored, told, actor, reason);
        RETURN public.trace_found(tbl_as, string_to_array(keys, ','), string_to_array(ignored, ','));
    END
    $$
"""

# As in store/audit/traces.py at this revision: (key, no change, told, who adds, reason).
TRACED = {
    "account": ("id", "failures,locked_until", "name,role,site,disabled_at", "", ""),
    "token": ("id", "", "name,role,site,revoked_at", "", ""),
    "patient": ("id", "", "site,tz", "", ""),
    "patient_zone": ("patient_id,starts", "", "tz", "", ""),
    "patient_attribute": ("patient_id", "", "", "told_by", ""),
    "device": ("id", "", "name,revoked_at", "", ""),
    "wearing": ("id", "", "device_id,during", "", ""),
    "diary_link": ("id", "last_used_at", "expires_at,revoked_at", "created_by", ""),
    "diary_asked": ("id", "", "first_day,last_day", "", ""),
    "treatment": ("id", "", "", "", ""),
    "page_budget": ("id", "", "site,pages_per_patient_week", "set_by", ""),
    "decision": ("id", "told,asked_at", "day,tier,rule", "", "untold"),
    "check_in": ("patient_id,day", "seen_at", "day,about", "", ""),
    "case": (
        "id",
        "last_evidence_at,next_at",
        "kind,state,outcome,rung,step,assigned_to,snoozed_until",
        "",
        "",
    ),
    "case_event": ("id", "", "case_id,kind", "actor", ""),
    "delivery": ("id", "", "case_id,step,recipient,rank,channel,state,attempts", "", ""),
    "alert_silence": ("id", "", "site,case_id,begins,ends,second,ended_at,ended_by", "author", ""),
}


def upgrade() -> None:
    op.add_column(
        "audit_entry",
        sa.Column(
            "reason", sa.Text(), nullable=True, comment="why, where it had to be said; nothing clinical"
        ),
    )
    # Entries of before belong to the transaction of this migration: they are sealed in the order of their ids.
    op.add_column(
        "audit_entry",
        sa.Column(
            "tx",
            sa.BigInteger(),
            server_default=sa.text("((pg_current_xact_id())::text)::bigint"),
            nullable=False,
            comment="the transaction that wrote it",
        ),
    )
    op.create_index("ix_audit_entry_tx", "audit_entry", ["tx"])
    op.create_index("ix_audit_entry_at", "audit_entry", ["at"], postgresql_using="brin")
    op.create_table(
        "audit_trace",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "actor", sa.Text(), nullable=False, comment="as the row says, else the user of the database"
        ),
        sa.Column("tbl", sa.Text(), nullable=False, comment="the table"),
        sa.Column("key", sa.Text(), nullable=False, comment="the key of the row"),
        sa.Column("op", sa.Text(), nullable=False, comment="added, changed, removed, found"),
        sa.Column("patient_id", sa.BigInteger(), nullable=True),
        sa.Column("columns", sa.Text(), nullable=True, comment="which changed, never their values"),
        sa.Column("detail", sa.Text(), nullable=True, comment="identifiers and codes, nothing clinical"),
        sa.Column("reason", sa.Text(), nullable=True, comment="why, where it is not clinical"),
        sa.Column("digest", sa.LargeBinary(), nullable=True, comment="sha256 of the row as it is now"),
        sa.Column(
            "tx",
            sa.BigInteger(),
            server_default=sa.text("((pg_current_xact_id())::text)::bigint"),
            nullable=False,
            comment="the transaction that wrote it",
        ),
        sa.CheckConstraint("op IN ('added', 'changed', 'removed', 'found')", name=op.f("ck_audit_trace_op")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_trace")),
    )
    op.create_index("ix_audit_trace_patient_id", "audit_trace", ["patient_id"])
    op.create_index("ix_audit_trace_tx", "audit_trace", ["tx"])
    op.create_index("ix_audit_trace_at", "audit_trace", ["at"], postgresql_using="brin")
    op.create_table(
        "audit_seal",
        sa.Column(
            "n",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="the place in the chain, from 1",
        ),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False, comment="its id in audit_entry or audit_trace"),
        sa.Column("previous", sa.LargeBinary(), nullable=False, comment="the digest of n - 1"),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="sha256 of previous and the entry"),
        sa.CheckConstraint("source IN ('entry', 'trace')", name=op.f("ck_audit_seal_source")),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_audit_seal")),
        sa.UniqueConstraint("source", "entry", name="uq_audit_seal_once"),
    )
    op.create_table(
        "audit_passed",
        sa.Column("one", sa.Boolean(), nullable=False),
        sa.Column(
            "tx", sa.BigInteger(), nullable=False, comment="all that older transactions wrote is sealed"
        ),
        sa.CheckConstraint("one", name=op.f("ck_audit_passed_one")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_audit_passed")),
    )
    for table in ("audit_trace", "audit_seal"):
        op.execute(
            f"CREATE TRIGGER {table}_is_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "EXECUTE FUNCTION refuse_change()"
        )
    for function in (CONTENT, TRACE_ROW, TRACE_FOUND, TRACE_TABLE):
        op.execute(function)
    for table, words in TRACED.items():
        op.execute(sa.select(sa.func.trace_table(table, *words)))


def downgrade() -> None:
    for table in TRACED:
        op.execute(f'DROP TRIGGER IF EXISTS "{table}_is_traced" ON "{table}"')
    for name in ("trace_table", "trace_found", "trace_row", "audit_content"):
        op.execute(f"DROP FUNCTION {name}")
    for table in ("audit_passed", "audit_seal", "audit_trace"):
        op.drop_table(table)
    op.drop_index("ix_audit_entry_at", "audit_entry")
    op.drop_index("ix_audit_entry_tx", "audit_entry")
    op.drop_column("audit_entry", "tx")
    op.drop_column("audit_entry", "reason")
