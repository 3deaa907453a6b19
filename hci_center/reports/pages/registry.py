"""The report pages, in the order of the menu."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy

TABS: Mapping[str, Any] = {
    "first": gettext_lazy("At a glance"),
    "times": gettext_lazy("Times"),
    "areas": gettext_lazy("Areas"),
    "operators": gettext_lazy("Operators"),
    "hours": gettext_lazy("Hours"),
    "outcomes": gettext_lazy("Outcomes"),
    "sla": gettext_lazy("Targets"),
    "csat": gettext_lazy("Satisfaction"),
    "delivery": gettext_lazy("Delivery"),
    "channels": gettext_lazy("Channels"),
    "definitions": gettext_lazy("Definitions"),
    "checks": gettext_lazy("Checks"),
}
