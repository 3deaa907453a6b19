"""Finds chats by a part of a name, number or protocol, and by words of messages.

Rare terms are looked up in their index, which gives a short list; common terms are
found quickly by scanning from the newest. A single statement would leave the choice to
the planner, and a cached generic plan would suit neither.
"""

from __future__ import annotations

import re
from typing import Any

from django.db import connection

# The maximum number of chats that are listed by id; a term that matches more is common.
MOST_IDS = 1000
FEWEST_DIGITS = 4
SHORTEST_TEXT = 2

_PHONE = re.compile(r"[\d\s().\-/+]+", re.ASCII)
# Callers' own protocols may have letters too, in either case.
_PROTOCOL = re.compile(r"BR[0-9][0-9a-z]*", re.IGNORECASE | re.ASCII)
_PATTERN = r"""
SELECT '%%' || regexp_replace(search_key(%s), '([\\%%_])', '\\\1', 'g') || '%%'
"""

# OFFSET 0: evaluated for one contact at a time. Otherwise the planner would list all
# matches.
_OF_NAME = """EXISTS (
    SELECT FROM contacts_searchname n
     WHERE n.contact_id = c.id AND n.key LIKE %(pattern)s OFFSET 0)"""
_OF_NUMBER = """(h.protocol LIKE %(pattern)s OR EXISTS (
    SELECT FROM contacts_identity n
     WHERE n.contact_id = c.id AND n.alias LIKE %(pattern)s OFFSET 0))"""
_OF_PROTOCOL = "h.protocol ILIKE %(pattern)s"
_OF_IDS = "h.id = ANY(%(found)s::bigint[])"

_IDS_BY_NAME = """
SELECT h.id FROM contacts_searchname n JOIN chats_chat h ON h.contact_id = n.contact_id
 WHERE n.manager_id = ANY(%(managers)s::bigint[]) AND n.key LIKE %(pattern)s
 LIMIT %(most)s
"""
_IDS_BY_PROTOCOL = """
SELECT h.id FROM chats_chat h
 WHERE h.manager_id = ANY(%(managers)s::bigint[]) AND h.protocol ILIKE %(pattern)s
 LIMIT %(most)s
"""
_IDS_BY_ALIAS = """
SELECT h.id FROM contacts_identity n JOIN chats_chat h ON h.contact_id = n.contact_id
 WHERE n.manager_id = ANY(%(managers)s::bigint[]) AND n.alias LIKE %(pattern)s
 LIMIT %(most)s
"""


def text_condition(text: str, managers: list[int]) -> tuple[str, dict[str, Any]]:
    """Returns the condition on `h` and `c` for a part of a name, number or protocol.

    Four digits or more, in any format, are a number or a protocol; `BR` and a digit are
    the start of a protocol; anything else is part of a name.
    """
    text = text.strip()
    digits = re.sub(r"[^0-9]", "", text)
    if _PHONE.fullmatch(text) and len(digits) >= FEWEST_DIGITS:
        pattern = f"%{digits}%"
        condition = _OF_NUMBER
        lookups: tuple[str, ...] = (_IDS_BY_PROTOCOL, _IDS_BY_ALIAS)
    elif _PROTOCOL.fullmatch(text):
        pattern = f"{text}%"
        condition, lookups = _OF_PROTOCOL, (_IDS_BY_PROTOCOL,)
    else:
        pattern = _pattern(text)
        condition, lookups = _OF_NAME, (_IDS_BY_NAME,)
    found = _ids(lookups, {"managers": managers, "pattern": pattern})
    if found is None:
        return condition, {"pattern": pattern}
    return _OF_IDS, {"found": found}


def _pattern(text: str) -> str:
    """Returns the LIKE pattern for any part of a name."""
    with connection.cursor() as cursor:
        cursor.execute(_PATTERN, [text])
        pattern: str = cursor.fetchone()[0]
    return pattern


def _ids(lookups: tuple[str, ...], values: dict[str, Any]) -> list[int] | None:
    """Returns the chats that match, or None if they are too many to list."""
    found: set[int] = set()
    with connection.cursor() as cursor:
        for lookup in lookups:
            cursor.execute(lookup, values | {"most": MOST_IDS + 1})
            rows = cursor.fetchall()
            if len(rows) > MOST_IDS:
                return None
            found.update(row[0] for row in rows)
    return sorted(found)
