"""Each call once, with fields that succeed in the `centre` of conftest.

The tests of the rules for every call walk this list. `phones`, `ids`, `operators`
and `areas` name the fields of those kinds, `required` those without which the call
refuses (of several that can stand in for each other, none).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.contract.shapes import FACEBOOK_ID, NUMBER, PAGE, WHATSAPP_ID

Body = dict[str, Any]


@dataclass(frozen=True)
class Call:
    name: str
    method: str
    path: str
    body: Callable[[Any], Body]
    required: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    contact_ids: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    # What a manager that is not there answers; None where no manager is named.
    missing: str | None = "manager_not_found"
    closed_to_operators: bool = False
    file: bool = False
    additive: bool = False

    def __str__(self) -> str:
        return self.name

    @property
    def url(self) -> str:
        return f"/{self.path}"


PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42m"
    "Nk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
HELLO = "b2zDoSwgbWFyaWE="  # "olá, maria"


def contact_by(*, whatsapp: bool, operator: str | None = None) -> Callable[..., Body]:
    """Names the centre's contact beside its manager, and an operator of sales."""

    def body(centre: Any) -> Body:
        fields: Body = (
            {"number": NUMBER, "contactId": WHATSAPP_ID}
            if whatsapp
            else {"facebookId": PAGE, "contactId": FACEBOOK_ID}
        )
        if operator:
            fields["operatorId"] = str(centre.ana.pk)
        return fields

    return body


CALLS = [
    Call("find all managers", "GET", "api/user/", lambda _: {}, missing=None),
    Call(
        "find manager by number",
        "POST",
        "api/user/",
        lambda _: {"number": NUMBER},
        required=("number",),
        phones=("number",),
    ),
    Call(
        "find manager by page",
        "POST",
        "api/user/facebook",
        lambda _: {"facebookId": PAGE},
        required=("facebookId",),
        ids=("facebookId",),
    ),
    Call(
        "save manager",
        "POST",
        "api/user/save",
        lambda _: {
            "name": "Padaria Estrela",
            "controllerPort": "8080",
            "number": NUMBER,
            "facebookId": PAGE,
            "facebookToken": "token-of-the-page",
        },
        required=("name", "controllerPort", "facebookToken"),
        phones=("number",),
        ids=("facebookId",),
        missing=None,
        closed_to_operators=True,
    ),
    Call(
        "link page and number",
        "POST",
        "api/user/save/facebook",
        lambda _: {"number": NUMBER, "facebookId": PAGE, "facebookToken": "another"},
        required=("facebookId",),
        phones=("number",),
        ids=("facebookId",),
        missing=None,
        closed_to_operators=True,
    ),
    Call(
        "link page and mumber",
        "POST",
        "api/user/save/facebook",
        lambda _: {"mumber": NUMBER, "facebookId": PAGE},
        required=("facebookId",),
        phones=("mumber",),
        ids=("facebookId",),
        missing=None,
        closed_to_operators=True,
    ),
    Call(
        "contacts of a manager",
        "POST",
        "api/user/contact/get",
        lambda _: {"number": NUMBER},
        phones=("number",),
    ),
    Call(
        "contacts of a page",
        "POST",
        "api/user/contact/get",
        lambda _: {"facebookId": PAGE},
        ids=("facebookId",),
    ),
    Call(
        "contacts of an area",
        "POST",
        "api/user/contact/area",
        lambda _: {"number": NUMBER, "area": "vendas"},
        required=("area",),
        phones=("number",),
        areas=("area",),
    ),
    Call(
        "contacts of an operator",
        "POST",
        "api/user/contact/operator",
        lambda c: {"number": NUMBER, "operatorId": str(c.ana.pk), "area": "suporte"},
        required=("operatorId", "area"),
        phones=("number",),
        operators=("operatorId",),
        areas=("area",),
    ),
    Call(
        "answer a contact",
        "PUT",
        "api/user/contact/operator/my",
        contact_by(whatsapp=True, operator="ana"),
        required=("operatorId", "contactId"),
        phones=("number", "contactId"),
        operators=("operatorId",),
        contact_ids=("contactId",),
    ),
    Call(
        "answer a contact of a page",
        "PUT",
        "api/user/contact/operator/my",
        contact_by(whatsapp=False, operator="ana"),
        required=("operatorId", "contactId"),
        ids=("facebookId", "contactId"),
        operators=("operatorId",),
    ),
    Call(
        "send a contact to an operator",
        "PUT",
        "api/user/contact/operator",
        contact_by(whatsapp=True, operator="ana"),
        required=("operatorId", "contactId"),
        phones=("number", "contactId"),
        operators=("operatorId",),
        contact_ids=("contactId",),
    ),
    Call(
        "send a contact of a page to an operator",
        "PUT",
        "api/user/contact/operator",
        contact_by(whatsapp=False, operator="ana"),
        required=("operatorId", "contactId"),
        ids=("facebookId", "contactId"),
        operators=("operatorId",),
    ),
    Call(
        "change the area of a contact",
        "PUT",
        "api/user/contact/area",
        lambda _: {"number": NUMBER, "area": "suporte", "contactNumber": WHATSAPP_ID},
        required=("area",),
        phones=("number", "contactNumber"),
        areas=("area",),
    ),
    Call(
        "save a contact",
        "POST",
        "api/user/contact/save",
        lambda _: {"number": NUMBER, "name": "Maria S.", "contactNumber": WHATSAPP_ID},
        required=("name",),
        phones=("number", "contactNumber"),
    ),
    Call(
        "save a facebook contact",
        "POST",
        "api/user/contact/save/facebook",
        lambda _: {"facebookId": PAGE, "contactId": FACEBOOK_ID, "name": "João L."},
        required=("facebookId", "contactId", "name"),
        ids=("facebookId", "contactId"),
    ),
    Call(
        "add a contact or return its sa",
        "POST",
        "api/user/contact/sa",
        lambda _: {"facebookId": PAGE, "contactId": FACEBOOK_ID, "name": "João L."},
        required=("facebookId", "contactId", "name"),
        ids=("facebookId", "contactId"),
        closed_to_operators=True,
    ),
    Call(
        "increase the sa",
        "PUT",
        "api/user/contact/sa/increase",
        lambda _: {"facebookId": PAGE, "contactId": FACEBOOK_ID},
        ids=("facebookId", "contactId"),
        closed_to_operators=True,
    ),
    Call(
        "decrease the sa",
        "PUT",
        "api/user/contact/sa/decrease",
        lambda _: {"facebookId": PAGE, "contactId": FACEBOOK_ID},
        ids=("facebookId", "contactId"),
        closed_to_operators=True,
    ),
    Call(
        "delete a contact",
        "DELETE",
        "api/user/contact/",
        lambda _: {"number": NUMBER, "contactNumber": WHATSAPP_ID},
        phones=("number", "contactNumber"),
        closed_to_operators=True,
    ),
    Call(
        "new chat",
        "POST",
        "api/chat/new",
        lambda _: {"contactNumber": WHATSAPP_ID},
        phones=("contactNumber",),
        missing=None,
    ),
    Call(
        "new facebook chat",
        "POST",
        "api/chat/facebook/new",
        lambda _: {"contactId": FACEBOOK_ID},
        required=("contactId",),
        ids=("contactId",),
        missing=None,
    ),
    Call(
        "messages of a chat",
        "POST",
        "api/chat/message",
        lambda c: {"operatorId": str(c.ana.pk), "contactId": WHATSAPP_ID},
        required=("operatorId", "contactId"),
        contact_ids=("contactId",),
        operators=("operatorId",),
        missing=None,
    ),
    Call(
        "change the operator of a chat",
        "PUT",
        "api/chat/operator",
        lambda c: {"contactId": WHATSAPP_ID, "operatorId": str(c.ana.pk)},
        required=("contactId", "operatorId"),
        contact_ids=("contactId",),
        operators=("operatorId",),
        missing=None,
    ),
    Call(
        "delete a chat",
        "DELETE",
        "api/chat/",
        lambda _: {"contactId": WHATSAPP_ID},
        required=("contactId",),
        contact_ids=("contactId",),
        missing=None,
    ),
    Call(
        "record a facebook text",
        "POST",
        "api/chat/message/send",
        lambda _: {
            "contactId": FACEBOOK_ID,
            "content": "text of the message",
            "facebookId": PAGE,
            "type": "text",
            "from": FACEBOOK_ID,
        },
        required=("content", "from"),
        ids=("facebookId", "contactId"),
        closed_to_operators=True,
    ),
    Call(
        "record a facebook file",
        "POST",
        "api/chat/message/send",
        lambda _: {
            "supertype": "audio",
            "url": "url.com",
            "from": FACEBOOK_ID,
            "contactId": FACEBOOK_ID,
            "facebookId": PAGE,
        },
        required=("url", "from"),
        ids=("facebookId", "contactId"),
        closed_to_operators=True,
    ),
    Call(
        "record a whatsapp text",
        "POST",
        "api/chat/message/send",
        lambda _: {
            "contactNumber": WHATSAPP_ID,
            "content": HELLO,
            "type": "base64",
            "from": WHATSAPP_ID,
            "managerNumber": NUMBER,
        },
        required=("content", "from"),
        phones=("contactNumber", "managerNumber"),
        closed_to_operators=True,
    ),
    Call(
        "record a whatsapp file",
        "POST",
        "api/chat/message/send",
        lambda _: {
            "contactNumber": WHATSAPP_ID,
            "url": "exampleUrl.com",
            "type": "image",
            "from": WHATSAPP_ID,
            "managerNumber": NUMBER,
        },
        required=("url", "from"),
        phones=("contactNumber", "managerNumber"),
        closed_to_operators=True,
        file=True,
    ),
    Call(
        "send a text",
        "POST",
        "api/chat/message/send/operator/8080",
        lambda c: {
            "content": HELLO,
            "content2": "olá",
            "operatorId": str(c.ana.pk),
            "contactNumber": WHATSAPP_ID,
        },
        required=("operatorId",),
        phones=("contactNumber",),
        operators=("operatorId",),
        missing=None,
    ),
    Call(
        "send a facebook text",
        "POST",
        "api/chat/message/send/operator/facebook",
        lambda c: {
            "content": HELLO,
            "content2": "olá",
            "operatorId": str(c.ana.pk),
            "contactId": FACEBOOK_ID,
            "token": "token-of-the-page",
        },
        required=("operatorId", "contactId"),
        ids=("contactId",),
        operators=("operatorId",),
        missing=None,
    ),
    Call(
        "send a file",
        "POST",
        "api/chat/message/send/operator/file/8080",
        lambda c: {
            "contactNumber": WHATSAPP_ID,
            "from": str(c.ana.pk),
            "base64": PNG,
            "type": "image",
        },
        required=("from", "base64", "type"),
        phones=("contactNumber",),
        operators=("from",),
        missing=None,
        file=True,
    ),
    Call(
        "send a facebook file",
        "POST",
        "api/chat/message/send/operator/file/facebook",
        lambda c: {
            "contactId": FACEBOOK_ID,
            "from": str(c.ana.pk),
            "base64": PNG,
            "type": "image",
        },
        required=("contactId", "from", "base64", "type"),
        ids=("contactId",),
        operators=("from",),
        missing=None,
        file=True,
        additive=True,
    ),
    Call("areas", "GET", "api/area/8080", lambda _: {}, missing=None),
    Call(
        "operators of an area",
        "POST",
        "api/area/operator/8080",
        lambda _: {"idarea": "vendas"},
        required=("idarea",),
        areas=("idarea",),
        missing=None,
    ),
    Call(
        "areas of a page",
        "GET",
        f"api/area/facebook/{PAGE}",
        lambda _: {},
        missing=None,
        additive=True,
    ),
    Call(
        "operators of an area of a page",
        "POST",
        f"api/area/operator/facebook/{PAGE}",
        lambda _: {"idarea": "vendas"},
        required=("idarea",),
        areas=("idarea",),
        missing=None,
        additive=True,
    ),
    Call(
        "status of a message",
        "PUT",
        "api/chat/message/status",
        lambda _: {"number": NUMBER, "messageId": "wamid.1", "status": "delivered"},
        required=("messageId", "status"),
        phones=("number",),
        closed_to_operators=True,
        additive=True,
    ),
    Call(
        "read a chat",
        "POST",
        "api/chat/message/read",
        lambda c: {"operatorId": str(c.ana.pk), "contactId": WHATSAPP_ID},
        required=("operatorId", "contactId"),
        contact_ids=("contactId",),
        operators=("operatorId",),
        missing=None,
        additive=True,
    ),
]
