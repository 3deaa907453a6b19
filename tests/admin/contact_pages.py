"""Where the back-office has contacts."""

from __future__ import annotations

LIST = "/admin/contacts/contact/"


def page(contact, button="change"):
    return f"{LIST}{contact.pk}/{button}/"


def listed(client, **query):
    return list(client.get(LIST, query).context["cl"].result_list)
