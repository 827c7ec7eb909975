"""Names that belong to the watchdog's synthetic patient and to nobody else.

The patient, its site and its device have one name. The database ties them together, so no ward can be called
so and be told of nothing.
"""

from __future__ import annotations

SYNTHETIC = "actalgia-watchdog"
SINK = "watchdog"  #: the channel that its messages go to, and no other
