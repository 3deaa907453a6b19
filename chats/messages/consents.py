"""Refuses templates to customers who have revoked their consent."""

from __future__ import annotations

from django.utils.translation import gettext as _

from chats.accounts.templates import category_of
from chats.gateways.base import Template
from contacts.consents import is_revoked
from contacts.models import Consent
from hci_center.errors import InvalidError

# Meta's category for marketing; the others answer or inform the customer.
WITHOUT_CONSENT = {"UTILITY", "AUTHENTICATION", "SERVICE"}


def require_consent(manager_id: int, contact_id: int, template: Template) -> None:
    """Raises InvalidError for a marketing template if the consent was revoked.

    A template of unknown category counts as marketing.
    """
    if not is_revoked(contact_id, Consent.Purpose.MARKETING):
        return
    category = category_of(manager_id, template)
    if category.upper() in WITHOUT_CONSENT:
        return
    sentence = _("The customer has revoked the consent to marketing.")
    if not category:
        sentence = _(
            "The customer has revoked the consent to marketing, and the category of "
            "this template is not known."
        )
    raise InvalidError({"name": [sentence]})
