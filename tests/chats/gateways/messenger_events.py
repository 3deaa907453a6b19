"""Events of a person on Messenger, parsed by the driver."""

from __future__ import annotations

from tests.chats.gateways.event_values import NOW

PSID = "7418252963"
LINK = "https://scontent.xx.fbcdn.net/a.jpg"


def event_of(page, **what):
    event = {
        "sender": {"id": PSID},
        "recipient": {"id": page.fake.page},
        "timestamp": NOW * 1000,
        **what,
    }
    [heard] = page.received(page.fake.frame(event))
    return heard
