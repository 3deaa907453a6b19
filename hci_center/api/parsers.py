"""Parsers of the value formats in the contract's "Rules for every call".

Each takes a value from JSON or a form and returns a plain Python value, or raises
`WrongValueError` with a sentence for the caller.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from hci_center.errors import Sentence

NOBODY = 0
# The value of an invalid operatorId: no operator has it.
NO_SUCH_OPERATOR = -1

# Possessive quantifiers prevent backtracking on long input.
_PHONE = re.compile(r"\s*+\+?+[\d\s().\-/]++", re.ASCII)
_NOT_DIGITS = re.compile(r"[^0-9]")
_DIGITS = re.compile(r"[0-9]+")
_PORT_DIGITS = 5
# SSH, Telnet, mail, MySQL, PostgreSQL, Redis and memcached.
OTHER_SERVICES = frozenset(
    (22, 23, 25, 110, 143, 465, 587, 993, 995, 3306, 5432, 6379, 11211)
)
_PORT = re.compile(r"0*[0-9]{1,5}")
_PUBLIC_ID = re.compile(r"[A-Za-z0-9_.:\-]{1,64}")
_OPERATOR_ID = re.compile(r"[1-9][0-9]{0,17}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})"
)
_MILLISECONDS_FROM = 10**12
_NO_TIMESTAMP_FROM = 10**18
_LAST_TIMESTAMP = datetime(9999, 1, 1, tzinfo=UTC).timestamp()


class WrongValueError(ValueError):
    """The value is invalid for its field; the reason is a sentence."""

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        super().__init__(str(sentence))


def parse_text(value: Any, longest: int) -> str:
    """Returns the text, without NUL and lone surrogates; integers become text."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise WrongValueError(_("This must be a text."))
    if len(value) > longest:
        raise WrongValueError(_("This is longer than %d characters.") % longest)
    if "\x00" in value:
        raise WrongValueError(_("This holds a NUL character."))
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise WrongValueError(
                _("This contains half a character (an unpaired surrogate).")
            ) from error
    return value


def parse_phone(value: Any) -> int:
    """Returns the number of 1 to 15 digits; leading zeros are dropped."""
    if isinstance(value, int) and not isinstance(value, bool):
        if 0 <= value < 10**15:
            return value
        raise WrongValueError(_("A phone number has 1 to 15 digits."))
    if (
        not isinstance(value, str)
        or value.startswith("-")
        or not _PHONE.fullmatch(value)
    ):
        raise WrongValueError(_("This is not a phone number."))
    digits = _NOT_DIGITS.sub("", value)
    if not 1 <= len(digits) <= 15:
        raise WrongValueError(_("A phone number has 1 to 15 digits."))
    return int(digits)


def parse_port(value: Any) -> int:
    """Parses a TCP port, 1 to 65535, from a number or ASCII digits."""
    if isinstance(value, str) and _PORT.fullmatch(value):
        value = int(value[-_PORT_DIGITS:])
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 65536:
        raise WrongValueError(_("A port is a number from 1 to 65535."))
    return value


def parse_controller_port(value: Any) -> int:
    """Parses the port of a manager's controller, one of HCI_CONTROLLER_PORTS.

    The worker posts to it on our own machine or network: without a list, the ports on
    which servers of other protocols listen are refused.
    """
    port = parse_port(value)
    if settings.CONTROLLER_PORTS:
        if not any(port in ports for ports in settings.CONTROLLER_PORTS):
            raise WrongValueError(_("This port is not among HCI_CONTROLLER_PORTS."))
    elif port in OTHER_SERVICES:
        raise WrongValueError(_("This port is reserved for a service other than HTTP."))
    return port


def parse_public_id(value: Any) -> str:
    """Parses the Facebook id of a page or person: 1 to 64 of `[A-Za-z0-9_.:-]`."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not _PUBLIC_ID.fullmatch(value):
        raise WrongValueError(_("An id has 1 to 64 letters, digits or _ . : -"))
    return value


@dataclass(frozen=True, slots=True)
class ContactKey:
    """A contact's id as sent by a caller: a phone number, an id, or both.

    `phone` is the number if the text can be one; `text` is the id if the text can be
    one. At least one of them is set.
    """

    phone: int | None
    text: str | None

    @property
    def whatsapp_id(self) -> str:
        """Returns the external id on WhatsApp: the phone number if there is one."""
        return str(self.phone) if self.phone is not None else self.text or ""

    @property
    def facebook_id(self) -> str | None:
        """Returns the external id on Messenger, or None if it cannot be one."""
        return self.text


def parse_contact_key(value: Any) -> ContactKey:
    """Parses a `contactId`, whose channel depends on the other fields."""
    try:
        phone = parse_phone(value)
    except WrongValueError:
        phone = None
    try:
        text = parse_public_id(value)
    except WrongValueError:
        if phone is None:
            raise
        text = None
    return ContactKey(phone, text)


def parse_operator_id(value: Any) -> int:
    """Parses an operator's id; 0 is nobody, an invalid id is -1."""
    text = parse_text(value, 64)
    if text == "0":
        return NOBODY
    return int(text) if _OPERATOR_ID.fullmatch(text) else NO_SUCH_OPERATOR


def parse_integer(value: Any, least: int, most: int) -> int:
    """Parses a whole number in a range, from a number or ASCII digits."""
    if isinstance(value, str) and len(value) <= 18 and _DIGITS.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongValueError(_("This must be a whole number."))
    if not least <= value <= most:
        raise WrongValueError(
            _("This must be from %(least)d to %(most)d.")
            % {"least": least, "most": most}
        )
    return value


def parse_flag(value: Any) -> bool:
    """Parses a boolean: a JSON boolean, 0, 1, or their texts in a form."""
    text = str(value).lower() if isinstance(value, bool | int | str) else ""
    if text in ("true", "1"):
        return True
    if text in ("false", "0"):
        return False
    raise WrongValueError(_("This must be true or false."))


def parse_timestamp(value: Any) -> datetime:
    """Parses a Unix time in seconds or, from 10^12 on, in milliseconds."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}(\.[0-9]{1,9})?", value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WrongValueError(_("This must be a Unix time."))
    if abs(value) >= _NO_TIMESTAMP_FROM:
        # Also an integer that no float holds.
        raise WrongValueError(_("This must be a Unix time."))
    seconds = value / 1000 if abs(value) >= _MILLISECONDS_FROM else value
    if not math.isfinite(seconds) or not 0 < seconds < _LAST_TIMESTAMP:
        raise WrongValueError(_("This must be a Unix time."))
    return datetime.fromtimestamp(seconds, UTC)


def parse_moment(value: Any) -> datetime:
    """Parses a time as answers show it, with its offset from UTC, or a Unix time."""
    sentence = _("This must be a time with its offset, or a Unix time.")
    if not isinstance(value, str) or "T" not in value:
        try:
            return parse_timestamp(value)
        except WrongValueError as error:
            raise WrongValueError(sentence) from error
    # `fromisoformat` takes more, such as weeks.
    found = _MOMENT.fullmatch(value)
    try:
        moment = datetime.fromisoformat(found[0] if found else "")
    except ValueError:
        moment = None
    # As Unix times: nobody computes with the first and the last dates that there are.
    if moment is None or not 0 < moment.timestamp() < _LAST_TIMESTAMP:
        raise WrongValueError(sentence)
    return moment.astimezone(UTC)
