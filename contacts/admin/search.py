"""Finding customers among very many, by what somebody on the telephone says."""

from __future__ import annotations

import re

from django.db.models import Q

from contacts.aliases import spellings
from contacts.models import Channel, Identity
from hci_center.api.parsers import WrongValueError, parse_phone

# Fewer digits are in so many numbers that they say nothing.
FEWEST_DIGITS = 4
COUNTRY = "55"
PROTOCOL = re.compile(r"BR[0-9]+", re.IGNORECASE)


def contacts_named(term: str) -> Q:
    """What a search term means: a number, whole or its end, a protocol or a name.

    A number is sought among all spellings of all contacts (index `identity_alias`),
    with and without the country's code. The end of one, a protocol and a name are
    looked for in the contacts themselves.
    """
    term = term.strip()
    digits = _digits(term)
    if digits is not None:
        ends = Q(external_id__endswith=digits) | Q(protocol__endswith=digits)
        return ends | Q(pk__in=_bearing(digits))
    if PROTOCOL.fullmatch(term):
        return Q(protocol=term.upper()) | Q(external_id=term)
    return Q(name__icontains=term) | Q(external_id=term)


def _digits(term: str) -> str | None:
    try:
        digits = str(parse_phone(term))
    except WrongValueError:
        return None
    return digits if len(digits) >= FEWEST_DIGITS else None


def _bearing(digits: str) -> list[int]:
    aliases = {
        spelling
        for number in (digits, COUNTRY + digits)
        for spelling in spellings(Channel.WHATSAPP, number)
    }
    found = Identity.objects.filter(alias__in=aliases)
    return list(found.values_list("contact_id", flat=True))
