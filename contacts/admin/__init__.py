"""The admin pages of contacts."""

from contacts.admin import contacts

__all__ = ["contacts"]
