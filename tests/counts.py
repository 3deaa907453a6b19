"""Numbers of repetitions of faults and attacks: few in bin/test, all in bin/faults."""

from __future__ import annotations

import os
from typing import TypeVar

Count = TypeVar("Count")


def count(small: Count, full: Count) -> Count:
    return full if os.environ.get("HCI_FULL_COUNTS") == "1" else small
