"""What happens to real daily rows beside the model: each thing can be switched off by itself."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Realism:
    """Switches for what clinical.md 7.2 asks to add. None of them moves an event, its size or its window."""

    response: bool = True  #: who had an event is treated once its window is over, and it helps
    dose_changes: bool = True  #: opioids go up or down where nothing happens
    admissions: bool = True  #: no rows for some days
    deaths: bool = True  #: no rows any more
    heaping: bool = True  #: some patients like 0, 5 and 8
    late_entries: bool = True  #: entries arrive a day late, or are filled in for days before
    proxies: bool = True  #: somebody else answers for the patient
    new_devices: bool = True  #: a patient in twelve gets another device
    clock_drift: bool = True  #: the device's days slip away from the patient's
    zero_steps: bool = True  #: some devices send 0 steps for a day in the drawer
    duplicates: bool = True  #: some rows come twice
    seasons: bool = True  #: more steps in summer, and clocks that are put forward in March
    unequal: bool = True  #: who is old, speaks another language or has stage IV answers and wears less

    @classmethod
    def none(cls) -> Realism:
        """The bare model."""
        return cls(**{field.name: False for field in fields(cls)})
