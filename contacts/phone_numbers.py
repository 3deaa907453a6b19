"""Converts phone numbers of people and gateways to international digits."""

from __future__ import annotations

import re

import phonenumbers

from contacts.aliases import spellings
from contacts.models import Channel

BRAZIL = "55"
_BRAZILIAN = re.compile(f"{BRAZIL}[1-9][0-9]{{9,10}}")
_NOT_DIGITS = re.compile(r"[^0-9]")


def is_complete(digits: str) -> bool:
    """Returns whether international digits are a valid phone number."""
    try:
        parsed = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return False
    # Brazilian mobiles without their ninth digit are no longer in the numbering plan.
    is_older = len(spellings(Channel.WHATSAPP, digits)) > 1
    return is_older or phonenumbers.is_valid_number(parsed)


def as_written(text: str, manager_number: int | None) -> str:
    """Returns the international digits of a customer's number typed by a person.

    A national Brazilian number (`11 98888-7777`, `011 …`) is recognised if the
    manager's number is Brazilian; a number with `+`, and any other, keeps its digits.
    """
    digits = _NOT_DIGITS.sub("", text).lstrip("0")
    if text.strip().startswith("+") or not _is_brazilian(manager_number):
        return digits
    return _from_national(text, digits) or digits


def as_reported(name: str, manager_number: int | None) -> str:
    """Returns the international digits of an id reported by a gateway.

    It is usually international, so it is read as a national number only if it is not
    valid in any country.
    """
    if not name.isdecimal() or len(name) > 11 or not _is_brazilian(manager_number):
        return name
    try:
        if phonenumbers.is_valid_number(phonenumbers.parse(f"+{name}")):
            return name
    except phonenumbers.NumberParseException:
        pass
    return _from_national(name, name) or name


def _is_brazilian(number: int | None) -> bool:
    return number is not None and bool(_BRAZILIAN.fullmatch(str(number)))


def _from_national(text: str, digits: str) -> str:
    """Returns the digits with the country code, or "" if it is no Brazilian number."""
    international = f"{BRAZIL}{digits}"
    if len(spellings(Channel.WHATSAPP, international)) > 1:
        return international
    try:
        parsed = phonenumbers.parse(text, "BR")
    except phonenumbers.NumberParseException:
        return ""
    if parsed.country_code != int(BRAZIL) or not phonenumbers.is_valid_number(parsed):
        return ""
    return f"{BRAZIL}{parsed.national_number}"
