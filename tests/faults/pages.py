"""`python -m tests.faults.pages`: 200 patients at once, each with its own random order of happenings, while the
processes of alerting are killed; then what must hold is counted in the database and at the sinks.

Decisions are written as analytics writes them and people answer through the store; two real processes of
`actalgia alerting` take decisions and turns and send to a sink of their own, which refuses, is slow, or kills
its sender after it took the message. An hour passes by moving a case's timer back by one.
"""

from __future__ import annotations

import argparse
import os
import random
import secrets
import shutil
import sys
import tempfile
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from rich.progress import Progress

from ladder.happenings import Snoozed
from ladder.words import CaseState, Outcome
from store import schema
from store.alerts import case_acts
from store.alerts.case_life import NotNow
from store.alerts.cases import Case
from store.alerts.outbox import Delivery
from store.alerts.silences import AlertSilence
from store.database import engine_for, now, transaction
from store.decisions import Decision, add_decision
from store.people import Patient
from tests.faults.page_senders import Sender
from tests.faults.page_verdict import Verdict, verdict
from tests.faults.servers import Postgres

HAPPENINGS = 14  #: to each patient
KILL_EVERY_S = (0.4, 2.5)
PAUSE_S = 0.04
PEOPLE = ("anna", "bruno", "carla")


class Ward:
    """The patients, and what is done to them."""

    def __init__(self, engine: sa.Engine, patients: int, chance: random.Random) -> None:
        self.engine, self.chance = engine, chance
        with transaction(engine) as session:
            people = [
                Patient(code=f"P-{i:04}", tz="Europe/Rome", site=f"site {i % 3}") for i in range(patients)
            ]
            session.add_all(people)
            session.flush()
            self.patients = [one.id for one in people]
        self.decided = dict.fromkeys(self.patients, 0)

    def happen_to(self, patient: int) -> None:
        """One thing, by chance."""
        do = self.chance.choices(
            (self.decide, self.answer, self.hour, self.end, self.silence), (4, 2, 3, 1, 0.5)
        )[0]
        with suppress(NotNow):  # what may not be is refused: that is part of the play
            do(patient)

    def decide(self, patient: int) -> None:
        self.decided[patient] += 1
        at = now()
        with transaction(self.engine) as session:
            add_decision(
                session,
                Decision(
                    patient_id=patient,
                    day=at.date() + timedelta(days=self.decided[patient]),
                    verdict="fire",
                    tier="page",
                    severity=self.chance.choice(("high", "high", "medium")),
                    reason="a rise",
                    evidence={},
                    rule="play 1",
                    reported_at=at,
                    decided_at=at,
                ),
            )

    def answer(self, patient: int) -> None:
        if (case := self.newest(patient)) is None:
            return
        who, other = self.chance.sample(PEOPLE, 2)
        with transaction(self.engine) as session:
            match self.chance.randrange(3):
                case 0:
                    case_acts.acknowledge(session, case, who, now())
                case 1:
                    case_acts.assign(session, case, who, other, now())
                case _:
                    agreed = Snoozed(who, now() + timedelta(hours=5), other)
                    case_acts.snooze(session, case, agreed, now(), "on the way")

    def end(self, patient: int) -> None:
        if (case := self.newest(patient)) is None:
            return
        with transaction(self.engine) as session:
            if not case_acts.resolve(session, case, "anna", self.chance.choice(list(Outcome)), now()):
                case_acts.reopen(session, case, "bruno", now())

    def silence(self, patient: int) -> None:
        with transaction(self.engine) as session:
            at = now()
            session.add(
                AlertSilence(patient_id=patient, reason="in hospital", author="anna", begins=at,
                             ends=at + timedelta(seconds=self.chance.uniform(1, 20)), second="bruno", second_at=at)
            )  # fmt: skip

    def hour(self, patient: int) -> None:
        """An hour passes for the patient's cases."""
        earlier = timedelta(hours=1)
        with transaction(self.engine) as session:
            session.execute(
                sa.update(Case)
                .where(Case.patient_id == patient)
                .values(
                    next_at=Case.next_at - earlier,
                    held_until=Case.held_until - earlier,
                    snoozed_until=Case.snoozed_until - earlier,
                )
            )

    def newest(self, patient: int) -> int | None:
        with transaction(self.engine) as session:
            return session.scalar(
                sa.select(Case.id)
                .where(Case.patient_id == patient)
                .order_by(Case.state == CaseState.RESOLVED, Case.id.desc())
                .limit(1)
            )

    def waits(self, senders: list[Sender], within_s: float) -> bool:
        """Whether everything that can be done now is done in time: decisions taken, turns taken, all sent."""
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            for sender in senders:
                sender.be_there()
            with transaction(self.engine) as session:
                left = session.execute(
                    sa.select(
                        sa.select(sa.func.count()).where(sa.not_(Decision.told)).scalar_subquery(),
                        sa.select(sa.func.count()).where(Case.next_at <= now()).scalar_subquery(),
                        sa.select(sa.func.count()).where(Delivery.state == "pending").scalar_subquery(),
                    )
                ).one()
            if not any(left):
                return True
            time.sleep(0.2)
        return False


def play(folder: Path, seed: int, patients: int) -> Verdict:
    """One evening of faults. Nothing is broken that this program did not start."""
    chance = random.Random(seed)
    postgres = Postgres(folder / "postgres", folder / "postgres.log")
    senders: list[Sender] = []
    try:
        postgres.start()
        postgres.assert_ours()
        url = postgres.server.url
        schema.upgrade(url)
        engine = engine_for(url, pool_size=8)
        ward = Ward(engine, patients, chance)
        senders = [Sender(folder, url, number, chance) for number in (1, 2)]
        script = [patient for patient in ward.patients for _ in range(HAPPENINGS)]
        chance.shuffle(script)
        with Progress() as progress:
            task = progress.add_task("happenings", total=len(script))
            ward.happen_to(ward.patients[0])
            assert ward.waits(senders, 60), "both are at work"
            for sender in senders:
                sender.calm = False
            kill_at = time.monotonic()
            for patient in script:
                for sender in senders:
                    sender.be_there()
                if time.monotonic() >= kill_at:
                    chance.choice(senders).kill()
                    kill_at = time.monotonic() + chance.uniform(*KILL_EVERY_S)
                ward.happen_to(patient)
                time.sleep(PAUSE_S)
                progress.advance(task)
        for sender in senders:
            sender.kill()
            sender.calm = True
        to_the_end(ward, senders, engine)
        for sender in senders:
            sender.stop()
        found = verdict(engine, senders)
        engine.dispose()
        return found
    finally:
        for sender in senders:
            sender.stop()
        postgres.close()


def to_the_end(ward: Ward, senders: list[Sender], engine: sa.Engine) -> None:
    """Nobody answers any more and everything works: each case comes to its end, hour by hour."""
    with transaction(engine) as session:  # what dead senders held is theirs no more
        session.execute(sa.update(Delivery).where(Delivery.state == "pending").values(next_attempt_at=now()))
        session.execute(
            sa.update(AlertSilence)
            .where(AlertSilence.ended_at.is_(None), AlertSilence.ends > now())
            .values(ended_at=now(), ended_by="anna")
        )
    for _ in range(120):
        assert ward.waits(senders, 120), "what is due is done"
        with transaction(engine) as session:
            if not session.scalar(sa.select(sa.func.count()).where(Case.next_at.is_not(None))):
                return
            session.execute(sa.update(Case).where(Case.next_at.is_not(None)).values(next_at=now()))
            for until in (Case.held_until, Case.snoozed_until):
                session.execute(sa.update(Case).where(until > now()).values({until: now()}))
    raise AssertionError("cases come to an end when nobody answers")


def main() -> int:
    """0 when everything holds."""
    words = argparse.ArgumentParser(prog="python -m tests.faults.pages", description=__doc__)
    words.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    words.add_argument("--patients", type=int, default=200)
    given = words.parse_args()
    print(f"seed {given.seed}")
    folder, began = Path(tempfile.mkdtemp(prefix="actalgia-pages-")), time.monotonic()
    try:
        found = play(folder, given.seed, given.patients)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(found.in_words())
    print(f"{given.patients} orderings of {HAPPENINGS} happenings, {time.monotonic() - began:.0f} s")
    return 0 if found.well else 1


if __name__ == "__main__":
    os.environ.setdefault("TZ", "UTC")
    sys.exit(main())
