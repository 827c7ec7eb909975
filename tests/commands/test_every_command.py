"""Whatever command shows something of patients leaves an entry, and none of them knows the watchdog's patient."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import typer.main

from actalgia.cli import app
from store.access import AuditEntry
from store.alerts.holds import snooze
from store.alerts.open_cases import open_or_join
from store.database import now, transaction
from store.marks import DIARY, mark_day
from store.watch.reserved import SYNTHETIC
from tests.api.house import refuse, save_index
from tests.cast import Cast, enrol_cast
from tests.synthetic_life import live

Run = Callable[..., str]

#: Commands that show something of patients, each with words that do. (`risk drift`, `equity` and `backtest` need a
#: history and more time: their entries are in the tests of their own.)
SHOWS = {
    "alerts": ("--since", "2026-05-04", "--json"),
    "audit list": ("--json",),
    "case list": ("--json",),
    "case show": ("1", "--json"),
    "enrol diary-link": ("P-rising", "--list", "--json"),
    "quarantine list": ("--json",),
    "quarantine show": ("1",),
    "silence list": ("--all", "--json"),
}
ELSEWHERE = {"backtest", "equity", "risk drift"}
#: Commands that show nothing of what is stored of patients; each with the reason.
SHOWS_NOTHING = {
    "account list": "who may log in",
    "audit head": "a digest",
    "db status": "sums over all, and devices that nobody wears",
    "db upgrade": "no data",
    "db url": "no data",
    "plan check": "a file",
    "plan duty": "who is on duty",
    "plan show": "who is on duty",
    "token list": "programs",
    **dict.fromkeys(("alerting", "api", "ingest", "up", "watchdog"), "a part: of each look its routes say"),
    **dict.fromkeys(
        (
            "associate",
            "epochs",
            "indices",
            "notes",
            "replay",
            "respond",
            "risk validate",
            "screen",
            "simulate",
        ),
        "files that were given",
    ),
}
#: Commands that change something and leave an entry of it, or a trace: tests of their own.
CHANGES = {
    "account create", "account disable", "analytics recompute", "audit verify", "case acknowledge", "case agree",
    "case agree-level", "case end-level",
    "case assign", "case reopen", "case resolve", "case snooze", "enrol attributes", "enrol bulk", "enrol device",
    "enrol diary", "enrol password", "enrol patient", "enrol revoke", "enrol watchdog", "enrol zone", "plan save",
    "quarantine drop", "quarantine retry", "silence add", "silence agree", "silence end", "token create",
    "token revoke", "wear",
}  # fmt: skip


def commands() -> Iterator[str]:
    def walk(group: Any, before: str) -> Iterator[str]:
        for name, command in sorted(group.commands.items()):
            if hasattr(command, "commands"):
                yield from walk(command, f"{before}{name} ")
            else:
                yield before + name

    return walk(typer.main.get_command(app), "")


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    """P-rising has a case that is snoozed, a decision, something that waits; a message was refused."""
    cast = enrol_cast(engine)
    with transaction(engine) as session:
        case, _ = open_or_join(session, cast.rising, "medium", "Worst pain 8.", {}, ["log"], now())
        snooze(session, case, "Berta", now() + timedelta(days=1), "a scan", now())
        mark_day(session, cast.rising, now().date(), DIARY, now())
        refuse(session)
    save_index(engine, cast.rising, now().date(), 1.0)
    return cast


def entries(engine: sa.Engine) -> list[AuditEntry]:
    with transaction(engine) as session:
        return list(session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)))


def test_every_command_says_what_it_shows():
    assert sorted(commands()) == sorted([*SHOWS, *ELSEWHERE, *SHOWS_NOTHING, *CHANGES])


@pytest.mark.parametrize("words", SHOWS)
def test_whoever_reads_of_patients_at_a_terminal_is_written_down(command, engine, cast, words):
    command(*words.split(), *SHOWS[words])
    left = entries(engine)
    assert left, "no entry"
    assert left[-1].actor.startswith("cli:")


def test_a_case_is_read_under_the_name_of_its_patient(command, engine, cast):
    command("case", "show", "1")
    assert [(one.action, one.patient_id, one.detail) for one in entries(engine)] == [
        ("case.view", cast.rising, "case 1")
    ]


def test_no_list_changes_when_the_watchdogs_patient_comes(command, engine, cast):
    lists = {**SHOWS, "db status": ("--json",)}
    # It is in the audit with its enrolment, as everybody; sizes of tables are of the disk.
    del lists["audit list"]

    def said() -> dict[str, str]:
        found = {}
        for words, more in lists.items():
            text = command(*words.split(), *more)
            found[words] = re.sub(r'"sizes": \{[^}]*\}|\d{4}-\d\d-\d\d[T ][\d:.+]+', "~", text)
        return found

    before = said()
    assert live(engine, cast.rising, cast.watch_1) >= {"case", "delivery", "stale_day", "alert_silence"}
    assert said() == before


def test_nobody_is_given_its_device_and_it_is_given_nobodys(command, engine, cast):
    live(engine, cast.rising, cast.watch_1)
    start = now().isoformat()
    for words in (
        ("wear", "watch-1", SYNTHETIC, "--from", start),
        ("wear", SYNTHETIC, "P-rising", "--from", start),
        ("wear", "--end", SYNTHETIC, "--at", start),
        ("enrol", "diary-link", SYNTHETIC),
        ("enrol", "zone", SYNTHETIC, "Europe/Rome", "--from", start),
        ("case", "show", "2"),
        ("silence", "add", "--patient", SYNTHETIC, "--by", "Berta", "--until", start, "--reason", "a test"),
    ):
        assert command(*words, code=2)
