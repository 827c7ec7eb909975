"""The watchdog: its synthetic patient, its rounds, and what waits."""

from store.watch import rounds  # noqa: F401
