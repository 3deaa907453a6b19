"""drf-spectacular's settings, with the document's introduction."""

from __future__ import annotations

from typing import Any

DESCRIPTION = """\
A customer-service centre on WhatsApp and Facebook Messenger.

**Answers.** Success is HTTP 200 with `{"success": true, "data": …}`, also for what is
created. A refusal is HTTP 4xx or 5xx with
`{"success": false, "error": {"code", "message"}}`; `fields` tells what is wrong with
which field when the code is `invalid`.

**Bodies** are JSON objects or forms, equal in effect. `null` and an empty text count as
absent, unknown fields are ignored. A DELETE takes its fields from the body or the query
string. Each path is served with and without a last slash.

**Phone numbers** come as numbers or as people write them (`+55 (11) 98765-4321`) and
are answered as numbers. **Facebook ids** are answered as texts. **Operators' ids** are
texts; `0` is nobody. An **area** is named by its code or its exact name. **Times** are
UTC, like `2026-11-22T13:05:09.120Z`.

**Who may call.** Integrations sign with a key (`Authorization: Api-Key …` or `Bearer …`,
`X-Api-Key: …` or `https://<prefix>:<secret>@host/`, sent as Basic), people with a
session and its CSRF token. Of a key that may stand in the path, every path is also
served below `/k/<key>`.
What a caller may not see does not exist for him.

**Repeats.** An `Idempotency-Key` makes any writing call safe to repeat for 24 hours.
"""

TAGS = [
    {"name": "Managers", "description": "Company accounts: a number, a page, or both."},
    {"name": "Contacts", "description": "The customers of a manager."},
    {"name": "Chats", "description": "Service sessions and their messages."},
    {"name": "Areas", "description": "Departments and their operators."},
    {"name": "Operators", "description": "Their presence and how much they hold."},
    {"name": "Sessions", "description": "People sign in, and out."},
    {"name": "Feed", "description": "What changes, as it changes."},
    {"name": "Reports", "description": "Figures of what happened."},
]

SECURITY_SCHEMES: dict[str, Any] = {
    "apiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`Api-Key hci_…` or `Bearer hci_…`",
    },
    "xApiKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    "session": {"type": "apiKey", "in": "cookie", "name": "sessionid"},
    "csrfToken": {
        "type": "apiKey",
        "in": "header",
        "name": "X-CSRFToken",
        "description": "The `csrftoken` cookie again, or `csrfToken` of `api/session`.",
    },
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "HCI Whats Center",
    "DESCRIPTION": DESCRIPTION,
    "VERSION": "0.1.0",
    "OAS_VERSION": "3.1.0",
    "TAGS": TAGS,
    "APPEND_COMPONENTS": {"securitySchemes": SECURITY_SCHEMES},
    # In the order of the routes.
    "SORT_OPERATIONS": False,
    "SCHEMA_PATH_PREFIX": "/api",
    "POSTPROCESSING_HOOKS": ["hci_center.api.schema.document.complete"],
    "ENABLE_DJANGO_DEPLOY_CHECK": False,
}
