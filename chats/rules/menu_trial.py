"""Simulates a conversation with a menu, without storing anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from areas.models import Area
from areas.rules.in_force import in_force
from areas.rules.menu_body import MenuBody, menu_of
from areas.rules.menus import menu_in_force, validate_menu
from chats.rules.away import away_at
from chats.rules.menu_answers import Ask, End, Said, Turn, answer_to, begin_at_root
from chats.rules.menu_questions import lines_of, paragraphs, question
from chats.rules.texts import TextValues, fill, shorten
from contacts.models import Channel, Contact
from hci_center.errors import InvalidError
from managers.models import Manager


@dataclass(frozen=True, slots=True)
class Trial:
    """The messages and properties of a simulated customer.

    `menu` is a body in the provisioning format; None is the menu in force.
    """

    say: Sequence[Said]
    menu: Mapping[str, Any] | None = None
    name: str = ""
    channel: str = Channel.WHATSAPP.value
    at: datetime | None = None


def try_menu(manager_id: int, trial: Trial) -> dict[str, Any]:
    """Returns the menu's reply to each message; the first opens the chat.

    There are no pauses between the messages, and each is handled separately. If the
    customer enters the queue of a closed area, its text follows, and the area is the
    one that takes over. Raises InvalidError for an invalid menu, or if none is in
    force.
    """
    menu = _menu(manager_id, trial.menu)
    values = _values(manager_id, trial)
    turns: list[dict[str, Any]] = []
    turn: Turn | None = None
    ended = None
    for said in trial.say:
        if isinstance(turn, End):
            break
        greeting = ""
        if turn is not None:
            turn = answer_to(menu, turn.position, [said])
        elif trial.channel in menu.channels:
            turn, greeting = begin_at_root(menu), menu.greeting
        shown = _shown(said, menu, turn, greeting, values)
        if isinstance(turn, End):
            area = _area(manager_id, code=turn.area)
            if not turn.closes:
                area = _enter_queue(shown, area, values)
            ended = {"why": turn.why, "area": None if area is None else area.code}
        elif turn is None and not turns:
            # Without a menu the customer enters the entry area.
            entry = in_force(manager_id, None).policy.entry_area_id
            _enter_queue(shown, _area(manager_id, pk=entry), values)
        turns.append(shown)
    return {"turns": turns, "ended": ended}


def _shown(
    said: Said,
    menu: MenuBody,
    turn: Turn | None,
    greeting: str,
    values: TextValues,
) -> dict[str, Any]:
    shown = {"type": "image"} if said.is_media else said.text
    answers: list[str] = []
    step = sa = None
    if isinstance(turn, Ask):
        here = menu.steps[turn.position.step]
        templates = (greeting, turn.text, here.text)
        head = paragraphs(*(fill(each, values)[0] for each in templates))
        lines = lines_of(here, is_root=here == menu.root)
        answers, step, sa = [question(head, lines)[0]], here.code, here.sa
    elif turn is not None and turn.text:
        answers = [
            _said_in(_area(values.manager.pk, code=turn.area), turn.text, values)
        ]
    return {"said": shown, "answers": answers, "step": step, "sa": sa}


def _enter_queue(
    shown: dict[str, Any], area: Area | None, values: TextValues
) -> Area | None:
    """Adds the text of a closed area; returns the area where the customer waits."""
    manager_id, area_id = values.manager.pk, None if area is None else area.pk
    away = away_at(manager_id, area_id, in_force(manager_id, area_id), values.at)
    if away is None:
        return area
    if away.text:
        shown["answers"].append(_said_in(area, away.text, values))
    return area if away.area_id is None else _area(manager_id, pk=away.area_id)


def _said_in(area: Area | None, text: str, values: TextValues) -> str:
    """Returns the text with its variables filled in, for the area."""
    return shorten(fill(text, replace(values, area=area))[0].strip())


def _area(manager_id: int, **which: Any) -> Area | None:
    """Returns the manager's area of that id or code; None for none."""
    if None in which.values():
        return None
    found = Area.objects.filter(manager=manager_id, **which)
    area = found.select_related("successor").first()
    return area if area is None else area.successor or area


def _menu(manager_id: int, given: Mapping[str, Any] | None) -> MenuBody:
    if given is not None:
        return menu_of(validate_menu(manager_id, given))
    newest = menu_in_force(manager_id)
    if newest is None or newest.body is None:
        raise InvalidError({"menu": [_("The manager has no menu.")]})
    return menu_of(newest.body)


def _values(manager_id: int, trial: Trial) -> TextValues:
    manager = Manager.objects.without_secrets().get(pk=manager_id)
    at = trial.at or timezone.now()
    day = at.astimezone(ZoneInfo(manager.time_zone))
    return TextValues(
        contact=Contact(manager=manager, channel=trial.channel, name=trial.name),
        manager=manager,
        area=None,
        operator=None,
        # The current time.
        protocol=f"BR{day:%Y%m%d}0000001",
        at=at,
    )
