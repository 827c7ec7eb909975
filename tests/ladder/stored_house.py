"""Cases in a real PostgreSQL, carried out by the store and sent by the worker of alerting."""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa

from alerting.addresses import Place, Ways
from alerting.cases import take_turns
from alerting.channel import NotSent
from alerting.delivery import deliver_one
from alerting.wording import Notice
from ladder.happenings import Snoozed
from ladder.state import Life
from ladder.words import Outcome
from store.alerts import case_acts
from store.alerts.case_life import NotNow, life_of
from store.alerts.cases import Case, CaseEvent
from store.alerts.open_cases import open_or_join
from store.alerts.outbox import Delivery
from store.alerts.silences import AlertSilence
from store.alerts.ward_plans import save_plan
from store.database import transaction
from store.people import Patient
from tests.ladder.machine import PLAN, START, Message


class Died(BaseException):
    """The worker is gone: nothing after this is done."""


class Sink:
    """Takes what it is given, as it is told to."""

    def __init__(self) -> None:
        self.how = "well"
        self.keys: list[str] = []
        self.died: Counter[str] = Counter()

    def send(self, notice: Notice, _limit: object) -> None:
        if self.how == "refuses":
            raise NotSent("the sink is full")
        key = str(notice.idempotency_key)
        self.keys.append(key)
        if self.how == "dies":
            self.died[key] += 1
            raise Died


class ToTheSink(Ways):
    """Every address of a plan leads to the one sink."""

    def at(self, address: str) -> Place:
        return Place(address, self.own["log"])


class StoredHouse:
    """One patient of a database that has others, too; of a ward with a plan, or without one."""

    def __init__(self, engine: sa.Engine, planned: bool) -> None:
        self.engine = engine
        self.sink = Sink()
        self.ways = ToTheSink({"log": self.sink})
        self.channels = ["log"]
        site = "planned" if planned else "north"
        with transaction(engine) as session:
            if planned:
                save_plan(session, site, PLAN, "root", "a test", START)
            patient = Patient(code=f"P-{secrets.token_hex(8)}", tz="Europe/Rome", site=site)
            session.add(patient)
            session.flush()
            self.patient = patient.id
        self.seen_before = 0
        self.read: tuple[list[Case], list[Message]] | None = None
        self.at_work = False

    @contextlib.contextmanager
    def _work(self) -> Iterator[None]:
        """What is done here is what workers and persons do; what the test reads for itself is not."""
        self.at_work = True
        try:
            yield
        finally:
            self.at_work = False

    def decide(self, severity: str, untold: str, at: datetime) -> None:
        self.seen_before = self._newest_event()
        with self._work(), transaction(self.engine) as session:
            open_or_join(session, self.patient, severity, "a rise", {}, self.channels, at, untold=untold)
        self.read = None

    def acknowledge(self, by: str, lasts: timedelta | None, at: datetime) -> bool:
        until = None if lasts is None else at + lasts
        return self._do(lambda s, case: case_acts.acknowledge(s, case, by, at, until=until))

    def assign(self, by: str, to: str, at: datetime) -> bool:
        return self._do(lambda s, case: case_acts.assign(s, case, by, to, at))

    def snooze(self, by: str, second: str | None, lasts: timedelta, at: datetime) -> bool:
        agreed = Snoozed(by, at + lasts, second)
        return self._do(lambda s, case: case_acts.snooze(s, case, agreed, at, "on leave") or True)

    def end_snooze(self, by: str, at: datetime) -> bool:
        return self._do(lambda s, case: case_acts.end_snooze(s, case, by, at) or True)

    def resolve(self, by: str, outcome: Outcome, at: datetime) -> bool:
        return self._do(lambda s, case: case_acts.resolve(s, case, by, outcome, at))

    def reopen(self, by: str, at: datetime) -> bool:
        return self._do(lambda s, case: case_acts.reopen(s, case, by, at))

    def silence(self, by: str, second: str | None, lasts: timedelta, at: datetime) -> None:
        with transaction(self.engine) as session:
            session.add(
                AlertSilence(
                    patient_id=self.patient,
                    reason="in hospital",
                    author=by,
                    begins=at,
                    ends=at + lasts,
                    second=second,
                    second_at=None if second is None else at,
                )
            )

    def turn(self, at: datetime, workers: int = 1) -> None:
        if workers == 1:
            with self._work():
                take_turns(self.engine, self.channels, at)
        else:
            turn = lambda: take_turns(self.engine, self.channels, at)  # noqa: E731
            together(*[turn] * workers)
        self.read = None

    def acknowledge_while_a_turn_is_taken(self, by: str, at: datetime) -> bool:
        """Whether the case has an answer then."""
        answers: list[bool] = []
        together(
            lambda: answers.append(self.acknowledge(by, None, at)),
            lambda: take_turns(self.engine, self.channels, at),
        )
        self.read = None
        return answers[0]

    @contextlib.contextmanager
    def dying(self, after: int) -> Iterator[list[str]]:
        """The worker dies before that statement or commit; what it yields is not empty then."""
        died: list[str] = []
        left = after

        def count(*_: object) -> None:
            nonlocal left
            left -= int(self.at_work)
            if left < 0 and not died:
                died.append("here")
                raise Died

        taken = len(self.sink.keys)
        for event in ("before_cursor_execute", "commit"):
            sa.event.listen(self.engine, event, count)
        try:
            yield died
        except Died:
            pass
        finally:
            for event in ("before_cursor_execute", "commit"):
                sa.event.remove(self.engine, event, count)
            self.read = None
            if died:
                self.sink.died.update(self.sink.keys[taken:])

    def send(self, sink: str, at: datetime) -> None:
        self.sink.how = sink
        with contextlib.suppress(Died), self._work():
            deliver_one(self.engine, self.ways, "http://ward.example", at)
        self.read = None

    def reachable(self, there: bool) -> None:
        self.channels = ["log"] if there else []

    def open_case(self) -> tuple[int, Life] | None:
        found = self.newest_case()
        return None if found is None or found[1].resolved else found

    def newest_case(self) -> tuple[int, Life] | None:
        cases, _ = self._read()
        # One that was opened again is the open one.
        for case in (*(c for c in cases if c.state != "resolved"), *reversed(cases)):
            return case.id, life_of(case)
        return None

    def open_cases(self) -> int:
        return sum(case.state != "resolved" for case in self._read()[0])

    def messages(self) -> list[Message]:
        return self._read()[1]

    def taken(self) -> list[str]:
        return self.sink.keys

    def deaths(self) -> Counter[str]:
        return self.sink.died

    def last_said(self) -> str:
        kinds = ("suppressed", "nobody_reached", "nobody_answered")
        with transaction(self.engine) as session:
            said = session.scalars(
                sa.select(CaseEvent.comment)
                .join(Case, Case.id == CaseEvent.case_id)
                .where(Case.patient_id == self.patient, CaseEvent.id > self.seen_before)
                .where(CaseEvent.kind.in_(kinds))
            ).all()
        return " ".join(one or "" for one in said)

    def close(self) -> None:
        with transaction(self.engine) as session:
            session.execute(sa.update(Delivery).values(state="cancelled"))
            session.execute(sa.update(Case).values(next_at=None))

    def _do(self, act) -> bool:  # type: ignore[no-untyped-def]
        found = self.newest_case()
        if found is None:
            return False
        try:
            with self._work(), transaction(self.engine) as session:
                before = life_of(session.get_one(Case, found[0]))
                act(session, found[0])
                session.flush()
                changed = life_of(session.get_one(Case, found[0], populate_existing=True)) != before
        except NotNow:
            return False
        finally:
            self.read = None
        return changed

    def _newest_event(self) -> int:
        with transaction(self.engine) as session:
            return session.scalar(sa.select(sa.func.max(CaseEvent.id))) or 0

    def _read(self) -> tuple[list[Case], list[Message]]:
        if self.read is None:
            with transaction(self.engine) as session:
                cases = session.scalars(
                    sa.select(Case).where(Case.patient_id == self.patient).order_by(Case.id)
                ).all()
                rows = session.scalars(
                    sa.select(Delivery)
                    .where(Delivery.case_id.in_([case.id for case in cases]))
                    .order_by(Delivery.id)
                ).all()
            messages = [
                Message(row.case_id, row.step, str(row.idempotency_key), row.state, row.reason)
                for row in rows
            ]
            self.read = list(cases), messages
        return self.read


def together(*works: Callable[[], object]) -> None:
    """All of them at once, each in a thread."""
    begin, broke = threading.Barrier(len(works)), list[BaseException]()

    def run(work: Callable[[], object]) -> None:
        begin.wait()
        try:
            work()
        except BaseException as error:  # noqa: BLE001  told below
            broke.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if broke:
        raise broke[0]
