"""Actalgia: remote monitoring of people with cancer pain."""
