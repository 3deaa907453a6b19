"""Messages of a person on Evolution, parsed by the driver."""

from __future__ import annotations

from chats.gateways.events import Inbound
from tests.chats.gateways.event_values import PHONE

JID = f"{PHONE}@s.whatsapp.net"
PHOTO = {"mimetype": "image/jpeg", "caption": "bolo", "mediaKey": {"0": 1}}


def text_of(events):
    [event] = events
    assert isinstance(event, Inbound)
    return event.content.text
