"""Phone numbers as people and gateways write them, as international digits."""

from __future__ import annotations

import re

import phonenumbers

from contacts.aliases import spellings
from contacts.models import Channel

BRAZIL = "55"
_BRAZILIAN = re.compile(f"{BRAZIL}[1-9][0-9]{{9,10}}")
_NOT_DIGITS = re.compile(r"[^0-9]")


def is_complete(digits: str) -> bool:
    """Whether international digits can be a phone: country, area and length fit."""
    try:
        parsed = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return False
    # Brazilian mobiles without their ninth digit are in no plan any more.
    is_older = len(spellings(Channel.WHATSAPP, digits)) > 1
    return is_older or phonenumbers.is_valid_number(parsed)


def as_written(text: str, manager_number: int | None) -> str:
    """The international digits of what a person wrote for a customer of a manager.

    A national Brazilian spelling (`11 98888-7777`, `011 …`) counts as such when the
    manager's number is Brazilian; a number with `+`, and all else, keeps its digits.
    """
    digits = _NOT_DIGITS.sub("", text).lstrip("0")
    if text.strip().startswith("+") or not _is_brazilian(manager_number):
        return digits
    return _from_national(text, digits) or digits


def as_reported(name: str, manager_number: int | None) -> str:
    """The same of an id that a gateway reports, which is international as a rule.

    So it is read as national only when it is no number of any country.
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
    """Digits with the country's code, "" for what is no Brazilian number."""
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
