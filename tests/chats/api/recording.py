"""The request bodies of a controller and of the bot, as documented."""

from __future__ import annotations

from chats.models import Message
from tests.chats.shapes import message_body

PATH = "/api/chat/message/send"
FACEBOOK_TEXT = {
    "contactId": "7418252963",
    "content": "text of the message",
    "facebookId": "369258147",
    "type": "text",
    "from": "7418252963",
}
FACEBOOK_FILE = {
    "supertype": "audio",
    "url": "url.com",
    "from": "7418252963",
    "contactId": "7418252963",
    "facebookId": "369258147",
}
WHATSAPP_TEXT = {
    "contactNumber": 551133334444,
    "content": "Text of a message",
    "type": "text",
    "from": 551133334444,
    "managerNumber": 5511400011111,
}
WHATSAPP_FILE = {
    "operatorId": "Operator Id",
    "contactNumber": 551133334444,
    "url": "exampleUrl.com",
    "type": "image",
    "from": 551133334444,
    "managerNumber": 5511400011111,
}


def stored(answer):
    """Returns the only stored message, after comparing the whole response with it."""
    assert answer.status_code == 200, answer.content
    message = Message.objects.get()
    assert answer.json() == {"success": True, "data": message_body(message)}
    return message


def send(api, body=None, **over):
    body = {**(WHATSAPP_TEXT if body is None else body), **over}
    return api.post(PATH, {name: value for name, value in body.items() if value != ...})


def wrong_fields(answer):
    assert answer.status_code == 400, answer.content
    assert answer.json()["error"]["code"] == "invalid"
    assert not Message.objects.exists()
    return set(answer.json()["error"]["fields"])
