"""Requested associations: how an index and daily worst pain move together within patients."""
