"""The report pages in the order in which they are offered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy

TABS: Mapping[str, Any] = {
    "times": gettext_lazy("Times"),
}
