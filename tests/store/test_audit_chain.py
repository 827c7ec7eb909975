"""The chain of the audit: what is sealed, in which order, and that no change of it goes unseen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from alembic import command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from ladder.words import Outcome
from store import page_budgets, schema
from store.access import Account, AuditEntry, Role, Token, create_account, create_token, record
from store.alerts import case_acts
from store.alerts.open_cases import open_or_join
from store.audit.chain import GENESIS, BadHeads, Head, canonical, heads_in, link
from store.audit.check import Checked, check
from store.audit.seals import AuditSeal, head, seal_all, seal_some
from store.audit.traces import NOT_TRACED, TRACED, AuditTrace, traced_tables
from store.database import Base, engine_for, now, transaction
from store.decisions import Decision, add_decision
from tests.cast import NOON, Cast, enrol_cast
from tests.conftest import new_database

ENTRY = [7, NOON, "anna", "patient.view", 3, "pain", None, 812]


def test_anybody_can_compute_a_seal_again_with_a_few_lines():
    """As docs/audit.md tells it."""
    text = '["entry",7,1777896000000000,"anna","patient.view",3,"pain",null,812]'
    assert canonical("entry", ENTRY) == text.encode()
    assert link(GENESIS, text.encode()) == hashlib.sha256(GENESIS + text.encode()).digest()


@given(st.lists(st.text(), min_size=2, max_size=2), st.lists(st.text(), min_size=2, max_size=2))
def test_two_entries_that_differ_are_never_written_the_same(one, other):
    def written(actor, detail):
        return canonical("entry", [1, NOON, actor, "x", None, detail, None, 1])

    assert (written(*one) == written(*other)) == (one == other)


def test_published_heads_are_read_and_a_line_that_was_cut_off_is_left_out():
    line = Head(NOON, 3, GENESIS).line()
    for k in (1, 8, 40, len(line) - 1):
        cut = line[:k] + "\n"
        assert heads_in([cut, line + "\n", "\n", cut, line + "\n", line[:k]]) == [Head(NOON, 3, GENESIS)] * 2
    for wrong in (
        ["{}"],
        ["nonsense\n"],
        [json.dumps({"at": "2026-05-04T12:00:00", "n": 1, "digest": "00"})],
    ):
        with pytest.raises(BadHeads, match="line 1"):
            heads_in(wrong)


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    return enrol_cast(engine)


def live(engine: sa.Engine, cast: Cast) -> int:
    """Some looks, a decision, a case that is answered, and a change of the configuration; the case."""
    for n in range(6):
        with transaction(engine) as session:
            record(session, now(), "anna", "patient.view", cast.rising, f"part {n}")
    with transaction(engine) as session:
        about = Decision(patient_id=cast.rising, day=NOON.date(), verdict="fire", severity="high", reason="Worst pain 8.",
                         evidence={"worst": 8, "none": None}, rule="static 1", reported_at=NOON, decided_at=NOON)  # fmt: skip
        add_decision(session, about)
        page_budgets.set_budget(session, "main", 0.05, "anna", NOON)
        case, _ = open_or_join(session, cast.rising, "high", "Worst pain 8.", {"worst": 8}, ["log"], NOON)
    with transaction(engine) as session:
        case_acts.acknowledge(session, case, "anna", NOON, "called the patient")
    with transaction(engine) as session:
        case_acts.resolve(session, case, "anna", Outcome.ACTED, NOON)
    return case


@contextmanager
def snapshot(engine: sa.Engine) -> Iterator[Session]:
    with Session(engine.execution_options(isolation_level="REPEATABLE READ")) as session, session.begin():
        yield session


def checked(engine: sa.Engine, **more) -> Checked:
    with snapshot(engine) as session:
        return check(session, **more)


def rows(engine: sa.Engine, query: str) -> list[tuple]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(query))]


def test_what_is_written_down_waits_for_its_seal_and_then_stands_in_one_chain(engine, cast):
    live(engine, cast)
    before = checked(engine)
    assert before.faults == [] and before.seals == 0 and before.unsealed > 20
    sealed = seal_all(engine)
    after = checked(engine)
    assert (after.faults, after.seals, after.unsealed) == ([], sealed, 0)
    assert (
        sealed
        == before.unsealed
        == sum(
            c
            for (c,) in rows(
                engine, "SELECT count(*) FROM audit_entry UNION ALL SELECT count(*) FROM audit_trace"
            )
        )
    )
    assert seal_all(engine) == 0, "nothing is sealed twice"
    with transaction(engine) as session:
        assert head(session, NOON) == Head(NOON, sealed, after.digest)


def test_an_entry_that_is_committed_late_is_sealed_after_those_that_were_committed_before(engine, cast):
    seal_all(engine)
    with Session(engine) as slow:
        record(slow, NOON, "slow", "patient.view", cast.steady)
        with transaction(engine) as session:
            record(session, NOON, "quick", "patient.view", cast.steady)
        assert seal_all(engine) == 1, "the quick one does not wait for the slow one"
        slow.commit()
    with transaction(engine) as session:
        record(session, NOON, "last", "patient.view", cast.steady)
    assert seal_all(engine) == 2
    order = "SELECT actor FROM audit_seal s JOIN audit_entry e ON s.source = 'entry' AND e.id = s.entry ORDER BY n"
    assert [actor for (actor,) in rows(engine, order)] == ["quick", "slow", "last"]
    assert checked(engine).faults == []


def test_one_sealer_at_a_time(engine, cast):
    live(engine, cast)
    with transaction(engine) as first, transaction(engine) as second:
        assert seal_some(first)[0] > 0
        assert seal_some(second) == (0, False)


def test_a_long_backlog_is_sealed_some_at_a_time(engine, cast):
    live(engine, cast)
    with transaction(engine) as session:
        assert seal_some(session, most=3) == (6, True)
    seal_all(engine)
    assert checked(engine).faults == []


def test_a_database_restored_into_a_server_that_counts_transactions_anew_goes_on(engine, cast):
    live(engine, cast)
    seal_all(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE audit_passed SET tx = 4000000000"))
    with transaction(engine) as session:
        record(session, now(), "anna", "patient.view", cast.steady)
    waiting = checked(engine)
    assert (waiting.faults, waiting.unsealed) == ([], 1)
    assert seal_all(engine) == 1
    assert checked(engine).faults == []
    assert rows(engine, "SELECT tx < 4000000000 FROM audit_passed") == [(True,)]


def test_seals_and_traces_are_only_added(engine, cast):
    live(engine, cast)
    seal_all(engine)
    for table, change in (
        ("audit_seal", "n = n"),
        ("audit_trace", "actor = 'x'"),
        ("audit_entry", "actor = 'x'"),
    ):
        for statement in (f"UPDATE {table} SET {change}", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with (
                pytest.raises(sa.exc.DatabaseError, match=f"rows of {table} are only added"),
                engine.begin() as c,
            ):
                c.exec_driver_sql(statement)


# What a superuser does who switches the triggers off. Each says how it is done, and how it is found; `k` chooses.
Deed = Callable[[Session, int], str]


def pick(session: Session, query: str, k: int) -> tuple:
    found = session.execute(sa.text(query)).all()
    return tuple(found[k % len(found)])


def alter(table: str, source: str, column: str, value: str) -> Deed:
    def deed(session: Session, k: int) -> str:
        (number,) = pick(
            session, f"SELECT id FROM {table} WHERE {column} IS DISTINCT FROM {value} ORDER BY id", k
        )
        session.execute(sa.text(f"UPDATE {table} SET {column} = {value} WHERE id = {number}"))
        return f"{source} {number} is not what seal"

    return deed


def remove(session: Session, k: int) -> str:
    (number,) = pick(session, "SELECT id FROM audit_entry ORDER BY id", k)
    session.execute(sa.text(f"DELETE FROM audit_entry WHERE id = {number}"))
    return f"entry {number} was removed"


def remove_with_its_seal(session: Session, k: int) -> str:
    n, number = pick(session, "SELECT n, entry FROM audit_seal WHERE source = 'entry' AND n > 1 AND n < (SELECT max(n) FROM audit_seal) ORDER BY n", k)  # fmt: skip
    session.execute(sa.text(f"DELETE FROM audit_entry WHERE id = {number}"))
    session.execute(sa.text(f"DELETE FROM audit_seal WHERE n = {n}"))
    return f"seal {n} is missing"


def put_between(session: Session, k: int) -> str:
    number, tx = pick(session, "SELECT max(id) + 5, tx FROM audit_entry GROUP BY tx ORDER BY tx", k)
    session.execute(
        sa.text(
            "INSERT INTO audit_entry (id, at, actor, action, tx) OVERRIDING SYSTEM VALUE "
            "VALUES (:id, now(), 'anna', 'patient.view', :tx)"
        ),
        {"id": number + 1000, "tx": tx},
    )
    return f"entry {number + 1000} was put in past the seals"


def exchange(session: Session, k: int) -> str:
    """The words of two entries change places."""
    one, other = pick(session, "SELECT a.id, b.id FROM audit_entry a JOIN audit_entry b ON b.id > a.id AND (a.actor, a.action, a.detail) IS DISTINCT FROM (b.actor, b.action, b.detail) ORDER BY 1, 2", k)  # fmt: skip
    words = "actor, action, patient_id, detail"
    session.execute(
        sa.text(
            f"UPDATE audit_entry e SET ({words}) = (SELECT {words} FROM audit_entry o WHERE o.id = :a + :b - e.id) "
            "WHERE e.id IN (:a, :b)"
        ),
        {"a": one, "b": other},
    )
    return f"entry {one} is not what seal"


def reorder(session: Session, k: int) -> str:
    """Two neighbours of the chain change places."""
    (n,) = pick(session, "SELECT n FROM audit_seal WHERE n < (SELECT max(n) FROM audit_seal) ORDER BY n", k)
    for before, after in ((n, -1), (n + 1, n), (-1, n + 1)):
        session.execute(sa.text(f"UPDATE audit_seal SET n = {after} WHERE n = {before}"))
    return f"seal {n} " if n > 1 else "seal 1 ("


def seal_anew(session: Session, k: int) -> str:
    """An entry is altered, and its seal made to fit."""
    n, number = pick(session, "SELECT n, entry FROM audit_seal WHERE source = 'entry' AND n < (SELECT max(n) FROM audit_seal) ORDER BY n", k)  # fmt: skip
    session.execute(sa.text(f"UPDATE audit_entry SET actor = 'nobody' WHERE id = {number}"))
    rewrite(session, n, n)
    return f"does not follow seal {n} "


def forget_a_seal_at_the_end(session: Session, k: int) -> str:
    del k
    last = sa.text("DELETE FROM audit_seal WHERE n = (SELECT max(n) FROM audit_seal) RETURNING source, entry")
    source, number = session.execute(last).one()
    return f"{source} {number} was put in past the seals, or its seal was removed"


def a_decisions_evidence(session: Session, k: int) -> str:
    (number,) = pick(session, "SELECT id FROM decision ORDER BY id", k)
    session.execute(sa.text("UPDATE decision SET evidence = '{\"worst\": 3}'"))
    return f"decision {number} is not what was last written down of it"


def a_story(session: Session, k: int) -> str:
    (number,) = pick(session, "SELECT id FROM case_event ORDER BY id", k)
    session.execute(sa.text(f"DELETE FROM case_event WHERE id = {number}"))
    return f"case_event {number} is gone"


def a_decision_that_nobody_took(session: Session, k: int) -> str:
    columns = "patient_id, day, verdict, severity, tier, score, reason, evidence, rule, reported_at, decided_at, told"
    made = f"INSERT INTO decision ({columns}) SELECT {columns} FROM decision LIMIT 1 RETURNING id"
    return f"decision {session.scalar(sa.text(made))} was never written down"


def a_budget(session: Session, k: int) -> str:
    session.execute(sa.text("UPDATE page_budget SET pages_per_patient_week = 7"))
    return "page_budget 1 is not what was last written down of it"


def a_role(session: Session, k: int) -> str:
    session.execute(sa.text("UPDATE account SET role = 'administrator'"))
    return "account 1 is not what was last written down of it"


def a_trigger_off(session: Session, k: int) -> str:
    table, name = pick(session, "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname ~ '_is_(traced|only_added)$' ORDER BY 2", k)  # fmt: skip
    session.execute(sa.text(f'ALTER TABLE "{table}" DISABLE TRIGGER "{name}"'))
    return f"the trigger {name} is missing or off"


def rewrite(session: Session, first: int, last: int) -> None:
    """Seals first to last are made anew, to fit the entries as they are."""
    session.flush()
    for n in range(first, last + 1):
        seal = session.get(AuditSeal, n, populate_existing=True)
        assert seal is not None
        table = {"entry": AuditEntry, "trace": AuditTrace}[seal.source]
        row = session.get(table, seal.entry, populate_existing=True)
        names = [c for c in ("id", "at", "actor", "action", "tbl", "key", "op", "patient_id", "columns", "detail", "reason", "digest", "tx") if hasattr(row, c)]  # fmt: skip
        before = session.scalar(sa.select(AuditSeal.digest).where(AuditSeal.n == n - 1)) or GENESIS
        digest = link(before, canonical(seal.source, [getattr(row, name) for name in names]))
        values = {"n": n, "p": before, "d": digest}
        session.execute(sa.text("UPDATE audit_seal SET previous = :p, digest = :d WHERE n = :n"), values)


DEEDS: dict[str, Deed] = {
    "an actor": alter("audit_entry", "entry", "actor", "'nobody'"),
    "a time": alter("audit_entry", "entry", "at", "'2020-01-01T00:00Z'"),
    "an action": alter("audit_entry", "entry", "action", "'login'"),
    "a patient": alter("audit_entry", "entry", "patient_id", "1"),
    "a detail": alter("audit_entry", "entry", "detail", "'x'"),
    "a reason": alter("audit_entry", "entry", "reason", "'x'"),
    "a transaction": alter("audit_entry", "entry", "tx", "1"),
    "who, in a trace": alter("audit_trace", "trace", "actor", "'nobody'"),
    "the digest in a trace": alter("audit_trace", "trace", "digest", "sha256('x')"),
    "the row of a trace": alter("audit_trace", "trace", "key", "'99'"),
    "remove": remove,
    "remove with its seal": remove_with_its_seal,
    "put between": put_between,
    "exchange": exchange,
    "reorder": reorder,
    "seal anew": seal_anew,
    "forget a seal": forget_a_seal_at_the_end,
    "evidence": a_decisions_evidence,
    "story": a_story,
    "decision": a_decision_that_nobody_took,
    "budget": a_budget,
    "role": a_role,
    "trigger": a_trigger_off,
}  # fmt: skip


@pytest.fixture
def sealed(engine: sa.Engine, cast: Cast) -> sa.Engine:
    with transaction(engine) as session:
        create_account(session, "anna", "no password", Role.CLINICIAN, "main")
    live(engine, cast)
    with Session(engine) as given_up:  # ids have gaps
        record(given_up, NOON, "anna", "patient.view")
        given_up.rollback()
    seal_all(engine)
    return engine


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 1000), min_size=len(DEEDS), max_size=len(DEEDS)))
def test_whatever_a_superuser_changes_with_the_triggers_off_is_found_and_named(sealed, chosen):
    for (name, deed), k in zip(DEEDS.items(), chosen, strict=True):
        with snapshot(sealed) as session:
            session.execute(sa.text("SET LOCAL session_replication_role = replica"))
            expected = deed(session, k)
            sentences = [fault.sentence for fault in check(session).faults]
            session.rollback()
        assert any(expected in sentence for sentence in sentences), (name, expected, sentences)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 1000), st.integers(0, 1000), st.booleans())
def test_a_chain_that_is_written_anew_or_cut_off_is_found_by_a_published_head_only(sealed, k, later, cut):
    with snapshot(sealed) as session:
        published = head(session, NOON)
        session.execute(sa.text("SET LOCAL session_replication_role = replica"))
        last = published.n
        n, number = pick(session, "SELECT n, entry FROM audit_seal WHERE source = 'entry' ORDER BY n", k)
        if cut:
            gone = session.execute(
                sa.text("DELETE FROM audit_seal WHERE n >= :n RETURNING source, entry"), {"n": n}
            ).all()
            for source, entry in gone:
                session.execute(sa.text(f"DELETE FROM audit_{source} WHERE id = {entry}"))
        else:
            session.execute(sa.text(f"UPDATE audit_entry SET actor = 'nobody' WHERE id = {number}"))
            rewrite(session, n, last)
        alone, with_head = check(session), check(session, heads=[published])
        session.rollback()
    assert [fault for fault in alone.faults if fault.kind != "row"] == []
    [fault] = [fault for fault in with_head.faults if fault.kind == "head"]
    assert ("is gone" if cut else "has another digest") in fault.sentence


def test_an_older_backup_is_found_by_the_heads_that_were_published_after_it(sealed):
    """Everything of the audit as it was, and life that went on from there: the chain alone is whole."""
    (old,) = rows(sealed, "SELECT max(n) FROM audit_seal")[0]
    with transaction(sealed) as session:
        record(session, NOON, "anna", "patient.view")
    seal_all(sealed)
    with transaction(sealed) as session:
        published = head(session, NOON)
        session.execute(sa.text("SET LOCAL session_replication_role = replica"))
        session.execute(sa.text(f"DELETE FROM audit_seal WHERE n > {old}"))
        session.execute(sa.text("DELETE FROM audit_entry WHERE id = (SELECT max(id) FROM audit_entry)"))
    (fault,) = checked(sealed, heads=[published]).faults
    assert fault.kind == "head" and "older backup" in fault.sentence
    with transaction(sealed) as session:
        record(session, NOON, "bert", "patient.view")
    seal_all(sealed)
    (fault,) = checked(sealed, heads=[published]).faults
    assert fault.kind == "head" and "has another digest now" in fault.sentence
    assert checked(sealed).faults == []


def test_tables_that_were_emptied_are_missed_row_by_row(sealed):
    for table in ("audit_entry", "audit_trace", "audit_seal", "decision", "case_event"):
        with snapshot(sealed) as session:
            session.execute(sa.text("SET LOCAL session_replication_role = replica"))
            there = session.scalar(sa.text(f"SELECT count(*) FROM {table}"))
            session.execute(sa.text(f"TRUNCATE {table} CASCADE"))
            session.execute(sa.text("SET LOCAL session_replication_role = origin"))
            assert check(session).n_faults >= there > 0, table
            session.rollback()


def test_a_database_in_which_no_trigger_fires_is_told(engine, cast, migrated_url):
    name = migrated_url.rsplit("/", 1)[1]
    with engine.begin() as connection:
        connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET session_replication_role = replica')
    other = engine_for(migrated_url)
    try:
        sentences = [fault.sentence for fault in checked(other).faults]
    finally:
        other.dispose()
        with engine.begin() as connection:
            connection.exec_driver_sql(f'ALTER DATABASE "{name}" RESET session_replication_role')
    assert "the trigger decision_is_traced is missing or off" in sentences


def test_since_a_time_only_what_came_then_is_followed(sealed):
    some = rows(
        sealed,
        "SELECT at, n FROM audit_entry e JOIN audit_seal s ON s.source = 'entry' AND s.entry = e.id ORDER BY n",
    )
    at, n = some[3]
    found = checked(sealed, since=at)
    assert (found.faults, found.first) == ([], n)
    assert found.seals == checked(sealed).seals - n + 1
    assert checked(sealed, since=datetime.now(UTC) + timedelta(days=1)).seals == 0


def test_an_entry_that_claims_an_earlier_time_is_pointed_out(sealed):
    at = datetime.now(UTC) + timedelta(days=30)
    before = checked(sealed).late
    for actor, when in (("anna", at), ("bert", at - timedelta(minutes=5)), ("carl", at - timedelta(days=2))):
        with transaction(sealed) as session:
            record(session, when, actor, "patient.view")
    seal_all(sealed)
    found = checked(sealed)
    assert found.faults == [] and found.late == before + 1
    assert "claims" in found.late_named[-1]


def test_every_table_is_traced_or_says_why_not():
    tables = set(Base.metadata.tables)
    assert set(TRACED) | set(NOT_TRACED) == tables, "a new table: say in store/audit/traces.py which it is"
    assert not set(TRACED) & set(NOT_TRACED)


def test_the_triggers_are_those_that_the_store_knows(engine):
    query = "SELECT c.relname, t.tgargs FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE tgname LIKE '%\\_is\\_traced'"
    found = {
        table: tuple(part.decode() for part in bytes(given).split(b"\0")[:-1])
        for table, given in rows(engine, query)
    }
    with transaction(engine) as session:
        assert found == {table: TRACED[table].arguments for table in traced_tables(session)}


def test_a_trace_has_neither_secrets_nor_anything_clinical(engine, cast):
    with transaction(engine) as session:
        create_account(session, "anna", "argon-hash", Role.CLINICIAN, "main")
        secret = create_token(session, "program", Role.CLINICIAN, "main")
    live(engine, cast)
    with transaction(engine) as session:
        digest = session.scalars(sa.select(Token.digest)).one()
        said = " ".join(
            str(value) for trace in session.scalars(sa.select(AuditTrace))
            for value in (trace.actor, trace.key, trace.columns, trace.detail, trace.reason)
        )  # fmt: skip
    for hidden in (
        "argon-hash",
        secret,
        digest.hex(),
        "Worst pain",
        "worst",
        "called the patient",
        "P-rising",
    ):
        assert hidden not in said, hidden


def test_each_change_of_a_case_and_each_attempt_to_send_is_traced(engine, cast):
    from alerting.delivery import deliver_one

    with transaction(engine) as session:
        open_or_join(session, cast.rising, "high", "Worst pain 8.", {}, ["gone"], NOON)
    deliver_one(engine, {}, "http://ward", NOON)
    told = rows(
        engine, "SELECT op, columns, detail, patient_id FROM audit_trace WHERE tbl = 'delivery' ORDER BY id"
    )
    assert told == [
        (
            "added",
            None,
            "case_id=1 step=1 recipient= rank=1 channel=gone state=pending attempts=0",
            cast.rising,
        ),
        (
            "changed",
            "attempts,next_attempt_at",
            "case_id=1 step=1 recipient= rank=1 channel=gone state=pending attempts=1",
            cast.rising,
        ),
        (
            "changed",
            "last_error,next_attempt_at",
            "case_id=1 step=1 recipient= rank=1 channel=gone state=pending attempts=1",
            cast.rising,
        ),
    ]


def test_bookkeeping_leaves_no_trace_and_a_new_password_does(engine, cast):
    with transaction(engine) as session:
        create_account(session, "anna", "hash", Role.CLINICIAN, "main")
    with transaction(engine) as session:
        session.execute(sa.update(Account).values(failures=3))
    with transaction(engine) as session:
        session.execute(sa.update(Account).values(password_hash="another"))
    told = rows(engine, "SELECT op, columns, detail FROM audit_trace WHERE tbl = 'account' ORDER BY id")
    assert told == [
        ("added", None, "name=anna role=clinician site=main"),
        ("changed", "password_hash", "name=anna role=clinician site=main"),
    ]


def test_rows_that_a_migration_gives_new_content_are_written_down_again(engine, cast):
    seal_all(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        connection.execute(sa.text("UPDATE patient SET site = 'other'"))
        connection.execute(sa.text("SET LOCAL session_replication_role = DEFAULT"))
        count = sa.text("SELECT trace_found('patient', ARRAY['id'], ARRAY[]::text[])")
        assert [connection.scalar(count) for _ in range(2)] == [3, 0]
    assert checked(engine).faults == []


def test_what_was_there_before_the_chain_is_written_down_and_sealed_in_its_order(server_url):
    url = new_database(server_url)
    schema.upgrade(url)
    old = engine_for(url)
    live(old, enrol_cast(old))
    command.downgrade(schema.config(url), "0025")
    before = rows(old, "SELECT id, actor, action FROM audit_entry ORDER BY id")
    schema.upgrade(url)
    seal_all(old)
    found = checked(old)
    assert (found.faults, found.unsealed) == ([], 0)
    assert found.rows["decision"] == 1 and found.rows["case_event"] > 1
    order = "SELECT e.id, actor, action FROM audit_seal s JOIN audit_entry e ON s.source = 'entry' AND e.id = s.entry ORDER BY n"
    assert rows(old, order) == before != []
    # A later migration gave messages their ward: that is a change, and told as one.
    assert {op for (op,) in rows(old, "SELECT op FROM audit_trace WHERE tbl <> 'delivery'")} == {"found"}
    old.dispose()
