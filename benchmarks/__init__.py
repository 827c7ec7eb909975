"""Programs that measure and print a table; nothing here is a test."""
