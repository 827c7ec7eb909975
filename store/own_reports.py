"""Whose a pain report is, when it was truly, and whether a later revision took its place: SQL for queries."""

from __future__ import annotations


def own_reports(of: str, low: str, high: str) -> str:
    """Rows of `pain_report` of patients with a true time in [low, high): every revision.

    `of` is SQL that follows the patient's id, such as `= :patient`; `low` and `high` are instants. Before the
    columns of the report stand `whose`, `shift` (what its device's clock was behind), `true_at` and
    `true_entered_at`. A report that a device sent belongs to whoever wore it then.
    """
    # Without the fences (OFFSET 0) the planner reads all entries of a device for any window.
    return f"""
        SELECT w.patient_id AS whose, w.shift, r.at + w.shift AS true_at,
               r.entered_at + w.shift AS true_entered_at, r.*
        FROM (
            SELECT w.patient_id, w.device_id, c.shift,
                   greatest(c.starts, lower(w.during) - c.shift, {low} - c.shift) AS starts,
                   least(c.ends, coalesce(upper(w.during), 'infinity') - c.shift, {high} - c.shift) AS ends
            FROM wearing w JOIN clock c ON c.device_id = w.device_id
            WHERE w.patient_id {of} OFFSET 0
        ) w
        JOIN LATERAL (
            SELECT * FROM pain_report WHERE device_id = w.device_id AND at >= w.starts AND at < w.ends
            OFFSET 0
        ) r ON w.starts < w.ends
        UNION ALL
        SELECT r.patient_id, interval '0', r.at, r.entered_at, r.* FROM pain_report r
        WHERE r.patient_id {of} AND r.at >= {low} AND r.at < {high}"""


def superseded(report: str) -> str:
    """Whether a later revision of its entry is there; `report` is a row of `pain_report`."""
    return f"EXISTS (SELECT FROM pain_report b WHERE {_other(report, '>')})"


def revision(report: str) -> str:
    """Which form of its entry a report is, from 1."""
    return f"(SELECT count(*) FROM pain_report b WHERE {_other(report, '<=')})"


def _other(report: str, order: str) -> str:
    return f"""b.entry = {report}.entry AND (b.boot, b.seq) {order} ({report}.boot, {report}.seq)
                AND b.device_id IS NOT DISTINCT FROM {report}.device_id
                AND b.patient_id IS NOT DISTINCT FROM {report}.patient_id"""
