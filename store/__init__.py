"""What is known: tables, and the only functions that write them.

Whichever part of it is imported, all tables are known: a foreign key names its table as text.
"""

from store import (  # noqa: F401
    access,
    alerts,
    arrays,
    asked,
    associations,
    attributes,
    audit,
    blocks,
    calibrations,
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
    page_budgets,
    people,
    quarantine,
    responses,
    results,
    status,
    still_points,
    watch,
    wear_runs,
)
