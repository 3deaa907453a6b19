"""What a gateway refuses for certain, so that it is refused before it waits."""

from __future__ import annotations

LONGEST_TEXTS = {"messenger": 2000, "whatsapp_cloud": 4096}

# Those whose health tells how large a file they take.
LARGEST_FILE_SENTENCE = frozenset({"controller"})

TEMPLATE = "template"
TEMPLATE_GATEWAYS = frozenset({"whatsapp_cloud"})
