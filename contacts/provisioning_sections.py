"""The sections of contacts in a provisioning file."""

from areas.provisioning.lists import list_section
from areas.provisioning.registry import register
from contacts.provisioning_tags import TAGS

register(list_section("tags", TAGS))
