"""The calls about notes and other things that operators attach to chats."""

from __future__ import annotations

import json
import time

from tests.contract.call import Call
from tests.contract.shapes import NUMBER, WHATSAPP_ID

CALLS = [
    Call(
        "write a note",
        "POST",
        "api/chat/note",
        lambda c: {
            "operatorId": str(c.ana.pk),
            "contactId": WHATSAPP_ID,
            "text": "Prefere a tarde",
        },
        required=("operatorId", "contactId", "text"),
        contact_ids=("contactId",),
        operators=("operatorId",),
        missing=None,
    ),
    Call(
        "notes of a contact",
        "POST",
        "api/chat/note/get",
        lambda c: {"operatorId": str(c.ana.pk), "contactId": WHATSAPP_ID},
        required=("operatorId", "contactId"),
        contact_ids=("contactId",),
        operators=("operatorId",),
        missing=None,
    ),
    Call(
        "change the tags of a contact",
        "PUT",
        "api/chat/tag",
        lambda c: {
            "operatorId": str(c.ana.pk),
            "contactId": WHATSAPP_ID,
            "add": '["vip"]',
        },
        required=("operatorId", "contactId", "add"),
        contact_ids=("contactId",),
        operators=("operatorId",),
        missing=None,
    ),
    Call(
        "schedule a message",
        "POST",
        "api/chat/schedule",
        lambda c: {
            "operatorId": str(c.ana.pk),
            "contactId": WHATSAPP_ID,
            "content2": "Até já",
            "sendAt": int(time.time()) + 3600,
        },
        required=("operatorId", "contactId", "content2", "sendAt"),
        contact_ids=("contactId",),
        operators=("operatorId",),
        missing=None,
    ),
    Call(
        "scheduled messages",
        "POST",
        "api/chat/schedule/get",
        lambda c: {"operatorId": str(c.ana.pk), "contactId": WHATSAPP_ID},
        required=("operatorId", "contactId"),
        contact_ids=("contactId",),
        operators=("operatorId",),
        missing=None,
    ),
    Call(
        "cancel a scheduled message",
        "DELETE",
        "api/chat/schedule",
        lambda c: {
            "operatorId": str(c.ana.pk),
            "contactId": WHATSAPP_ID,
            "id": str(c.later.pk),
        },
        required=("operatorId", "contactId", "id"),
        contact_ids=("contactId",),
        operators=("operatorId",),
        missing=None,
    ),
    Call(
        "quick replies",
        "POST",
        "api/reply/get",
        lambda c: {"operatorId": str(c.ana.pk)},
        required=("operatorId",),
        operators=("operatorId",),
        missing=None,
    ),
    Call(
        "save a quick reply",
        "POST",
        "api/reply/save",
        lambda c: {
            "operatorId": str(c.ana.pk),
            "shortcut": "prazo",
            "text": "São três dias.",
        },
        required=("operatorId", "shortcut", "text"),
        operators=("operatorId",),
        missing=None,
    ),
    Call(
        "delete a quick reply",
        "DELETE",
        "api/reply/",
        lambda c: {"operatorId": str(c.ana.pk), "id": str(c.reply.pk)},
        required=("operatorId", "id"),
        operators=("operatorId",),
        missing=None,
    ),
    Call(
        "options of a console",
        "POST",
        "api/user/options",
        lambda c: {"number": NUMBER},
        required=("number",),
        phones=("number",),
    ),
    Call(
        "try an assignment",
        "POST",
        "api/area/assignment/try",
        lambda c: {"number": NUMBER, "area": "vendas"},
        required=("number", "area"),
        phones=("number",),
        areas=("area",),
        closed_to_operators=True,
    ),
    Call(
        "try a menu",
        "POST",
        "api/user/menu/try",
        lambda c: {
            "number": NUMBER,
            "say": '["oi", "1"]',
            "menu": json.dumps(
                {
                    "steps": [
                        {
                            "code": "inicio",
                            "text": "Como podemos ajudar?",
                            "options": [{"key": 1, "title": "Ajuda", "do": "human"}],
                        }
                    ]
                }
            ),
        },
        required=("number", "say"),
        phones=("number",),
        closed_to_operators=True,
    ),
    Call(
        "figures of a metric",
        "POST",
        "api/report",
        lambda c: {"metric": "tme", "number": NUMBER, "by": "area"},
        required=("metric",),
        missing=None,
        closed_to_operators=True,
    ),
]
