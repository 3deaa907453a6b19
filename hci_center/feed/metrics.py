"""What a feed process counts, in the text that Prometheus reads."""

from __future__ import annotations


class Metrics:
    """Counters since the process began, and the latest measures."""

    def __init__(self) -> None:
        # Changes of the sequence, and how many of them came from the table.
        self.changes = 0
        self.read = 0
        self.gaps = 0
        # How often the credentials of the sockets were looked at.
        self.checks = 0
        self.frames = 0
        self.bytes = 0
        self.fan_out_seconds = 0.0
        # Of the relay: what it has not numbered yet, and how much it does a second.
        self.waiting = 0
        self.per_second = 0.0

    def text(self, **measures: float) -> str:
        counted: dict[str, float] = {
            "changes_total": self.changes,
            "changes_read_total": self.read,
            "gaps_total": self.gaps,
            "checks_total": self.checks,
            "frames_total": self.frames,
            "bytes_total": self.bytes,
            "fan_out_seconds": self.fan_out_seconds,
            "waiting": self.waiting,
            "numbered_per_second": self.per_second,
            **measures,
        }
        return "".join(f"hci_feed_{name} {value}\n" for name, value in counted.items())
