"""How rest and activity break each other up, in one pass over the bouts."""

from __future__ import annotations

from analytics.indices.bout_lengths import bout_length_indices
from analytics.indices.bouts import bouts, states
from analytics.indices.grid import elapsed
from analytics.indices.hazard import constant_hazards
from analytics.indices.index import Index
from analytics.indices.timeline import Timeline
from analytics.indices.transitions import transition_probabilities


def fragmentation(timeline: Timeline, rest_below: float) -> list[Index]:
    """Transition probabilities, `kRA`, `kAR`, and mean, Gini and power law of the lengths of bouts."""
    state = states(elapsed(timeline), rest_below)
    found = bouts(state)
    return [
        *transition_probabilities(state),
        *constant_hazards(found),
        *bout_length_indices(found, timeline.epoch_s),
    ]
