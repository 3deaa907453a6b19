"""The pause between two fan-outs."""

from __future__ import annotations

# Multiples of the duration of the last fan-out; more when other changes were already
# waiting as it started. So a single event is sent at once, a burst in few frames.
DELAYS = 2
MORE_DELAYS = 6
LONGEST_DELAY = 0.04


def fanout_delay(took: float, *, followed: bool) -> float:
    """Returns the pause in seconds after a fan-out that took `took` seconds.

    `followed`: whether changes were already waiting when it started.
    """
    return min((MORE_DELAYS if followed else DELAYS) * took, LONGEST_DELAY)
