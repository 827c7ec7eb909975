"""A part that starts with other settings leaves one entry in the audit."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from store.access import AuditEntry
from store.audit.check import check
from store.audit.config_changes import note_settings
from store.audit.seals import seal_all
from store.audit.settings_told import Hidden, changes_in
from store.database import transaction
from tests.cast import NOON

SMTP = Hidden("smtp", "smtp://ward:hunter2@mail.example.org/?from=a@example.org&to=nurse@example.org")


def note(engine, settings, part="alerting", user="actalgia", reason=None):
    with transaction(engine) as session:
        return note_settings(session, part, user, NOON, settings, reason)


def entries(engine):
    with transaction(engine) as session:
        rows = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id))
        return [(row.actor, row.action, row.at, changes_in(row.detail), row.reason) for row in rows]


def test_restarts_with_the_same_settings_leave_one_entry(engine):
    for _ in range(3):
        note(engine, {"gap_case_after": "6", "channels": SMTP})
    [(actor, action, at, told, reason)] = entries(engine)
    assert (actor, action, at, reason) == ("alerting:actalgia", "config.change", NOON, None)
    assert told["gap_case_after"] == (None, "6") and told["channels"][0] is None


def test_a_change_is_told_alone_and_so_is_the_way_back(engine):
    for hours in ("6", "12", "12", "6"):
        note(engine, {"gap_case_after": hours, "channels": SMTP})
    assert [told for _, _, _, told, _ in entries(engine)][1:] == [
        {"gap_case_after": ("6", "12")},
        {"gap_case_after": ("12", "6")},
    ]


def test_each_part_has_its_own_settings_whoever_runs_it(engine):
    note(engine, {"base_url": "none"}, part="api")
    note(engine, {"base_url": "none"}, part="watchdog")
    assert note(engine, {"base_url": "none"}, part="api", user="root") == {}
    assert [actor for actor, *_ in entries(engine)] == ["api:actalgia", "watchdog:actalgia"]


def test_no_address_and_no_password_is_in_the_audit(engine):
    note(engine, {"channels": SMTP})
    note(engine, {"channels": Hidden("smtp", SMTP.value.replace("hunter2", "hunter3"))})
    with transaction(engine) as session:
        details = session.scalars(sa.select(AuditEntry.detail)).all()
    assert len(details) == 2
    for secret in ("hunter", "example", "nurse", "://"):
        assert all(secret not in detail for detail in details)


def test_a_reason_is_of_the_change_with_which_it_was_given(engine):
    note(engine, {"gap_case_after": "6"})
    note(engine, {"gap_case_after": "12"}, reason="the lift has no network")
    note(engine, {"gap_case_after": "24"}, reason="the lift has no network")  # forgotten in a file
    note(engine, {"gap_case_after": "6"}, reason="")
    note(engine, {"gap_case_after": "8"}, reason="the ward moved")
    assert [reason for *_, reason in entries(engine)] == [
        None, "the lift has no network", None, None, "the ward moved",
    ]  # fmt: skip


def test_processes_that_start_at_once_write_a_change_once(engine):
    note(engine, {"gap_case_after": "6"})
    together = threading.Barrier(6)

    def start(_):
        together.wait()
        return note(engine, {"gap_case_after": "12", "channels": SMTP})

    with ThreadPoolExecutor(6) as pool:
        written = list(pool.map(start, range(6)))
    assert sum(map(bool, written)) == 1 and len(entries(engine)) == 2


def test_an_entry_of_settings_is_sealed_and_one_that_is_altered_is_found(engine):
    note(engine, {"gap_case_after": "6"})
    assert seal_all(engine) == 1
    with engine.begin() as connection:
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        connection.execute(sa.text("UPDATE audit_entry SET detail = replace(detail, '6', '9')"))
    with transaction(engine) as session:
        assert check(session).n_faults == 1
