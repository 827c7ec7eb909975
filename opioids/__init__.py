"""Doses of opioids as oral morphine equivalents: for analytics, never for converting a patient."""
