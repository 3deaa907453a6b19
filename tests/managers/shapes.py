"""The expected responses about the fixtures' manager."""

MANAGER = {
    "name": "Padaria Estrela",
    "email": "contato@padaria.example",
    "number": 5511400011111,
    "controllerPort": "8080",
    "facebookId": "369258147",
    "facebookToken": "token-of-the-page",
    "contacts": [],
}


def contact_of(contact):
    """The API's shape of a contact without messages."""
    return {
        "id": contact.public_id,
        "name": contact.name,
        "photo": contact.photo,
        "area": contact.area.code if contact.area else "",
        "operatorId": str(contact.operator_id or 0),
        "protocol": contact.protocol,
        "sa": contact.sa,
        "channel": contact.channel,
        "unread": 0,
        "lastMessageAt": None,
    }


def found(**over):
    return {"success": True, "data": MANAGER | over}


def refused(code, message, **more):
    return {"success": False, "error": {"code": code, "message": message, **more}}


NOT_FOUND = refused("manager_not_found", "There is no such manager.")
EXISTS = refused(
    "manager_exists", "The number, page or port already belongs to a manager."
)
FORBIDDEN = refused("forbidden", "This is not allowed with your credentials.")
