"""How well the screen of daily rows does on simulated cohorts, beside simple rules, and on one real diary.

`python -m benchmarks.escalation` prints the table, `trade` the operating curve of the tuning seeds, `speed`
what it costs, `headache` the real diary. Everything but that diary is simulated; nothing here is clinical
performance.
"""
