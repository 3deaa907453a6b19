"""Events of a person on the WhatsApp Cloud API, parsed by the driver."""

from __future__ import annotations

from tests.chats.gateways.event_values import NOW, PHONE

USER = "BR.1502576394655843"
OWN = "551140001111"


def event_of(cloud, kind, part, **more):
    """Returns the only event of a customer's message of that kind."""
    frame = cloud.fake.inbound(
        PHONE, type=kind, **{kind: part}, id="wamid.1", timestamp=str(NOW), **more
    )
    [event] = cloud.received(frame)
    return event


def echoed(cloud, **more):
    echo = {"from": OWN, "id": "wamid.2", "timestamp": str(NOW), **more}
    [event] = cloud.received(
        cloud.fake.frame("smb_message_echoes", message_echoes=[echo])
    )
    return event


def changed(cloud, field, **value):
    contact = {"profile": {"name": "Maria Souza"}, "wa_id": PHONE, "user_id": USER}
    return cloud.received(cloud.fake.frame(field, contacts=[contact], **value))
