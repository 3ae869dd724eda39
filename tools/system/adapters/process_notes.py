"""What of a strategy's orders was not followed as written: counted, and told in words."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.child.process_words import NOTE

TEXTS = {
    "add": "orders to add to a position that is held: it keeps its size",
    "part": "orders to sell or buy back a part: the position leaves whole, with the order that completes it",
    "cut": "orders larger than the account: cut to its equity times the leverage",
    "leverage": "orders with more leverage than [costs] leverage: cut to that",
    "limit": "limit orders away from the market: filled at the open after the bar that reached the price",
    "unreached": "limit orders that the next bar did not reach, or that a new order replaced: dropped",
    "again": "exits with an entry on the same side at once: left, not entered again",
    "trail": "trailing stops for a position that is held: a position trails by what its entry said",
    "short": "sells while nothing is held: each opens a short",
    "no_bar": "orders for a symbol that has no bar at that time: dropped",
}
_MOST_LINES, _MOST_LENGTH = 24, 300


@dataclass
class Notes:
    """How often each was seen, and the number of the first bar."""

    counts: dict[str, int] = field(default_factory=dict)
    first: dict[str, int] = field(default_factory=dict)

    def add(self, kind: str, bar: int) -> None:
        """Count one."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        self.first.setdefault(kind, bar)

    def told(self) -> tuple[str, ...]:
        """A sentence each, the most frequent first."""
        often = sorted(self.counts.items(), key=lambda item: -item[1])
        return tuple(f"{count} x {TEXTS[kind]} (first at bar {self.first[kind]})" for kind, count in often)


def told_by_child(log: str) -> tuple[str, ...]:
    """The notes that the child half left in the log. Its text is not trusted: it is shown, never read."""
    lines = [line.removeprefix(NOTE) for line in log.splitlines() if line.startswith(NOTE)]
    return tuple(line[:_MOST_LENGTH] for line in lines[-_MOST_LINES:])
