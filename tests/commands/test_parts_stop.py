"""How a part is told to stop."""

from __future__ import annotations

import signal

from actalgia.commands.parts import _stop_on_signals


def test_a_second_signal_does_not_interrupt_the_first_which_holds_a_lock():
    both = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(which) for which in both]
    try:
        stop = _stop_on_signals()
        signal.raise_signal(signal.SIGTERM)
        assert stop.is_set()
        assert [signal.getsignal(which) for which in both] == [signal.SIG_IGN] * 2
        signal.raise_signal(signal.SIGINT)
    finally:
        for which, handler in zip(both, before, strict=True):
            signal.signal(which, handler)
