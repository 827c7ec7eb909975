"""What is known: tables, and the only functions that write them.

Whichever part of it is imported, all tables are known: a foreign key names its table as text.
"""

from store import (  # noqa: F401
    access,
    arrays,
    asked,
    associations,
    attributes,
    blocks,
    calibrations,
    cases,
    check_ins,
    clocks,
    decided,
    decisions,
    diary,
    diary_links,
    epochs,
    flare_risks,
    gaps,
    heartbeat,
    identity,
    in_hand,
    notes,
    outbox,
    page_budgets,
    people,
    quarantine,
    responses,
    results,
    status,
    still_points,
    ward_plans,
    watch_rounds,
    wear_runs,
)
