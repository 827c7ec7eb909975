"""The audit: who did and saw what, in one chain that shows what was changed afterwards."""

from store.audit import seals, traces  # noqa: F401
