"""Whom a case reaches, when, and what answers it: pure, and known to nothing but the standard library."""
