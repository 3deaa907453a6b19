"""Helpers of the tests about operators who leave."""

from areas.operators import find_operator
from chats.conversations.assignment import claim
from chats.conversations.audit import Actor
from chats.conversations.homes import has_no_home
from chats.conversations.lifecycle import open_chat
from chats.models import ChatEvent, Rehoming
from contacts.models import Contact
from tests.builders import make_contact

KEY = Actor("key:1")


def change(operator):
    return f"/admin/areas/operator/{operator.pk}/change/"


def stays(operator, *areas, **over):
    form = {
        "name": operator.name,
        "email": operator.email,
        "is_active": "on",
        "username": operator.user.username,
        "new_password": "",
        "areas": [area.pk for area in areas],
    }
    return {name: value for name, value in (form | over).items() if value is not None}


def leaves(operator, *areas):
    return stays(operator, *areas, is_active=None)


def held(operator, area, **over):
    contact = make_contact(operator.manager, area=area, **over)
    claim(contact, find_operator(operator.manager_id, operator.pk), actor=KEY)
    return contact


def waiting(area):
    contact = make_contact(area.manager, area=area)
    open_chat(contact, actor=KEY)
    return contact


def who_has(contact):
    contact = Contact.objects.get(pk=contact.pk)
    return contact.operator_id, contact.area_id


def lines_of(contact):
    events = ChatEvent.objects.filter(chat__contact=contact).order_by("pk")
    return [(e.kind, e.cause) for e in events]


def homeless():
    return list(Contact.objects.filter(has_no_home()))


def facts(asked):
    return {fact.key: fact.count for fact in asked.context["impact"].facts}


def field(what, area):
    return f"answer-{what}_{area.manager_id}_{area.pk}"


def undo_path():
    change = Rehoming.objects.latest("pk")
    return f"/admin/chats/rehoming/{change.pk}/undo/"
