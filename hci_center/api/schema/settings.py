"""drf-spectacular's settings, with the document's introduction."""

from __future__ import annotations

from typing import Any

DESCRIPTION = """\
A customer-service centre on WhatsApp and Facebook Messenger.

**Responses.** A successful call returns HTTP 200 with `{"success": true, "data": …}`, also
when it creates something. A refused call returns HTTP 4xx or 5xx with
`{"success": false, "error": {"code", "message"}}`. With the code `invalid`, `error` usually
has `fields`, which lists the errors of each field.

**Bodies** are JSON objects or forms; both have the same effect. `null` and an empty text
count as absent. Unknown fields are ignored. DELETE takes its fields from the body or from
the query string. Every path works with and without a trailing slash.

**Phone numbers** can be sent as numbers or as people write them (`+55 (11) 98765-4321`).
They are returned as numbers. **Facebook ids** are returned as strings. **Operator ids** are
strings; `0` means nobody. An **area** can be given by its code or its exact name. **Times**
are in UTC, such as `2026-11-22T13:05:09.120Z`.

**Authentication.** Integrations use an API key, in `Authorization: Api-Key …` or
`Authorization: Bearer …`, in `X-Api-Key: …` or in the URL as
`https://<prefix>:<secret>@host/` (sent as Basic). People use a session with its CSRF token.
If a key is allowed in the path, all paths also work below `/k/<key>`. What the caller may
not see is treated as if it did not exist.

**Idempotency.** With an `Idempotency-Key`, any call that writes can be repeated safely for
24 hours.
"""

TAGS = [
    {
        "name": "Managers",
        "description": "Company accounts with a WhatsApp number, a Facebook page, or both.",
    },
    {"name": "Contacts", "description": "The customers of a manager."},
    {"name": "Chats", "description": "Service sessions and their messages."},
    {"name": "Areas", "description": "Departments, their operators and opening hours."},
    {"name": "Operators", "description": "The presence and the load of operators."},
    {"name": "Sessions", "description": "Signing in and out, for people."},
    {"name": "Feed", "description": "Changes as they happen."},
    {"name": "Reports", "description": "Figures and the present state."},
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
        "description": "The value of the `csrftoken` cookie, or `csrfToken` of `api/session`.",
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
    # The values are listed in `enum` already.
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SCHEMA_PATH_PREFIX": "/api",
    "POSTPROCESSING_HOOKS": ["hci_center.api.schema.document.complete"],
    "ENABLE_DJANGO_DEPLOY_CHECK": False,
}
