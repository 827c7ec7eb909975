"""A silence says why and who in words, is made by two different people where two are asked for, and stays what
was agreed to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

CHECKS = {
    "reason_is_said": "btrim(reason) <> ''",
    "author_is_named": "btrim(author) <> ''",
}
TWO = "lower(btrim(second)) <> lower(btrim(author))"

# What somebody agreed to cannot become something else afterwards: whoever wants another silence ends this one
# and makes another, which takes another second person.
KEPT = """
    CREATE FUNCTION keep_alert_silence() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            RAISE EXCEPTION 'a silence is ended, not removed';
        END IF;
        IF (NEW.site, NEW.patient_id, NEW.case_id, NEW.reason, NEW.author, NEW.begins, NEW.ends)
           IS DISTINCT FROM (OLD.site, OLD.patient_id, OLD.case_id, OLD.reason, OLD.author, OLD.begins, OLD.ends)
           OR (OLD.second IS NOT NULL AND (NEW.second, NEW.second_at) IS DISTINCT FROM (OLD.second, OLD.second_at))
           OR (OLD.ended_at IS NOT NULL AND NEW IS DISTINCT FROM OLD)
        THEN
            RAISE EXCEPTION 'a silence stays what it was: end it and make another';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER alert_silence_is_kept BEFORE UPDATE OR DELETE ON alert_silence
        FOR EACH ROW EXECUTE FUNCTION keep_alert_silence();
"""


def upgrade() -> None:
    op.execute("UPDATE alert_silence SET reason = 'no reason was given' WHERE btrim(reason) = ''")
    op.execute("UPDATE alert_silence SET author = 'nobody named' WHERE btrim(author) = ''")
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_alert_silence_{name}"), "alert_silence", sa.text(condition))
    op.drop_constraint(op.f("ck_alert_silence_two_persons"), "alert_silence")
    op.create_check_constraint(op.f("ck_alert_silence_two_persons"), "alert_silence", sa.text(TWO))
    op.execute(KEPT)


def downgrade() -> None:
    op.execute("DROP TRIGGER alert_silence_is_kept ON alert_silence")
    op.execute("DROP FUNCTION keep_alert_silence()")
    op.drop_constraint(op.f("ck_alert_silence_two_persons"), "alert_silence")
    op.create_check_constraint(
        op.f("ck_alert_silence_two_persons"), "alert_silence", sa.text("second <> author")
    )
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_alert_silence_{name}"), "alert_silence")
