"""Chooses the chat of a message when none is open: rules R1 and R2.

R1: an answer to a survey is stored in the surveyed chat. R2: a recently closed chat is
reopened. Otherwise a new chat is opened. This is decided in the transaction that stores
the message, which has locked the contact and counted the message on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.db import connection
from django.utils import timezone

from chats.conversations.audit import Actor, record
from chats.conversations.lifecycle import reopen_chat_of_locked
from chats.messages.store import NewMessage
from chats.models import Auto, Chat, ChatEvent, Message, Status
from chats.rules.automatic import OLD, say
from chats.rules.context import RuleContext, context_of_chat
from chats.rules.menu_answers import Said
from chats.rules.ratings import declines, mark_in
from chats.rules.survey import ignore_earlier
from contacts.lookup import lock_contact
from contacts.models import Contact

# In Portuguese, like the default question: customers are Brazilian.
COMMENT_TEXT = (
    "Obrigado! Quer contar o que podemos melhorar? "
    "Responda em uma mensagem, ou 0 para não comentar."
)
THANKS_TEXT = (
    "Obrigado pela resposta! Para começar uma nova conversa, é só escrever de novo."
)
# A second rating is accepted; a third opens a new chat.
MOST_MARKS = 2

# A survey that waits for its rating or comment, or has just got its rating (messages
# after a later chat are not about it); and the last chat, if its area's policy allows
# reopening.
_LOOK = """
SELECT h.id, s.id, s.chat_id, s.state, s.answered_at,
       s.asked_at > clock_timestamp() - interval '24 hours',
       s.answered_at > clock_timestamp() - interval '10 minutes',
       coalesce(s.comment_until > clock_timestamp(), false)
  FROM contacts_contact c
  LEFT JOIN LATERAL (
    SELECT x.* FROM chats_survey x
     WHERE x.contact_id = c.id
       AND (x.state = 'asked'
            OR x.state = 'rated' AND NOT EXISTS (
                 SELECT FROM chats_chat later
                  WHERE later.contact_id = c.id AND later.opened_at > x.answered_at))
     ORDER BY x.asked_at DESC LIMIT 1) s ON true
  LEFT JOIN LATERAL (
    SELECT x.id, x.closed_at,
           (SELECT e.cause FROM chats_chatevent e
             WHERE e.chat_id = x.id AND e.kind = 'closed'
             ORDER BY e.id DESC LIMIT 1) AS cause
      FROM chats_chat x
     WHERE x.contact_id = c.id AND x.closed_at IS NOT NULL
     ORDER BY x.closed_at DESC LIMIT 1) h
    ON h.cause IN ('', 'resolved', 'idle')
   AND h.closed_at > clock_timestamp() - make_interval(secs => coalesce(
         (SELECT p.reopen FROM areas_policy p
           WHERE p.manager_id = c.manager_id AND p.area_id = c.area_id),
         (SELECT p.reopen FROM areas_policy p
           WHERE p.manager_id = c.manager_id AND p.area_id IS NULL), 0))
 WHERE c.id = %(contact)s
"""
_RATE = """
UPDATE chats_survey
   SET state = 'rated', rating = %(mark)s, answered_at = clock_timestamp()
 WHERE id = %(survey)s AND state = 'asked'
"""
_COMMENT = """
UPDATE chats_survey SET comment = %(comment)s, comment_until = NULL
 WHERE id = %(survey)s AND comment_until > clock_timestamp()
"""
_AWAIT_COMMENT = """
UPDATE chats_survey SET comment_until = clock_timestamp() + interval '15 minutes'
 WHERE id = %(survey)s
"""
# Only messages of open chats count as unread, and only their customers are waiting.
_UNCOUNT = """
UPDATE contacts_contact SET unread = greatest(unread - 1, 0), waiting_since = NULL
 WHERE id = %(contact)s
"""


@dataclass(frozen=True, slots=True)
class _Survey:
    id: int
    chat_id: int
    state: str
    answered_at: datetime | None
    is_fresh: bool
    is_just_rated: bool
    awaits_comment: bool


@dataclass(frozen=True, slots=True)
class _Answer:
    """The role of a message for a survey: its rating, a new rating, or its comment."""

    survey: _Survey
    kind: Literal["mark", "further", "comment"]
    mark: int | None = None


class Returning:
    """The decision for one message; `place` is passed to `chats.messages.store.store`.

    `finish` is called after the message is stored.
    """

    def __init__(self, contact_id: int, draft: NewMessage, actor: Actor) -> None:
        self._contact_id, self._draft, self._actor = contact_id, draft, actor
        self._answer: _Answer | None = None

    def place(self) -> int | None:
        """Returns the chat in which the message belongs; None for a new one."""
        goes_on, survey = self._look()
        if survey is not None:
            self._answer = self._match_answer(survey)
            if self._answer is not None:
                self._draft.status = Status.READ
                self._run(_UNCOUNT, contact=self._contact_id)
                return survey.chat_id
        if goes_on is not None:
            self._reopen(goes_on)
        if survey is not None and survey.state == "asked":
            ignore_earlier(self._contact_id)
        return goes_on

    def finish(self) -> None:
        """Records the rating, and asks for a comment or sends thanks."""
        answer = self._answer
        if answer is None or answer.kind == "further":
            return
        context = self._context(answer.survey.chat_id)
        if answer.kind == "comment":
            self._say(context, THANKS_TEXT)
            return
        record(
            context.chat,
            ChatEvent.Kind.RATED,
            actor=self._actor,
            area_id=context.contact.area_id,
            operator_id=None,
            sa=context.contact.sa,
            detail={"rating": answer.mark},
        )
        if answer.mark is None or answer.mark > context.policy.comment_up_to:
            return
        if self._say(context, COMMENT_TEXT):
            self._run(_AWAIT_COMMENT, survey=answer.survey.id)

    def _match_answer(self, survey: _Survey) -> _Answer | None:
        """Applies the message to the survey; returns None if it is no answer."""
        said = _said(self._draft)
        mark = mark_in(said, survey.chat_id)
        if survey.state == "asked":
            if mark is None or not survey.is_fresh:
                return None
            is_done = self._run(_RATE, survey=survey.id, mark=mark)
            return _Answer(survey, "mark", mark) if is_done else None
        if mark is not None and survey.is_just_rated and _marks(survey) < MOST_MARKS:
            return _Answer(survey, "further")
        if not survey.awaits_comment or said.is_media or said.tapped:
            return None
        comment = "" if declines(said) else said.text
        is_done = self._run(_COMMENT, survey=survey.id, comment=comment)
        return _Answer(survey, "comment") if is_done else None

    def _look(self) -> tuple[int | None, _Survey | None]:
        with connection.cursor() as cursor:
            cursor.execute(_LOOK, {"contact": self._contact_id})
            goes_on, *columns = cursor.fetchone()
        return goes_on, None if columns[0] is None else _Survey(*columns)

    def _reopen(self, chat_id: int) -> None:
        reopen_chat_of_locked(
            lock_contact(self._contact_id),
            chat_id,
            actor=self._actor,
            cause=ChatEvent.Cause.CUSTOMER,
        )

    def _context(self, chat_id: int) -> RuleContext:
        contact = Contact.objects.get(pk=self._contact_id)
        return context_of_chat(contact, Chat.objects.get(pk=chat_id))

    def _say(self, context: RuleContext, text: str) -> bool:
        """Returns whether it was sent: old messages get no reply."""
        written = self._draft.created_at or context.now
        if timezone.now() - written > OLD:
            return False
        return say(context, text, Auto.SURVEY) is not None

    def _run(self, statement: str, **values: Any) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return bool(cursor.rowcount)


def _said(message: NewMessage | Message) -> Said:
    tapped = (message.details or {}).get("tapped", "")
    return Said(message.content, tapped, is_media=message.type != "text")


def _marks(survey: _Survey) -> int:
    """Returns the number of ratings that the customer has sent since he was asked."""
    came = Message.objects.filter(
        chat=survey.chat_id, direction="in", stored_at__gte=survey.answered_at
    )
    said = (_said(each) for each in came.order_by("pk")[:20])
    return sum(mark_in(each, survey.chat_id) is not None for each in said)
