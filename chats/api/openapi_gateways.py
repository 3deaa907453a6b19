"""The OpenAPI descriptions of the calls about gateways: resending, templates, sessions."""

from __future__ import annotations

from chats.api.openapi_examples import (
    BY_ID,
    BY_NUMBER,
    MESSAGE,
    PHONE_OR_ID,
    READING,
    SENDING,
    SENT,
)
from chats.api.responses import MessageShape, SessionShape, TemplatesShape
from hci_center.api.schema.operation_docs import OperationDoc, one_of
from hci_center.errors import ManagerNotFoundError, NotFailedError, NotFoundError

GATEWAY_PAGES = {
    "send_again": OperationDoc(
        "Send a failed message again",
        "The message waits again. It keeps its id: a gateway that has it already "
        "answers with what became of it.",
        answer=MessageShape,
        example=SENT,
        bodies={
            "By id": {"operatorId": "2", **BY_ID, "id": MESSAGE["id"]},
        },
        refuses=(*READING, NotFailedError, NotFoundError),
    ),
    "send_template": OperationDoc(
        "Send an approved template",
        "The only way to write first, or after the customer's last message has grown "
        "too old. `content` is its text as sent, if it is one of `user/templates`; else "
        "its name and values. Refused where the manager's gateway has no templates.",
        answer=MessageShape,
        example=SENT
        | {"type": "template", "content": "Olá, Maria! Como podemos ajudar?"},
        bodies={
            "By number": {
                "operatorId": "2",
                **BY_NUMBER,
                "name": "boas_vindas",
                "language": "pt_BR",
                "parameters": ["Maria"],
            }
        },
        rules=(PHONE_OR_ID,),
        refuses=SENDING,
    ),
    "find_templates": OperationDoc(
        "The approved templates of a manager's number",
        "Those that the call which sends a template can send: its values fill `{{1}}`, "
        "`{{2}}` and so on of `text` in their order, `parameters` of them. Templates "
        "that also take a file, a value in a button or named values are left out. As "
        "the gateway listed them within the last hour; empty where it has none.",
        answer=TemplatesShape,
        example={
            "templates": [
                {
                    "name": "boas_vindas",
                    "language": "pt_BR",
                    "category": "UTILITY",
                    "text": "Olá, {{1}}! Como podemos ajudar?",
                    "parameters": 1,
                }
            ]
        },
        bodies={"By number": {"number": 123456789}},
        rules=(one_of("number", "facebookId"),),
        refuses=(ManagerNotFoundError,),
    ),
    "find_session": OperationDoc(
        "The session of a manager's gateway",
        "By `number` that of WhatsApp, by `facebookId` alone that of the page. `qr` "
        "is what a phone must scan, null when there is none; operators get the "
        "answer without it. Asking for a session that is not open has its gateway "
        "asked for the code, at most every five seconds: ask again to see it. With "
        "`connect: false` the answer alone is wanted, as of whoever only watches.",
        answer=SessionShape,
        example={
            "state": "open",
            "since": "2026-11-22T13:05:09.120Z",
            "reason": "",
            "qr": None,
        },
        bodies={"By number": {"number": 123456789}},
        rules=(one_of("number", "facebookId"),),
        refuses=(ManagerNotFoundError,),
    ),
}
