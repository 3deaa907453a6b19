"""The calls about managers, contacts, areas and operators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.contract.call import Body, Call
from tests.contract.shapes import FACEBOOK_ID, NUMBER, PAGE, WHATSAPP_ID


def contact_by(*, whatsapp: bool, operator: str | None = None) -> Callable[..., Body]:
    """Identifies the centre's contact, its manager and an operator of sales."""

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
    ),
    Call(
        "operators of an area of a page",
        "POST",
        f"api/area/operator/facebook/{PAGE}",
        lambda _: {"idarea": "vendas"},
        required=("idarea",),
        areas=("idarea",),
        missing=None,
    ),
    Call(
        "hours of an area",
        "POST",
        "api/area/hours",
        lambda _: {"number": NUMBER, "area": "vendas", "at": 1795183200, "add": 3600},
        phones=("number",),
        areas=("area",),
    ),
    Call(
        "hours of a page's manager",
        "POST",
        "api/area/hours",
        lambda _: {"facebookId": PAGE, "at": 1795183200},
        ids=("facebookId",),
    ),
    Call(
        "set an operator's presence",
        "PUT",
        "api/operator/presence",
        lambda c: {"operatorId": str(c.ana.pk), "presence": "paused"},
        required=("operatorId", "presence"),
        operators=("operatorId",),
        missing="operator_not_found",
    ),
    Call(
        "operators of a manager",
        "POST",
        "api/operator/get",
        lambda _: {"number": NUMBER, "area": "vendas"},
        phones=("number",),
        areas=("area",),
    ),
    Call(
        "operators of a page's manager",
        "POST",
        "api/operator/get",
        lambda _: {"facebookId": PAGE},
        ids=("facebookId",),
    ),
    Call(
        "approved templates of a manager",
        "POST",
        "api/user/templates",
        lambda _: {"number": NUMBER},
        phones=("number",),
    ),
    Call(
        "state of a manager's session",
        "POST",
        "api/user/session",
        lambda _: {"number": NUMBER},
        phones=("number",),
    ),
]
