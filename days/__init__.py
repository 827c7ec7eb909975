"""Where a person's time is cut into local days: pure, and below everything else that asks for a day."""
