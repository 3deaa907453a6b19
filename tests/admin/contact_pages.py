"""Paths of the back-office's pages about contacts."""

from __future__ import annotations

LIST = "/admin/contacts/contact/"
# The form fields of a contact's list of consents when none is added.
NO_CONSENTS = {"consents-TOTAL_FORMS": 0, "consents-INITIAL_FORMS": 0}


def page(contact, button="change"):
    return f"{LIST}{contact.pk}/{button}/"


def listed(client, **query):
    return list(client.get(LIST, query).context["cl"].result_list)
