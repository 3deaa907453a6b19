"""Fills the variables of texts: {nome}, {protocolo}, {saudacao} and the others.

Each is replaced once: values are not searched for variables.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from areas.models import Area, Operator
from areas.rules.schedules import timetable_of
from contacts.models import Contact
from managers.models import Manager

if TYPE_CHECKING:
    from chats.rules.context import RuleContext

# The longest automatic text.
LONGEST = 1024

VARIABLES = (
    "nome",
    "nome_completo",
    "protocolo",
    "operador",
    "area",
    "empresa",
    "saudacao",
    "abre",
    "data",
    "hora",
)
# With the preceding space, which an empty value removes.
_VARIABLE = re.compile(r"([ \t]?)\{(\w{1,32})\}")


@dataclass(frozen=True, slots=True)
class TextValues:
    """The values of the variables of a text, at a point in time.

    `operator` is the contact's operator, or the author.
    """

    contact: Contact
    manager: Manager
    area: Area | None
    operator: Operator | None
    protocol: str
    at: datetime

    def value(self, name: str) -> str:
        """Returns the value of a variable; "" if there is none."""
        return _VALUES[name](self)

    @property
    def local(self) -> datetime:
        return self.at.astimezone(ZoneInfo(self.manager.time_zone))


def fill(template: str, values: TextValues) -> tuple[str, list[str]]:
    """Returns the text with its variables filled, and the names that have no value.

    These include unknown variables, which remain in the text.
    """
    missing: list[str] = []

    def replace(found: re.Match[str]) -> str:
        blank, name = found.groups()
        value = values.value(name) if name in _VALUES else ""
        if value:
            return blank + value
        missing.append(name)
        return "" if name in _VALUES else found[0]

    return _VARIABLE.sub(replace, template), list(dict.fromkeys(missing))


def automatic_text(template: str, context: RuleContext) -> str:
    """Returns the text of an automatic message, shortened at a word if necessary."""
    return shorten(fill(template, values_of(context))[0].strip())


def values_of(context: RuleContext) -> TextValues:
    return TextValues(
        contact=context.contact,
        manager=context.manager,
        area=context.area,
        operator=context.contact.operator,
        protocol=context.chat.protocol,
        at=context.now,
    )


def shorten(text: str, longest: int = LONGEST) -> str:
    """Returns the text, shortened at a word if it is longer."""
    if len(text) <= longest:
        return text
    # With the next character: a word may end exactly there.
    head, *rest = f"{text[: longest + 1]}.".rsplit(None, 1)
    return head if rest else text[:longest]


def _first_name(values: TextValues) -> str:
    name = _full_name(values)
    return name.split()[0] if name else ""


def _full_name(values: TextValues) -> str:
    """Returns the contact's name; "" if it is only digits (the name is not known yet).

    It is a single line, whatever the customer's profile contains.
    """
    name = " ".join(values.contact.name.split())
    has_letters = any(not (each.isdigit() or each in " +-()") for each in name)
    return name if has_letters else ""


def _greeting(values: TextValues) -> str:
    hour = values.local.hour
    if 5 <= hour < 12:
        return "Bom dia"
    return "Boa tarde" if 12 <= hour < 18 else "Boa noite"


def _opens(values: TextValues) -> str:
    """Returns when the area opens next, such as "segunda-feira, 04/01, às 08:00"."""
    area_id = None if values.area is None else values.area.pk
    timetable = timetable_of(values.manager.pk, area_id)
    if timetable.is_open(values.at):
        return ""
    opens = timetable.next_change(values.at)
    if opens is None:
        return ""
    moment = opens.astimezone(ZoneInfo(values.manager.time_zone))
    days = (moment.date() - values.local.date()).days
    day = {0: "hoje", 1: "amanhã"}.get(days)
    if day is None:
        day = f"{_WEEKDAYS[moment.weekday()]}, {moment:%d/%m},"
    return f"{day} às {moment:%H:%M}"


_WEEKDAYS = (
    "segunda-feira",
    "terça-feira",
    "quarta-feira",
    "quinta-feira",
    "sexta-feira",
    "sábado",
    "domingo",
)
_VALUES: Mapping[str, Callable[[TextValues], str]] = {
    "nome": _first_name,
    "nome_completo": _full_name,
    "protocolo": lambda values: values.protocol,
    "operador": lambda values: values.operator.name if values.operator else "",
    "area": lambda values: values.area.name if values.area else "",
    "empresa": lambda values: values.manager.name,
    "saudacao": _greeting,
    "abre": _opens,
    "data": lambda values: f"{values.local:%d/%m/%Y}",
    "hora": lambda values: f"{values.local:%H:%M}",
}
