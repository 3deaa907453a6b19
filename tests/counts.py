"""How often a fault or an attack is tried: a little in bin/test, in full in bin/faults."""

from __future__ import annotations

import os
from typing import TypeVar

Count = TypeVar("Count")


def count(small: Count, full: Count) -> Count:
    return full if os.environ.get("HCI_FULL_COUNTS") == "1" else small
