"""Lists quick replies: of a manager, of its areas and of each operator.

With the same shortcut, the operator's takes precedence over the area's, and the area's
over the manager's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from areas.models import Operator
from areas.operators import OperatorScope
from chats.conversations.message_rows import Shape
from chats.conversations.queries import open_chat_of
from chats.conversations.reading import ReadRequest, find_conversation
from chats.files.file_links import FileLink
from chats.files.mime_types import FILE, kind_of_mime
from chats.inbox.scope import find_scope
from chats.rules.texts import TextValues, fill
from contacts.manager_ref import ManagerRef
from contacts.models import Contact
from hci_center.api.subject import record_subject
from hci_center.callers import Caller
from hci_center.errors import InvalidError
from managers.models import Manager

SCOPES = ("manager", "area", "operator")

# In order of precedence.
_REPLIES = """
SELECT r.id::text, r.shortcut, coalesce(a.code, ''), r.title, r.text,
       CASE WHEN r.operator_id IS NOT NULL THEN 'operator'
            WHEN r.area_id IS NOT NULL THEN 'area' ELSE 'manager' END,
       f.uuid, f.name, f.size, f.mime
  FROM chats_reply r
  LEFT JOIN areas_area a ON a.id = r.area_id
  LEFT JOIN chats_replyfile f ON f.id = r.file_id
 WHERE r.manager_id = %(manager)s AND {which}
 ORDER BY r.shortcut, r.operator_id NULLS LAST, r.area_id NULLS LAST, r.id
"""
# For everybody, for the operator's areas (NULL: all) and his own.
_OFFERED = """
(r.operator_id IS NULL AND (r.area_id IS NULL OR %(areas)s::bigint[] IS NULL
                            OR r.area_id = ANY(%(areas)s::bigint[]))
 OR r.operator_id = %(operator)s::bigint)
"""


@dataclass(frozen=True, slots=True)
class Desk:
    """The manager and the operator that a call acts for; None: the service itself."""

    manager_id: int
    operator: OperatorScope | None

    @property
    def operator_id(self) -> int | None:
        return None if self.operator is None else self.operator.operator_id


def find_desk(caller: Caller, names: ManagerRef, operator_id: int) -> Desk:
    """Returns the manager and the operator of a call.

    Raises the errors of `find_scope`, and InvalidError if it is unclear which of
    several managers is meant.
    """
    scope = find_scope(caller, names, operator_id)
    if len(scope.managers) != 1:
        sentence = _("One of %s is required.") % "number, facebookId"
        raise InvalidError({"number": [sentence], "facebookId": [sentence]})
    record_subject(scope.managers[0])
    return Desk(scope.managers[0], scope.operator)


def list_replies(
    caller: Caller, names: ManagerRef, operator_id: int, request: ReadRequest | None
) -> list[Shape]:
    """Returns the replies that the operator may use, by shortcut.

    If the request has a contact: those of its area, with variables filled in, and only
    the one with precedence for each shortcut. Raises the errors of `find_desk` and
    `find_conversation`.
    """
    contact = None
    if request is not None:
        contact = find_conversation(caller, request, closed_too=True).contact
        operator = find_scope(caller, names, operator_id).operator
        desk = Desk(contact.manager_id, operator)
    else:
        desk = find_desk(caller, names, operator_id)
    values: dict[str, Any] = {
        "manager": desk.manager_id,
        "operator": desk.operator_id,
        "areas": _areas_of(desk, contact),
    }
    with connection.cursor() as cursor:
        cursor.execute(_REPLIES.format(which=_OFFERED), values)
        shapes = [_shape(row) for row in cursor.fetchall()]
    if desk.operator is not None or contact is not None:
        shapes = _applying(shapes)
    if contact is not None:
        _fill_all(shapes, _text_values(contact, desk.operator_id))
    return shapes


def reply_shape(manager_id: int, reply_id: int) -> Shape:
    """Returns an existing reply."""
    values: dict[str, Any] = {"manager": manager_id, "reply": reply_id}
    with connection.cursor() as cursor:
        cursor.execute(_REPLIES.format(which="r.id = %(reply)s"), values)
        return _shape(cursor.fetchone())


def _areas_of(desk: Desk, contact: Contact | None) -> list[int] | None:
    if contact is not None and contact.area_id is not None:
        return [contact.area_id]
    return None if desk.operator is None else list(desk.operator.areas)


def _applying(shapes: Sequence[Shape]) -> list[Shape]:
    """Returns those of the narrowest scope for each shortcut; areas may be several."""
    kept: list[Shape] = []
    for _shortcut, group in groupby(shapes, lambda shape: shape["shortcut"]):
        same = list(group)
        kept += [shape for shape in same if shape["scope"] == same[0]["scope"]]
    return kept


def _text_values(contact: Contact, operator_id: int | None) -> TextValues:
    operator_id = operator_id or contact.operator_id or 0
    chat = open_chat_of(contact.pk)
    return TextValues(
        contact=contact,
        manager=Manager.objects.without_secrets().get(pk=contact.manager_id),
        area=contact.area,
        operator=Operator.objects.filter(pk=operator_id).first(),
        protocol=contact.protocol if chat is None else chat[1],
        at=timezone.now(),
    )


def _fill_all(shapes: Iterable[Shape], values: TextValues) -> None:
    for shape in shapes:
        shape["filled"], shape["missing"] = fill(shape["text"], values)


def _shape(row: Any) -> Shape:
    reply_id, shortcut, area, title, text, scope, uuid, name, size, mime = row
    shape: Shape = {
        "id": reply_id,
        "shortcut": shortcut,
        "scope": scope,
        "area": area,
        "title": title,
        "text": text,
        "filled": None,
        "missing": [],
        "url": "" if uuid is None else FileLink(uuid),
    }
    if uuid is not None:
        kind = kind_of_mime(mime) or FILE
        shape |= {"type": kind, "fileName": name, "fileSize": size}
    return shape
