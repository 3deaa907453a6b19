"""The list of chats for consoles, page by page.

A page starts after the last chat of the previous one, by (value, id), so a chat whose
value changes between two pages might be skipped. Therefore chats that moved since the
first page are appended at the end, by id. They are found by the transaction that wrote
their row (`xmin`), whatever moved them.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from chats.conversations.message_rows import Shape
from chats.inbox.counts import counts_of, feed_counts_of
from chats.inbox.cursor import Cursor, ForeignCursorError
from chats.inbox.filters import (
    LATEST,
    OF_AN_OPERATOR,
    OPEN_STATES,
    TAGGED,
    WAITING_FOR,
    ListRequest,
    contact_conditions,
    filters_of,
)
from chats.inbox.hits import chats_with_words
from chats.inbox.line import LINES, line_shapes
from chats.inbox.scope import CONTACT_OF_CHAT, Scope, find_scope
from hci_center.callers import Caller
from hci_center.errors import InvalidError

_OPEN_CHATS = """
SELECT h.id, {value} AS value
  FROM chats_chat h {contact}
 WHERE h.closed_at IS NULL AND h.manager_id = ANY(%(managers)s::bigint[])
   AND {conditions}
"""
_JOINED = "JOIN contacts_contact c ON c.id = h.contact_id"
# The latest of each manager, along its index.
_CLOSED_CHATS = """
SELECT closed.id, closed.value
  FROM unnest(%(managers)s::bigint[]) AS one (manager), LATERAL (
    SELECT h.id, h.closed_at AS value
      FROM chats_chat h JOIN contacts_contact c ON c.id = h.contact_id
     WHERE h.manager_id = one.manager AND h.closed_at IS NOT NULL AND {conditions}
     ORDER BY {order} LIMIT %(rows)s) closed
"""
# The maximum number of contacts that are listed by id.
MOST_CONTACTS = 1000
_CONTACTS = """
SELECT c.id FROM {contacts}
 WHERE c.manager_id = ANY(%(managers)s::bigint[]) AND {conditions} LIMIT %(most)s
"""
_PAGE = """
SELECT found.id, (extract(epoch FROM found.value) * 1000000)::bigint AS extra,
       row_number() OVER (ORDER BY {order}) AS place
  FROM ({chats}) found ORDER BY {order} LIMIT %(rows)s
"""
_MARK = """
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
       (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
"""
# Transaction ids are 32 bits wide in rows: half of them, before `since`, are older.
_NEWER = "(({xmin}::text::bigint - {since} + 4294967296) % 4294967296) < 2147483648"
# Rows written by this transaction were visible to it.
_OWN = "pg_current_xact_id_if_assigned()::text::bigint"
_CHANGED = (
    _NEWER.format(xmin="{xmin}", since="%(since)s")
    + f" AND ({_OWN} IS NULL OR NOT "
    + _NEWER.format(xmin="{xmin}", since=f"({_OWN} % 4294967296)")
    + ")"
).replace("% 4294967296", "%% 4294967296")
_MOVED = f"({{value}} > %(top)s OR {_CHANGED.format(xmin='c.xmin')} OR {_CHANGED.format(xmin='h.xmin')})"
# Closing a chat takes less than that from reading the clock to its commit.
_SINCE_BEGAN = "h.closed_at > %(began)s::timestamptz - interval '10 minutes'"


def list_chats(caller: Caller, request: ListRequest) -> Shape:
    """Returns a page of chats that the caller sees, with the counts if asked for.

    Raises the errors of `find_scope` and `find_areas`, and InvalidError for an `after`
    of another list, or if the chats of an operator are requested without one.
    """
    scope = find_scope(caller, request.manager, request.operator_id)
    if request.state in OF_AN_OPERATOR and scope.operator is None:
        raise InvalidError({"operatorId": [_("This field is required.")]})
    cursor = _cursor(request)
    if request.words is None:
        page = _Page(scope, request, cursor or _mark())
        chats = line_shapes(page.rows(is_first=cursor is None))
        following = page.next
    else:
        chats, following = chats_with_words(scope, request, cursor)
    answer: Shape = {
        "chats": chats,
        "next": None if following is None else following.encode(request.filters),
    }
    if request.feed_counts:
        answer |= feed_counts_of(scope)
    elif request.counts:
        answer["counts"] = counts_of(scope)
    return answer


def _cursor(request: ListRequest) -> Cursor | None:
    if request.after is None:
        return None
    try:
        return Cursor.decode(request.after, request.filters)
    except ForeignCursorError as error:
        sentence = _("This is not the `next` of a list with these filters.")
        raise InvalidError({"after": [sentence]}) from error


def _mark() -> Cursor:
    with connection.cursor() as cursor:
        cursor.execute(_MARK)
        since, began = cursor.fetchone()
    return Cursor(since=since, began=began)


class _Page:
    """Reads one page; `next` is then the cursor of the following one, or None."""

    def __init__(self, scope: Scope, request: ListRequest, cursor: Cursor) -> None:
        self.request, self.cursor = request, cursor
        self.next: Cursor | None = None
        self._conditions, self._values = filters_of(scope, request)
        # The filters that are only about contacts, if there are any.
        self._of_contacts = contact_conditions(scope, request)

    def rows(self, *, is_first: bool) -> list[Any]:
        """Returns rows of LINES, at most as many as the request's limit."""
        limit = self.request.limit
        if self.cursor.is_tail and not is_first:
            return self._tail(limit, set())
        found = self._in_order(limit + 1, is_first=is_first)
        cursor = self.cursor
        if is_first and found:
            cursor = self.cursor = Cursor(cursor.since, cursor.began, top=found[0][2])
        if len(found) > limit:
            del found[limit:]
            self.next = cursor.after(found[-1][2], found[-1][1])
        elif not is_first:
            self.cursor = cursor.tail()
            shown = {row[1] for row in found}
            found += self._tail(limit - len(found), shown)
        return found

    def _in_order(self, count: int, *, is_first: bool) -> list[Any]:
        longest_first = self.request.state in WAITING_FOR
        after = ""
        if not is_first:
            compared = ">" if longest_first else "<"
            after = f"({{value}}, h.id) {compared} (%(value)s, %(chat)s)"
        direction = "ASC" if longest_first else "DESC"
        return self._read(after, f"value {direction}, id {direction}", count)

    def _tail(self, count: int, shown: set[int]) -> list[Any]:
        """Returns chats that moved since the first page; sets `next`."""
        moved = f"h.id > %(chat)s AND {_MOVED} AND NOT h.id = ANY(%(shown)s::bigint[])"
        if self.request.state in WAITING_FOR:
            moved = moved.replace("{value} > %(top)s OR ", "")
        self._values["shown"] = list(shown)
        found = self._read(moved, "id ASC", count + 1)
        if len(found) > count:
            del found[count:]
            self.next = self.cursor.tail(found[-1][1]) if found else self.cursor
        return found

    def _read(self, place: str, order: str, count: int) -> list[Any]:
        state = self.request.state
        parts = []
        if state != "closed":
            value = WAITING_FOR.get(state, LATEST)
            condition = OPEN_STATES.get(state, "TRUE")
            # An operator's contacts have an index; others are found by the open chats.
            contact = _JOINED if state in OF_AN_OPERATOR else CONTACT_OF_CHAT
            parts.append(
                self._chats(_OPEN_CHATS, value, place, condition, contact=contact)
            )
        if state in ("closed", "all"):
            self._narrow()
            inner = order.replace("value", "h.closed_at").replace("id ", "h.id ")
            recent = _SINCE_BEGAN if "%(top)s" in place else "TRUE"
            parts.append(
                self._chats(_CLOSED_CHATS, "h.closed_at", place, recent, order=inner)
            )
        page = _PAGE.format(chats=" UNION ALL ".join(parts), order=order)
        values = self._values | self.cursor.parameters() | {"rows": count}
        with connection.cursor() as cursor:
            cursor.execute(LINES.format(page=page), values)
            rows: list[Any] = cursor.fetchall()
        return [list(row) for row in rows]

    def _narrow(self) -> None:
        """Lists the contacts by id if they are few, before closed chats are scanned.

        The chats of few contacts are far apart: a scan would read nearly all.
        """
        if self._of_contacts is None:
            return
        contacts = "contacts_contact c" if self.request.tag is None else TAGGED
        statement = _CONTACTS.format(contacts=contacts, conditions=self._of_contacts)
        with connection.cursor() as cursor:
            cursor.execute(statement, self._values | {"most": MOST_CONTACTS + 1})
            found = [row[0] for row in cursor.fetchall()]
        self._of_contacts = None
        if len(found) <= MOST_CONTACTS:
            self._conditions.append("h.contact_id = ANY(%(contacts)s::bigint[])")
            self._values["contacts"] = found

    def _chats(
        self, statement: str, value: str, place: str, condition: str, **parts: str
    ) -> str:
        conditions = [*self._conditions, condition]
        if place:
            conditions.append(place.format(value=value))
        return statement.format(
            value=value, conditions=" AND ".join(conditions), **parts
        )
