"""Finds unknown HCI_ variables: most are misspelt."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from hci_center.local import paths
from hci_center.secret_values import SECRETS, SUFFIX

_NAMED = re.compile(r"^#?(HCI_[A-Z0-9_]+)=", re.MULTILINE)
# Read by compose.yaml and by the tests.
_OF_TOOLS = re.compile(r"HCI_(OLDER_)?VERSION|HCI_FULL_COUNTS|HCI_TEST_\w+")


class Unknown(NamedTuple):
    """An unknown variable, and the one that may be meant, or ""."""

    name: str
    nearest: str


def unknown_variables(given: Mapping[str, str]) -> Iterator[Unknown]:
    """Yields the variables with our prefix that nothing reads."""
    example = paths.BASE_DIR / ".env.example"
    if not example.exists():
        return
    known = {*_NAMED.findall(example.read_text()), *(f"{s}{SUFFIX}" for s in SECRETS)}
    # Kubernetes adds variables for the ports of each service to every pod.
    services = [n[: -len("SERVICE_HOST")] for n in given if n.endswith("_SERVICE_HOST")]
    for name in sorted(given):
        if not name.startswith("HCI_") or name in known or _OF_TOOLS.fullmatch(name):
            continue
        if any(name.startswith((f"{s}SERVICE_", f"{s}PORT")) for s in services):
            continue
        yield Unknown(name, next(iter(difflib.get_close_matches(name, known, 1)), ""))
