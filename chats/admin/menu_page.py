"""The data of the menu editor: the initial body, choices and labels."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from areas.models import Area, Menu
from areas.rules import menu_body
from areas.rules.menus import menu_in_force
from chats.rules.automatic import gateway_name
from chats.rules.menu_questions import KINDS
from contacts.models import Channel
from managers.models import Manager


def first_menu(manager: Manager, version: int | None) -> dict[str, Any]:
    """Returns a version's body, else the one in force, else an example."""
    if version is None:
        menu = menu_in_force(manager.pk)
    else:
        menu = Menu.objects.filter(manager=manager, version=version).first()
    if menu is not None and menu.body is not None:
        body: dict[str, Any] = menu.body
        return body
    areas = Area.objects.in_use().filter(manager=manager).order_by("name")
    options: list[dict[str, Any]] = [
        {
            "key": n,
            "title": area.name[:60],
            "words": [],
            "do": "area",
            "area": area.code,
        }
        for n, area in enumerate(areas[:8], start=1)
    ]
    if not options:
        person = _("Talk to somebody")
        options = [{"key": 1, "title": person, "words": [], "do": "human"}]
    text = _("How can we help you?")
    return {
        "channels": list(menu_body.CHANNELS),
        "greeting": _("{saudacao} {nome}! This is {empresa}."),
        "steps": [{"code": "inicio", "text": text, "options": options}],
    }


def page_data(manager: Manager) -> dict[str, Any]:
    """Returns the data for the page's script, as JSON values."""
    areas = Area.objects.in_use().filter(manager=manager).order_by("name")
    channels = [
        {
            "value": value,
            "label": str(Channel(value).label),
            "kinds": _kinds(manager, value),
            "names": _names(manager, value),
        }
        for value in menu_body.CHANNELS
    ]
    return {
        "areas": [{"code": area.code, "name": area.name} for area in areas],
        "channels": channels,
        "defaults": {
            "invalid": menu_body.INVALID,
            "media": menu_body.MEDIA,
            "goodbye": menu_body.GOODBYE,
            "retries": 2,
            "timeout": 900,
            "onTimeout": menu_body.ON_TIMEOUT[0],
        },
        "labels": _labels(),
    }


def _kinds(manager: Manager, channel: str) -> list[dict[str, Any]]:
    return [
        {"kind": kind, "most": most, "longest": longest}
        for kind, most, longest in KINDS.get(gateway_name(manager, channel), ())
    ]


def _names(manager: Manager, channel: str) -> dict[str, Any] | None:
    """Returns the manager's names for the API's trial; None without the channel."""
    if channel == Channel.FACEBOOK:
        return {"facebookId": manager.facebook_id} if manager.facebook_id else None
    return {"number": manager.number} if manager.number else None


def _labels() -> dict[str, str]:
    """Returns the texts of the editor's script."""
    return _menu_labels() | _step_labels() | _simulator_labels()


def _menu_labels() -> dict[str, str]:
    return {
        "general": _("The menu"),
        "channels": _("Channels"),
        "greeting": _("Greeting, before the first question"),
        "invalid": _("Text for a wrong answer"),
        "media": _("Text for a file instead of an answer"),
        "goodbye": _("Text when the customer leaves"),
        "retries": _("Wrong answers before a person takes over"),
        "timeout": _("Minutes without an answer until it asks again (0: never)"),
        "onTimeout": _("And if there is no answer again"),
        "fallback": _("Area for customers without a valid answer"),
        "noArea": _("None: everybody sees them"),
        "onFallback": _("a person takes over"),
        "onClose": _("the chat is closed"),
        "onStay": _("the customer stays in the menu"),
        "wrong": _("Correct this before publishing:"),
        "list": _("Options"),
    }


def _step_labels() -> dict[str, str]:
    return {
        "stepCode": _("Code of the step"),
        "stepText": _("Question"),
        "stepSa": _("Value of “sa” (empty: by its place)"),
        "options": _("Options"),
        "key": _("Key"),
        "optionTitle": _("Title"),
        "words": _("Other words, separated by commas"),
        "do": _("What it does"),
        "target": _("Where to"),
        "optionText": _("Text sent first"),
        "addOption": _("Add an option"),
        "addStep": _("Add a step"),
        "removeStep": _("Remove this step"),
        "remove": _("Remove"),
        "up": _("Move up"),
        "down": _("Move down"),
        "newStep": _("New step"),
        "unreached": _("Nothing leads here"),
        "toArea": _("goes to an area"),
        "toStep": _("asks the next step"),
        "toText": _("says a text and asks again"),
        "toHuman": _("goes to a person"),
        "toClose": _("says a text and closes the chat"),
    }


def _simulator_labels() -> dict[str, str]:
    return {
        "say": _("Answer as the customer"),
        "send": _("Send"),
        "picture": _("Send a picture"),
        "again": _("Begin again"),
        "hello": _("Hello"),
        "aPicture": _("(picture)"),
        "endedArea": _("The menu ends. The customer waits in: %s"),
        "endedNone": _("The menu ends. The customer waits without an area."),
        "endedClosed": _("The menu ends and the chat is closed."),
        "otherChannel": _("The menu is not on for this channel."),
        "noChannel": _("The company has no such channel."),
        "failed": _("The simulator did not answer. Try again."),
    }
