"""Alerting: cases and their lives, holds, what is sent, and the plans of wards."""

from store.alerts import cases, outbox, silences, ward_plans  # noqa: F401
