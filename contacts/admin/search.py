"""Searches contacts by number, protocol or name."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import Func, Q, QuerySet, TextField, Value

from contacts.aliases import spellings
from contacts.models import Channel, Identity, SearchName
from hci_center.api.parsers import WrongValueError, parse_phone

# Fewer digits match too many numbers.
FEWEST_DIGITS = 4
COUNTRY = "55"
LONGEST_ID = 19
PROTOCOL = re.compile(r"BR[0-9]+", re.IGNORECASE)


def contacts_without_names(term: str) -> Q:
    """Returns the condition for an auditor's search: a protocol, or our id alone.

    A match by name or number would reveal what an auditor may not read.
    """
    term = term.strip()
    found = Q(protocol__in=[term, term.upper()])
    if term.isascii() and term.isdigit() and len(term) < LONGEST_ID:
        found |= Q(pk=int(term))
    return found


def contacts_named(term: str) -> Q:
    """Returns the condition for a search term: a number or its end, protocol or name.

    A number is searched among all spellings of all contacts (index `identity_alias`),
    with and without the country code. The end of a number, a protocol and a name are
    searched in the contacts themselves.
    """
    term = term.strip()
    digits = _digits(term)
    if digits is not None:
        ends = Q(external_id__endswith=digits) | Q(protocol__endswith=digits)
        return ends | Q(pk__in=_ids_of_number(digits))
    if PROTOCOL.fullmatch(term):
        return Q(protocol=term.upper()) | Q(external_id=term)
    return Q(pk__in=_ids_of_name(term)) | Q(external_id=term)


def _ids_of_name(term: str) -> QuerySet[Any]:
    """Returns the contacts whose name has all the words, in any order.

    Case and accents make no difference (index `names_for_search`).
    """
    words = [Q(key__contains=_search_key(word)) for word in term.split()]
    return SearchName.objects.filter(*words).values("contact_id")


def _search_key(word: str) -> Func:
    return Func(Value(word), function="search_key", output_field=TextField())


def _digits(term: str) -> str | None:
    try:
        digits = str(parse_phone(term))
    except WrongValueError:
        return None
    return digits if len(digits) >= FEWEST_DIGITS else None


def _ids_of_number(digits: str) -> list[int]:
    aliases = {
        spelling
        for number in (digits, COUNTRY + digits)
        for spelling in spellings(Channel.WHATSAPP, number)
    }
    found = Identity.objects.filter(alias__in=aliases)
    return list(found.values_list("contact_id", flat=True))
