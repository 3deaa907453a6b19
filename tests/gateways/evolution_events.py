"""Messages of a person on Evolution, as the driver reads them."""

from __future__ import annotations

from chats.gateways.events import Inbound
from tests.gateways.moments import PHONE

JID = f"{PHONE}@s.whatsapp.net"
PHOTO = {"mimetype": "image/jpeg", "caption": "bolo", "mediaKey": {"0": 1}}


def receiver(evolution):
    """A function that has the driver read a message of that kind."""

    def receive(kind, part, **more):
        frame = evolution.fake.inbound(
            JID, message={kind: part}, messageType=kind, **more
        )
        return evolution.received(frame)

    return receive


def said(events):
    [event] = events
    assert isinstance(event, Inbound)
    return event.content.text
