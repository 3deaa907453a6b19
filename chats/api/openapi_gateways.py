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
        "Queues a failed message again, with the status `wait`. The message keeps "
        "its id: a gateway that has the message already returns its result.",
        answer=MessageShape,
        example=SENT,
        bodies={
            "By id": {"operatorId": "2", **BY_ID, "id": MESSAGE["id"]},
        },
        refuses=(*READING, NotFailedError, NotFoundError),
    ),
    "send_template": OperationDoc(
        "Send an approved template",
        "Sends an approved template to a WhatsApp contact. Where the gateway has "
        "templates, this is the only way to write first, or to write when the "
        "customer's last message is too old for a free text. `content` of the "
        "message is the text as sent if the template is in the list of "
        "`user/templates`; otherwise it is the template's name and values. "
        "Returns 400 if the manager's gateway has no templates.",
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
        "List the approved templates of a manager",
        "Returns the templates that can be sent, as the gateway listed them "
        "within the last hour; an empty list if the gateway has none. The values "
        "that are sent replace `{{1}}`, `{{2}}` and so on in `text`, in this "
        "order; `parameters` is their number. Templates that need a file, a value "
        "in a button or named values are not listed.",
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
        "Get the session of a manager's gateway",
        "With `number`, returns the state of the WhatsApp session; with "
        "`facebookId` alone, that of the page. `qr` is the QR code to scan with "
        "the phone, null if there is none; operators get the response without "
        "`qr`. For other callers, if the WhatsApp session is not open, the call "
        "also requests a new QR code from the gateway, at most every 5 seconds. "
        "Call again to get the code. With `connect: false`, the call only returns "
        "the state and requests no code.",
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
