"""Subscribers in threads, at a real broker."""

from __future__ import annotations

import threading
import time

from ingest.broker import Broker
from ingest.subscriber import Subscriber
from ingest.worker import Worker
from tests.broker.running import soon

ACCOUNTS = {name: f"secret of {name}" for name in ("watch-1", "watch-2", "phone-2", "ingest")}


class Running:
    """A subscriber in a thread."""

    def __init__(self, engine, broker, worker: Worker = Worker()) -> None:
        self.stop = threading.Event()
        to = Broker("127.0.0.1", broker.port, "ingest", ACCOUNTS["ingest"])
        self.subscriber = Subscriber(engine, to, worker=worker)
        self.thread = threading.Thread(target=self.subscriber.run, args=(self.stop,))

    def __enter__(self):
        self.thread.start()
        assert soon(lambda: self.subscriber._subscriptions.settled)
        time.sleep(0.3)  # the broker keeps nothing for us before it has the subscription
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join(10)
