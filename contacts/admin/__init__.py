"""The admin pages of contacts."""

from contacts.admin import contacts, tags

__all__ = ["contacts", "tags"]
