"""Masks what must never be in a log: keys, tokens and long numbers.

Log lines name rows by their ids and are written without such values. This is the second
line of defence, for messages of libraries and of exceptions.
"""

from __future__ import annotations

import re

MASK = "•••"

_SECRETS = re.compile(
    r"""
    hci_[0-9a-f]{8}_[\w-]{20,}                          # our API keys
    | fbt_[\w-]{16,}                                    # handles of page tokens
    | (?<=/)[0-9]+-[0-9a-f]{40}\b                       # ends of webhook addresses
    | \bEAA[A-Za-z0-9]{16,}                             # tokens of Meta
    | \bgAAAAA[\w-]{20,}={0,2}                          # encrypted columns
    | (?<=://)[^/\s:@]*:[^/\s@]+(?=@)                   # passwords in addresses
    | (?i:(?<=bearer\ )|(?<=api-key\ )|(?<=basic\ ))[\w.~+/=-]{8,}
    # Telephone numbers and ids of pages and persons, which have ten digits or more.
    # Not within a uuid, a date or a decimal number.
    | (?<![\w.-])\+?[0-9]{10,}(?![\w-])
    """,
    re.VERBOSE,
)


def masked(text: str) -> str:
    """Returns the text without anything that looks like a secret or a number."""
    return _SECRETS.sub(MASK, text)
