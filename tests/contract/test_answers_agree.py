"""Contacts and messages in responses are the same as in lists and the feed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chats.models import Message
from contacts.models import Contact
from tests import builders
from tests.contract.call import PNG
from tests.contract.calls import CALLS
from tests.contract.shapes import NUMBER, WHATSAPP_ID
from tests.contract.test_openapi import DOCUMENT, operation_of
from tests.feed.stamped import empty_log, rows_of, stamp, without_signature
from tests.feed.test_every_column import MESSAGE

SCHEMAS = DOCUMENT["components"]["schemas"]
KINDS = {"ContactShape": "contact", "MessageShape": "message"}
RECORDED = {"from": WHATSAPP_ID, "contactNumber": WHATSAPP_ID, "managerNumber": NUMBER}


def kinds_in(schema: Any) -> set[str]:
    """Returns which of the two kinds the documented response may contain."""
    if isinstance(schema, list):
        return {kind for each in schema for kind in kinds_in(each)}
    if not isinstance(schema, dict):
        return set()
    name = schema.get("$ref", "").rpartition("/")[2]
    if name in KINDS:
        return {KINDS[name]}
    found = kinds_in(SCHEMAS[name]) if name else set()
    return found | {kind for each in schema.values() for kind in kinds_in(each)}


def kinds_of(call: Any) -> set[str]:
    answer = operation_of(call)["responses"]["200"]["content"]["application/json"]
    return kinds_in(answer["schema"])


def found_in(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields the contacts and messages of a response, each with its kind."""
    if isinstance(value, list):
        for each in value:
            yield from found_in(each)
    elif isinstance(value, dict):
        if "createdAt" in value:
            yield "message", without_signature(value)
        elif "sa" in value:
            yield "contact", without_signature(value)
        for each in value.values():
            yield from found_in(each)


Shown = dict[tuple[str, Any], dict[str, Any]]


def shown_by_feed() -> Shown:
    """Returns the newest row of each contact and message since the last call."""
    stamped = stamp()
    newest: Shown = {}
    for kind in KINDS.values():
        for row in rows_of(stamped, kind):
            if kind == "message":
                del row["contactId"], row["protocol"]
            newest[kind, row["id"]] = without_signature(row)
    return newest


def shown_by_lists(api: Any) -> Shown:
    answers = [api.get("/api/user/")]
    known = Contact.objects.filter(chats__isnull=False).distinct()
    for contact_id in known.values_list("external_id", flat=True):
        body = {"operatorId": "0", "contactId": contact_id, "closed": "1"}
        answers.append(api.post("/api/chat/message", body))
    return {
        (kind, shape["id"]): shape
        for answer in answers
        for kind, shape in found_in(answer.json()["data"])
    }


@pytest.fixture
def full_centre(centre: Any, support: Any) -> Any:
    """The centre with a contact in each area, and more in its rows."""
    empty_log()
    builders.make_contact(centre.manager, area=support)
    Contact.objects.update(photo="http://x.example/a.png")
    Message.objects.update(details=MESSAGE["details"])
    return centre


@pytest.mark.parametrize("call", [call for call in CALLS if kinds_of(call)], ids=str)
def test_a_response_agrees_with_the_lists_and_the_feed(
    full_centre: Any, full_api: Any, call: Any
) -> None:
    told: Shown = {}
    compared = 0
    # Again, because a repeat may read what the first call has written.
    for body in (call.body(full_centre), call.body(full_centre)):
        response = full_api.call(call.method, call.url, body or None)
        if response.status_code != 200:
            continue
        listed = shown_by_lists(full_api)
        told |= shown_by_feed()
        for kind, shape in found_in(response.json()["data"]):
            assert listed[kind, shape["id"]] == shape
            assert told[kind, shape["id"]] == shape
            compared += 1
    assert compared


@pytest.mark.parametrize(
    "said",
    [
        {"content": "b2zDoQ==", "type": "base64"},
        {"content": "olá", "type": "text", "replyTo": "wamid.1"},
        {"url": "url.com", "type": "image", "content": "bolo", "fileName": "a.png"},
        {"base64": PNG, "type": "image", "caption": "bolo", "fileName": "a.png"},
    ],
    ids=["text", "quoting", "link", "file"],
)
@pytest.mark.parametrize("closed", [False, True], ids=["open chat", "new chat"])
def test_a_recorded_message_is_the_same_when_it_is_recorded_again(
    full_centre: Any, full_api: Any, said: dict[str, Any], closed: bool
) -> None:
    if closed:
        full_api.call("DELETE", "/api/chat/", {"contactId": WHATSAPP_ID})
    body = RECORDED | said | {"messageId": "wamid.new"}
    first, again = (
        dict(found_in(full_api.post("/api/chat/message/send", body).json()["data"]))
        for _ in range(2)
    )
    key = ("message", first["message"]["id"])
    assert first == again
    assert shown_by_feed()[key] == first["message"]
    assert shown_by_lists(full_api)[key] == first["message"]
