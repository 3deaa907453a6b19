"""The section of the feed in a provisioning file."""

from areas.provisioning.lists import list_section
from areas.provisioning.registry import register
from hci_center.feed.hooks.provisioning import HOOKS

register(list_section("hooks", HOOKS))
