"""Limits that a gateway always enforces, checked before a message is queued."""

from __future__ import annotations

LONGEST_TEXTS = {"messenger": 2000, "whatsapp_cloud": 4096}

# Gateways whose health report states the largest file they accept.
LARGEST_FILE_SENTENCE = frozenset({"controller"})

TEMPLATE = "template"
TEMPLATE_GATEWAYS = frozenset({"whatsapp_cloud"})
