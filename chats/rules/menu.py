"""Runs the menu: rules R6 (start) and R4 (a step).

Each step is one transaction under the contact's lock: the answer is evaluated with the
version that the customer entered, and `sa`, state and the next question are written
together. `menu_answers` interprets answers, `menu_questions` formats questions; both
are pure.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from areas.rules.menu_body import MenuBody
from areas.rules.schedule_versions import refresh_rules
from chats.conversations.lifecycle import close_chat_of_locked
from chats.models import Auto, Chat, ChatEvent, Direction, MenuState, Message, Task
from chats.rules import menu_store
from chats.rules.assignment import assign_soon
from chats.rules.automatic import (
    gateway_of,
    is_muted,
    record_rule,
    rule_actor,
    say,
    say_filled,
)
from chats.rules.away import tell_if_closed
from chats.rules.context import Arrived, RuleContext, lock_context
from chats.rules.menu_answers import (
    Ask,
    End,
    Position,
    Said,
    Turn,
    answer_to,
    begin_at_root,
    fallback,
    right_answer,
    timed_out,
)
from chats.rules.menu_questions import choices_for, lines_of, paragraphs, question
from chats.rules.tasks import LeasedTask, cancel, schedule
from chats.rules.texts import fill, values_of

# A message this soon after a question was probably written before reading it: it only
# counts if it is a right answer.
TOO_SOON = timedelta(seconds=3)


def state_of(context: RuleContext) -> MenuState | None:
    """Returns the chat's state in the menu; None if it is not inside."""
    return menu_store.read_state(context.chat) if context.is_in_menu else None


def begin(context: RuleContext, *, is_old: bool) -> bool:
    """Starts the menu in a chat that the customer has just opened, if it applies.

    If the message is too old for a reply or the contact is muted, the contact moves to
    the menu's fallback without any text. Returns whether the menu has started.
    """
    version = context.in_force.menu
    if version is None or version.body is None:
        return False
    menu = version.body
    if context.contact.channel not in menu.channels:
        return False
    if not menu_store.is_for_menu(context.chat.pk, context.contact):
        return False
    if is_old or is_muted(context):
        menu_store.move(context, menu.fallback)
        return False
    state = MenuState(chat=context.chat, menu_id=version.id)
    _ask(context, state, menu, begin_at_root(menu), greeting=menu.greeting)
    return True


def step(context: RuleContext, state: MenuState, arrived: Arrived) -> bool:
    """Handles the messages of a customer inside the menu.

    Returns False if the menu has ended because somebody else took over: the message is
    then handled like any other.
    """
    taken = menu_store.taken_by(context, state)
    if taken is not None:
        give_way(context, taken)
        return False
    menu = menu_store.menu_of_state(state)
    if not _is_in_force(context):
        _end_edited(context, state, menu)
        return True
    is_silent = arrived.is_old or is_muted(context)
    turn = _turn(menu, state, arrived.messages)
    if is_silent and isinstance(turn, Ask):
        # The question cannot be sent, so a person takes over.
        turn = fallback(menu, "human")
    if turn is not None:
        _apply(context, state, menu, turn, is_silent=is_silent)
    return True


def give_way(context: RuleContext, why: str) -> None:
    """Ends the menu of the chat without a text, because somebody took over."""
    menu_store.end(context, why)
    if context.contact.operator_id is None:
        menu_store.enter_queue(context)


def handle_menu(task: LeasedTask) -> None:
    """Repeats a question without an answer once, then applies the menu's `onTimeout`.

    Also ends the menu if somebody else took over, or the chat was closed.
    """
    if task.contact_id is None:
        return
    context = lock_context(task.contact_id)
    menu_store.forget_closed(task.contact_id)
    state = None if context is None else state_of(context)
    if context is None or state is None:
        return
    taken = menu_store.taken_by(context, state)
    if taken is not None:
        give_way(context, taken)
        return
    menu = menu_store.menu_of_state(state)
    if _has_unseen(context.chat):
        # The customer has written: that is handled first.
        _set_timer(context, menu)
        return
    if not _is_in_force(context):
        _end_edited(context, state, menu)
        return
    due = state.asked_at + timedelta(seconds=menu.timeout)
    if not menu.timeout or due > context.now:
        _set_timer(context, menu, due)
        return
    turn = timed_out(menu, _position(state), is_reminded=state.reminded)
    if turn is not None:
        _apply(context, state, menu, turn, is_reminder=True)


def _turn(menu: MenuBody, state: MenuState, messages: list[Message]) -> Turn | None:
    """Returns the result of the messages; None if they came too soon to count."""
    position = _position(state)
    # Messages from before the question are no answers.
    came = [each for each in messages if _stored_at(each) > state.asked_at]
    said = [(each, _said(each)) for each in came]
    too_soon = state.asked_at + TOO_SOON
    counted = [
        one
        for each, one in said
        if min(_stored_at(each), each.created_at) > too_soon
        or right_answer(menu, position, one) is not None
    ]
    return answer_to(menu, position, counted) if counted else None


def _apply(
    context: RuleContext,
    state: MenuState,
    menu: MenuBody,
    turn: Turn,
    *,
    is_silent: bool = False,
    is_reminder: bool = False,
) -> None:
    if isinstance(turn, Ask):
        _ask(context, state, menu, turn, is_reminder=is_reminder)
    elif turn.closes:
        if not is_silent:
            say(context, turn.text, Auto.MENU)
        menu_store.end(context, turn.why)
        actor = rule_actor("menu")
        close_chat_of_locked(context.contact, actor=actor, cause=turn.cause)
    else:
        _hand_over(context, turn, is_silent=is_silent)


def _hand_over(context: RuleContext, turn: End, *, is_silent: bool) -> None:
    """Puts the customer in the queue of the area."""
    menu_store.move(context, turn.area)
    menu_store.end(context, turn.why)
    menu_store.enter_queue(context)
    if not is_silent:
        say(context, turn.text, Auto.MENU)
    if not tell_if_closed(context, is_silent=is_silent):
        assign_soon(context.contact)


def _ask(
    context: RuleContext,
    state: MenuState,
    menu: MenuBody,
    ask: Ask,
    *,
    greeting: str = "",
    is_reminder: bool = False,
) -> None:
    """Sends the question of a step, which the contact thereby enters."""
    position, here = ask.position, menu.steps[ask.position.step]
    menu_store.set_sa(context.contact, here.sa)
    values = values_of(context)
    templates = (greeting, ask.text, here.text)
    said = paragraphs(*(fill(each, values)[0] for each in templates))
    lines = lines_of(here, is_root=here == menu.root)
    text, head = question(said, lines)
    choices = choices_for(gateway_of(context), lines, head)
    message_id = say_filled(context, text, Auto.MENU, choices=choices)
    if message_id is None and not is_reminder:
        # A question that was not sent cannot be answered.
        _hand_over(context, fallback(menu, "human"), is_silent=True)
        return
    detail = {"step": here.code, "option": ask.option}
    record_rule(context, ChatEvent.Kind.BOT_STEP, "menu", detail)
    state.step, state.path = position.step, list(position.path)
    state.tries, state.sa = position.tries, here.sa
    state.asked_message_id, state.reminded = message_id, is_reminder
    menu_store.save_state(state)
    _set_timer(context, menu)


def _set_timer(
    context: RuleContext, menu: MenuBody, at: datetime | None = None
) -> None:
    contact = context.contact
    if not menu.timeout:
        cancel(Task.Kind.MENU, contact_id=contact.pk)
        return
    schedule(
        Task.Kind.MENU,
        contact.manager_id,
        contact_id=contact.pk,
        run_at=at,
        after=timedelta(seconds=menu.timeout),
    )


def _end_edited(context: RuleContext, state: MenuState, menu: MenuBody) -> None:
    """Ends the menu without a text, because there is none for the customer any more."""
    _apply(context, state, menu, fallback(menu, "edited"))
    newest = context.in_force.menu
    if newest is None or newest.body is None:
        # After the last customer has left a removed menu, rules may be off.
        refresh_rules(context.contact.manager_id)


def _is_in_force(context: RuleContext) -> bool:
    """Returns whether there is still a menu for the customer's channel."""
    newest = context.in_force.menu
    if newest is None or newest.body is None:
        return False
    return context.contact.channel in newest.body.channels


def _has_unseen(chat: Chat) -> bool:
    unseen = Message.objects.filter(
        chat=chat, direction=Direction.IN, pk__gt=chat.seen_message_id or 0
    )
    return unseen.exists()


def _position(state: MenuState) -> Position:
    return Position(state.step, tuple(state.path), state.tries)


def _said(message: Message) -> Said:
    tapped = (message.details or {}).get("tapped", "")
    return Said(message.content, tapped, is_media=message.type != "text")


def _stored_at(message: Message) -> datetime:
    return message.stored_at or timezone.now()
