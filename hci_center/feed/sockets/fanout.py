"""How long the hub rests between two fan-outs."""

from __future__ import annotations

# So many times as long as the last one took, and longer when more waited already as it
# began: a lone event is told at once, a burst in few frames.
DELAYS = 2
MORE_DELAYS = 6
LONGEST_DELAY = 0.04


def fanout_delay(took: float, *, followed: bool) -> float:
    """Seconds, after a fan-out of so many seconds that followed on another or did not."""
    return min((MORE_DELAYS if followed else DELAYS) * took, LONGEST_DELAY)
