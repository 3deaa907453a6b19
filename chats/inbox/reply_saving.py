"""Saves and deletes quick replies: operators only their own, supervisors all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from areas.operators import find_area
from chats.conversations.message_rows import Shape
from chats.files.data_uri import SentFile
from chats.files.storage import stored
from chats.inbox.replies import Desk, find_desk, reply_shape
from chats.models import Attachment, ReplyFile
from contacts.manager_ref import ManagerRef
from hci_center.audit.database import name_actor
from hci_center.callers import Caller
from hci_center.errors import (
    ForbiddenError,
    InvalidError,
    NotFoundError,
    OperatorNotFoundError,
)

# The limit per manager, area or operator.
MOST_REPLIES = 500

_COUNT = """
SELECT count(*) FROM chats_reply
 WHERE manager_id = %(manager)s AND area_id IS NOT DISTINCT FROM %(area)s::bigint
   AND operator_id IS NOT DISTINCT FROM %(operator)s::bigint
   AND shortcut <> %(shortcut)s
"""
_FILE = "CASE WHEN %(keeps_file)s THEN r.file_id ELSE %(file)s::bigint END"
_SET = f"""
   SET title = coalesce(%(title)s, r.title), text = coalesce(%(text)s, r.text),
       file_id = {_FILE}, changed_at = clock_timestamp()"""
_SAYS_SOMETHING = f"(coalesce(%(text)s, r.text) <> '' OR {_FILE} IS NOT NULL)"
# The second of two simultaneous calls changes the reply of the first.
_SAVE = f"""
INSERT INTO chats_reply AS r (manager_id, area_id, operator_id, shortcut, title, text,
                              file_id, changed_at)
VALUES (%(manager)s, %(area)s, %(operator)s, %(shortcut)s, coalesce(%(title)s, ''),
        coalesce(%(text)s, ''), %(file)s, clock_timestamp())
ON CONFLICT (manager_id, area_id, operator_id, shortcut) DO UPDATE {_SET}
 WHERE {_SAYS_SOMETHING}
RETURNING id
"""  # noqa: S608 - of columns
_CHANGE = f"""
UPDATE chats_reply r {_SET}
 WHERE manager_id = %(manager)s AND shortcut = %(shortcut)s
   AND area_id IS NOT DISTINCT FROM %(area)s::bigint
   AND operator_id IS NOT DISTINCT FROM %(operator)s::bigint
   AND {_SAYS_SOMETHING}
RETURNING id
"""
_FIND = """
SELECT area_id, operator_id FROM chats_reply WHERE id = %s AND manager_id = %s FOR UPDATE
"""
_DELETE = "DELETE FROM chats_reply WHERE id = %s"
# A file that is shared with messages is kept.
_DROP_FILES = """
DELETE FROM chats_replyfile f
 WHERE f.manager_id = %s AND NOT f.is_used
   AND NOT EXISTS (SELECT FROM chats_reply r WHERE r.file_id = f.id)
"""


@dataclass(frozen=True, slots=True)
class ReplyInput:
    """A caller's values for a reply; None keeps the stored value.

    `scope` None: the operator's own or, without an operator, the manager's.
    `drops_file` removes the file.
    """

    shortcut: str
    text: str | None = None
    title: str | None = None
    scope: str | None = None
    area: str | None = None
    file: SentFile | None = None
    file_name: str = ""
    drops_file: bool = False


def save_reply(
    caller: Caller, names: ManagerRef, operator_id: int, given: ReplyInput
) -> Shape:
    """Stores a reply under its shortcut, or changes the one of that scope.

    Raises the errors of `find_desk`, ForbiddenError for a scope that the caller may not
    write, AreaNotFoundError, BodyTooLargeError, and InvalidError without text and file.
    """
    desk = find_desk(caller, names, operator_id)
    area_id, owner_id = _scope_of(caller, desk, given)
    values: dict[str, Any] = {
        "manager": desk.manager_id,
        "area": area_id,
        "operator": owner_id,
        "shortcut": given.shortcut,
        "title": given.title,
        "text": given.text,
        "keeps_file": given.file is None and not given.drops_file,
    }
    with stored(given.file) as attachment, transaction.atomic():
        name_actor()
        _refuse_too_many(values)
        values["file"] = _store_file(desk.manager_id, attachment, given.file_name)
        reply_id = _save(values)
        drop_unused_files(desk.manager_id)
        return reply_shape(desk.manager_id, reply_id)


def delete_reply(
    caller: Caller, names: ManagerRef, operator_id: int, reply_id: int
) -> None:
    """Deletes a reply.

    Raises the errors of `find_desk`, NotFoundError if the operator has no such reply
    and ForbiddenError if the caller may not write it.
    """
    desk = find_desk(caller, names, operator_id)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_FIND, [reply_id, desk.manager_id])
        row = cursor.fetchone()
        if row is None or not _is_offered(desk, *row):
            raise NotFoundError
        _area_id, owner_id = row
        if owner_id is None and not _may_write_all(caller, desk):
            raise ForbiddenError
        name_actor()
        cursor.execute(_DELETE, [reply_id])
        drop_unused_files(desk.manager_id)


def _may_write_all(caller: Caller, desk: Desk) -> bool:
    """Whether the caller may write replies of the manager and of areas.

    A key that acts as an operator has only his permissions.
    """
    if caller.is_key:
        return desk.operator is None
    return caller.role != "operator"


def _scope_of(
    caller: Caller, desk: Desk, given: ReplyInput
) -> tuple[int | None, int | None]:
    """Returns the ids of the area and the operator that the reply belongs to."""
    scope = given.scope
    if scope is None:
        default = "manager" if desk.operator is None else "operator"
        scope = "area" if given.area is not None else default
    if scope == "operator":
        if desk.operator is None:
            raise OperatorNotFoundError
        return None, desk.operator.operator_id
    if not _may_write_all(caller, desk):
        raise ForbiddenError
    if scope == "manager":
        return None, None
    if given.area is None:
        raise InvalidError({"area": [_("This field is required.")]})
    return find_area(desk.manager_id, given.area).id, None


def _is_offered(desk: Desk, area_id: int | None, owner_id: int | None) -> bool:
    if desk.operator is None:
        return True
    if owner_id is not None:
        return owner_id == desk.operator.operator_id
    return area_id is None or desk.operator.serves(area_id)


def _refuse_too_many(values: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, values)
        (count,) = cursor.fetchone()
    if count >= MOST_REPLIES:
        sentence = (
            _("There are already %d quick replies here, and no more can be added.")
            % count
        )
        raise InvalidError({"shortcut": [sentence]})


def _store_file(
    manager_id: int, attachment: Attachment | None, name: str
) -> int | None:
    if attachment is None:
        return None
    row = ReplyFile.objects.create(
        uuid=attachment.uuid,
        manager_id=manager_id,
        file=attachment.file,
        name=name,
        mime=attachment.mime,
        size=attachment.size,
        sha256=attachment.sha256,
        is_voice=attachment.is_voice,
        showing=attachment.showing,
    )
    return row.pk


def _save(values: dict[str, Any]) -> int:
    """Returns the reply's id; without text and file only an existing one is updated."""
    is_said = bool(values["text"]) or values["file"] is not None
    with connection.cursor() as cursor:
        cursor.execute(_SAVE if is_said else _CHANGE, values)
        row = cursor.fetchone()
    if row is None:
        raise InvalidError({"text": [_("A quick reply needs a text or a file.")]})
    reply_id: int = row[0]
    return reply_id


def drop_unused_files(manager_id: int) -> None:
    """Deletes files of replies that no reply and no message uses any more."""
    with connection.cursor() as cursor:
        cursor.execute(_DROP_FILES, [manager_id])
