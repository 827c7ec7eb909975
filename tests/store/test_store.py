"""What the tables refuse, and what their functions promise."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from store import access, codec, people, schema
from store.access import visible_patients
from store.database import StoreError, UnsafeServer, engine_for, refuse_unsafe_server, transaction
from tests.cast import ADMINISTRATOR, NOON, NURSE, OUTSIDER, RESEARCHER, enrol_cast

DAY = timedelta(days=1)


@given(hnp.arrays(np.int16, st.tuples(st.integers(1, 400), st.just(3))))
def test_any_samples_survive_the_codec(xyz):
    data = codec.encode(xyz.astype("<i2").tobytes())
    assert np.array_equal(codec.decode(codec.DELTA_SPLIT_ZSTD, data, len(xyz)), xyz)


def test_a_block_of_a_newer_version_is_refused_by_name():
    with pytest.raises(codec.UnknownCodec, match="upgrade"):
        codec.decode(9, b"", 1)


def test_the_migrations_make_exactly_the_tables_of_the_models(engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"compare_type": True, "include_object": lambda o, n, kind, r, c: n != "alembic_version"},
        )
        differences = [
            d
            for d in compare_metadata(context, schema.metadata)
            if not (isinstance(d, tuple) and "remove_index" in d[0])
        ]
    assert differences == []


def test_migrating_twice_changes_nothing(migrated_url):
    schema.upgrade(migrated_url)
    engine = engine_for(migrated_url)
    assert len(set(schema.revisions(engine, migrated_url))) == 1
    engine.dispose()


def test_a_server_that_may_forget_commits_is_refused(engine):
    with engine.connect() as connection:
        refuse_unsafe_server(connection)
        connection.execute(sa.text("SET LOCAL synchronous_commit = off"))
        with pytest.raises(UnsafeServer, match="synchronous_commit"):
            refuse_unsafe_server(connection)


def wearings(session, device):
    rows = session.scalars(sa.select(people.Wearing).where(people.Wearing.device_id == device)).all()
    return sorted(
        (
            (w.during.lower - NOON) // DAY,
            None if w.during.upper is None else (w.during.upper - NOON) // DAY,
            w.patient_id,
        )
        for w in rows
    )


def test_the_newer_word_on_who_wore_a_device_cuts_the_older(engine):
    cast = enrol_cast(engine, since=NOON)
    with transaction(engine) as session:
        watch = people.device_by_name(session, "watch-1")
        rising = people.patient_by_code(session, "P-rising")
        people.wear(session, watch, rising, NOON + 5 * DAY, NOON + 7 * DAY)
        assert wearings(session, watch.id) == [
            (0, 5, cast.steady),
            (5, 7, cast.rising),
            (7, None, cast.steady),
        ]
        people.end_wearing(session, watch, NOON + 6 * DAY)
        assert wearings(session, watch.id) == [(0, 5, cast.steady), (5, 6, cast.rising)]
        with pytest.raises(StoreError, match="Nobody wears"):
            people.end_wearing(session, watch, NOON + 6 * DAY)
        with pytest.raises(StoreError, match="ends after"):
            people.wear(session, watch, rising, NOON, NOON)


def test_a_device_belongs_to_one_patient_at_a_time(engine):
    cast = enrol_cast(engine)
    with pytest.raises(sa.exc.IntegrityError, match="one_patient_at_a_time"), transaction(engine) as session:
        session.execute(
            sa.text(
                "INSERT INTO wearing (device_id, patient_id, during) VALUES (:d, :p, tstzrange(:t, NULL))"
            ),
            {"d": cast.watch_1, "p": cast.rising, "t": NOON},
        )


def test_everybody_sees_whom_the_gate_lets_them_see(engine):
    enrol_cast(engine)
    with transaction(engine) as session:
        people.enrol_patient(session, "DEMO-1", "UTC", demonstration=True)
        seen = {
            user.name: [p.code for p in session.scalars(visible_patients(user).order_by(people.Patient.code))]
            for user in (NURSE, OUTSIDER, RESEARCHER, ADMINISTRATOR)
        }
    assert seen == {
        NURSE.name: ["DEMO-1", "P-rising", "P-steady"],
        OUTSIDER.name: ["P-elsewhere"],
        RESEARCHER.name: [],
        ADMINISTRATOR.name: ["DEMO-1"],
    }


def test_the_audit_is_only_added_to(engine):
    with transaction(engine) as session:
        access.record(session, NOON, "nurse Anna", "patient.view")
    for statement in (
        "UPDATE audit_entry SET actor = 'x'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
    ):
        with pytest.raises(sa.exc.DBAPIError, match="only added"), engine.begin() as connection:
            connection.exec_driver_sql(statement)


def test_a_token_is_not_kept_and_can_be_revoked(engine):
    with transaction(engine) as session:
        secret = access.create_token(session, "notebook", access.Role.RESEARCHER, "main")
        assert access.user_of_token(session, secret) == access.User(
            "notebook", access.Role.RESEARCHER, "main"
        )
        access.revoke_token(session, "notebook", NOON)
        assert access.user_of_token(session, secret) is None
    with psycopg.connect(engine.url.render_as_string(False).replace("+psycopg", "")) as connection:
        assert secret not in str(connection.execute("SELECT * FROM token").fetchall())


@pytest.mark.parametrize(
    ("code", "tz"), [("", "UTC"), ("x" * 65, "UTC"), ("P-1", "Nowhere"), ("P-1", "../etc/passwd")]
)
def test_a_patient_who_cannot_be_is_refused_in_one_sentence(engine, code, tz):
    with pytest.raises(StoreError, match=r"^[^\n]+$"), transaction(engine) as session:
        people.enrol_patient(session, code, tz)


def line(device, patient, tz="Europe/Rome"):
    return people.Enrolment(device, "hash", patient, tz, NOON)


def test_a_list_is_enrolled_whole_or_not_at_all(engine):
    enrol_cast(engine)
    with transaction(engine) as session:
        people.enrol_many(session, [line("w-1", "P-steady"), line("w-2", "P-new"), line("w-3", "P-new")])
    for bad, why in (
        ([line("x-1", "P-new"), line("w-1", "P-new")], "w-1 is enrolled already"),
        ([line("x-1", "P-new"), line("x-1", "P-other")], "x-1 comes twice"),
        ([line("x-1", "P-new"), line("x-2", "P-far", "Nowhere")], "no time zone"),
    ):
        with pytest.raises(StoreError, match=why), transaction(engine) as session:
            people.enrol_many(session, bad)
    with transaction(engine) as session:
        names = list(session.scalars(sa.select(people.Device.name).order_by(people.Device.name)))
        assert names == ["phone-2", "w-1", "w-2", "w-3", "watch-1", "watch-2"]
        new = people.patient_by_code(session, "P-new")
        assert [
            w[2]
            for name in ("w-2", "w-3")
            for w in wearings(session, people.device_by_name(session, name).id)
        ] == [new.id] * 2
