"""Functions that create rows for tests, with realistic defaults for all fields."""

from __future__ import annotations

import itertools
from typing import Any

from django.contrib.auth.models import User

from areas.models import Area, Operator, OperatorArea
from areas.rules import policy_saving
from chats.models import Chat, Message
from contacts.models import Channel, Contact, Identity
from managers import keys
from managers.models import Manager, Supervision

_counter = itertools.count(1)


def make_manager(**over: Any) -> Manager:
    n = next(_counter)
    values: dict[str, Any] = {
        "name": f"Company {n}",
        "email": f"company{n}@example.com",
        "number": 551140000000 + n,
        "controller_port": 20000 + n,
        "facebook_id": f"3692581{n:05d}",
        "facebook_token": f"page-token-{n}",
    }
    return Manager.objects.create(**values | over)


def make_bakery() -> Manager:
    """Creates the company that most tests use."""
    return make_manager(
        name="Padaria Estrela",
        email="contato@padaria.example",
        number=5511400011111,
        controller_port=8080,
        facebook_id="369258147",
        facebook_token="token-of-the-page",
    )


def make_area(manager: Manager, code: str | None = None, **over: Any) -> Area:
    code = code or f"area-{next(_counter)}"
    return Area.objects.create(
        **{"manager": manager, "code": code, "name": code.title()} | over
    )


def make_operator(
    manager: Manager, *areas: Area, name: str = "Ana", **over: Any
) -> Operator:
    n = next(_counter)
    user = User.objects.create_user(f"{name.lower()}{n}", password="secret-password")
    operator = Operator.objects.create(
        **{
            "user": user,
            "manager": manager,
            "name": name,
            "email": f"{name.lower()}{n}@example.com",
        }
        | over
    )
    for area in areas:
        OperatorArea.objects.create(manager=manager, operator=operator, area=area)
    return operator


def make_supervisor(*managers: Manager) -> User:
    user = User.objects.create_user(
        f"supervisor{next(_counter)}", password="secret-password", is_staff=True
    )
    for manager in managers:
        Supervision.objects.create(user=user, manager=manager)
    return user


def make_auditor(*managers: Manager) -> User:
    user = make_supervisor(*managers)
    Supervision.objects.filter(user=user).update(reads_only=True)
    return user


def make_contact(manager: Manager, **over: Any) -> Contact:
    """Creates a contact, of WhatsApp by default, with its name as identity."""
    n = next(_counter)
    channel = over.get("channel", Channel.WHATSAPP)
    whatsapp = channel == Channel.WHATSAPP
    values: dict[str, Any] = {
        "manager": manager,
        "channel": channel,
        # A landline: its number has one spelling only.
        "external_id": str(551130000000 + n) if whatsapp else f"74182529{n:06d}",
        "name": f"Customer {n}",
        "protocol": f"BR{n:012d}",
        "sa": -100 if whatsapp else 1,
    }
    contact = Contact.objects.create(**values | over)
    Identity.objects.create(
        manager=manager,
        channel=contact.channel,
        alias=contact.external_id,
        contact=contact,
    )
    return contact


def make_waiting_contact(manager: Manager, area: Area) -> Contact:
    return make_contact(
        manager, name="Maria Souza", external_id="551133334444", area=area
    )


def make_waiting_page_contact(manager: Manager, area: Area) -> Contact:
    return make_contact(
        manager,
        channel="facebook",
        name="João Lima",
        external_id="7418252963",
        area=area,
    )


def make_chat(contact: Contact, **over: Any) -> Chat:
    values = {
        "manager": contact.manager,
        "contact": contact,
        "protocol": f"{contact.protocol}-{next(_counter)}",
    }
    return Chat.objects.create(**values | over)


def make_message(chat: Chat, **over: Any) -> Message:
    values: dict[str, Any] = {
        "manager_id": chat.manager_id,
        "contact_id": chat.contact_id,
        "chat": chat,
        "direction": "in",
        "type": "text",
        "content": f"Message {next(_counter)}",
        "status": "wait",
    }
    return Message.objects.create(**values | over)


def make_key(*managers: Manager, secrets: bool = True, **over: Any) -> str:
    """Creates a key of those managers, or of all managers if none are given."""
    return keys.create_key(
        over.pop("name", f"key {next(_counter)}"),
        managers=managers or None,
        secrets_scope=secrets,
        **over,
    )


def save_policy(manager: Manager, area: Area | None = None, **values: Any) -> None:
    """Saves settings of the rules by their API names, with all side effects."""
    area_id = None if area is None else area.pk
    policy_saving.save_policy(manager.pk, area_id, values, made_by="test")
    manager.refresh_from_db()
