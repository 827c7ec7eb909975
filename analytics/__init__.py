"""Store to store: epochs, daily indices, associations and escalation decisions."""
