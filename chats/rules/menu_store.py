"""Reads and writes the state of menus."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection

from areas.codes import area_of_code
from areas.models import Menu
from areas.rules.in_force import menu_version
from areas.rules.menu_body import MenuBody
from chats.conversations.assignment import move_locked
from chats.models import Chat, ChatEvent, MenuState, Task
from chats.rules.automatic import record_rule, rule_actor
from chats.rules.context import RuleContext
from chats.rules.tasks import cancel
from contacts.models import Contact
from hci_center.database.rows import ModelRows

_STATES, _MENUS = ModelRows(MenuState), ModelRows(Menu, "id", "published_at")
_READ = f"""
SELECT {_STATES.columns("s")}, {_MENUS.columns("n")}
  FROM chats_menustate s JOIN areas_menu n ON n.id = s.menu_id WHERE s.chat_id = %s
"""  # noqa: S608 - of columns
_SAVE = """
INSERT INTO chats_menustate
       (chat_id, menu_id, step, path, tries, asked_message_id, asked_at, reminded, sa)
VALUES (%s, %s, %s, %s::jsonb, %s, %s, clock_timestamp(), %s, %s)
ON CONFLICT (chat_id) DO UPDATE
   SET menu_id = excluded.menu_id, step = excluded.step, path = excluded.path,
       tries = excluded.tries, asked_message_id = excluded.asked_message_id,
       asked_at = excluded.asked_at, reminded = excluded.reminded, sa = excluded.sa
"""
# The contact has no area, or that of his last closed chat; and nobody has answered yet.
_IS_FOR_MENU = """
SELECT (%(area)s::bigint IS NULL OR %(area)s::bigint = (
          SELECT e.area_id FROM chats_chat p
            JOIN chats_chatevent e ON e.chat_id = p.id AND e.kind = 'closed'
           WHERE p.contact_id = %(contact)s AND p.closed_at IS NOT NULL
           ORDER BY p.closed_at DESC, e.id DESC LIMIT 1))
   AND NOT EXISTS (SELECT FROM chats_message m
                    WHERE m.chat_id = %(chat)s AND m.direction = 'out'
                      AND m.auto IN ('', 'phone', 'schedule'))
"""
# Since the last question, somebody else wrote, moved, claimed or reopened.
_IS_TAKEN = """
SELECT EXISTS (
         SELECT FROM chats_chatevent e
          WHERE e.chat_id = %(chat)s
            AND e.kind IN ('entered_area', 'claimed', 'assigned', 'transferred',
                           'released', 'closed', 'reopened')
            AND e.id > (SELECT max(s.id) FROM chats_chatevent s
                         WHERE s.chat_id = %(chat)s AND s.kind = 'bot_step'))
    OR EXISTS (
         SELECT FROM chats_message m
          WHERE m.chat_id = %(chat)s AND m.id > %(asked)s AND m.direction = 'out'
            AND m.auto <> 'menu' AND m.stored_at > %(at)s)
"""
_SET_SA = "UPDATE contacts_contact SET sa = %s WHERE id = %s AND sa <> %s"
# From now on the customer is waiting for a person.
_ENTER_QUEUE = """
UPDATE contacts_contact
   SET queued_at = clock_timestamp(),
       waiting_since = CASE WHEN waiting_since IS NULL THEN NULL
                            ELSE clock_timestamp() END
 WHERE id = %s
"""
_LEAVE_AREA = "UPDATE contacts_contact SET area_id = NULL WHERE id = %s"
_FORGET_CLOSED = """
DELETE FROM chats_menustate s USING chats_chat h
 WHERE h.id = s.chat_id AND h.contact_id = %s AND h.closed_at IS NOT NULL
"""


def read_state(chat: Chat) -> MenuState | None:
    """Returns the chat's state in the menu; None if it is not inside."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, [chat.pk])
        row = cursor.fetchone()
    if row is None:
        return None
    state = _STATES.read(row[: _STATES.width])
    state.menu = _MENUS.read(row[_STATES.width :])
    return state


def menu_of_state(state: MenuState) -> MenuBody:
    """Returns the version of the menu that the chat has entered."""
    body = menu_version(state.menu_id, state.menu.published_at).body
    assert body is not None  # noqa: S101 - nobody enters a version without a menu
    return body


def save_state(state: MenuState) -> None:
    """Stores the state after a question is sent."""
    values: list[Any] = [
        state.chat_id,
        state.menu_id,
        state.step,
        json.dumps(state.path),
        state.tries,
        state.asked_message_id,
        state.reminded,
        state.sa,
    ]
    with connection.cursor() as cursor:
        cursor.execute(_SAVE, values)


def is_for_menu(chat_id: int, contact: Contact) -> bool:
    """Returns whether a chat that the customer has opened starts with the menu."""
    values: dict[str, Any] = {
        "chat": chat_id,
        "contact": contact.pk,
        "area": contact.area_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(_IS_FOR_MENU, values)
        row = cursor.fetchone()
    return bool(row and row[0])


def taken_by(context: RuleContext, state: MenuState) -> str | None:
    """Returns how somebody else took over, which ends the menu; None if nobody did."""
    if context.contact.operator_id is not None:
        return "taken"
    if context.contact.sa != state.sa:
        return "sa"
    values: dict[str, Any] = {
        "chat": context.chat.pk,
        "asked": state.asked_message_id or 0,
        "at": state.asked_at,
    }
    with connection.cursor() as cursor:
        cursor.execute(_IS_TAKEN, values)
        row = cursor.fetchone()
    return "taken" if row and row[0] else None


def set_sa(contact: Contact, sa: int) -> None:
    """Sets the step of the contact, which the transaction has locked."""
    with connection.cursor() as cursor:
        cursor.execute(_SET_SA, [sa, contact.pk, sa])
    contact.sa = sa


def move(context: RuleContext, code: str | None) -> None:
    """Moves the contact to the area of that code, or to none if it does not exist.

    Recorded even if the contact is in it already, because the customer chose it.
    """
    contact = context.contact
    area = None
    if code is not None:
        area = area_of_code(contact.manager_id, code)
    if area is not None:
        cause = ChatEvent.Cause.MENU
        move_locked(contact, area.pk, actor=rule_actor("menu"), cause=cause)
    elif contact.area_id is not None:
        with connection.cursor() as cursor:
            cursor.execute(_LEAVE_AREA, [contact.pk])
        contact.area_id = None
    context.area_changed()


def end(context: RuleContext, why: str) -> None:
    """Deletes the state and its timer and records why the menu has ended."""
    MenuState.objects.filter(chat=context.chat).delete()
    cancel(Task.Kind.MENU, contact_id=context.contact.pk)
    record_rule(context, ChatEvent.Kind.BOT_ENDED, "menu", {"why": why})


def enter_queue(context: RuleContext) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_ENTER_QUEUE, [context.contact.pk])


def forget_closed(contact_id: int) -> None:
    """Deletes the states of chats that were closed inside the menu."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_CLOSED, [contact_id])
