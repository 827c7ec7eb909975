"""What a fleet has out without a receipt, and whether what a receipt says is true."""

from __future__ import annotations

from array import array
from collections import Counter

import msgspec

from ingest.messages import Receipt

_decode = msgspec.json.Decoder(Receipt).decode


class Ledger:
    """For each device what was sent when, until a receipt settles it."""

    def __init__(self, names: list[str], stream: str, boot: int) -> None:
        self.receipts = 0
        self.settled = 0
        self.wrong: Counter[str] = Counter()
        self.latencies_s = array("d")
        self.next_seq = [0] * len(names)
        self.out: list[dict[int, float]] = [{} for _ in names]
        self._through = [-1] * len(names)
        self._open_from = [0] * len(names)  #: everything below is settled
        self._gaps: dict[int, list[tuple[int, int]]] = {}  #: of the newest receipt, where it names any
        self._stream, self._boot = stream, boot
        self._number = {
            f"actalgia/v1/{name}/down/receipt/{stream}/{boot}".encode(): i for i, name in enumerate(names)
        }

    def sent(self, device: int, at: float) -> int:
        """Note the next message of a device; its `seq`."""
        seq = self.next_seq[device]
        self.next_seq[device] = seq + 1
        self.out[device][seq] = at
        return seq

    def take(self, topic: bytes, payload: bytes, at: float) -> int | None:
        """Check a receipt and settle what it settles; the device, None where it is of another run."""
        device = self._number.get(topic)
        if device is None:
            return None
        self.receipts += 1
        said = _decode(payload)
        through, last_sent = said.through, self.next_seq[device] - 1
        if (said.stream, said.boot) != (self._stream, self._boot):
            self.wrong["of another stream or boot"] += 1
        if said.refused:
            self.wrong["refuses what is good"] += 1
        if through > last_sent:
            self.wrong["settles what was never sent"] += 1
            through = last_sent
        if through < self._through[device]:
            self.wrong["takes back what was settled"] += 1
        self._through[device] = max(through, self._through[device])
        for low, high in said.missing:
            if high > last_sent:
                self.wrong["misses what was never sent"] += 1
            if any(seq not in self.out[device] for seq in range(low, min(high, last_sent) + 1)):
                self.wrong["misses what it had settled"] += 1
        if said.missing:
            self._gaps[device] = said.missing
        elif self._gaps:
            self._gaps.pop(device, None)
        self._settle(device, through, said.missing, at)
        return device

    def _settle(self, device: int, through: int, missing: list[tuple[int, int]], at: float) -> None:
        out = self.out[device]
        for seq in range(self._open_from[device], through + 1):
            if missing and any(low <= seq <= high for low, high in missing):
                continue
            sent_at = out.pop(seq, None)
            if sent_at is not None:
                self.latencies_s.append(at - sent_at)
                self.settled += 1
        self._open_from[device] = min(out) if missing and out else max(through + 1, self._open_from[device])

    def unsettled(self) -> int:
        """Messages without a receipt."""
        return sum(map(len, self.out))

    def close(self) -> None:
        """At the end every last receipt must say: through the last message, nothing missing."""
        behind = sum(1 for d, n in enumerate(self.next_seq) if n and self._through[d] != n - 1)
        if behind:
            self.wrong["the last one is behind"] += behind
        if self._gaps:
            self.wrong["the last one names gaps"] += len(self._gaps)
