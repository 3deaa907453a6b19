"""Every call of the original API document: heading, method and path.

`post api/socket` is missing, because it belongs to the live feed. Both headings that
share `post /api/user/save/facebook` are listed.
"""

from __future__ import annotations

DOCUMENTED = [
    ("Find All Managers", "GET", "api/user/"),
    ("Find Manager By number", "POST", "api/user/"),
    ("Find a Manager using a facebook Page Id", "POST", "api/user/facebook"),
    ("Add New Manager", "POST", "api/user/save"),
    ("Add a facebook to a whatsapp user", "POST", "api/user/save/facebook"),
    ("Add a whatsApp Number to a Facebook Manager", "POST", "api/user/save/facebook"),
    ("Search for all contacts with a main user have", "POST", "api/user/contact/get"),
    ("Get all contacts in the specific area", "POST", "api/user/contact/area"),
    (
        "Get all contacts the operator have or contacts that in the area",
        "POST",
        "api/user/contact/operator",
    ),
    ("answer the contact", "PUT", "api/user/contact/operator/my"),
    ("Send Contact to the operator", "PUT", "api/user/contact/operator"),
    ("Change Area of the contact", "PUT", "api/user/contact/area"),
    ("Add a new contact of a main number", "POST", "api/user/contact/save"),
    ("Add a new facebook contact", "POST", "api/user/contact/save/facebook"),
    ("Add a facebook Contact or Return Sa", "POST", "api/user/contact/sa"),
    ("Increase The Sa of a number", "PUT", "api/user/contact/sa/increase"),
    ("Decrease The Sa of a number", "PUT", "api/user/contact/sa/decrease"),
    ("Delete a contact", "DELETE", "api/user/contact/"),
    ("Create a new Chat using a number", "POST", "api/chat/new"),
    ("Create a new Chat using FacebookId", "POST", "api/chat/facebook/new"),
    ("Find All messages from a chat", "POST", "api/chat/message"),
    ("Change operator chat", "PUT", "api/chat/operator"),
    ("Delete a Chat", "DELETE", "api/chat/"),
    ("Send a message", "POST", "api/chat/message/send"),
    (
        "Send A Text Message By Operator to a WhatsApp Client",
        "POST",
        "api/chat/message/send/operator/:ControllerPort",
    ),
    (
        "Send Text Message For A facebook client by Operator",
        "POST",
        "api/chat/message/send/operator/facebook",
    ),
    (
        "Send message that is not text By Operator",
        "POST",
        "api/chat/message/send/operator/file/:controllerPort",
    ),
    ("Get all areas", "GET", "api/area/:controllerPort"),
    (
        "Get all operators of an specific Area",
        "POST",
        "api/area/operator/:controllerPort",
    ),
]
