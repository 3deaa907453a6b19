"""The contacts' chapter of the back-office."""

from contacts.admin import contacts

__all__ = ["contacts"]
